"""A shop and its rival, each with its own unit of work on a session that only sees what that shop may."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from market.kit.db import Scope, Tenant, act_as
from market.kit.ids import new_id
from market.kit.work import Actor, Work
from market.orders.drafts import MaterialShare, OrderDraft
from matching.verticals.pack import Vocabulary, load_vocabulary
from tests.market.orders.ground import SHOP, WorkFor


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture
def work_for(sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings) -> Iterator[WorkFor]:
    """A unit of work of a shop in a session of its own; what the test does not commit is forgotten."""
    opened: list[Session] = []

    def make(organisation_id: UUID) -> Work:
        session = sessions()
        opened.append(session)
        act_as(session, Tenant(Scope.ORGANISATION, organisation_id))
        return Work(session, Actor(organisation_id, None, "a buyer", "seller"), clock.now(), new_id, settings)

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def work(work_for: WorkFor) -> Work:
    return work_for(SHOP)


@pytest.fixture
def draft(clock: FrozenClock) -> OrderDraft:
    """Story B1's order, written out."""
    return OrderDraft(
        title="12-gauge cashmere crew necks",
        quantity=300,
        source="words",
        words="300 件 12 针羊绒衫, 20 天交",
        vertical="apparel",
        category="sweater",
        processes=("flat-knitting",),
        materials=(MaterialShare("cashmere", 30), MaterialShare("wool", 70)),
        attributes=(("gauge", "12"),),
        colours=("navy", "camel"),
        target_price_minor=12_800,
        due_on=(clock.now() + timedelta(days=20)).date(),
        grace_days=2,
    )
