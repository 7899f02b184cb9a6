"""The town that the tests of pooling, ranking and leads play in, and the web door before it."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from market.ranking.encoders import Encoders
from market.ranking.ranker import Ranker
from market.wiring import table_of_handlers
from matching.encoder.load import load_embedder
from matching.ports import Embedder
from matching.verticals.pack import load_vocabulary
from tests.conftest import Emptying
from tests.market.moments import MOMENTS
from tests.market.rivals import Ring, Shelf
from tests.market.site import app_of_site, clock_of_site, market_of_site, operator, standing_clock, web
from tests.market.town import Town

__all__ = ["app_of_site", "clock_of_site", "market_of_site", "operator", "standing_clock", "web"]


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return load_embedder()


@pytest.fixture
def ranker(embedder: Embedder) -> Ranker:
    return Ranker(load_vocabulary(), Encoders(embedder))


@pytest.fixture
def town(sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings, ranker: Ranker) -> Town:
    return Town(sessions, clock, settings, ranker, table_of_handlers(ranker))


@pytest.fixture(scope="session")
def shelf(owner_engine: Engine, emptying: Emptying) -> Shelf:
    return Shelf(owner_engine, emptying)


@pytest.fixture
def ring(town: Town, shelf: Shelf, application_engine: Engine) -> Ring:
    return Ring(town, shelf, MOMENTS, application_engine)
