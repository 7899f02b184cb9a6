"""Ranking the factories of an offering anew, for changed terms: to freeze the result, or only to show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from market.leads.models import Lead
from market.ranking.service import RankedOffer, Ranker
from matching.records import OrderRecord, RankedLead


@dataclass(frozen=True, slots=True)
class Reranked:
    """One lead under the changed terms. rank: its place among the leads of the offering, from 1; those that are no
    longer feasible come last and have no `found`."""

    lead: Lead
    rank: int
    found: RankedLead | None


def rerank(
    session: Session, ranker: Ranker, order: OrderRecord, leads: Sequence[Lead], today: date
) -> tuple[RankedOffer, tuple[Reranked, ...]]:
    """The leads in their new order, and the ranking that they were taken from. Changes nothing.

    What a factory lost for earlier declines when it was asked stays as it was, because only the terms have changed.
    """
    penalties = {lead.factory_id: float(lead.features.get("declines", 0.0)) for lead in leads}
    ranked = ranker.rank(
        session,
        order,
        today=today,
        top=len(leads),
        only=frozenset(lead.factory_id for lead in leads),
        penalties={factory_id: points for factory_id, points in penalties.items() if points},
    )
    places = {found.factory_id: found for found in ranked.leads}
    fitting = [(lead, places[str(lead.factory_id)]) for lead in leads if str(lead.factory_id) in places]
    fitting.sort(key=lambda pair: pair[1].rank)
    others = [lead for lead in leads if str(lead.factory_id) not in places]
    in_order = [(lead, found) for lead, found in fitting] + [(lead, None) for lead in others]
    return ranked, tuple(Reranked(lead, rank, found) for rank, (lead, found) in enumerate(in_order, start=1))
