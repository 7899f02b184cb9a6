"""A till over the tests' database and a sandbox of the test folder's own."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from tests.market.payments.ground import Till
from tests.market.payments.provider import Provider, running_provider


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running_provider(tmp_path_factory.mktemp("till")) as provider:
        yield provider


@pytest.fixture
def till(sessions: sessionmaker[Session], settings: Settings, running: Provider) -> Till:
    """The market's clock stands at the provider's, so that its pages may be opened."""
    clock = FrozenClock(running.time())
    return Till(sessions, clock, settings, running, heard=len(running.server.store.all("event")))
