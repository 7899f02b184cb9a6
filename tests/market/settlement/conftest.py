"""The books that the tests of settlement write in."""

import pytest
from sqlalchemy.orm import Session

from market.config import Settings
from market.kit.clock import FrozenClock
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from tests.market.settlement.books import Books


@pytest.fixture
def work(session: Session, clock: FrozenClock, settings: Settings) -> Work:
    """Work of the worker in the application role, rolled back after the test."""
    return Work(session, SYSTEM_ACTOR, clock.now(), new_id, settings)


@pytest.fixture
def books(work: Work) -> Books:
    return Books(work)
