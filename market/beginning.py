"""The first minutes of a market: is its database untouched, and was the demo market that was begun in it finished?

Building the demo market takes many transactions, as the same verbs and events that people use do. A build that was
cut off half way is noted in the database itself and taken back at the next start, before anybody else can come in.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from market.kit.migrate import MIGRATIONS, migrate

UNFINISHED = "the demo market is being built"
LOCK = 7_335_091
AS_SYSTEM = text("SELECT set_config('weft.scope', 'system', true)")
UNTOUCHED = text(
    "SELECT NOT EXISTS (SELECT FROM users) AND NOT EXISTS (SELECT FROM history) "
    "AND (SELECT count(*) FROM organisations) <= 1"
)
NOTE = text("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')")


@contextmanager
def sole_beginner(owner: Engine) -> Iterator[bool]:
    """Give whether no other process is at the beginnings of this database, and keep others out meanwhile."""
    with owner.connect() as connection:
        taken = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}))
        connection.commit()
        try:
            yield taken
        finally:
            if taken:
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
                connection.commit()


def is_untouched(owner: Engine) -> bool:
    """Whether nobody ever did anything in this market: nothing is in it beside what the migrations made."""
    with owner.begin() as connection:
        connection.execute(AS_SYSTEM)
        return bool(connection.scalar(UNTOUCHED))


def note_beginning(owner: Engine) -> None:
    """Note in an untouched database that its demo market is being built."""
    with owner.begin() as connection:
        _note(connection, f"'{UNFINISHED}'")


def note_end(owner: Engine) -> None:
    """Take the note back: the demo market is whole."""
    with owner.begin() as connection:
        _note(connection, "NULL")


def is_unfinished(owner: Engine) -> bool:
    """Whether the build of the demo market was cut off. False in a database without tables."""
    with owner.connect() as connection:
        return bool(connection.scalar(NOTE) == UNFINISHED)


def start_over(owner: Engine, application_role: str) -> None:
    """Take an unfinished demo market back: our tables go, with all that is in them, and are made anew."""
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    with owner.connect() as connection:
        configuration.attributes["connection"] = connection
        command.downgrade(configuration, "base")
        connection.commit()
    migrate(owner, application_role)
    note_end(owner)


def _note(connection: Connection, words: str) -> None:
    # Beside the tables and not in one: the note goes with them, and whoever made the tables may always write it.
    connection.execute(text(f"COMMENT ON TABLE alembic_version IS {words}"))
