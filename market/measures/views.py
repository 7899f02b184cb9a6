"""The operators' cockpit: the state of the market, match quality in full, the leads behind every number, the report."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request

from market.disputes.queries import desk
from market.kit.downloads import download
from market.kit.edge import allow, part, sections, work
from market.kit.errors import invalid_field
from market.kit.i18n import current_language
from market.measures.chances import calibration, worst_slices
from market.measures.columns import LEAD_KEYS
from market.measures.drift import latest_alarms, open_alarms
from market.measures.exports import as_csv
from market.measures.funnel import funnel, funnels, positions, precision_at, rankers
from market.measures.growth import growth_tree
from market.measures.lead_lists import leads_behind, read_behind
from market.measures.reach import activation, coverage, weeks_of_exposure
from market.measures.slices import CLOSED_SETS, NOT_SAID, PERIODS, Asked, read_asked
from market.measures.sums import freshness, regions
from market.measures.tables import WHOLE, read_by, table_rows
from market.measures.wording import Words, activation_names, definitions, reason_names, step_names
from market.rooms.alarm_queries import raised_rooms
from market.settlement.stuck_queries import stuck_count
from matching.verticals.pack import Vocabulary

bp = Blueprint("measures", __name__, template_folder="templates", url_prefix="/operator")
MOST_TO_DO = 5


@bp.get("")
@allow("operator")
def cockpit() -> str:
    """The state of the market in ten seconds: alarms, the growth tree, the funnel, the probabilities, what to do."""
    session, asked = work().session, read_page()
    return render_page(
        "cockpit",
        asked,
        tree=growth_tree(session, asked),
        leads=funnel(session, asked),
        told=calibration(session, asked),
        worst=worst_slices(session, asked),
        alarms=open_alarms(session),
        disputes=[row for row in desk(session, size=MOST_TO_DO) if row.state.value == "escalated"],
        rooms=raised_rooms(session, size=MOST_TO_DO),
        stuck=stuck_count(session, work().now),
        silent=sections("operator"),
    )


@bp.get("/quality")
@allow("operator")
def match_quality() -> str:
    """Match quality in full, of any part of the market and any period, cut by any key."""
    session, asked = work().session, read_page()
    by = read_by(request.args.get("by", ""))
    by = "vertical" if by == WHOLE else by
    places = positions(session, asked)
    return render_page(
        "quality",
        asked,
        by=by,
        leads=funnel(session, asked),
        groups=funnels(session, asked, by),
        newcomers=funnels(session, asked, "newcomer"),
        told=calibration(session, asked),
        worst=worst_slices(session, asked, 12),
        alarms=latest_alarms(session),
        places=places,
        precision=precision_at(places),
        versions=rankers(session, asked),
        reached=coverage(session, asked),
        weeks=weeks_of_exposure(session, asked),
        started=activation(session, asked),
    )


@bp.get("/quality/leads")
@allow("operator")
def lead_list() -> str:
    """The leads that a number counts, the newest first; each leads to its request and its history."""
    asked, behind = read_page(), read_behind(request.args)
    found = leads_behind(work().session, asked, behind, request.args.get("after"))
    return render_page("leads", asked, found=found, behind=behind, after=request.args.get("after"))


@bp.get("/quality/<name>.csv")
@allow("operator")
def table_file(name: str) -> Response:
    """One table of figures as CSV; the same rows as on the page."""
    asked = read_page()
    rows = table_rows(work().session, asked, name, request.args.get("by", ""))
    return download(f"weft-{name}-{asked.span.last.isoformat()}.csv", "text/csv", as_csv(rows))


@bp.get("/report")
@allow("operator")
def weekly_report() -> str:
    """One week of the market on a page or two, made to be printed; the last whole week unless another is asked for."""
    monday = read_week()
    arguments = {**request.args, "until": (monday + timedelta(days=6)).isoformat(), "days": "28"}
    session, asked = work().session, read_asked(arguments, work().today, list(part(Vocabulary).packs))
    return render_page(
        "report",
        asked,
        monday=monday,
        tree=growth_tree(session, asked),
        leads=funnel(session, asked),
        groups=funnels(session, asked, "vertical"),
        told=calibration(session, asked),
        worst=worst_slices(session, asked),
        reached=coverage(session, asked),
        weeks=weeks_of_exposure(session, asked),
        alarms=latest_alarms(session),
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7) if monday + timedelta(days=7) <= work().today else None,
    )


def read_page() -> Asked:
    return read_asked(request.args, work().today, list(part(Vocabulary).packs))


def read_week() -> date:
    """The Monday of the week that is asked for. Raises Invalid for what is no day up to today."""
    today, said = work().today, request.args.get("week", "")
    if not said:
        return today - timedelta(days=today.weekday() + 7)
    try:
        day = date.fromisoformat(said)
    except ValueError:
        day = None
    if day is None or not date(2000, 1, 3) <= day <= today:
        problem = f"{said[:40]!r} is no day up to today"
        raise invalid_field("This week cannot be shown.", "week", problem, today.isoformat())
    return day - timedelta(days=day.weekday())


def render_page(name: str, asked: Asked, **more: Any) -> str:
    """A page of figures with the words that all of them need, and how fresh the sums are."""
    counted, waiting = freshness(work().session)
    words = Words(part(Vocabulary), current_language())
    return render_template(
        f"measures/{name}.html",
        asked=asked,
        words=words,
        options=options(words, asked),
        steps=step_names(),
        reasons=reason_names(),
        starts=activation_names(),
        meaning=definitions(),
        periods=PERIODS,
        keys=LEAD_KEYS,
        counted_at=counted,
        waiting_days=waiting,
        **more,
    )


def options(words: Words, asked: Asked) -> dict[str, list[tuple[str, str]]]:
    """What each key may be narrowed to, with its words; regions are those that requests of these days named."""
    named = {
        "vertical": [*part(Vocabulary).packs, ""],
        "region": [*regions(work().session, asked.span), ""],
        **CLOSED_SETS,
    }
    chosen = asked.part.region
    if chosen and chosen not in named["region"]:
        named["region"] = [chosen, *named["region"]]
    return {key: [(value or NOT_SAID, words.value(key, value)) for value in values] for key, values in named.items()}
