"""A past of rankings with known chances, written straight into the tables as the product keeps them."""

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from market.kit.work import Work
from market.leads.models import KeptRanking, Lead, LeadState, Offering

PLACES = 4


def add_rankings(
    work: Work, shop: UUID, factories: Sequence[UUID], count: int, share: float, best: float, other: float
) -> None:
    """`count` closed requests, five weeks old. Place i shows factory i or, with chance `share`, factory PLACES + i; the
    first makes the deal with chance `best` / PLACES, the other with `other` / PLACES."""
    chance = random.Random(11)
    at = work.now - timedelta(days=35)
    for _ in range(count):
        offering = Offering(
            organisation_id=shop, id=work.new_id(), order_id=work.new_id(), title="past", vertical="apparel",
            brief={}, quantity=500, max_acceptances=3, open=False, created_at=at,
        )  # fmt: skip
        work.session.add(offering)
        work.session.flush()
        explored = [chance.random() < share for _ in range(PLACES)]
        shown = [factories[place + PLACES * one] for place, one in enumerate(explored)]
        odds = [(other if one else best) / PLACES for one in explored]
        winner = chance.choices([*range(PLACES), None], [*odds, 1 - sum(odds)])[0]
        leads = [
            _lead(work, offering, factory, place, share if explored[place] else 1 - share, won=place == winner)
            for place, factory in enumerate(shown)
        ]
        work.session.add_all(leads)
        work.session.flush()
        work.session.add(_ranking(work, offering, leads, share))
    work.session.flush()


def _lead(work: Work, offering: Offering, factory: UUID, place: int, propensity: float, *, won: bool) -> Lead:
    return Lead(
        organisation_id=offering.organisation_id, id=work.new_id(), offering_id=offering.id,
        order_id=offering.order_id, factory_id=factory, state=LeadState.WON if won else LeadState.LOST, round=1,
        rank=place + 1, score=0.5, deal_probability=0.1, calibrated=False, evidence=0, propensity=propensity,
        ranker_version="", index_snapshot="", requirements=[], signals=[],
        features={"as_of": offering.created_at.date().isoformat(), "factory_version": 1,
                  "order": {"order_id": str(offering.order_id), "quantity": 500}},
        holds_place=True, offered_at=offering.created_at, expires_at=offering.created_at,
    )  # fmt: skip


def _ranking(work: Work, offering: Offering, leads: Sequence[Lead], share: float) -> KeptRanking:
    return KeptRanking(
        organisation_id=offering.organisation_id, id=work.new_id(), offering_id=offering.id, cause="offered", round=1,
        made_at=offering.created_at, as_of=offering.created_at.date(), ranker_version="", index_snapshot="",
        encoder="", release="", request={}, terms={"explore": share},
        leads=[{"factory_id": str(lead.factory_id), "lead_id": str(lead.id), "rank": lead.rank, "digest": ""}
               for lead in leads],
    )  # fmt: skip
