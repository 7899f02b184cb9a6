"""Every move of what payments, transfers, payouts, calls and news stand at, with who else could make one just then.

A meeting is played four times from the same beginning: one after the other, each first, which says what may come of it;
then a statement each in turn, each beginning. What comes of these is one of the first two: money is moved, counted and
told of once.
"""

from typing import Final

import pytest
from sqlalchemy import Engine, text

from market.kit.errors import Conflict
from market.payments.gateways.base import PaymentStatus, PayoutStatus, RefundStatus, Refusal, Refused
from market.payments.mending import Remedy
from market.payments.models import (
    ACCOUNT_TRANSITIONS,
    CALL_TRANSITIONS,
    NEWS_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    PAYOUT_TRANSITIONS,
    REFUND_TRANSITIONS,
    REVERSAL_TRANSITIONS,
    TRANSFER_TRANSITIONS,
)
from tests.market.payments import meetings as do
from tests.market.payments.ground import Till
from tests.market.payments.meetings import Meeting, Scene, Verb
from tests.market.rivals import DONE, IDLE, TOLD, in_step, is_work_done, moves

WAITING, AUTHORISED, TAKEN, CANCELLED = PaymentStatus
CARD_DEAD: Final = Refused(Refusal.OTHER, "expired_card", "the card is dead")
BACK: Final = do.refund_is(RefundStatus.SUCCEEDED)
AGAIN, GIVE_UP = do.mends(Remedy.AGAIN), do.mends(Remedy.GIVE_UP)

