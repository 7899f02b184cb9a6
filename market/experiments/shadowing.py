"""Ranks requests as a candidate would have, by the worker, after the live ranker has offered them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from market.experiments.events import ShadowAsked
from market.experiments.models import Candidate, CandidateState, ShadowRanking
from market.identity.service import MARKET_ID
from market.kit.outbox import publish
from market.kit.work import Work
from market.leads.events import LeadsOffered
from market.leads.rankings import Cause, RankingRow, rankings_of_offering, rankings_since
from market.ranking.selection import places_of
from market.replay.rebuilding import CannotRebuild, Ground, Rebuilder
from matching.engine.model import RankerModel
from matching.records import Outcome

PAST: Final = timedelta(days=365)
AT_ONCE: Final = 50
_SEPARATOR: Final = "|"


def shadow_offered(work: Work, rebuilder: Rebuilder, event: LeadsOffered) -> None:
    """Every candidate in shadow ranks what was just offered for the first time."""
    candidates = list(work.session.scalars(select(Candidate).where(Candidate.state == CandidateState.SHADOW)))
    if candidates:
        first = [row for row in rankings_of_offering(work.session, event.offering_id) if is_first(row)]
        for candidate in candidates:
            rank_in_shadow(work, rebuilder, candidate, first)


def back_fill(work: Work, rebuilder: Rebuilder, event: ShadowAsked) -> None:
    """A candidate ranks some requests of the past year, and asks for the next ones."""
    candidate = work.session.scalars(select(Candidate).where(Candidate.id == event.candidate_id)).one()
    if candidate.state is not CandidateState.SHADOW:
        return
    after = None
    if event.after:
        moment, _, ranking_id = event.after.partition(_SEPARATOR)
        after = datetime.fromisoformat(moment), UUID(ranking_id)
    rows = rankings_since(work.session, work.now - PAST, after, AT_ONCE)
    rank_in_shadow(work, rebuilder, candidate, [row for row in rows if is_first(row)])
    if len(rows) == AT_ONCE:
        reached = f"{rows[-1].made_at.isoformat()}{_SEPARATOR}{rows[-1].id}"
        publish(work, ShadowAsked(MARKET_ID, candidate.id, reached))


def is_first(row: RankingRow) -> bool:
    """Whether nobody had been asked before: later rankings of a request depend on how its first factories answered."""
    return row.cause is Cause.OFFERED and not row.terms["asked"] and bool(row.leads)


def rank_in_shadow(work: Work, rebuilder: Rebuilder, candidate: Candidate, rows: Sequence[RankingRow]) -> None:
    """Store how the candidate would have ranked these; what is stored already stays, and what it ranked itself in a
    split has nothing to be compared with."""
    stored = select(ShadowRanking.ranking_id).where(ShadowRanking.candidate_id == candidate.id)
    known = set(work.session.scalars(stored.where(ShadowRanking.ranking_id.in_([row.id for row in rows]))))
    model = RankerModel.from_json(json.dumps(candidate.parameters))
    for row in rows:
        if row.id in known or row.ranker_version == candidate.version:
            continue
        values = {
            "organisation_id": MARKET_ID,
            "id": work.new_id(),
            "candidate_id": candidate.id,
            "ranking_id": row.id,
            "offering_id": row.offering_id,
            "made_at": row.made_at,
            **_told(work, rebuilder, candidate, model, row),
        }
        work.session.execute(insert(ShadowRanking).values(values).on_conflict_do_nothing())


def _told(
    work: Work, rebuilder: Rebuilder, candidate: Candidate, model: RankerModel, row: RankingRow
) -> Mapping[str, Any]:
    nothing: dict[str, Any] = {"live": [], "ours": [], "forecasts": {}, "chances": {}}
    if row.encoder != candidate.encoder:
        return {**nothing, "obstacle": "other_encoder"}
    with rebuilder.lock:
        try:
            ground = rebuilder.ground(work.session, row)
        except CannotRebuild as fault:
            return {**nothing, "obstacle": fault.obstacle.value}
        live, forecasts = places_of(ground.engine, ground.index, ground.record, ground.terms, ground.model)
        ours, chances = places_of(ground.engine, ground.index, ground.record, ground.terms, model)
        shown = [str(lead.factory_id) for lead in row.leads]
        if any(sum(name in place for place in live) != 1 for name in shown):
            return {**nothing, "obstacle": "other_leads"}
        forecasts |= _forecasts(ground, ground.model, {*chances} - {*forecasts})
        chances |= _forecasts(ground, model, {*shown} - {*chances})
    told = {name: chances[name] for name in shown}
    return {"live": live, "ours": ours, "forecasts": forecasts, "chances": told, "obstacle": ""}


def _forecasts(ground: Ground, model: RankerModel, names: set[str]) -> dict[str, float]:
    """The chance of a deal of factories that a model did not bring near the top."""
    asked = sorted(names)
    offers = [Outcome(ground.record.order_id, name, ground.terms.as_of) for name in asked]
    found = ground.engine.forecast([ground.record], ground.index, offers, model=model)
    return {name: float(chance) for name, chance in zip(asked, found, strict=True)}
