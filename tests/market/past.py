"""A market's past, written straight into its tables: weeks of leads whose ends follow a rule that can be learned.

Knitters win three of ten sweaters that they are offered, weavers three of ten shirts; the other goods they decline,
nearly always. What is written reads exactly like what the product itself keeps (`freezing.record_as_json`).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from market.identity.service import MARKET_ID
from market.kit.work import Work
from market.leads.freezing import record_as_json
from market.leads.models import Lead, LeadState, Offering
from matching.records import OrderRecord

GOODS: Final = (
    ("sweater", "flat-knitting", "cashmere", "12-gauge cashmere crew necks"),
    ("shirt", "weaving", "cotton", "Woven cotton shirts"),
)
LEADS_OF_AN_ORDER: Final = 4

DEAL = """
    WITH offered AS (
        INSERT INTO offerings (organisation_id, id, order_id, pool_id, title, brief, quantity, buyer_count,
            accepted_count, max_acceptances, round, open, unmatched_reason, created_at)
        VALUES (:organisation, :id, CASE WHEN :pool THEN NULL ELSE CAST(:id AS uuid) END,
            CASE WHEN :pool THEN CAST(:id AS uuid) END, 'sold', jsonb_build_object('category', CAST(:category AS text)),
            :quantity, 1, 0, 3, 1, false, '', :at)
    ), lead AS (
        INSERT INTO leads (organisation_id, id, offering_id, order_id, pool_id, factory_id, state, round, rank, score,
            deal_probability, calibrated, evidence, propensity, ranker_version, index_snapshot, requirements, signals,
            features, holds_place, decline_note, lost_reason, offered_at, expires_at)
        VALUES (:organisation, :id, :id, CASE WHEN :pool THEN NULL ELSE CAST(:id AS uuid) END,
            CASE WHEN :pool THEN CAST(:id AS uuid) END, :factory, 'won', 1, 1, 0.5,
            0.1, false, 0, 1, '', '', '[]', '[]',
            '{}', true, '', '', :at, :at)
    )
    INSERT INTO quotes (organisation_id, id, offering_id, lead_id, factory_id, version, state, currency,
        lead_time_days, minimum_quantity, note, valid_until, submitted_at, void_reason)
    VALUES (:organisation, :id, :id, :id, :factory, 1, 'awarded', :currency, 20, 1, '', :at, :at, '')"""
AWARD = """
    INSERT INTO awards (organisation_id, id, order_id, quote_id, factory_id, quantity, unit_price_minor, total_minor,
        currency, lead_time_days, awarded_at)
    VALUES (:buyer, :id, :id, :quote, :factory, :quantity, :price, :total, :currency, 20, :at)"""


@dataclass(frozen=True)
class Maker:
    """A factory of the past. makes: 0 for sweaters, 1 for shirts. version: of its profile."""

    id: UUID
    makes: int
    version: int = 1


def add_past(work: Work, shop: UUID, makers: Sequence[Maker], *, weeks: int = 10, orders_a_week: int = 32) -> int:
    """Write the leads of the weeks before today, all of them closed; returns how many there are."""
    chance = random.Random(7)
    first = work.today - timedelta(weeks=weeks)
    leads = 0
    for week in range(weeks):
        for _ in range(orders_a_week):
            day = first + timedelta(days=7 * week + chance.randrange(7))
            kind = chance.randrange(len(GOODS))
            offering = _offering(work, shop, kind, day, chance.choice((200, 400, 800, 1_200)))
            for rank, maker in enumerate(chance.sample(list(makers), LEADS_OF_AN_ORDER), start=1):
                work.session.add(_lead(work, offering, kind, maker, rank, day, chance.random()))
                leads += 1
    work.session.flush()
    return leads


def _offering(work: Work, shop: UUID, kind: int, day: date, quantity: int) -> Offering:
    category, *_rest, title = GOODS[kind]
    offering = Offering(
        organisation_id=shop,
        id=work.new_id(),
        order_id=work.new_id(),
        title=title,
        vertical="apparel",
        brief={"category": category, "currency": "CNY"},
        quantity=quantity,
        due_on=day + timedelta(days=40),
        max_acceptances=3,
        open=False,
        created_at=_noon(day),
    )
    work.session.add(offering)
    work.session.flush()
    return offering


def _lead(work: Work, offering: Offering, kind: int, maker: Maker, rank: int, day: date, draw: float) -> Lead:
    category, process, material, title = GOODS[kind]
    order = OrderRecord(
        order_id=str(offering.order_id),
        quantity=offering.quantity,
        posted_on=day,
        title=title,
        category=category,
        processes=(process,),
        materials=(material,),
        due_on=offering.due_on,
    )
    state = _end(draw, fits=maker.makes == kind)
    return Lead(
        organisation_id=offering.organisation_id,
        id=work.new_id(),
        offering_id=offering.id,
        order_id=offering.order_id,
        factory_id=maker.id,
        state=state,
        round=1,
        rank=rank,
        score=0.5,
        deal_probability=0.1,
        calibrated=False,
        evidence=0,
        propensity=1.0,
        ranker_version="before",
        index_snapshot="before",
        requirements=[],
        signals=[],
        features={
            "order": record_as_json(order), "as_of": day.isoformat(), "factory_version": maker.version, "declines": 0.0,
        },
        holds_place=state in {LeadState.WON, LeadState.LOST},
        decline_reason="process" if state is LeadState.DECLINED else None,
        offered_at=_noon(day),
        first_reply_at=_noon(day) + timedelta(hours=5),
        expires_at=_noon(day) + timedelta(days=3),
    )  # fmt: skip


def _end(draw: float, *, fits: bool) -> LeadState:
    if fits:
        return LeadState.WON if draw < 0.3 else LeadState.LOST if draw < 0.6 else LeadState.DECLINED
    return LeadState.WON if draw < 0.02 else LeadState.DECLINED


def _noon(day: date) -> datetime:
    """Noon in China."""
    return datetime.combine(day, time(4), UTC)


def add_deal(
    work: Work,
    factory: UUID,
    price: int,
    bought: Mapping[UUID, int],
    *,
    days_ago: int = 30,
    category: str = "sweater",
    currency: str = "CNY",
) -> None:
    """A closed deal. bought: pieces by buyer; several buyers are the members of one pool."""
    deal, at = work.new_id(), work.now - timedelta(days=days_ago)
    owner = MARKET_ID if len(bought) > 1 else next(iter(bought))
    row = {"organisation": owner, "id": deal, "pool": len(bought) > 1, "category": category,
           "quantity": sum(bought.values()), "factory": factory, "currency": currency, "at": at}  # fmt: skip
    work.session.execute(text(DEAL), row)
    for buyer, quantity in bought.items():
        sold = {"buyer": buyer, "id": work.new_id(), "quote": deal, "factory": factory, "quantity": quantity,
                "price": price, "total": price * quantity, "currency": currency, "at": at}  # fmt: skip
        work.session.execute(text(AWARD), sold)
