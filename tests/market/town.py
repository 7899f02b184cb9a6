"""A small market for the tests of pooling, ranking and leads: shops, knitters, and a worker that delivers their events.

Every verb runs in a session of its own that sees only what its actor may, and is committed, as in the product.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.factories.declaration import FactoryDraft
from market.factories.service import register_factory
from market.identity.models import Organisation
from market.kit.clock import FrozenClock
from market.kit.db import SYSTEM, Scope, Tenant, act_as
from market.kit.ids import new_id
from market.kit.outbox import OutboxEvent, read_event
from market.kit.work import SYSTEM_ACTOR, Actor, Work
from market.orders.drafts import MaterialShare, OrderDraft
from market.orders.service import post_order
from market.ranking.ranker import Ranker
from market.records.service import vouch

Handler = Callable[..., None]
Table = Mapping[type[Any], tuple[Handler, ...]]

KNITTER = FactoryDraft(
    name="Sample Knit",
    vertical="apparel",
    description="Flat knitting, 12 gauge, cashmere and wool sweaters",
    region="zhejiang",
    categories=("sweater",),
    processes=("flat-knitting",),
    materials=("cashmere", "wool"),
    attributes={"gauge": ("12",)},
    minimum_quantity=200,
    capacity_per_week=2_000,
    lead_time_days=15,
    unit_price_low_minor=10_000,
    unit_price_high_minor=13_600,
)


@dataclass(frozen=True)
class Town:
    """handlers: the table of the worker."""

    sessions: sessionmaker[Session]
    clock: FrozenClock
    settings: Settings
    ranker: Ranker
    handlers: Table

    @contextmanager
    def work(self, role: str, organisation_id: UUID | None = None) -> Iterator[Work]:
        """A unit of work in a session of its own, committed when nothing was raised."""
        scope = {"system": Scope.SYSTEM, "operator": Scope.OPERATOR}.get(role, Scope.ORGANISATION)
        actor = SYSTEM_ACTOR if role == "system" else Actor(organisation_id, None, f"a {role}", role)
        with self.sessions() as session:
            act_as(session, Tenant(scope, organisation_id))
            yield Work(session, actor, self.clock.now(), new_id, self.settings)
            session.commit()

    def add_shop(self, name: str) -> UUID:
        return self._add_organisation("seller", name)

    def add_factory(self, name: str, **changes: Any) -> UUID:
        """A knitter that differs from KNITTER in the named fields, and that the market has known for long."""
        factory_id = self.add_newcomer(name, **changes)
        with self.work("operator") as work:
            vouch(work, factory_id, "known for long", tell=False)
        return factory_id

    def add_newcomer(self, name: str, **changes: Any) -> UUID:
        """A knitter whose limits still rise."""
        factory_id = self._add_organisation("factory", name)
        with self.work("factory", factory_id) as work:
            register_factory(work, replace(KNITTER, name=name, **changes))
        return factory_id

    def sweaters(self, quantity: int = 120, **changes: Any) -> OrderDraft:
        """An order that every knitter can make; 120 pieces are under the minimum of a yarn lot."""
        draft = OrderDraft(
            title="12-gauge cashmere crew necks",
            quantity=quantity,
            source="form",
            vertical="apparel",
            category="sweater",
            processes=("flat-knitting",),
            materials=(MaterialShare("cashmere"), MaterialShare("wool")),
            attributes=(("gauge", "12"),),
            colours=("navy",),
            target_price_minor=12_800,
            due_on=self.clock.now().date() + timedelta(days=40),
            grace_days=2,
        )
        return replace(draft, **changes)

    def post(self, shop: UUID, draft: OrderDraft, deliver: bool = True) -> UUID:
        with self.work("seller", shop) as work:
            order_id = post_order(work, draft).id
        if deliver:
            self.deliver()
        return order_id

    def deliver(self) -> int:
        """What the worker does: hand every waiting event to its handlers, and their events too; returns how many."""
        count = 0
        while waiting := self._waiting():
            for row in waiting:
                event = read_event(row, {kind.__name__: kind for kind in self.handlers})
                for handler in self.handlers[type(event)]:
                    with self.work("system") as work:
                        handler(work, event)
                with self.work("system") as work:
                    work.session.get_one(OutboxEvent, (row.organisation_id, row.id)).handled_at = work.now
                count += 1
        return count

    def sweep(self, sweep: Callable[[Work], int]) -> int:
        with self.work("system") as work:
            return sweep(work)

    def notices(self, organisation_id: UUID) -> list[str]:
        """The kinds of an organisation's notices, oldest first."""
        with self.work("system") as work:
            statement = text("SELECT kind FROM notices WHERE organisation_id = :id ORDER BY id")
            return list(work.session.scalars(statement, {"id": organisation_id}))

    def _waiting(self) -> list[OutboxEvent]:
        names = [kind.__name__ for kind in self.handlers]
        with self.sessions() as session:
            act_as(session, SYSTEM)
            statement = select(OutboxEvent).where(OutboxEvent.handled_at.is_(None), OutboxEvent.name.in_(names))
            return list(session.scalars(statement.order_by(OutboxEvent.id)))

    def _add_organisation(self, kind: str, name: str) -> UUID:
        organisation_id = new_id()
        with self.work("system") as work:
            work.session.add(
                Organisation(
                    organisation_id=organisation_id, id=organisation_id, kind=kind, name=name, created_at=work.now
                )
            )
        return organisation_id


__all__ = ["KNITTER", "Table", "Town"]
