"""The ground every test stands on: one PostgreSQL a run, one migrated database, and nothing left over between tests."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from market.kit.databases import DatabaseAccess, create_database, drop_database, embedded_access, prepare_access
from market.kit.db import SYSTEM, act_as, make_engine, make_sessions
from market.kit.migrate import migrate
from market.kit.postgres import QUICK_AND_UNSAFE, EmbeddedServer
from tests.browser import (
    browser_context_args,
    browser_type_launch_args,
    live_market,
    open_page,
)

__all__ = ["browser_context_args", "browser_type_launch_args", "live_market", "open_page"]

TESTS = Path(__file__).parent
WITH_BROWSER = ("journeys", "look", "setup")
"""The folders that hold tests with a browser."""
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
AS_SYSTEM = text("SELECT set_config('weft.scope', 'system', true)")
# By their size, which counts rows that nobody may read and those of a transaction that was taken back.
USED_TABLES = text(
    "SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
    "AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0 ORDER BY relname"
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a journey that was skipped is a failure: there the browser must be present."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and "journeys" in item.path.parts:
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true forbids: {report.longrepr}"
    return report


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves folders without a browser unread when no more is asked for: what they import takes half a minute."""
    if config.option.markexpr != "browser" or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return None
    others = collection_path.parent == TESTS and collection_path.is_dir() and collection_path.name not in WITH_BROWSER
    return True if others else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that need a browser, or the market that stands before it, and puts them last.

    Once Playwright's event loop runs in this thread, no in-process web request can end.
    """
    for item in items:
        if {"browser", "live_market"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.browser)
            if item.path.relative_to(TESTS).parts[0] not in WITH_BROWSER:
                raise pytest.UsageError(f"{item.nodeid} needs a browser: such tests stand in one of {WITH_BROWSER}")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def database_server() -> Iterator[EmbeddedServer | None]:
    """An embedded server of this run's own, quick because nothing in it must survive; None when DATABASE_URL is set."""
    if os.environ.get("DATABASE_URL"):
        yield None
        return
    # Not below pytest's own folder: that is private, and as root the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="weft-test-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder, settings=QUICK_AND_UNSAFE)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated(database_server: EmbeddedServer | None) -> Iterator[DatabaseAccess]:
    """A database with every table and no row. Copy it (`empty_database`) rather than write into it."""
    name = f"weft_test_{os.getpid()}_{secrets.token_hex(3)}"
    access = make_access(database_server, name)
    engine = create_engine(access.owner_url)
    migrate(engine, access.application_role)
    engine.dispose()
    yield access
    drop_database(server_url(database_server), name)


def server_url(server: EmbeddedServer | None) -> str:
    """A URL of the server's owner, in a database that is not under test."""
    return server.url() if server else os.environ["DATABASE_URL"]


def make_access(server: EmbeddedServer | None, name: str, template: str | None = None) -> DatabaseAccess:
    """Make the database `name` and return how to reach it."""
    address = create_database(server_url(server), name, template)
    return embedded_access(server, name) if server else prepare_access(address)


@pytest.fixture(scope="session")
def access(database_server: EmbeddedServer | None, migrated: DatabaseAccess) -> Iterator[DatabaseAccess]:
    """The database that all tests of this run share, one after the other."""
    template = migrated.owner_url.partition("?")[0].rpartition("/")[2]
    yield make_access(database_server, f"{template}_shared", template)
    drop_database(server_url(database_server), f"{template}_shared")


@pytest.fixture
def empty_database(database_server: EmbeddedServer | None, migrated: DatabaseAccess) -> Iterator[DatabaseAccess]:
    """A migrated database of this test's own, for tests that run other processes against it."""
    template = migrated.owner_url.partition("?")[0].rpartition("/")[2]
    name = f"{template}_{secrets.token_hex(3)}"
    yield make_access(database_server, name, template)
    drop_database(server_url(database_server), name)


@pytest.fixture(scope="session")
def owner_engine(access: DatabaseAccess) -> Iterator[Engine]:
    """An engine of the tables' owner: for looking behind row-level security, never for the product's own work."""
    engine = create_engine(access.owner_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def application_engine(access: DatabaseAccess) -> Iterator[Engine]:
    """An engine of the application role, which obeys row-level security."""
    engine = make_engine(access.application_url)
    yield engine
    engine.dispose()


@dataclass(frozen=True)
class Emptying:
    """Brings the shared database back to what the migrations left. migrated: the tables in which they left rows."""

    engine: Engine
    migrated: list[str]

    def __call__(self) -> None:
        """Cut every table that holds anything; each that is cut costs files of its own, so the others are let be."""
        with self.engine.begin() as connection:
            connection.execute(AS_SYSTEM)
            names = ", ".join(connection.scalars(USED_TABLES))
            connection.execute(text(f"TRUNCATE {names} CASCADE"))
            for name in self.migrated:
                connection.execute(text(f"INSERT INTO public.{name} SELECT * FROM migrated.{name}"))


@pytest.fixture(scope="session")
def emptying(owner_engine: Engine) -> Emptying:
    """Empties the shared database, the rows of the migrations excepted."""
    with owner_engine.begin() as connection:
        connection.execute(AS_SYSTEM)
        migrated = list(connection.scalars(USED_TABLES))
        connection.execute(text("CREATE SCHEMA migrated"))
        for name in migrated:
            connection.execute(text(f"CREATE TABLE migrated.{name} AS SELECT * FROM public.{name}"))
    return Emptying(owner_engine, migrated)


@pytest.fixture
def database(access: DatabaseAccess, emptying: Emptying) -> Iterator[DatabaseAccess]:
    """The shared database, emptied after a test that committed anything. Tests that never commit pay nothing."""
    committed: list[bool] = []

    def notice(_connection: Connection) -> None:
        committed.append(True)

    event.listen(Engine, "commit", notice)
    try:
        yield access
    finally:
        event.remove(Engine, "commit", notice)
        if committed:
            emptying()


@pytest.fixture
def sessions(database: DatabaseAccess, application_engine: Engine) -> sessionmaker[Session]:
    """Makes sessions of the application role, for tests that need several (races) or commit."""
    return make_sessions(application_engine)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session of the application role that acts as the system; `act_as(session, Tenant(...))` changes for whom."""
    with sessions() as opened:
        act_as(opened, SYSTEM)
        yield opened
        opened.rollback()


@pytest.fixture
def clock() -> FrozenClock:
    """A Monday morning in China that stands still until the test moves it."""
    return FrozenClock(MONDAY)


@pytest.fixture
def settings(database: DatabaseAccess, tmp_path: Path) -> Settings:
    """Settings of a demo market on the shared database, with a data folder of the test's own."""
    return Settings.from_environment(
        {
            "DATABASE_URL": database.application_url,
            "WEFT_DATA": str(tmp_path),
            "WEFT_DEMO": "1",
            "WEFT_EXPLORE_PERCENT": "0",
            "WEFT_SECRET_KEY": "only for tests, only for tests, only for tests",
        }
    )
