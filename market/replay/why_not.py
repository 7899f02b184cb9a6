"""Why a factory was not offered a request: the first thing that stood in its way when the request was ranked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from market.kit.history import history_of
from market.leads.rankings import RankingRow
from market.ranking.ranker import RankedOffer
from market.replay.queries import lead_of
from market.replay.rebuilding import CannotRebuild, Ground, Obstacle, Rebuilder
from matching.engine.feasibility import refusals
from matching.engine.index import FactoryTable
from matching.engine.shortlist import Shortlist
from matching.engine.verdicts import Wanted, verdicts_of
from matching.records import RankedLead, RequirementVerdict

EVEN: Final = 0.5


class Reason(StrEnum):
    OFFERED = "offered"
    ASKED_BEFORE = "asked_before"
    ONLY_ANOTHER = "only_another"
    NOT_REGISTERED = "not_registered"
    FULL = "full"
    PAUSED = "paused"
    NOT_IN_INDEX = "not_in_index"
    SATED = "sated"
    LIMITED = "limited"
    OVERDUE = "overdue"
    CERTIFICATION = "certification"
    CAPACITY = "capacity"
    OTHER_GOODS = "other_goods"
    EXPLORED = "explored"
    BELOW = "below"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SignalGap:
    """One signal of two leads: what it adds to the score of each. gap: what the first has more than the second."""

    name: str
    mine: float
    other: float

    @property
    def gap(self) -> float:
        return self.mine - self.other


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answer for one factory. details: as the reason has them (rank, state, leads_per_week).

    place: where it stood among `possible` factories, were nobody excluded who was not, and nobody explored. own, bar:
    its lead, and the one that it had to beat. gaps: their signals, what cost it most first. requirements: how it meets
    the request where no lead tells. obstacle: why the ranking cannot be rebuilt to tell.
    """

    reason: Reason
    details: Mapping[str, Any]
    place: int | None = None
    possible: int | None = None
    own: RankedLead | None = None
    bar: RankedLead | None = None
    gaps: tuple[SignalGap, ...] = ()
    requirements: tuple[RequirementVerdict, ...] = ()
    obstacle: Obstacle | None = None


_REFUSALS: Final = {
    "overdue": Reason.OVERDUE,
    "certification": Reason.CERTIFICATION,
    "capacity": Reason.CAPACITY,
    "other goods": Reason.OTHER_GOODS,
}
_STATES: Final = {"full": Reason.FULL, "paused": Reason.PAUSED}


def why_not(session: Session, rebuilder: Rebuilder, row: RankingRow, factory_id: UUID) -> WhyNot:
    """Why a ranking did not offer its request to a factory of today or of then. Stores nothing."""
    told = _told_by_row(session, row, factory_id)
    if told is not None:
        return told
    with rebuilder.lock:
        try:
            ground = rebuilder.ground(session, row)
        except CannotRebuild as fault:
            return WhyNot(Reason.UNKNOWN, fault.details, obstacle=fault.obstacle)
        if factory_id not in ground.snapshot:
            return _absent(session, row, factory_id)
        if factory_id in row.sated(ground.snapshot):
            own = ground.index.table.at(ground.index.table.rows[str(factory_id)]).record
            return WhyNot(Reason.SATED, {"leads_per_week": own.leads_per_week})
        if factory_id in row.limited(ground.snapshot):
            return WhyNot(Reason.LIMITED, {})
        return _ranked(ground, str(factory_id))


def signal_gaps(mine: RankedLead | None, other: RankedLead | None) -> tuple[SignalGap, ...]:
    """The signals of two leads beside each other, the ones that speak against the first one before the others."""
    if mine is None or other is None:
        return ()
    own = {signal.name: signal.contribution for signal in mine.signals}
    others = {signal.name: signal.contribution for signal in other.signals}
    gaps = [SignalGap(name, own.get(name, 0.0), others.get(name, 0.0)) for name in dict.fromkeys([*own, *others])]
    return tuple(sorted((gap for gap in gaps if gap.gap), key=lambda gap: (gap.gap, gap.name)))


