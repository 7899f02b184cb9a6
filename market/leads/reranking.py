"""Ranking the factories of an offering anew, for changed terms: to freeze the result, or only to show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.factories.queries import FactoryProfile, profiles
from market.leads.freezing import plain_fields
from market.leads.models import LIVE, Lead
from market.leads.queries import LeadRow, lead_row_of, offering_of_order
from market.orders.queries import OrderRow, as_record
from market.ranking.queries import version_line
from market.ranking.ranker import ServedVersion
from market.ranking.service import RankedOffer, Ranker
from market.ranking.splits import arm_version
from matching.records import OrderRecord, RankedLead

TOLD_WITHIN_A_VERDICT: Final = frozenset({"due", "quantity", "price"})


@dataclass(frozen=True, slots=True)
class Reranked:
    """One lead under the changed terms. rank: its place among the leads of the offering, from 1; those without `found`
    come last. fits: False when the factory can no longer make it; one that takes no new leads now still fits."""

    lead: Lead
    rank: int
    found: RankedLead | None
    fits: bool


def rerank(
    session: Session,
    ranker: Ranker,
    order: OrderRecord,
    leads: Sequence[Lead],
    today: date,
    *,
    version: ServedVersion,
    would_win: bool = False,
) -> tuple[RankedOffer, tuple[Reranked, ...]]:
    """The leads in their new order, and the ranking that they were taken from. Changes nothing.

    What a factory lost for earlier declines when it was asked stays as it was, because only the terms have changed,
    until the version that ranks has learned from them.
    """
    line = version_line(session, version.id)
    penalties = {
        lead.factory_id: float(lead.features.get("declines", 0.0))
        for lead in leads
        if line is None or not line.has_learned(date.min, lead.offered_at)
    }
    ranked = ranker.rank(
        session,
        order,
        today=today,
        top=len(leads),
        only=frozenset(lead.factory_id for lead in leads),
        penalties={factory_id: points for factory_id, points in penalties.items() if points},
        would_win=would_win,
        version=version,
    )
    places = {found.factory_id: found for found in ranked.leads}
    fitting = [(lead, places[str(lead.factory_id)]) for lead in leads if str(lead.factory_id) in places]
    fitting.sort(key=lambda pair: pair[1].rank)
    others = [lead for lead in leads if str(lead.factory_id) not in places]
    in_order = [(lead, found) for lead, found in fitting] + [(lead, None) for lead in others]
    indexed = {factory_id for factory_id, _ in ranked.factory_versions}
    return ranked, tuple(
        Reranked(lead, rank, found, found is not None or str(lead.factory_id) not in indexed)
        for rank, (lead, found) in enumerate(in_order, start=1)
    )


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """One requirement before and after, as in a lead's `requirements`; before is None when it was not asked."""

    before: dict[str, Any] | None
    after: dict[str, Any]

    @property
    def better(self) -> bool:
        order = ("misses", "unknown", "near", "meets")
        was = -1 if self.before is None else order.index(self.before["verdict"])
        return order.index(self.after["verdict"]) > was


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One factory under terms that are only tried. new_rank: None when it could no longer make it.

    deal_probability, low, high: under the terms; None unless calibrated. evidence: closed leads behind it.
    """

    factory: FactoryProfile
    lead: LeadRow
    old_rank: int
    new_rank: int | None
    old_score: float
    new_score: float | None
    deal_probability: float | None
    low: float | None
    high: float | None
    evidence: int
    changes: tuple[VerdictChange, ...]

    @property
    def has_odds(self) -> bool:
        """Whether there is a chance with its range to show."""
        return self.deal_probability is not None and self.low is not None and self.high is not None


def preview_terms(
    session: Session, ranker: Ranker, organisation_id: UUID, changed: OrderRow, today: date
) -> tuple[PreviewLine, ...]:
    """How the factories of an order would rank if its terms were `changed`. Stores nothing.

    Empty when the order has no live leads of its own; a pool's terms are not one member's to move.
    """
    offering = offering_of_order(session, organisation_id, changed.id)
    if offering is None or offering.pool_id is not None:
        return ()
    statement = select(Lead).where(Lead.offering_id == offering.id, Lead.state.in_(LIVE))
    leads = list(session.scalars(statement.order_by(Lead.rank, Lead.id)))
    candidate = arm_version(session, offering.id)
    version = ranker.version_of(session) if candidate is None else ranker.version_named(session, candidate)
    _, reranked = rerank(session, ranker, as_record(changed), leads, today, version=version)
    found = profiles(session, {lead.factory_id for lead in leads})
    old_ranks = {lead.id: place for place, lead in enumerate(leads, start=1)}
    lines = [
        _preview_line(entry, found[entry.lead.factory_id], old_ranks[entry.lead.id])
        for entry in reranked
        if entry.lead.factory_id in found
    ]
    return tuple(lines)


def _preview_line(entry: Reranked, factory: FactoryProfile, old_rank: int) -> PreviewLine:
    lead, found = entry.lead, entry.found
    shown = found if found is not None and found.calibrated else None
    return PreviewLine(
        factory=factory,
        lead=lead_row_of(lead),
        old_rank=old_rank,
        new_rank=entry.rank if entry.fits else None,
        old_score=lead.score,
        new_score=None if found is None else found.score,
        deal_probability=None if shown is None else shown.deal_probability,
        low=None if shown is None else shown.low,
        high=None if shown is None else shown.high,
        evidence=0 if found is None else found.evidence,
        changes=() if found is None else _changes(lead.requirements, found),
    )


def _changes(before: Sequence[dict[str, Any]], found: RankedLead) -> tuple[VerdictChange, ...]:
    known = {requirement["name"]: requirement for requirement in before}
    after = [plain_fields(requirement) for requirement in found.requirements]
    return tuple(
        VerdictChange(known.get(requirement["name"]), requirement)
        for requirement in after
        if known.get(requirement["name"]) is None or _differs(known[requirement["name"]], requirement)
    )


def _differs(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a person would want to know: another verdict, or other days, pieces or money within the same one."""
    told = before["name"] in TOLD_WITHIN_A_VERDICT and before["difference"] != after["difference"]
    return bool(before["verdict"] != after["verdict"] or told)
