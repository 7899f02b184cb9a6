"""A market's rows by chance, written straight into its tables, with every state, gap and oddity that a sum may meet."""

import json
import random
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit.ids import new_id
from tests.conftest import MONDAY

STATES = ("offered", "viewed", "accepted", "countered", "quoted", "won", "lost", "declined", "expired", "withdrawn")
TITLES = ("12 针羊绒衫", "Crew necks", "Stoneware mugs", "陶瓷杯")
ORDER = (
    "INSERT INTO orders (organisation_id, id, state, source, words, readings, title, description, vertical, processes, "
    "materials, certifications, attributes, colours, quantity, unit, currency, grace_days, region, inspection, "
    "wants_pool, max_acceptances, origin, version, created_at, posted_at, moderation_note) VALUES (:shop, :id, :state, "
    "'form', '', '[]', :title, '', :vertical, '{}', '[]', '{}', '{}', '{}', 5, 'piece', 'CNY', 0, :region, '', false, "
    "3, '{}', 1, :at, :at, '')"
)
OFFERING = (
    "INSERT INTO offerings (organisation_id, id, order_id, pool_id, title, vertical, brief, quantity, buyer_count, "
    "accepted_count, max_acceptances, round, open, unmatched_reason, created_at) VALUES (:shop, :id, :order, :pool, "
    ":title, :vertical, jsonb_build_object('region', CAST(:region AS text)), 300, 1, 0, 9, 1, :open, '', :at)"
)
LEAD = (
    "INSERT INTO leads (organisation_id, id, offering_id, order_id, pool_id, factory_id, state, round, rank, score, "
    "deal_probability, calibrated, evidence, propensity, ranker_version, index_snapshot, requirements, signals, "
    "would_win, features, holds_place, decline_reason, decline_note, counter, lost_reason, offered_at, viewed_at, "
    "first_reply_at, expires_at) VALUES (:shop, :id, :offering, :order, :pool, :factory, :state, 1, :rank, .5, :p, "
    ":calibrated, 9, 1, :ranker, '', '[]', CAST(:signals AS jsonb), '[]', CAST(:features AS jsonb), :holds, :reason, "
    "'', CAST(:counter AS jsonb), '', :at, :viewed, :replied, :at)"
)
QUOTE = (
    "INSERT INTO quotes (organisation_id, id, offering_id, lead_id, factory_id, version, state, currency, "
    "lead_time_days, minimum_quantity, note, valid_until, submitted_at, void_reason) VALUES (:shop, :id, :offering, "
    ":lead, :factory, :version, 'superseded', 'CNY', 20, 1, '', :at, :at, '')"
)
STEP = (
    "INSERT INTO quote_steps (organisation_id, quote_id, from_quantity, unit_price_minor) "
    "VALUES (:shop, :id, :steps, 9)"
)
AWARD = (
    "INSERT INTO awards (organisation_id, id, order_id, quote_id, factory_id, quantity, unit_price_minor, total_minor, "
    "currency, lead_time_days, awarded_at) VALUES (:shop, :id, :order, :id, :factory, 2, :price, 2 * :price, "
    ":currency, 20, :at)"
)
FACTORY = (
    "INSERT INTO factories (organisation_id, id, name, description, vertical, categories, processes, materials, "
    "certifications, attributes, denied, confirmed, equipment, staff_count, currency, joined_on, synthetic, state, "
    "version, updated_at) VALUES (:id, :id, :name, '', :vertical, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '', "
    ":staff, 'CNY', :joined, true, 'open', 1, :at)"
)


