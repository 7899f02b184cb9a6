"""Hundreds of short random lives of deals, with units of work killed in the middle and told twice: whatever happens,
entries sum to zero, balances are their entries, and no money is released, refunded or paid out twice.

WEFT_LIVES=3000 plays more of them.
"""

import os
from collections.abc import Callable
from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.db import SYSTEM, act_as
from market.kit.errors import DomainFault
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from market.settlement.cancelling import cancel_deal, refund_in_parts
from market.settlement.models import Purpose
from market.settlement.paying_out import (
    ask_payout,
    clear_bounced,
    note_payout_bounced,
    note_payout_paid,
    note_transferred,
    repay_debt,
)
from market.settlement.refunding import note_refund_failed, note_refund_paid, refund, refund_frozen
from market.settlement.releasing import freeze, release, release_frozen, thaw
from tests.conftest import MONDAY
from tests.market.settlement.books import Books, cny

HOW = st.sampled_from(["once", "twice", "killed first"])
AMOUNT = st.integers(1, 4_000)
SNAPSHOT = text("SELECT id, balance_minor FROM ledger_accounts WHERE balance_minor <> 0 ORDER BY id")


class Lives(RuleBasedStateMachine):
    """Three shares of one run, paid in part; everything that may happen to their money, in any order."""

    sessions: sessionmaker[Session]
    market_settings: Settings

    @initialize(totals=st.lists(st.integers(2, 3_000), min_size=3, max_size=3))
    def open_deal(self, totals: list[int]) -> None:
        self.session = self.sessions()
        act_as(self.session, SYSTEM)
        self.books = Books(Work(self.session, SYSTEM_ACTOR, MONDAY, new_id, self.market_settings))
        self.deal, self.calls = new_id(), 0
        self.refunds: list[UUID] = []
        self.remittances: list[UUID] = []
        self.shares = [
            self.books.sell((Purpose.DEPOSIT, total), (Purpose.BALANCE, total * 2 + 1), deal=self.deal)
            for total in totals
        ]

    @rule(place=st.integers(0, 2), purpose=st.sampled_from([Purpose.DEPOSIT, Purpose.BALANCE]), how=HOW)
    def pay(self, place: int, purpose: Purpose, how: str) -> None:
        self.do(lambda _key: self.books.pay(self.shares[place], purpose), how)

    @rule(place=st.integers(0, 2), minor=st.none() | AMOUNT, how=HOW)
    def release(self, place: int, minor: int | None, how: str) -> None:
        money = None if minor is None else cny(minor)
        self.do(lambda key: release(self.books.work, self.shares[place], key, money), how)

    @rule(place=st.integers(0, 2), minor=AMOUNT, verb=st.sampled_from([freeze, thaw, release_frozen]), how=HOW)
    def dispute(self, place: int, minor: int, verb: Callable[..., object], how: str) -> None:
        self.do(lambda key: verb(self.books.work, self.shares[place], key, cny(minor)), how)

    @rule(place=st.integers(0, 2), minor=AMOUNT, verb=st.sampled_from([refund, refund_frozen]), how=HOW)
    def refund(self, place: int, minor: int, verb: Callable[..., Any], how: str) -> None:
        found = self.do(lambda key: verb(self.books.work, self.shares[place], key, cny(minor)), how)
        self.refunds += [posted.transaction_id for posted in found or ()]

    @rule(minor=AMOUNT, pieces=st.lists(st.integers(1, 9), min_size=3, max_size=3), how=HOW)
    def refund_defects(self, minor: int, pieces: list[int], how: str) -> None:
        weights = dict(zip(self.shares, pieces, strict=True))
        found = self.do(lambda key: refund_in_parts(self.books.work, key, cny(minor), weights), how)
        self.refunds += [posted.transaction_id for posted in found or ()]

    @rule(proven=st.integers(0, 2_000), how=HOW)
    def cancel(self, proven: int, how: str) -> None:
        found = self.do(lambda key: cancel_deal(self.books.work, self.deal, key, cny(proven)), how)
        self.refunds += [posted.transaction_id for posted in found or ()]

    @rule(place=st.integers(0, 99), fails=st.booleans(), how=HOW)
    def hear_of_refund(self, place: int, fails: bool, how: str) -> None:
        if not self.refunds:
            return
        reference, work = self.refunds[place % len(self.refunds)], self.books.work
        self.do(
            lambda _key: note_refund_failed(work, reference, "no") if fails else note_refund_paid(work, reference), how
        )

    @rule(how=HOW)
    def pay_out(self, how: str) -> None:
        sent = self.do(lambda _key: ask_payout(self.books.work, self.books.factory, "CNY"), how, once_is_enough=True)
        if sent is not None:
            self.remittances.append(sent.id)

    @rule(place=st.integers(0, 99), what=st.sampled_from([note_transferred, note_payout_paid]), how=HOW)
    def hear_of_payout(self, place: int, what: Callable[..., object], how: str) -> None:
        if self.remittances:
            remittance_id = self.remittances[place % len(self.remittances)]
            self.do(lambda _key: what(self.books.work, remittance_id), how)

    @rule(place=st.integers(0, 99), cleared=st.booleans(), how=HOW)
    def bounce(self, place: int, cleared: bool, how: str) -> None:
        if self.remittances:
            remittance_id = self.remittances[place % len(self.remittances)]
            self.do(lambda _key: note_payout_bounced(self.books.work, remittance_id, "closed"), how)
        if cleared:
            clear_bounced(self.books.work, self.books.factory)

    @rule(minor=AMOUNT, how=HOW)
    def repay(self, minor: int, how: str) -> None:
        self.do(lambda key: repay_debt(self.books.work, self.books.factory, key, cny(minor), "by bank"), how)

    def teardown(self) -> None:
        if hasattr(self, "session"):
            try:
                self.books.check()
            finally:
                self.session.rollback()
                self.session.close()

    def do(self, verb: Callable[[str], Any], how: str, *, once_is_enough: bool = False) -> Any:
        """Do a verb as a unit of work: killed before its end and done again, or done twice; returns what it answered.

        What is refused, killed or said again moves nothing.
        """
        self.calls += 1
        key, before = f"call {self.calls}", self.balances()
        if how == "killed first":
            killed = self.session.begin_nested()
            self.answer(verb, key)
            killed.rollback()
            assert self.balances() == before, "a killed unit of work moved money"
        answer = self.answer(verb, key)
        if isinstance(answer, DomainFault):
            assert self.balances() == before, f"refused with “{answer}”, and money moved"
            return None
        after = self.balances()
        if how == "twice":
            again = self.answer(verb, key)
            assert self.balances() == after, "money moved twice"
            assert once_is_enough or isinstance(again, DomainFault) or type(again) is type(answer) or again is None
        return answer

    def answer(self, verb: Callable[[str], Any], key: str) -> Any:
        try:
            with self.session.begin_nested():
                return verb(key)
        except DomainFault as fault:
            return fault

    def balances(self) -> list[Any]:
        self.session.flush()
        return list(self.session.execute(SNAPSHOT))


LIVES = hypothesis.settings(
    max_examples=int(os.environ.get("WEFT_LIVES", "200")),
    stateful_step_count=10,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


def test_whatever_happens_the_books_are_sound(sessions: sessionmaker[Session], settings: Settings) -> None:
    class OnThisDatabase(Lives):
        pass

    OnThisDatabase.sessions, OnThisDatabase.market_settings = sessions, settings
    run_state_machine_as_test(OnThisDatabase, settings=LIVES)
