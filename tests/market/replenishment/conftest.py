"""The shelf of a shop on the tests' database. One quick model forecasts there; the engine's own tests try them all."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from matching.verticals.pack import Vocabulary, load_vocabulary
from tests.market.replenishment.ground import Shelf


@pytest.fixture
def shelf(sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings) -> Shelf:
    return Shelf(sessions, clock, replace(settings, forecaster="moving average 8"))


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load_vocabulary()
