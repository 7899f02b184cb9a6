"""The states of payments as tables: which moves there are, and that there are no others."""

from enum import StrEnum
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from market.kit import history
from market.kit.clock import FrozenClock
from market.kit.history import IllegalMove, Transitions
from market.kit.ids import new_id
from market.payments import models
from market.payments.models import (
    ACCOUNT_TRANSITIONS,
    CALL_TRANSITIONS,
    NEWS_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    PAYOUT_TRANSITIONS,
    REFUND_TRANSITIONS,
    REVERSAL_TRANSITIONS,
    TRANSFER_TRANSITIONS,
    Payment,
    PaymentState,
)
from tests.market.payments.ground import Till

MOVES: dict[str, tuple[Transitions, str]] = {
    "payment": (
        PAYMENT_TRANSITIONS,
        "asked-open asked-authorised asked-taken asked-failed asked-dropped open-authorised open-taken open-failed "
        "open-dropped authorised-taken authorised-failed authorised-dropped",
    ),
    "refund": (
        REFUND_TRANSITIONS,
        "asked-pending asked-succeeded asked-failed pending-succeeded pending-failed succeeded-failed",
    ),
    "transfer": (TRANSFER_TRANSITIONS, "asked-made asked-refused"),
    "reversal": (REVERSAL_TRANSITIONS, "asked-made asked-refused refused-asked"),
    "payout": (PAYOUT_TRANSITIONS, "asked-pending asked-paid asked-failed pending-paid pending-failed paid-failed"),
    "account": (
        ACCOUNT_TRANSITIONS,
        "asked-open asked-enabled asked-refused open-enabled enabled-restricted restricted-enabled refused-asked",
    ),
    "call": (
        CALL_TRANSITIONS,
        "asked-done asked-refused asked-stuck stuck-done stuck-given_up refused-done refused-given_up",
    ),
    "news": (NEWS_TRANSITIONS, "received-parked received-handled received-ignored parked-handled parked-ignored"),
}


@pytest.mark.parametrize("kind", MOVES)
def test_the_moves_are_these_and_no_others(kind: str) -> None:
    transitions, listed = MOVES[kind]
    found = {f"{state.value}-{to.value}" for state, targets in transitions.items() for to in targets}
    assert found == set(listed.split())
    assert set(transitions) == set(type(next(iter(transitions))))


def test_money_only_moves_forward() -> None:
    """No state of money is ever reached again, so that news read late cannot turn anything back."""
    for transitions in (PAYMENT_TRANSITIONS, REFUND_TRANSITIONS, TRANSFER_TRANSITIONS, PAYOUT_TRANSITIONS):
        for state in transitions:
            reached, fresh = set[Any](), set(transitions[state])
            while fresh:
                reached |= fresh
                fresh = {to for step in fresh for to in transitions[step]} - reached
            assert state not in reached


@pytest.mark.parametrize(("state", "to"), list(product(PaymentState, PaymentState)))
def test_an_illegal_move_raises_and_changes_nothing(till: Till, state: PaymentState, to: PaymentState) -> None:
    with till.unit() as work:
        row = a_payment(till.clock, state)
        work.session.add(row)
        work.session.flush()
        if to in PAYMENT_TRANSITIONS[state]:
            history.move(work, row, to, PAYMENT_TRANSITIONS)
            assert row.state is to
        else:
            with pytest.raises(IllegalMove, match=state.value):
                history.move(work, row, to, PAYMENT_TRANSITIONS)
            assert row.state is state
        work.session.rollback()


def a_payment(clock: FrozenClock, state: StrEnum) -> Payment:
    return models.Payment(
        organisation_id=new_id(),
        id=new_id(),
        reference=uuid4(),
        group=uuid4(),
        state=state,
        minor=100,
        currency="USD",
        hold=True,
        asked_at=clock.now(),
    )
