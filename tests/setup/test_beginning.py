"""A demo market that was cut off while it was built is taken back; one that anybody used never is."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from market.beginning import is_unfinished, is_untouched, note_beginning, note_end, sole_beginner, start_over
from market.kit.databases import DatabaseAccess

TABLES = text("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
ADD_USER = text(
    "INSERT INTO users (id, organisation_id, email, active, fs_uniquifier, language, created_at) "
    "SELECT gen_random_uuid(), organisation_id, 'a@b.example', true, 'mark', 'zh', now() FROM organisations"
)


@pytest.fixture
def owner(empty_database: DatabaseAccess) -> Iterator[Engine]:
    engine = create_engine(empty_database.owner_url)
    yield engine
    engine.dispose()


def test_a_fresh_database_is_untouched_until_somebody_joins(owner: Engine) -> None:
    assert is_untouched(owner)
    assert not is_unfinished(owner)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('weft.scope', 'system', true)"))
        connection.execute(ADD_USER)
    assert not is_untouched(owner)


def test_an_unfinished_market_is_taken_back_with_all_that_is_in_it(
    owner: Engine, empty_database: DatabaseAccess
) -> None:
    with owner.begin() as connection:
        before = connection.scalars(TABLES).all()
        connection.execute(text("CREATE TABLE of_somebody_else AS SELECT 1 AS number"))
    note_beginning(owner)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('weft.scope', 'system', true)"))
        connection.execute(ADD_USER)
    assert is_unfinished(owner)
    start_over(owner, empty_database.application_role)
    assert is_untouched(owner)
    assert not is_unfinished(owner)
    with owner.connect() as connection:
        assert connection.scalars(TABLES).all() == sorted([*before, "of_somebody_else"])
        assert connection.scalar(text("SELECT number FROM of_somebody_else")) == 1


def test_a_finished_market_carries_no_note(owner: Engine) -> None:
    note_beginning(owner)
    note_end(owner)
    assert not is_unfinished(owner)


def test_two_starts_do_not_build_in_one_database(owner: Engine) -> None:
    with sole_beginner(owner) as first, sole_beginner(owner) as second:
        assert (first, second) == (True, False)
    with sole_beginner(owner) as again:
        assert again


def test_a_database_without_tables_is_not_unfinished(owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO other_version"))
    assert not is_unfinished(owner)