# fmt: off
MEETINGS: Final = [
    Meeting("payments", "asked>open", do.a_payment, do.started(WAITING), do.DROPS, DONE, DONE),
    Meeting("payments", "asked>open", do.a_payment, do.started(WAITING), do.read(TAKEN), DONE, DONE),
    Meeting("payments", "asked>authorised", do.a_payment, do.read(AUTHORISED), do.started(WAITING), DONE, DONE),
    Meeting("payments", "asked>taken", do.a_payment, do.read(TAKEN), do.started(WAITING), DONE, DONE),
    Meeting("payments", "asked>taken", do.a_payment, do.read(TAKEN), do.DROPS, TOLD, DONE),
    Meeting("payments", "asked>failed", do.a_payment, do.START_REFUSED, do.DROPS, DONE, DONE),
    Meeting("payments", "asked>dropped", do.a_payment_to_drop, do.START_REFUSED, do.START_REFUSED, DONE, DONE),
    Meeting("payments", "open>authorised", do.a_payment, do.read(AUTHORISED), do.read(WAITING), DONE, DONE),
    Meeting("payments", "open>taken", do.a_payment, do.read(TAKEN), do.read(AUTHORISED), DONE, DONE),
    Meeting("payments", "open>failed", do.a_payment, do.read(CANCELLED), do.DROPS, DONE, DONE),
    Meeting("payments", "open>dropped", do.a_payment_to_drop, do.read(CANCELLED), do.read(WAITING), DONE, DONE),
    Meeting("payments", "authorised>taken", do.a_payment, do.read(TAKEN), do.DROPS, TOLD, DONE),
    Meeting("payments", "authorised>taken", do.a_payment, do.read(TAKEN), do.TAKES, DONE, DONE),
    Meeting("payments", "authorised>failed", do.a_payment, do.read(CANCELLED), do.TAKES, TOLD, DONE),
    Meeting("payments", "authorised>dropped", do.a_payment_to_drop,
            do.read(CANCELLED), do.read(AUTHORISED), DONE, DONE),

    Meeting("refunds", "asked>pending", do.a_refund,
            do.refunded(RefundStatus.PENDING, "the call"), do.refunded(RefundStatus.SUCCEEDED), DONE, DONE),
    Meeting("refunds", "asked>succeeded", do.a_refund,
            do.refunded(RefundStatus.SUCCEEDED), do.refunded(RefundStatus.SUCCEEDED, "the call"), DONE, DONE),
    Meeting("refunds", "asked>failed", do.a_refund,
            do.refunded(RefundStatus.FAILED), do.refunded(RefundStatus.FAILED, "the call"), DONE, DONE),
    Meeting("refunds", "pending>succeeded", do.a_refund,
            do.refunded(RefundStatus.SUCCEEDED), do.refunded(RefundStatus.PENDING, "the call"), DONE, DONE),
    Meeting("refunds", "pending>failed", do.a_refund,
            do.refunded(RefundStatus.FAILED), do.refunded(RefundStatus.SUCCEEDED), DONE, DONE),
    Meeting("refunds", "succeeded>failed", do.a_refund,
            do.refunded(RefundStatus.FAILED), do.refunded(RefundStatus.FAILED), DONE, DONE),

    Meeting("transfers", "asked>made", do.a_transfer, do.transferred("news"), do.transferred("the call"), DONE, DONE),
    Meeting("transfers", "asked>refused", do.a_transfer, do.TRANSFER_REFUSED, do.TRANSFER_REFUSED, DONE, DONE),
    Meeting("transfer_reversals", "asked>made", do.a_reversal, do.REVERSED, do.REVERSED, DONE, DONE),
    Meeting("transfer_reversals", "asked>refused", do.a_reversal,
            do.REVERSAL_REFUSED, do.REVERSAL_REFUSED, DONE, DONE),
    Meeting("transfer_reversals", "refused>asked", do.a_reversal, do.ASKS_AGAIN, do.ASKS_AGAIN, TOLD, TOLD),

    Meeting("payouts", "asked>pending", do.a_payout,
            do.paid_out(PayoutStatus.PENDING, "the call"), do.paid_out(PayoutStatus.PAID), DONE, DONE),
    Meeting("payouts", "asked>paid", do.a_payout,
            do.paid_out(PayoutStatus.PAID), do.paid_out(PayoutStatus.PENDING, "the call"), DONE, DONE),
    Meeting("payouts", "asked>failed", do.a_payout,
            do.paid_out(PayoutStatus.FAILED), do.paid_out(PayoutStatus.PENDING, "the call"), DONE, DONE),
    Meeting("payouts", "pending>paid", do.a_payout,
            do.paid_out(PayoutStatus.PAID), do.paid_out(PayoutStatus.FAILED), DONE, DONE),
    Meeting("payouts", "pending>failed", do.a_payout,
            do.paid_out(PayoutStatus.FAILED), do.paid_out(PayoutStatus.FAILED), DONE, DONE),
    Meeting("payouts", "paid>failed", do.a_payout,
            do.paid_out(PayoutStatus.FAILED), do.paid_out(PayoutStatus.PAID), DONE, DONE),

    Meeting("payout_accounts", "asked>open", do.an_account,
            do.account_is(ready=False), do.account_is(ready=True), IDLE, IDLE),
    Meeting("payout_accounts", "asked>enabled", do.an_account,
            do.account_is(ready=True), do.account_is(ready=False), IDLE, IDLE),
    Meeting("payout_accounts", "asked>refused", do.an_account, do.ACCOUNT_REFUSED, do.OPENS_ACCOUNT, DONE, DONE),
    Meeting("payout_accounts", "open>enabled", do.an_account,
            do.account_is(ready=True), do.account_is(ready=False), IDLE, IDLE),
    Meeting("payout_accounts", "enabled>restricted", do.an_account,
            do.account_is(ready=False), do.account_is(ready=True), IDLE, IDLE),
    Meeting("payout_accounts", "restricted>enabled", do.an_account,
            do.account_is(ready=True), do.account_is(ready=True), IDLE, IDLE),
    Meeting("payout_accounts", "refused>asked", do.an_account, do.OPENS_ACCOUNT, do.OPENS_ACCOUNT, DONE, DONE),

    Meeting("gateway_calls", "asked>done", do.a_refund_call(BACK), do.PERFORMS, do.PERFORMS, DONE, DONE),
    Meeting("gateway_calls", "asked>refused", do.a_refund_call(CARD_DEAD), do.PERFORMS, do.PERFORMS, DONE, DONE),
    Meeting("gateway_calls", "asked>stuck", do.a_refund_call(BACK, do.OUT_OF_TRIES),
            do.PERFORMS, do.PERFORMS, DONE, DONE),
    Meeting("gateway_calls", "stuck>done", do.a_refund_call(BACK), AGAIN, GIVE_UP, TOLD, TOLD),
    Meeting("gateway_calls", "stuck>given_up", do.a_refund_call(None), AGAIN, GIVE_UP, TOLD, TOLD),
    Meeting("gateway_calls", "stuck>given_up", do.a_refund_call(None), GIVE_UP, GIVE_UP, TOLD, TOLD),
    Meeting("gateway_calls", "refused>done", do.a_taking_call_that_was_made, AGAIN, AGAIN, TOLD, TOLD),
    Meeting("gateway_calls", "refused>given_up", do.a_taking_call, AGAIN, AGAIN, TOLD, TOLD),

    Meeting("gateway_news", "received>handled", do.known_news, do.HANDLES, do.HANDLES, DONE, DONE),
    Meeting("gateway_news", "received>parked", do.unknown_news, do.HANDLES, do.HANDLES, DONE, DONE),
    Meeting("gateway_news", "received>ignored", do.known_news, do.DISMISSES, do.DISMISSES, TOLD, TOLD),
    Meeting("gateway_news", "parked>handled", do.known_news, do.LOOKS_AGAIN, do.DISMISSES, TOLD, TOLD),
    Meeting("gateway_news", "parked>ignored", do.unknown_news, do.DISMISSES, do.LOOKS_AGAIN, TOLD, DONE),
]
# fmt: on

