"""The shelf of a shop on the tests' database. One quick model forecasts there; the engine's own tests try them all."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from matching.verticals.pack import Vocabulary, load_vocabulary
from tests.market.replenishment.counter import Counter
from tests.market.replenishment.ground import RIVAL, Shelf


@pytest.fixture
def shelf(sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings) -> Shelf:
    return Shelf(sessions, clock, replace(settings, forecaster="moving average 8"))


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture
def counter(shelf: Shelf, vocabulary: Vocabulary) -> Counter:
    return Counter(shelf, vocabulary)


@pytest.fixture
def rival(shelf: Shelf, vocabulary: Vocabulary) -> Counter:
    return Counter(shelf, vocabulary, RIVAL)
