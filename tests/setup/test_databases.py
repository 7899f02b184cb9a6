"""Which role the application gets on which server, and what is said when it can get none."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from market.kit.databases import DatabaseAccess, drop_database, prepare_access, psycopg_url
from market.kit.db import SYSTEM, UnboundRole, act_as, make_engine, make_sessions
from market.kit.migrate import migrate
from market.kit.postgres import EmbeddedServer, ServerFault
from tests.conftest import server_url

PROTECTED = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"


@dataclass(frozen=True)
class Ground:
    """A server that a superuser opens: what a test makes on it, it removes."""

    url: str

    @property
    def user(self) -> str:
        return str(make_url(self.url).username)

    def do(self, *statements: str) -> None:
        with psycopg.connect(psycopg_url(self.url), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url_as(self, user: str, database: str) -> str:
        return make_url(self.url).set(username=user, database=database).render_as_string(hide_password=False)


@pytest.fixture
def ground(database_server: EmbeddedServer | None) -> Iterator[Ground]:
    found = Ground(server_url(database_server))
    with psycopg.connect(psycopg_url(found.url)) as connection:
        if connection.info.parameter_status("is_superuser") != "on":
            pytest.skip("making users needs a superuser in DATABASE_URL")
    yield found


@pytest.fixture
def name() -> str:
    return f"weft_role_{secrets.token_hex(4)}"


@pytest.fixture
def user(ground: Ground, name: str) -> Iterator[str]:
    """A user with no powers, who owns a database of the same name."""
    ground.do(f"CREATE ROLE {name} LOGIN", f"CREATE DATABASE {name} OWNER {name}")
    yield name
    drop_database(ground.url, name)
    ground.do(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def role_of(url: str) -> str:
    with create_engine(url).connect() as connection:
        return str(connection.scalar(text("SELECT current_user")))


def serves(access: DatabaseAccess) -> bool:
    """Whether the tables can be made, twice, and show their one row only to who may see it."""
    owner = create_engine(access.owner_url)
    migrate(owner, access.application_role)
    migrate(owner, access.application_role)
    with owner.connect() as connection:
        protected = connection.scalar(text(PROTECTED))
    owner.dispose()
    engine = make_engine(access.application_url)
    with make_sessions(engine)() as session:
        hidden = session.scalar(text("SELECT count(*) FROM organisations"))
        act_as(session, SYSTEM)
        seen = session.scalar(text("SELECT count(*) FROM organisations"))
    engine.dispose()
    return bool(protected and hidden == 0 and seen == 1)


def test_a_superuser_gives_the_application_a_role_that_obeys(ground: Ground, name: str) -> None:
    access = prepare_access(ground.url_as(ground.user, name))
    try:
        assert role_of(access.application_url) == access.application_role == "weft_app"
        assert serves(access)
        again = prepare_access(access.application_url)
        assert role_of(again.application_url) == "weft_app"
    finally:
        drop_database(ground.url, name)


def test_a_user_who_makes_roles_gives_the_application_one(ground: Ground, user: str) -> None:
    # Other databases of this run may hold rights of the role, so it is made by this user only where it is missing.
    ground.do(f"ALTER ROLE {user} CREATEROLE")
    if role_exists(ground):
        ground.do(f"GRANT weft_app TO {user} WITH ADMIN OPTION")
    access = prepare_access(ground.url_as(user, user))
    assert role_of(access.application_url) == "weft_app"
    assert serves(access)


def role_exists(ground: Ground) -> bool:
    with psycopg.connect(psycopg_url(ground.url)) as connection:
        return connection.execute("SELECT FROM pg_roles WHERE rolname = 'weft_app'").fetchone() is not None


def test_a_user_without_powers_is_used_as_it_is(ground: Ground, user: str) -> None:
    access = prepare_access(ground.url_as(user, user))
    assert access.owner_url == access.application_url
    assert role_of(access.application_url) == access.application_role == user
    assert serves(access)


def test_a_user_who_bypasses_the_rules_is_refused(ground: Ground, user: str) -> None:
    ground.do(f"ALTER ROLE {user} BYPASSRLS")
    with pytest.raises(ServerFault, match="BYPASSRLS"):
        prepare_access(ground.url_as(user, user))


def test_a_door_opened_as_a_superuser_acts_as_the_application(ground: Ground, user: str) -> None:
    """As with `flask --app app audit` beside a market that was started with the same DATABASE_URL."""
    access = prepare_access(ground.url_as(ground.user, user))
    for url, role in ((access.owner_url, "weft_app"), (ground.url_as(user, user), user)):
        engine = make_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == role
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == role
        engine.dispose()


def test_a_door_opened_as_a_user_who_bypasses_the_rules_stays_shut(ground: Ground, user: str) -> None:
    ground.do(f"ALTER ROLE {user} BYPASSRLS")
    engine = make_engine(ground.url_as(user, user))
    with pytest.raises(UnboundRole, match="BYPASSRLS"), engine.connect():
        pass
    engine.dispose()


def test_an_application_role_that_bypasses_the_rules_is_refused(ground: Ground, name: str) -> None:
    prepare_access(ground.url)
    ground.do("ALTER ROLE weft_app BYPASSRLS")
    try:
        with pytest.raises(ServerFault, match="NOBYPASSRLS"):
            prepare_access(ground.url)
    finally:
        ground.do("ALTER ROLE weft_app NOBYPASSRLS")


def test_a_missing_database_is_made_where_the_user_may(ground: Ground, user: str, name: str) -> None:
    missing = f"{name}_missing"
    with pytest.raises(ServerFault, match="CREATEDB"):
        prepare_access(ground.url_as(user, missing))
    ground.do(f"ALTER ROLE {user} CREATEDB")
    prepare_access(ground.url_as(user, missing))
    drop_database(ground.url, missing)


def test_a_server_that_is_too_old_is_named_with_what_is_needed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own server stands in for an old one: only what we call old is changed."""
    monkeypatch.setattr("market.kit.databases.OLDEST_VERSION", 99)
    with pytest.raises(ServerFault, match=r"PostgreSQL 1\d, which is too old: version 99 or later") as fault:
        prepare_access(ground.url)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://nobody@127.0.0.1:9/weft", "Connection refused"),
        ("postgresql://nobody@127.0.0.1:nine/weft", "no address"),
        ("postgresql://nobody:secret@no-such-host.invalid/weft", "cannot be reached"),
        ("mysql://root@127.0.0.1/weft", "only PostgreSQL"),
        ("weft", "no address"),
        ("", "no address"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_clear_line(address: str, said: str) -> None:
    with pytest.raises(ServerFault, match=said) as fault:
        prepare_access(address)
    assert "\n" not in str(fault.value)
    assert "secret" not in str(fault.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_usual_spelling_of_the_scheme_is_taken(ground: Ground, scheme: str) -> None:
    access = prepare_access(ground.url.replace(ground.url.partition(":")[0], scheme, 1))
    assert access.application_url.startswith("postgresql+psycopg://")
