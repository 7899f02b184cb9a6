"""Bring a database to the newest schema and give the application role its rights. Safe to repeat."""

from pathlib import Path

import psycopg.sql
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
APPEND_ONLY = (
    "history",
    "factory_versions",
    "index_snapshots",
    "quote_steps",
    "share_terms",
    "pack_versions",
    "vocabularies",
    "ledger_accounts",
    "ledger_transactions",
    "ledger_entries",
)
LOCK = 7_335_011


def migrate(owner: Engine, application_role: str, revision: str = "head") -> None:
    """Run every missing migration as the owner of the tables, one process at a time."""
    with owner.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        try:
            command.upgrade(_configuration(connection), revision)
            grant_rights(connection, application_role)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()


def grant_rights(connection: Connection, role: str) -> None:
    """Let `role` read and write rows, never change tables, and never rewrite what is append-only."""
    if role == connection.scalar(text("SELECT current_user")):
        return
    name = psycopg.sql.Identifier(role).as_string(None)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}",
        f"REVOKE UPDATE, DELETE ON {', '.join(APPEND_ONLY)} FROM {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}",
    ):
        connection.execute(text(statement))


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    configuration.attributes["connection"] = connection
    return configuration
