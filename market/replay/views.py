"""The operators' pages of replay: find a ranking, see it made again, and ask why a factory was not in it."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from market.factories.queries import FactoryFilters, FactoryProfile, factories_page, profile, profiles
from market.kit.edge import allow, part, read_id, work
from market.kit.errors import NotFound, invalid_field
from market.kit.paging import decode_cursor, page_size
from market.leads.rankings import RankingRow, rankings_of_offering
from market.ranking.ranker import Ranker
from market.replay import queries
from market.replay.comparing import Verdict, replay_ranking
from market.replay.rebuilding import CannotRebuild, Rebuilder
from market.replay.today import Today, today_beside
from market.replay.why_not import Reason, WhyNot, why_not
from market.replay.wording import cause_words, reason_sentence, verdict_sentence

bp = Blueprint("replay", __name__, template_folder="templates", url_prefix="/operator/replay")
MOST_FOUND = 12


@bp.get("")
@allow("operator")
def ranking_list() -> str | Response:
    """Find a ranking by the number of its order or pool, by a factory that it offered to, or by its day."""
    session = work().session
    code, name = request.args.get("code", "").strip(), request.args.get("factory", "").strip()[:100]
    factories = _factories(session, name)
    page = queries.rankings_page(
        session,
        offerings=queries.offerings_of_code(session, code) if code else None,
        factory_id=factories[0].id if len(factories) == 1 else None,
        day=_day(request.args.get("day", "")),
        cursor=decode_cursor(request.args.get("cursor")),
        size=page_size(request.args.get("limit")),
    )
    kept: dict[str, Any] = {key: value for key, value in request.args.items() if key != "cursor" and value}
    return render_template(
        "replay/list.html",
        rows=() if name and len(factories) != 1 else page.rows,
        older=url_for("replay.ranking_list", **kept, cursor=page.next_cursor) if page.next_cursor else None,
        newer=url_for("replay.ranking_list", **kept) if request.args.get("cursor") else None,
        factories=factories if len(factories) > 1 else (),
        chosen=request.args,
        causes=cause_words(),
    )


@bp.get("/order/<organisation_id>/<order_id>")
@allow("operator")
def of_order(organisation_id: str, order_id: str) -> Response:
    """The way from an order's page to its replay."""
    found = queries.offering_of(work().session, read_id(organisation_id), read_id(order_id))
    if found is None:
        raise NotFound
    return redirect(url_for("replay.ranking_detail", offering_id=found))


@bp.get("/<offering_id>")
@allow("operator")
def ranking_detail(offering_id: str) -> str:
    """One ranking of an offering, made again: identical or not, beside today's, and why a factory was not in it."""
    session = work().session
    offered = queries.offered(session, read_id(offering_id))
    if offered is None:
        raise NotFound
    rankings = rankings_of_offering(session, offered.id)
    row = _chosen(rankings, request.args.get("ranking", ""))
    name = request.args.get("factory", "").strip()[:100]
    asked = _factories(session, name)
    replay = today = answer = None
    if row is not None:
        replay = replay_ranking(session, part(Rebuilder), row)
        today = _today(session, row)
        answer = why_not(session, part(Rebuilder), row, asked[0].id) if len(asked) == 1 else None
    return render_template(
        "replay/ranking.html",
        offered=offered,
        rankings=rankings,
        row=row,
        replay=replay,
        verdicts=Verdict,
        sentence=verdict_sentence(replay) if replay else "",
        today=today,
        asked=asked,
        name=name,
        answer=answer,
        reasons=Reason,
        told=reason_sentence(answer) if answer else "",
        factories=_named(session, row, today, answer),
        causes=cause_words(),
    )


def _today(session: Session, row: RankingRow) -> Today | None:
    """Today's ranking beside the one of then; None where the one of then cannot be made again."""
    rebuilder = part(Rebuilder)
    with rebuilder.lock:
        try:
            then = rebuilder.ground(session, row).rank().leads
        except CannotRebuild:
            return None
    return today_beside(session, part(Ranker), row, then)


def _named(
    session: Session, row: RankingRow | None, today: Today | None, answer: WhyNot | None
) -> dict[str, FactoryProfile]:
    """The factories that the page names, by their ids as text."""
    ids = {lead.factory_id for lead in row.leads} if row else set()
    ids |= {line.factory_id for line in today.lines} if today else set()
    ids |= {UUID(answer.bar.factory_id)} if answer and answer.bar else set()
    return {str(factory_id): found for factory_id, found in profiles(session, ids).items()}


def _chosen(rankings: list[RankingRow], asked: str) -> RankingRow | None:
    """The ranking that was asked for; the first one with leads otherwise. None where none is kept."""
    if not asked:
        return next((row for row in rankings if row.leads), rankings[0] if rankings else None)
    found = next((row for row in rankings if row.id == read_id(asked)), None)
    if found is None:
        raise NotFound
    return found


def _factories(session: Session, name: str) -> list[FactoryProfile]:
    """The factories that a name or an id may mean; an exact name means one."""
    if not name:
        return []
    try:
        found = profile(session, UUID(name))
        return [] if found is None else [found]
    except ValueError:
        pass
    rows = list(factories_page(session, FactoryFilters(text=name), size=MOST_FOUND).rows)
    exact = [row for row in rows if row.name.casefold() == name.casefold()]
    return exact[:1] or rows


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise invalid_field("This is no day.", "day", f"{text[:20]!r}", "2026-11-23") from None
