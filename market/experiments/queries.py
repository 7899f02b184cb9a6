"""What is known of candidates: how far they agree with the live ranker, what they would have converted, whether their
chances held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from market.experiments.exposure import RIPE_AFTER
from market.experiments.models import Candidate, CandidateState, ShadowRanking
from matching.evaluation.estimators import Estimate, by_rates, difference
from matching.evaluation.log import Request, log_of
from matching.learning.check import Check, check_forecast

MOST_COMPARED: Final = 4_000

# Of a request whose terms changed the first leads were ranked anew.
COMPARED: Final = """
    SELECT shadow.live, shadow.ours, shadow.forecasts, shadow.chances, shadow.made_at, ranking.as_of,
        array_agg(CAST(lead.factory_id AS text) ORDER BY lead.id) AS shown,
        array_agg(lead.state ORDER BY lead.id) AS states,
        array_agg(lead.holds_place OR lead.first_reply_at IS NOT NULL ORDER BY lead.id) AS answered
    FROM shadow_rankings shadow
    JOIN rankings ranking ON ranking.id = shadow.ranking_id AND ranking.offering_id = shadow.offering_id
    CROSS JOIN LATERAL jsonb_array_elements(ranking.leads) AS one
    JOIN leads lead ON lead.organisation_id = ranking.organisation_id AND lead.id = CAST(one ->> 'lead_id' AS uuid)
    WHERE shadow.candidate_id = :candidate AND shadow.obstacle = '' AND shadow.made_at < :ripe
        AND NOT EXISTS (SELECT FROM rankings other WHERE other.offering_id = shadow.offering_id
            AND other.cause <> 'offered')
    GROUP BY shadow.organisation_id, shadow.id, ranking.as_of
    ORDER BY shadow.made_at DESC, shadow.id LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One candidate; fields as in models.Candidate. learned_until, evidence, calibrated: of its model."""

    id: UUID
    version: str
    encoder: str
    from_file: bool
    state: CandidateState
    added_at: datetime
    learned_until: str | None
    evidence: int
    calibrated: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the shadow of one candidate tells.

    ranked: requests that it ranked; untold: those of them that could not be made again. agreement: of the places of
    both, the share with the same factory likeliest to be shown; None of nothing. ours, live, gain: deals per request,
    of ripe requests. check: its chances against ends after it learned; None without a closed lead. closed, deals: of
    these."""

    candidate: CandidateRow
    ranked: int
    untold: int
    agreement: float | None
    ours: Estimate
    live: Estimate
    gain: Estimate
    check: Check | None
    closed: int
    deals: int


def candidates(session: Session) -> list[CandidateRow]:
    """All of them, the newest first."""
    rows = session.scalars(select(Candidate).order_by(Candidate.added_at.desc(), Candidate.id))
    return [
        CandidateRow(
            row.id, row.version, row.encoder, row.from_file, row.state, row.added_at,
            row.parameters["learned_until"], row.parameters["evidence"], row.parameters["calibrated"],
        )
        for row in rows
    ]  # fmt: skip


def comparison(session: Session, candidate: CandidateRow, now: datetime) -> Comparison:
    counts = select(func.count(), func.count().filter(ShadowRanking.obstacle != ""))
    ranked, untold = session.execute(counts.where(ShadowRanking.candidate_id == candidate.id)).one()
    asked = {"candidate": candidate.id, "ripe": now - RIPE_AFTER, "most": MOST_COMPARED}
    rows = session.execute(text(COMPARED), asked).all()
    ours, live = (by_rates(log_of([_request(row, places) for row in rows])) for places in ("ours", "live"))
    chances, ends = _closed(rows, candidate.learned_until)
    return Comparison(
        candidate=candidate,
        ranked=ranked,
        untold=untold,
        agreement=_agreement(session, candidate.id),
        ours=ours,
        live=live,
        gain=difference(ours, live),
        check=check_forecast(np.array(chances), np.array(ends), float(np.mean(ends))) if ends else None,
        closed=len(ends),
        deals=int(sum(ends)),
    )


def _request(row: Any, target: str) -> Request:
    winner = next((name for name, state in zip(row.shown, row.states, strict=True) if state == "won"), None)
    return Request(row.shown, winner, row.live, getattr(row, target), row.forecasts)


def _closed(rows: Sequence[Any], learned_until: str | None) -> tuple[list[float], list[float]]:
    """The candidate's chances of closed leads, and 1 for a deal: only of leads that it has not learned from."""
    chances, ends = list[float](), list[float]()
    for row in rows:
        if learned_until is not None and row.as_of.isoformat() < learned_until:
            continue
        for name, state, answered in zip(row.shown, row.states, row.answered, strict=True):
            if state in ("won", "declined") or (state == "expired" and not answered) or (state == "lost" and answered):
                chances.append(row.chances[name])
                ends.append(float(state == "won"))
    return chances, ends


def _agreement(session: Session, candidate_id: UUID) -> float | None:
    statement = select(ShadowRanking.live, ShadowRanking.ours).where(
        ShadowRanking.candidate_id == candidate_id, ShadowRanking.obstacle == ""
    )
    newest = statement.order_by(ShadowRanking.made_at.desc()).limit(MOST_COMPARED)
    shared, places = 0, 0
    for live, ours in session.execute(newest):
        best = [{max(place, key=lambda name: place[name]) for place in policy} for policy in (live, ours)]
        shared += len(best[0] & best[1])
        places += len(best[0])
    return shared / places if places else None
