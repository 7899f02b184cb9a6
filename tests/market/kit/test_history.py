"""Every move is a row in a chain that shows when its past was changed, and of two rivals one wins."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.identity.service import Registration, pause_organisation, register, resume_organisation
from market.kit.clock import FrozenClock
from market.kit.db import SYSTEM, act_as
from market.kit.errors import Conflict
from market.kit.history import HistoryEntry, chain_is_whole, history_of
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work


def system_work(session: Session, clock: FrozenClock, settings: Settings) -> Work:
    act_as(session, SYSTEM)
    return Work(session, SYSTEM_ACTOR, clock.now(), new_id, settings)


def new_shop(work: Work, name: str = "Shop") -> UUID:
    row = register(work, Registration("seller", name, f"{new_id()}@example.com", None))
    act_as(work.session, SYSTEM)
    return row.id


def test_a_chain_tells_who_when_why_and_breaks_when_changed(
    sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings
) -> None:
    with sessions() as session:
        work = system_work(session, clock, settings)
        shop = new_shop(work)
        pause_organisation(work, shop, "three orders nobody meant")
        resume_organisation(replace(work, now=work.now + timedelta(hours=1)), shop, "they called")
        lines = history_of(session, shop, "organisations", shop)
        assert [(line.from_state, line.to_state, line.why) for line in lines] == [
            ("paused", "active", "they called"),
            ("active", "paused", "three orders nobody meant"),
            (None, "active", ""),
        ]
        entries = list(session.scalars(select(HistoryEntry).order_by(HistoryEntry.sequence)))
        assert chain_is_whole(entries)
        assert not chain_is_whole(entries[1:])
        session.expunge_all()
        entries[0].why = "something else"
        assert not chain_is_whole(entries)


def test_the_application_cannot_rewrite_history(
    sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings
) -> None:
    with sessions() as session:
        work = system_work(session, clock, settings)
        pause_organisation(work, new_shop(work), "why")
        for statement in ("UPDATE history SET why = ''", "DELETE FROM history"):
            with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
                session.execute(text(statement))


def test_an_illegal_move_names_the_state_it_found_and_changes_nothing(
    sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings
) -> None:
    with sessions() as session:
        work = system_work(session, clock, settings)
        shop = new_shop(work)
        with pytest.raises(Conflict, match="is active"):
            resume_organisation(work, shop, "")
        assert [line.what for line in history_of(session, shop, "organisations", shop)] == ["registered"]


def test_of_rivals_one_wins_and_the_others_are_told(
    sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings
) -> None:
    with sessions() as session:
        shop = new_shop(system_work(session, clock, settings))
        session.commit()

    def pause(number: int) -> bool:
        with sessions() as rival:
            try:
                pause_organisation(system_work(rival, clock, settings), shop, f"operator {number}")
                rival.commit()
            except Conflict:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(pause, range(8))) == [False] * 7 + [True]
    with sessions() as session:
        act_as(session, SYSTEM)
        assert [line.what for line in history_of(session, shop, "organisations", shop)] == [
            "became paused",
            "registered",
        ]
