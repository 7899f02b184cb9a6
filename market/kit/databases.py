"""Databases and roles on any PostgreSQL server, embedded or not.

Two roles: the owner makes tables (migrations), the application reads and writes rows. The application role must obey
row-level security, so it is never a superuser and never has BYPASSRLS.
"""

import atexit
import fcntl
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from market.kit.postgres import OWNER, Announce, EmbeddedServer, ServerFault

APPLICATION_ROLE = "weft_app"
DATABASE = "weft"
OLDEST_VERSION = 15
CONNECT_SECONDS = 10
LOCK = 7_335_092
HOLDER = "run.json"  # In the data folder; `make run` holds its lock for as long as it runs.


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """SQLAlchemy URLs of one database: `owner_url` for migrations, `application_url` for everything else.

    `application_role` is the role that the application acts as; market/kit/migrate.py gives it its rights.
    """

    owner_url: str
    application_url: str
    application_role: str


def reach_database(database_url: str | None, data_folder: Path, announce: Announce) -> DatabaseAccess:
    """How this process reaches its database: the one of `database_url`, or the embedded one of `data_folder`.

    Safe to repeat on an application URL, which stays as it is. Raises ServerFault.
    """
    return prepare_access(database_url) if database_url else borrow_embedded(data_folder, announce)


def borrow_embedded(data_folder: Path, announce: Announce) -> DatabaseAccess:
    """Reach the embedded database for the length of this process: for commands beside or without a running market.

    A server that this process had to start is stopped when it ends, unless `make run` has taken it over by then.
    """
    server = EmbeddedServer(data_folder, announce=announce)
    was_running = server.is_running()
    server.start()
    if not was_running:
        atexit.register(_stop_unless_held, server, data_folder / HOLDER)
    return embedded_access(server)


def _stop_unless_held(server: EmbeddedServer, holder: Path) -> None:
    with holder.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        server.stop()


def embedded_access(server: EmbeddedServer, database: str = DATABASE) -> DatabaseAccess:
    """Make `database` and the application role on a started embedded server. The application signs in as its role."""
    prepared = prepare_access(server.url(OWNER, database))
    return replace(prepared, application_url=server.url(APPLICATION_ROLE, database))


def prepare_access(server_url: str) -> DatabaseAccess:
    """Check the server behind `server_url`, make its database and the application role where the user may.

    A user who may make roles gives the application a role of its own, taken on at connection. Any other user is used as
    it is, unless row-level security would not hold for it. Raises ServerFault.
    """
    address = checked_address(server_url)
    _ensure_database(address)
    with _connect(address) as connection:
        _check_version(connection)
        superuser, bypasses, makes_roles, acts_as = _powers(connection)
        exists = _role_exists(connection)
        if acts_as != APPLICATION_ROLE and (superuser or makes_roles or (exists and _is_member(connection))):
            _ensure_role(connection, exists=exists, superuser=superuser)
            return DatabaseAccess(_text(address), _text(_with_role(address)), APPLICATION_ROLE)
        if bypasses:
            raise ServerFault(
                f"The user {address.username} of DATABASE_URL bypasses row-level security and may not make the role "
                f"{APPLICATION_ROLE}: name a user without BYPASSRLS, or one with CREATEROLE."
            )
        return DatabaseAccess(_text(address), _text(address), acts_as)


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """Make a database beside the one of `server_url`, as a copy of `template` when given, and return its URL."""
    address = checked_address(server_url)
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        statement = sql.SQL("{} TEMPLATE {}").format(statement, sql.Identifier(template))
    with _connect(address) as connection:
        connection.execute(statement)
    return _text(address.set(database=name))


def drop_database(server_url: str, name: str) -> None:
    """Remove a database beside the one of `server_url`, cutting its open connections. A missing one is no fault."""
    with _connect(checked_address(server_url)) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def psycopg_url(url: str) -> str:
    """The same address for psycopg itself, which knows no driver names and reads no plus sign as a space."""
    head, mark, query = _text(make_url(url).set(drivername="postgresql")).partition("?")
    return head + mark + query.replace("+", "%20")


def checked_address(url: str) -> URL:
    """A database address as SQLAlchemy takes it; raises ServerFault for what is none."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # The second for a port that is no number.
        raise ServerFault("DATABASE_URL is no address: write it like postgresql://user:password@host/weft") from None
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise ServerFault(f"DATABASE_URL names {address.get_backend_name()}: only PostgreSQL is supported.")
    return address.set(drivername="postgresql+psycopg")


def _text(address: URL) -> str:
    return address.render_as_string(hide_password=False)


def _connect(address: URL) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(psycopg_url(_text(address)), autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as fault:
        raise _unreachable(address, fault) from None


def _unreachable(address: URL, fault: psycopg.OperationalError) -> ServerFault:
    # psycopg's first line says what happened, the next ones what one might ask.
    reason = (str(fault).strip().splitlines() or ["no answer"])[0].removeprefix("connection failed: ")
    shown = address.set(drivername="postgresql").render_as_string()
    return ServerFault(f"The database {shown} cannot be reached: {reason}")


def _ensure_database(address: URL) -> None:
    try:
        psycopg.connect(psycopg_url(_text(address)), connect_timeout=CONNECT_SECONDS).close()
        return
    except psycopg.OperationalError as fault:
        if f'database "{address.database}" does not exist' not in str(fault):
            raise _unreachable(address, fault) from None
    with _connect(address.set(database="postgres")) as connection:
        _check_version(connection)
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(address.database or DATABASE)))
        except psycopg.errors.DuplicateDatabase:
            return
        except psycopg.errors.InsufficientPrivilege:
            raise ServerFault(
                f"The database {address.database!r} of DATABASE_URL does not exist and {address.username} may not "
                "make it: create it, or give the user CREATEDB."
            ) from None


def _check_version(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    found = connection.info.server_version // 10000
    if found < OLDEST_VERSION:
        raise ServerFault(
            f"DATABASE_URL leads to PostgreSQL {found}, which is too old: version {OLDEST_VERSION} or later is needed."
        )


def _powers(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[bool, bool, bool, str]:
    """Whether the current role is a superuser, bypasses row-level security, makes roles; and its name."""
    row = connection.execute(
        "SELECT rolsuper, rolsuper OR rolbypassrls, rolcreaterole, rolname FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    superuser, bypasses, makes_roles, name = row or (False, False, False, "")
    return bool(superuser), bool(bypasses), bool(makes_roles), str(name)


def _role_exists(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE]).fetchone() is not None


def _is_member(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [APPLICATION_ROLE]).fetchone()
    return bool(row and row[0])


def _ensure_role(connection: psycopg.Connection[tuple[object, ...]], *, exists: bool, superuser: bool) -> None:
    role = sql.Identifier(APPLICATION_ROLE)
    # Several machines may start at once; the lock goes with this connection.
    connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    exists = exists or _role_exists(connection)
    try:
        if not exists:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        if not superuser and not _is_member_who_may_switch(connection):
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    except psycopg.errors.InsufficientPrivilege as fault:
        raise ServerFault(f"The role {APPLICATION_ROLE} cannot be used: {fault.diag.message_primary}.") from None
    powers = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE]
    ).fetchone()
    if powers and powers[0]:
        raise ServerFault(
            f"The role {APPLICATION_ROLE} bypasses row-level security: ALTER ROLE {APPLICATION_ROLE} NOSUPERUSER "
            "NOBYPASSRLS."
        )


def _is_member_who_may_switch(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    try:
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(APPLICATION_ROLE)))
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _with_role(address: URL) -> URL:
    return address.update_query_dict({"options": f"-c role={APPLICATION_ROLE}"})
