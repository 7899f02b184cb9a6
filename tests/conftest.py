"""The ground every test stands on: one PostgreSQL a run, one migrated database, and nothing left over between tests."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator, Iterator
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

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
AS_SYSTEM = text("SELECT set_config('weft.scope', 'system', true)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a journey that was skipped is a failure: there the browser must be present."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and "journeys" in item.path.parts:
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true forbids: {report.longrepr}"
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that need a browser, or the market that stands before it, and puts them last.

    Once Playwright's event loop runs in this thread, no in-process web request can end.
    """
    for item in items:
        if {"browser", "live_market"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.browser)
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


@pytest.fixture(scope="session")
def emptying(owner_engine: Engine) -> list[str]:
    """The statements that bring the shared database back to what the migrations left, their own rows included."""
    with owner_engine.begin() as connection:
        connection.execute(AS_SYSTEM)
        names = connection.scalars(
            text(
                "SELECT quote_ident(tablename) FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY tablename"
            )
        ).all()
        filled = [name for name in names if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})"))]
        connection.execute(text("CREATE SCHEMA migrated"))
        for name in filled:
            connection.execute(text(f"CREATE TABLE migrated.{name} AS SELECT * FROM public.{name}"))
    restore = [f"INSERT INTO public.{name} SELECT * FROM migrated.{name}" for name in filled]
    return [f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE", *restore]


@pytest.fixture
def database(access: DatabaseAccess, owner_engine: Engine, emptying: list[str]) -> Iterator[DatabaseAccess]:
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
            with owner_engine.begin() as connection:
                connection.execute(AS_SYSTEM)
                for statement in emptying:
                    connection.execute(text(statement))


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
