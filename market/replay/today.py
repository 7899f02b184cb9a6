"""The same request under today's ranker and today's profiles, beside what was offered: what moved, and why."""

from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from market.leads.freezing import record_of_json
from market.leads.rankings import RankingRow
from market.ranking.queries import live_version, snapshot_versions
from market.ranking.service import RankedOffer, Ranker
from market.replay.why_not import SignalGap, signal_gaps
from matching.records import RankedLead

LOOKED_AT: Final = 20
"""So many of today's best are looked at to say where a factory of then stands now."""


@dataclass(frozen=True, slots=True)
class TodayLine:
    """One factory then and now. then, now: its place, None for none. gaps: its signals now (mine) and then (other).

    takes_leads: whether it stands in today's index.
    """

    factory_id: UUID
    then: int | None
    now: int | None
    then_score: float | None
    now_score: float | None
    takes_leads: bool
    gaps: tuple[SignalGap, ...]


@dataclass(frozen=True, slots=True)
class Today:
    """Lines by today's place, those without one last. looked_at: a factory without a place stands below so many."""

    version: str
    index_snapshot: str
    lines: tuple[TodayLine, ...]
    looked_at: int


def today_beside(session: Session, ranker: Ranker, row: RankingRow, then: tuple[RankedLead, ...]) -> Today:
    """Ask today's ranker what was asked then: on the same day, with the same factories left out, exploring nothing.

    then: the leads of the ranking, rebuilt. What a factory lost for declines is taken off again unless the live
    version has learned since.
    """
    snapshot = snapshot_versions(session, row.index_snapshot) or {}
    live = live_version(session)
    learned = live is not None and live.learned_until is not None and live.learned_until > row.as_of
    penalties = {} if learned else {UUID(one): float(points) for one, points in row.terms["penalties"].items()}
    asked = partial(ranker.rank, session, record_of_json(row.request), today=row.as_of, penalties=penalties)
    only = row.terms["only"]
    alone = None if only is None else frozenset(UUID(one) for one in only)
    best = asked(top=LOOKED_AT, only=alone, exclude=row.asked() | row.sated(snapshot) | row.limited(snapshot))
    former = frozenset(UUID(lead.factory_id) for lead in then)
    again = asked(top=len(former), only=former)
    return Today(best.ranker_version, best.index_snapshot, tuple(_lines(row, then, best, again)), LOOKED_AT)


def _lines(row: RankingRow, then: tuple[RankedLead, ...], best: RankedOffer, again: RankedOffer) -> list[TodayLine]:
    places = {lead.factory_id: place for place, lead in enumerate(best.leads, start=1)}
    found = {lead.factory_id: lead for lead in (*again.leads, *best.leads)}
    indexed = {factory_id for factory_id, _version in best.factory_versions}
    before = {lead.factory_id: (place, lead) for place, lead in enumerate(then, start=1)}
    shown = [lead.factory_id for lead in best.leads[: row.terms["top"]]]
    lines = []
    for factory_id in dict.fromkeys([*shown, *before]):
        stood = before.get(factory_id)
        old = None if stood is None else stood[1]
        new = found.get(factory_id)
        lines.append(
            TodayLine(
                factory_id=UUID(factory_id),
                then=None if stood is None else stood[0],
                now=places.get(factory_id),
                then_score=None if old is None else old.score,
                now_score=None if new is None else new.score,
                takes_leads=factory_id in indexed,
                gaps=signal_gaps(new, old),
            )
        )
    return sorted(lines, key=lambda line: (line.now or LOOKED_AT + 1, line.then or 0))
