"""Every table holds its rows back by itself, and a connection that lost its tenant sees none."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from market.kit.db import SYSTEM, Scope, Tenant, act_as
from market.kit.ids import new_id
from migrations.policies import POLICIES, UNPROTECTED

NOT_OURS = "tablename NOT LIKE 'procrastinate_%' AND tablename <> 'alembic_version'"


def test_every_table_is_protected_for_its_owner_too_or_says_why_not(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT tablename, relrowsecurity AND relforcerowsecurity AS held FROM pg_tables "
                "JOIN pg_class ON pg_class.oid = format('public.%I', tablename)::regclass "
                f"WHERE schemaname = 'public' AND {NOT_OURS}"
            )
        ).all()
    assert {row.tablename for row in rows} == POLICIES.keys() | UNPROTECTED.keys()
    assert {row.tablename for row in rows if not row.held} == UNPROTECTED.keys()


def test_every_protected_table_has_its_owner_in_its_key(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        keyed = connection.scalars(
            text(
                "SELECT DISTINCT tc.table_name FROM information_schema.table_constraints tc "
                "JOIN information_schema.key_column_usage kcu USING (constraint_name, table_name) "
                "WHERE tc.constraint_type = 'PRIMARY KEY' AND kcu.column_name = 'organisation_id'"
            )
        ).all()
    assert POLICIES.keys() - set(keyed) == {"users"}


@pytest.mark.parametrize("table", sorted(POLICIES))
def test_a_session_without_a_tenant_sees_no_row(sessions: sessionmaker[Session], table: str) -> None:
    with sessions() as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_an_organisation_neither_sees_nor_touches_the_orders_of_another(sessions: sessionmaker[Session]) -> None:
    mine, other = new_id(), new_id()
    add = text(
        "INSERT INTO orders (organisation_id, id, state, source, words, readings, title, description, processes, "
        "materials, certifications, attributes, colours, quantity, unit, currency, grace_days, inspection, wants_pool, "
        "max_acceptances, origin, version, created_at, moderation_note) VALUES (:organisation, :id, 'posted', 'form', "
        "'', '[]', 'secret', '', '{}', '[]', '{}', '{}', '{}', 5, 'piece', 'CNY', 0, '', false, 3, '{}', 1, now(), '')"
    )
    with sessions() as session:
        act_as(session, SYSTEM)
        session.execute(add, {"organisation": other, "id": new_id()})
        act_as(session, Tenant(Scope.ORGANISATION, mine))
        assert session.scalar(text("SELECT count(*) FROM orders")) == 0
        assert session.execute(text("UPDATE orders SET title = 'taken' RETURNING id")).all() == []
        assert session.execute(text("DELETE FROM orders RETURNING id")).all() == []
        with pytest.raises(Exception, match="row-level security"), session.begin_nested():
            session.execute(add, {"organisation": other, "id": new_id()})
        act_as(session, Tenant(Scope.ORGANISATION, other))
        assert session.scalar(text("SELECT title FROM orders")) == "secret"
        session.rollback()
