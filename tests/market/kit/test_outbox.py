"""An event exists exactly when what caused it does, and a handler has its effect once."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.identity.events import OrganisationPaused
from market.kit.db import SYSTEM, act_as
from market.kit.ids import new_id
from market.kit.outbox import Event, OutboxEvent, Unreadable, publish, read_event
from market.kit.work import Work
from market.wiring import Market, assemble
from market.worker import deliver_event, redeliver


@pytest.fixture
def market(settings: Settings) -> Market:
    return assemble(settings)


def publish_one(market: Market, session: Session) -> OutboxEvent:
    publish(market.system_work(session), OrganisationPaused(new_id(), "why"))
    return session.scalars(select(OutboxEvent)).one()


def jobs(session: Session) -> int:
    return session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver'")) or 0


def test_event_and_delivery_are_rolled_back_together(market: Market, sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        publish_one(market, session)
        assert jobs(session) == 1
        session.rollback()
        act_as(session, SYSTEM)
        assert (session.scalar(select(func.count()).select_from(OutboxEvent)), jobs(session)) == (0, 0)


def test_a_handler_runs_once_however_often_the_event_is_delivered(
    market: Market, sessions: sessionmaker[Session]
) -> None:
    calls: list[Event] = []

    def hear(_work: Work, event: Event) -> None:
        calls.append(event)

    hearing = replace(market, handlers={OrganisationPaused: (hear,)})
    with sessions() as session:
        row = publish_one(market, session)
        session.commit()
    for _time in range(3):
        deliver_event(hearing, row.organisation_id, row.id)
    assert len(calls) == 1


def test_a_failing_handler_is_tried_again_and_does_not_keep_the_event_from_others(
    market: Market, sessions: sessionmaker[Session]
) -> None:
    calls: list[str] = []

    def fail_first(_work: Work, _event: Event) -> None:
        calls.append("fails")
        if calls.count("fails") == 1:
            raise OSError("no disk")

    def hear(_work: Work, _event: Event) -> None:
        calls.append("hears")

    hearing = replace(market, handlers={OrganisationPaused: (fail_first, hear)})
    with sessions() as session:
        row = publish_one(market, session)
        session.commit()
    with pytest.raises(ExceptionGroup):
        deliver_event(hearing, row.organisation_id, row.id)
    deliver_event(hearing, row.organisation_id, row.id)
    assert calls == ["fails", "hears", "fails"]


def test_an_event_whose_job_was_lost_is_enqueued_again(market: Market, sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        row = publish_one(market, session)
        row.occurred_at = market.clock.now().replace(year=2020)
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.commit()
    assert redeliver(market) == 1
    with sessions() as session:
        assert jobs(session) == 1


def test_a_stored_event_that_fits_no_class_is_told(market: Market, session: Session) -> None:
    row = publish_one(market, session)
    with pytest.raises(Unreadable, match="no event is named"):
        read_event(row, {})
    row.payload = {"organisation_id": str(row.organisation_id)}
    with pytest.raises(Unreadable, match="has the fields"):
        read_event(row, {"OrganisationPaused": OrganisationPaused})