PICTURE = (
    "SELECT aggregate, to_state FROM history WHERE to_state IS NOT NULL AND organisation_id = :owner",
    "SELECT name FROM outbox_events WHERE organisation_id = :owner",
    "SELECT state, taken_minor, refunded_minor, drop_asked FROM payments WHERE organisation_id = :owner",
    "SELECT state FROM refunds WHERE organisation_id = :owner",
    "SELECT state, reversed_minor FROM transfers WHERE organisation_id = :owner",
    "SELECT state FROM transfer_reversals WHERE organisation_id = :owner",
    "SELECT state FROM payouts WHERE organisation_id = :owner",
    "SELECT state, seen, bank FROM payout_accounts WHERE organisation_id = :owner",
    "SELECT kind, state FROM gateway_calls WHERE organisation_id = :owner",
    "SELECT to_state FROM history WHERE to_state IS NOT NULL AND aggregate_id = :row",
)
MADE = text("SELECT from_state || '>' || to_state FROM history WHERE aggregate = :table AND aggregate_id = :row")


def test_every_move_has_a_rival() -> None:
    known = {
        *moves("payments", PAYMENT_TRANSITIONS),
        *moves("refunds", REFUND_TRANSITIONS),
        *moves("transfers", TRANSFER_TRANSITIONS),
        *moves("transfer_reversals", REVERSAL_TRANSITIONS),
        *moves("payouts", PAYOUT_TRANSITIONS),
        *moves("payout_accounts", ACCOUNT_TRANSITIONS),
        *moves("gateway_calls", CALL_TRANSITIONS),
        *moves("gateway_news", NEWS_TRANSITIONS),
    }
    assert known == {f"{meeting.table} {meeting.moves}" for meeting in MEETINGS}


@pytest.mark.parametrize("meeting", MEETINGS, ids=str)
def test_two_at_once_end_as_if_one_had_come_first(till: Till, application_engine: Engine, meeting: Meeting) -> None:
    """Whoever comes first moves it; the other changes nothing more, or is told."""
    ahead = Played(till, meeting)
    assert ahead.one_after_the_other(meeting.mover[1], meeting.rival[1]) == (DONE, meeting.then)
    assert meeting.moves in ahead.made()
    behind = Played(till, meeting)
    assert behind.one_after_the_other(meeting.rival[1], meeting.mover[1]) == (DONE, meeting.turned)
    may_come = [((DONE, meeting.then), ahead.picture()), ((meeting.turned, DONE), behind.picture())]
    for turned in (False, True):
        played = Played(till, meeting)
        answers = played.in_turn(application_engine, turned=turned)
        assert (answers, played.picture()) in may_come


class Played:
    """A meeting that is played once, at a row of its own."""

    def __init__(self, till: Till, meeting: Meeting) -> None:
        self.meeting = meeting
        self.scene = Scene(till)
        meeting.make(self.scene, meeting.begins)

    def one_after_the_other(self, *verbs: Verb) -> tuple[str, str]:
        first, second = (self.answer(verb) for verb in verbs)
        return first, second

    def in_turn(self, engine: Engine, *, turned: bool) -> tuple[str, str]:
        """The answers of the mover and of the rival; turned: the rival begins."""
        found: dict[str, str] = {}
        acts = [
            lambda: found.update(mover=self.answer(self.meeting.mover[1])),
            lambda: found.update(rival=self.answer(self.meeting.rival[1])),
        ]
        in_step(engine, *(reversed(acts) if turned else acts))
        return found["mover"], found["rival"]

    def answer(self, verb: Verb) -> str:
        try:
            return DONE if is_work_done(verb(self.scene)) else IDLE
        except Conflict:
            return TOLD

    def made(self) -> list[str]:
        return [str(row[0]) for row in self._rows(str(MADE))]

    def picture(self) -> list[list[str]]:
        return [sorted(map(str, self._rows(statement))) for statement in PICTURE]

    def _rows(self, statement: str) -> list[tuple[object, ...]]:
        told = {"owner": self.scene.owner, "row": self.scene.row, "table": self.meeting.table}
        asked = {name: value for name, value in told.items() if f":{name}" in statement}
        with self.scene.till.unit() as work:
            return [tuple(row) for row in work.session.execute(text(statement), asked)]
