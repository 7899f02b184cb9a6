"""What a replay came to, in the reader's words: one clear sentence each."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from market.leads.rankings import Cause
from market.replay.comparing import Replay, Verdict
from market.replay.rebuilding import Obstacle
from market.replay.why_not import Reason, WhyNot


def cause_words() -> dict[str, str]:
    """Why factories were ranked."""
    return {
        Cause.OFFERED.value: _("offered to factories"),
        Cause.REPEATED.value: _("asked of one factory again"),
        Cause.TERMS_CHANGED.value: _("ranked anew, because the terms changed"),
    }


def verdict_sentence(found: Replay) -> str:
    """Whether the ranking came out again, and why not otherwise."""
    if found.verdict is Verdict.IMPOSSIBLE:
        return obstacle_sentence(found.obstacle, found.details or {})
    words: dict[Verdict, str] = {
        Verdict.IDENTICAL: _(
            "Every byte that was stored came out again: places, scores, reasons, chances and propensities."
        ),
        Verdict.DIFFERS: ngettext(
            "%(num)s place came out otherwise than it was stored; below is where.",
            "%(num)s places came out otherwise than they were stored; below is where.",
            sum(not lead.same for lead in found.leads),
        ),
    }
    return words[found.verdict]


def obstacle_sentence(obstacle: Obstacle | None, details: Mapping[str, Any]) -> str:
    """Why a ranking cannot be made again; None: it was offered before rankings were kept."""
    words: dict[Obstacle | None, str] = {
        Obstacle.SNAPSHOT_GONE: _(
            "The index snapshot that it was made with is no longer kept, so who stood in the index is not known."
        ),
        Obstacle.PROFILES_GONE: ngettext(
            "The profile of %(num)s factory is no longer kept in the version that was ranked.",
            "The profiles of %(num)s factories are no longer kept in the versions that were ranked.",
            int(details.get("count", 0)),
        ),
        Obstacle.VERSION_GONE: _("The ranker version that made it is no longer kept."),
        Obstacle.VERSION_UNREADABLE: _("An older release wrote its ranker version, and this release cannot read it."),
        Obstacle.ENCODER_ABSENT: _(
            "Its words were read by the encoder %(encoder)s, which is not here.", encoder=details.get("id", "")
        ),
        Obstacle.OTHER_RELEASE: _(
            "Another release of the program or of its packs made it, so what differs below proves no fault."
        ),
        None: _("It was offered before rankings were kept in whole, so who else was ranked is not known."),
    }
    return words[obstacle]


def reason_sentence(answer: WhyNot) -> str:
    """Why a factory was not offered the request."""
    if answer.obstacle is not None:
        return obstacle_sentence(answer.obstacle, answer.details)
    told = {"place": answer.place, "possible": answer.possible, **answer.details}
    words: dict[Reason, str] = {
        Reason.OFFERED: _("It was offered this request, at place %(rank)s.", rank=told.get("rank")),
        Reason.ASKED_BEFORE: _("It had been asked for this request before, and nobody is asked twice."),
        Reason.ONLY_ANOTHER: _(
            "Only the factories that already had it were ranked then, or the one that a repeat names."
        ),
        Reason.NOT_REGISTERED: _("It had not registered yet."),
        Reason.FULL: _("It had said that it was full."),
        Reason.PAUSED: _("It was paused."),
        Reason.NOT_IN_INDEX: _("It did not stand in the index of that moment; it came or changed just then."),
        Reason.SATED: ngettext(
            "It had had the %(num)s lead that it wants in a week.",
            "It had had the %(num)s leads that it wants in a week.",
            told.get("leads_per_week") or 0,
        ),
        Reason.LIMITED: _(
            "The run was beyond what its step of rising limits allows, or it had as many leads at once as that allows."
        ),
        Reason.OVERDUE: _("The due date had passed, so nobody could make it."),
        Reason.CERTIFICATION: _("It lacks a certificate that the request names."),
        Reason.CAPACITY: _("Its capacity is too small for the pieces until the due date."),
        Reason.OTHER_GOODS: _("It makes other goods."),
        Reason.EXPLORED: _(
            "It was ranked at place %(place)s and would have been offered it; its place was given to another by lot, "
            "so that the ranking learns.",
            place=told["place"],
        ),
        Reason.BELOW: _(
            "It was ranked at place %(place)s of %(possible)s that could make it; the leads ended above it.",
            place=told["place"],
            possible=told["possible"],
        ),
        Reason.UNKNOWN: _("It stood in the index, unranked."),
    }
    return words[answer.reason]