class RandomMarket:
    """Writes rows that differ with the seed. days: over how many days before Monday they are spread."""

    def __init__(self, session: Session, seed: int, days: int = 40, now: datetime = MONDAY) -> None:
        self.session, self.chance, self.days, self.now = session, random.Random(seed), days, now
        self.shops = [new_id() for _ in range(5)]
        self.factories: list[UUID] = []

    def fill(self, requests: int = 45, factories: int = 8) -> None:
        for number in range(factories):
            self.add_factory(number)
        for _ in range(requests):
            self.add_request()

    def run(self, statement: str, **told: Any) -> None:
        self.session.execute(text(statement), told)

    def moment(self) -> datetime:
        return self.now - timedelta(minutes=self.chance.randrange(self.days * 1440))

    def add_factory(self, number: int) -> None:
        joined: date = (self.now - timedelta(days=self.chance.randrange(120))).date()
        staff = self.chance.choice((None, 12, 49, 50, 150, 200, 900))
        vertical = self.chance.choice(("apparel", "tableware_ceramics"))
        self.factories.append(new_id())
        self.run(
            FACTORY,
            id=self.factories[-1],
            name=f"F{number}",
            vertical=vertical,
            staff=staff,
            joined=joined,
            at=self.now,
        )

    def add_request(self) -> None:
        """An order, mostly offered, alone or in a pool of its own; its leads, quotes and perhaps its award."""
        chance, at = self.chance, self.moment()
        told = {
            "shop": chance.choice(self.shops), "title": chance.choice(TITLES), "at": at,
            "vertical": chance.choice(("apparel", "tableware_ceramics", None)),
            "region": chance.choice(("zhejiang", "guangdong", None)),
        }  # fmt: skip
        order = new_id()
        self.run(ORDER, **told, id=order, state=chance.choice(("offered", "awarded", "draft")))
        if chance.random() < 0.1:
            return
        pooled = chance.random() < 0.2
        offering = {
            **told, "shop": MARKET_ID if pooled else told["shop"], "id": new_id(), "order": None if pooled else order,
            "pool": new_id() if pooled else None, "at": at + timedelta(minutes=chance.randrange(3000)),
            "open": chance.random() < 0.4,
        }  # fmt: skip
        self.run(OFFERING, **offering)
        makers = chance.sample(self.factories, chance.randrange(0, 1 + min(5, len(self.factories))))
        for rank, factory in enumerate(makers, start=1):
            self.add_lead(offering, factory, rank * chance.choice((1, 1, 1, 4)))
        if makers and chance.random() < 0.5:
            self.run(
                AWARD, shop=told["shop"], id=new_id(), order=order, factory=makers[0], price=chance.randrange(1, 999),
                currency=chance.choice(("CNY", "EUR")), at=self.moment(),
            )  # fmt: skip

    def add_lead(self, offering: dict[str, Any], factory: UUID, rank: int) -> None:
        chance, lead = self.chance, new_id()
        at = offering["at"] + timedelta(minutes=chance.randrange(2000))
        later = at + timedelta(minutes=chance.randrange(9000))
        state = chance.choice(STATES)
        signals: list[dict[str, object]] = [{"name": "size", "value": None}]
        if chance.random() < 0.8:
            signals.append(
                {"name": "text", "value": chance.choice((None, 0.0, 0.07, 0.35, 1.0, round(chance.random(), 3)))}
            )
        counter = {"answer": chance.choice((None, "accepted", "refused"))} if chance.random() < 0.3 else None
        self.run(
            LEAD, shop=offering["shop"], id=lead, offering=offering["id"], order=offering["order"],
            pool=offering["pool"], factory=factory, state=state, rank=rank, p=round(chance.random() ** 2, 6),
            calibrated=chance.random() < 0.8, ranker=chance.choice(("first", "second")), signals=json.dumps(signals),
            features=json.dumps({"order": {"quantity": 300}}), holds=chance.random() < 0.4,
            reason=chance.choice(("price", "capacity", None)) if state == "declined" else None,
            counter=None if counter is None else json.dumps(counter), at=at,
            viewed=chance.choice((None, later)), replied=chance.choice((None, later)),
        )  # fmt: skip
        for version in range(1, 1 + chance.choice((0, 0, 1, 2))):
            told = {"shop": offering["shop"], "id": new_id()}
            sent = later + timedelta(minutes=version)
            self.run(QUOTE, **told, offering=offering["id"], lead=lead, factory=factory, version=version, at=sent)
            self.run(STEP, **told, steps=chance.choice((100, 300, 301)))
