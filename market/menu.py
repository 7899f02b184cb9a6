"""The menu of every page: its entries by role, and how much waits behind each."""

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import pgettext

from market.disputes.queries import waiting_for_decision
from market.kit.work import Work
from market.leads.queries import inbox_counts
from market.moderation.queries import moderation_count
from market.production.task_queries import tasks_of_factory, tasks_of_shop
from market.rooms.queries import unread_rooms
from market.settlement.stuck_queries import stuck_count

BELOW = {
    "/operator/lists": tuple(
        f"/operator/{name}"
        for name in (
            "orders",
            "pools",
            "leads",
            "quotes",
            "awards",
            "factories",
            "organisations",
            "history",
            "reviews",
            "verticals",
        )
    ),
    "/operator/rankers": ("/operator/exposure", "/operator/shadows", "/operator/splits"),
}
"""Entry -> pages that are reached through it though their address does not say so."""


def waiting(work: Work) -> dict[str, int]:
    """Menu entry -> how much waits behind it: what is due in the reader's deals, leads to answer, rooms to be read."""
    counts = {"/rooms": unread_rooms(work.session, work.organisation_id)}
    if work.actor.role == "seller":
        counts["/deals"] = len(tasks_of_shop(work.session, work.organisation_id))
    if work.actor.role == "operator":
        counts["/operator/moderation"] = moderation_count(work.session)
        counts["/operator/disputes"] = waiting_for_decision(work.session)
        counts["/operator/money"] = stuck_count(work.session, work.now)
    if work.actor.role == "factory":
        counts["/leads"] = inbox_counts(work.session, work.organisation_id).waiting
        counts["/deals"] = len(tasks_of_factory(work.session, work.organisation_id))
    return counts


def navigation(role: str | None, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The entries of the top bar, and of the tabs on phones, which hold the first five. counts: as of `waiting`."""
    entries = {
        "seller": [
            ("/orders/new", _("Post"), "plus"),
            ("/orders", _("Orders"), "order"),
            ("/restock", _("Restock"), "forecast"),
            ("/deals", _("Deals"), "hold"),
            ("/rooms", _("Rooms"), "room"),
            ("/factories", _("Factories"), "factory"),
            ("/orders/import", _("Import"), "upload"),
        ],
        "factory": [
            ("/leads", _("Leads"), "inbox"),
            ("/deals", _("Deals"), "order"),
            ("/rooms", _("Rooms"), "room"),
            ("/factory/materials", pgettext("menu", "Materials"), "yarn"),
            ("/factory/profile", _("Profile"), "factory"),
            ("/money", pgettext("menu", "Money"), "payout"),
        ],
        "operator": [
            ("/operator", _("Overview"), "chart"),
            ("/operator/quality", _("Match quality"), "meet"),
            ("/operator/moderation", _("Moderation"), "search"),
            ("/operator/disputes", _("Disputes"), "shield"),
            ("/operator/money", pgettext("menu", "Stuck money"), "payout"),
            ("/rooms", _("Rooms"), "room"),
            ("/operator/rankers", pgettext("menu", "Rankers"), "forecast"),
            ("/operator/replay", _("Replay"), "history"),
            ("/operator/health", _("Health"), "bolt"),
            ("/operator/lists", pgettext("menu", "Lists"), "list"),
        ],
    }.get(role or "", [("/factories", _("Factories"), "factory")])
    current = max((url for url, _label, _icon in entries if _leads_here(url)), key=len, default=None)
    return [
        {
            "url": url,
            "label": label,
            "icon": icon,
            "current": url == current,
            "count": counts.get(url, 0),
        }
        for url, label, icon in entries
    ]


def _leads_here(url: str) -> bool:
    """Whether the page that is asked for lies behind an entry."""
    return any(request.path == one or request.path.startswith(f"{one}/") for one in (url, *BELOW.get(url, ())))
