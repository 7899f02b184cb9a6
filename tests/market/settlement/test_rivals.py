"""Rivals in connections of their own: of two who want the same money one gets it, and the other is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from market.kit.db import SYSTEM, act_as
from market.kit.errors import Conflict
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from market.settlement.models import Purpose
from market.settlement.paying_out import ask_payout
from market.settlement.refunding import refund
from market.settlement.releasing import freeze, release
from market.settlement.service import take_payment
from market.settlement.shares import TooMuch
from tests.market.settlement.books import Books, cny

Rival = Callable[[Work], object]


class Ring:
    """Runs rivals at the same moment, each in a session that commits; what one answers or is told comes back."""

    def __init__(self, sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings) -> None:
        self.sessions, self.clock, self.settings = sessions, clock, settings

    def work(self, session: Session) -> Work:
        act_as(session, SYSTEM)
        return Work(session, SYSTEM_ACTOR, self.clock.now(), new_id, self.settings)

    def prepare(self, make: Callable[[Books], UUID]) -> tuple[UUID, Books]:
        with self.sessions() as session:
            books = Books(self.work(session))
            share = make(books)
            session.commit()
        return share, books

    def run(self, *rivals: Rival) -> list[object]:
        start = Barrier(len(rivals))

        def do(rival: Rival) -> object:
            with self.sessions() as session:
                work = self.work(session)
                start.wait(20)
                try:
                    answer = rival(work)
                    session.commit()
                except Conflict as fault:
                    return fault
                return answer

        with ThreadPoolExecutor(len(rivals)) as pool:
            return list(pool.map(do, rivals))

    def look(self, books: Books, share: UUID) -> dict[str, int]:
        with self.sessions() as session:
            books.work = self.work(session)
            books.check()
            return books.balances(share)


@pytest.fixture
def ring(sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings) -> Ring:
    return Ring(sessions, clock, settings)


RIVALS: dict[str, tuple[Callable[[UUID], Rival], Callable[[UUID], Rival]]] = {
    "two releases": (
        lambda share: lambda work: release(work, share, "one", cny(100_000)),
        lambda share: lambda work: release(work, share, "two", cny(100_000)),
    ),
    "a refund and a release": (
        lambda share: lambda work: refund(work, share, "one", cny(100_000)),
        lambda share: lambda work: release(work, share, "two", cny(100_000)),
    ),
    "a dispute and a release": (
        lambda share: lambda work: freeze(work, share, "one", cny(1)),
        lambda share: lambda work: release(work, share, "two", cny(100_000)),
    ),
}


@pytest.mark.parametrize("name", RIVALS)
def test_of_two_who_want_the_same_money_one_gets_it_and_the_other_is_told(ring: Ring, name: str) -> None:
    first, second = RIVALS[name]
    share, books = ring.prepare(lambda books: books.sold())
    answers = ring.run(first(share), second(share))
    told = [answer for answer in answers if isinstance(answer, Conflict)]
    balances = ring.look(books, share)
    assert balances["gateway"] == -100_000
    if told:
        assert len(told) == 1 and isinstance(told[0], TooMuch)
    else:
        # A refund or a dispute that comes second takes what was released back.
        assert name != "two releases" and (balances.get("refunding") == 100_000 or balances.get("frozen") == 1)


def test_one_payment_told_by_many_at_once_is_held_once(ring: Ring) -> None:
    share, books = ring.prepare(lambda books: books.sell((Purpose.DEPOSIT, 500)))
    with ring.sessions() as session:
        books.work = ring.work(session)
        due_id = books.due(share, Purpose.DEPOSIT).id
    answers = ring.run(*[lambda work: take_payment(work, due_id, cny(500), "payment")] * 4)
    assert answers == [None] * 4
    assert ring.look(books, share) == {"gateway": -500, "held": 500}


def test_two_sweeps_at_once_send_one_payout(ring: Ring) -> None:
    share, books = ring.prepare(lambda books: books.accepted())
    answers = ring.run(*[lambda work: ask_payout(work, books.factory, "CNY")] * 3)
    assert sorted(answer is None for answer in answers) == [False, True, True]
    assert ring.look(books, share) == {"gateway": -100_000, "fees": 5_000, "in_transit": 95_000}
