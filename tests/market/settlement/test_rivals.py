"""Every move of a due and of what is sent to a factory, with who else could move that money just then: one gets it."""

from typing import Final

import pytest

from market.settlement.models import DUE_TRANSITIONS, REMITTANCE_TRANSITIONS
from tests.market import acts as do
from tests.market.production.test_rivals import DUELS as OF_DEALS
from tests.market.rivals import DONE, IDLE, TOLD, Duel, Ring, moments_of, moves
from tests.market.settlement import money_acts as money

TWICE: Final = "what is told twice is done once"
EITHER: Final = "what is frozen, released or sent is of one sum; the second takes what the first left"
OWED: Final = "what is under way or paid goes on, and the factory owes the refund"
RETURNED: Final = "what was paid can still come back"

# fmt: off
DUELS: Final = [
    Duel("dues due>held", "the deposit is due",
         do.money_arrives("deposit"), do.money_arrives("deposit"), DONE, DONE, TWICE),
    Duel("dues dropped>held", "cancelled, and its page is open",
         do.money_arrives("deposit"), do.money_arrives("deposit"), DONE, DONE, TWICE),
    Duel("dues held>refunded", "cancelled, and refunds are asked",
         money.REFUND_ARRIVES, money.REFUND_FAILS, DONE, TOLD, RETURNED),
    Duel("dues held>refunded", "a refund failed", money.RETURNS, money.RETURNS, TOLD, TOLD),
    Duel("", "a refund failed", money.SENDS_AGAIN, money.RETURNS, TOLD, TOLD),
    Duel("dues refunded>held", "a refund is there", money.REFUND_FAILS, money.REFUND_FAILS, DONE, DONE, TWICE),
    Duel("dues held>frozen", "disputed, and nobody has heard", money.FREEZES, money.RELEASES, DONE, DONE, EITHER),
    Duel("dues held>released", "disputed, and nobody has heard", money.RELEASES, money.RELEASES, DONE, DONE, TWICE),
    Duel("dues frozen>held", "halted by a dispute that is withdrawn",
         money.ENDS_DISPUTE, money.ENDS_DISPUTE, DONE, DONE, TWICE),
    Duel("dues frozen>released", "withdrawn, and nobody has heard",
         money.ENDS_DISPUTE, money.PAYS, DONE, DONE, EITHER),
    Duel("dues released>frozen", "payable and disputed", money.FREEZES, money.PAYS, DONE, DONE, EITHER),
    Duel("dues released>paying_out, remittances asked", "payable", money.PAYS, money.PAYS, IDLE, IDLE),
    Duel("dues released>paying_out, remittances asked", "payable", money.PAYS, money.REFUNDS, DONE, DONE, EITHER),
    Duel("dues released>refunded", "all that is payable goes back",
         money.REFUND_ARRIVES, money.REFUND_FAILS, DONE, TOLD, RETURNED),
    Duel("dues released>held", "all that is payable goes back",
         money.REFUND_FAILS, money.REFUND_ARRIVES, TOLD, DONE, RETURNED),
    Duel("remittances asked>transferred", "a payout is asked", money.TRANSFERRED, money.REFUNDS, DONE, DONE, OWED),
    Duel("dues paying_out>clawed_back", "a payout is asked", money.REFUNDS, money.TRANSFERRED, DONE, DONE, OWED),
    Duel("remittances asked>bounced, dues paying_out>released", "a payout is asked",
         money.REFUSED, money.REFUSED, DONE, DONE, TWICE),
    Duel("remittances transferred>bounced", "the payout is under way",
         money.BOUNCES, do.PAYOUT_ARRIVES, TOLD, DONE, RETURNED),
    Duel("remittances paid>bounced, dues paid_out>released", "paid", money.BOUNCES, money.REFUNDS, DONE, DONE, OWED),
    Duel("dues paid_out>clawed_back", "paid", money.REFUNDS, money.BOUNCES, DONE, DONE, OWED),
]
# fmt: on


def test_every_move_has_a_rival() -> None:
    known = moves("dues", DUE_TRANSITIONS) | moves("remittances", REMITTANCE_TRANSITIONS)
    assert known - {made for duel in (*OF_DEALS, *DUELS) for made in duel.moves} == set()


@pytest.mark.parametrize("moment", moments_of(DUELS))
def test_of_two_who_want_the_same_money_each_gets_what_the_other_left(ring: Ring, moment: str) -> None:
    for duel in DUELS:
        if duel.moment == moment:
            ring.play(duel)