def _told_by_row(session: Session, row: RankingRow, factory_id: UUID) -> WhyNot | None:
    """What needs no ranking: it was offered, had been asked before, or the request was meant for another alone."""
    shown = next((lead for lead in row.leads if lead.factory_id == factory_id), None)
    if shown is not None:
        return WhyNot(Reason.OFFERED, {"rank": shown.rank})
    if factory_id in row.asked():
        state, reason = lead_of(session, row.offering_id, factory_id) or ("", None)
        return WhyNot(Reason.ASKED_BEFORE, {"state": state, "decline_reason": reason})
    only = row.terms["only"]
    if only is not None and str(factory_id) not in only:
        return WhyNot(Reason.ONLY_ANOTHER, {"cause": row.cause.value})
    return None


def _absent(session: Session, row: RankingRow, factory_id: UUID) -> WhyNot:
    """Why it did not stand in the index: what its history says of that moment."""
    past = history_of(session, factory_id, "factories", factory_id)
    then = [line for line in past if line.at <= row.made_at and line.to_state]
    if not then:
        since = past[-1].at if past else None
        return WhyNot(Reason.NOT_REGISTERED, {"since": since})
    state, since = str(then[0].to_state), then[0].at
    return WhyNot(_STATES.get(state, Reason.NOT_IN_INDEX), {"since": since, "why": then[0].why})


def _ranked(ground: Ground, factory_id: str) -> WhyNot:
    """Where it stood among all that were possible, or what ruled it out."""
    found = _everybody(ground)
    if factory_id not in found.factory_ids:
        return _refused(ground, found, factory_id)
    penalties = ground.terms.penalties
    scores = zip(found.factory_ids, found.scores, strict=True)
    order = sorted(scores, key=lambda pair: (penalties.get(pair[0], 0.0) - float(pair[1]), pair[0]))
    place = [one for one, _score in order].index(factory_id) + 1
    alone = replace(ground.terms, top=1, only=frozenset({factory_id}), explore=0.0, would_win=True)
    own = next(iter(ground.rank(alone).leads), None)
    shown = ground.rank()
    explored = place <= ground.terms.top
    bar = _taker(shown, order[: ground.terms.top]) if explored else _last(shown)
    reason = Reason.EXPLORED if explored else Reason.BELOW
    return WhyNot(reason, {"share": ground.terms.explore}, place, found.possible, own, bar, signal_gaps(own, bar))


def _everybody(ground: Ground) -> Shortlist:
    """Every factory that could be offered the request then, best first, before points were taken off."""
    record, terms = ground.record, ground.terms
    left_out = set(terms.exclude)
    if terms.only is not None:
        left_out |= ground.index.table.rows.keys() - terms.only
    (found,) = ground.engine.shortlists(
        [record],
        ground.index,
        as_of=terms.as_of,
        size=len(ground.index),
        model=ground.model,
        exclude={record.order_id: left_out},
    )
    return found


def _refused(ground: Ground, found: Shortlist, factory_id: str) -> WhyNot:
    factory = ground.index.table.at(ground.index.table.rows[factory_id])
    table = FactoryTable(ground.vocabulary)
    table.write(factory)
    refused = next(iter(refusals(found.order, table, found.window, ground.model)), "")
    told = verdicts_of(Wanted(found.order, found.window, ground.vocabulary), factory)
    return WhyNot(_REFUSALS.get(refused, Reason.UNKNOWN), {}, None, found.possible, requirements=told)


def _last(shown: RankedOffer) -> RankedLead | None:
    """The last lead that was offered for its rank, rather than to learn."""
    by_rank = [lead for lead in shown.leads if lead.propensity >= EVEN]
    return (by_rank or list(shown.leads))[-1] if shown.leads else None


def _taker(shown: RankedOffer, best: list[tuple[str, Any]]) -> RankedLead | None:
    """A lead that was offered although it was not among the best: it took the place."""
    names = {factory_id for factory_id, _score in best}
    return next((lead for lead in shown.leads if lead.factory_id not in names), None)
