"""Every move of a deal, its shares, samples, stages, inspections and payments, with who else could act just then."""

from typing import Final

import pytest

from market.production.models import ASK_TRANSITIONS, DEAL_TRANSITIONS, SAMPLE_TRANSITIONS
from market.production.service import accept_share, approve_sample, reject_sample
from tests.market import acts as do
from tests.market.moments import HALTED
from tests.market.rivals import DONE, IDLE, TOLD, Duel, Ring, moments_of, moves

UNTIL_PRODUCTION: Final = "a factory may step back until production begins"
BY_BOTH: Final = "both sides may end it until it is shipped"
GOES_BACK: Final = "money that comes too late goes back"
DISPUTABLE: Final = "what goes on can be disputed all the same"
WORKER_COUNTS: Final = "each member says its own, and the worker counts"
TIMELY: Final = "whoever acts in time is not too late"

# fmt: off
DUELS: Final = [
    Duel("deals awarded>sampling, samples asked", "awarded", do.WORKER_OPENS, do.WORKER_OPENS, IDLE, IDLE),
    Duel("deals awarded>cancelled", "the deal has just opened", do.STEPS_BACK, do.CANCELS, TOLD, TOLD),
    Duel("samples asked>made", "the sample is late", do.MAKES_SAMPLE, do.NUDGES_FACTORY, IDLE, DONE, TIMELY),
    Duel("deals sampling>cancelled", "the sample is asked", do.CANCELS, do.MAKES_SAMPLE, TOLD, DONE, UNTIL_PRODUCTION),
    Duel("deals sampling>deposit_due, samples made>approved", "the sample is made",
         do.APPROVES, do.STEPS_BACK, DONE, TOLD, UNTIL_PRODUCTION),
    Duel("samples made>rejected", "the sample is made", do.REJECTS, do.APPROVES, TOLD, TOLD),
    Duel("deals clock stopped", "the buyer is silent", do.NUDGES, do.APPROVES, DONE, IDLE, TIMELY),
    Duel("payment_asks asked>dropped", "made, and its fee is owed",
         do.APPROVES, do.money_arrives("sample_fee"), DONE, DONE, GOES_BACK),
    Duel("samples made>rejected", "a pool: the sample is made", do.judge("other shop", reject_sample, "too wide"),
         do.judge("shop", approve_sample), DONE, DONE, WORKER_COUNTS),
    Duel("deal_shares left", "a pool: the sample is made",
         do.CANCELS, do.judge("other shop", approve_sample), DONE, DONE, WORKER_COUNTS),

    Duel("deals deposit_due>materials, payment_asks asked>arrived, dues due>held", "the deposit is late",
         do.money_arrives("deposit"), do.CHASES, IDLE, DONE, TIMELY),
    Duel("payment_asks asked>failed", "the deposit is late", do.CHASES, do.card_fails(), DONE, IDLE, TIMELY),
    Duel("dues due>failed", "the deposit is due", do.card_fails(), do.STEPS_BACK, DONE, DONE, UNTIL_PRODUCTION),
    Duel("deals deposit_due>cancelled, payment_asks failed>dropped, dues failed>dropped", "the time to cure is over",
         do.CHASES, do.STEPS_BACK, TOLD, IDLE),
    Duel("payment_asks failed>arrived, dues failed>held", "the time to cure is over",
         do.money_arrives("deposit"), do.CHASES, IDLE, DONE, GOES_BACK),
    Duel("payment_asks asked>dropped, dues due>dropped", "the deposit is due", do.STEPS_BACK, do.CANCELS, TOLD, TOLD),
    Duel("deals deposit_due>disputed", "the deposit is due", do.DISPUTES, do.STEPS_BACK, TOLD, TOLD),
    Duel("deals deposit_due>disputed", "the deposit is due",
         do.DISPUTES, do.money_arrives("deposit"), DONE, DONE, DISPUTABLE),
    Duel("dues due>authorised", "a pool: deposits are due", do.card_stands(1), do.CANCELS, DONE, DONE, WORKER_COUNTS),
    Duel("dues due>authorised", "a pool: deposits are due",
         do.card_stands(1), do.card_stands(0), DONE, DONE, WORKER_COUNTS),
    Duel("dues authorised>held, payment_asks asked>arrived", "a pool: both cards stand",
         do.money_arrives("deposit", 1), do.money_arrives("deposit"), DONE, DONE, WORKER_COUNTS),
    Duel("dues authorised>failed", "a pool: one card stands",
         do.card_fails(place=1), do.card_stands(0), DONE, DONE, WORKER_COUNTS),
    Duel("dues authorised>dropped", "a pool: one card stands", do.STEPS_BACK, do.CANCELS, TOLD, DONE, UNTIL_PRODUCTION),
    Duel("dues failed>authorised", "a pool: the time to cure is over",
         do.card_stands(0), do.CHASES, IDLE, DONE, TIMELY),

    Duel("deals materials>producing, deals finished materials", "materials are proven",
         do.BEGINS, do.CANCELS, DONE, TOLD, BY_BOTH),
    Duel("deals materials>cancelled", "materials are proven", do.CANCELS, do.PROVES, TOLD, DONE, UNTIL_PRODUCTION),
    Duel("deals materials proven", "materials are proven", do.PROVES, do.BEGINS, DONE, DONE, "proofs go on"),
    Duel("deals materials>disputed", "materials are proven", do.DISPUTES, do.BEGINS, TOLD, DONE, DISPUTABLE),
    Duel("deals finished panels", "producing", do.finishes(0), do.finishes(0), TOLD, TOLD),
    Duel("deals producing>inspecting, deals finished packing", "one stage is left",
         do.finishes(-1), do.DISPUTES, DONE, TOLD, DISPUTABLE),
    Duel("deals producing>inspecting, deals finished rework", "the run is made again",
         do.REWORKED, do.DISPUTES, DONE, TOLD, DISPUTABLE),
    Duel("deals producing>cancelled", "one stage is left, and the factory would end it",
         do.CANCELS, do.finishes(-1), TOLD, DONE, BY_BOTH),
    Duel("deals producing>disputed", "one stage is left", do.DISPUTES, do.finishes(-1), TOLD, DONE, DISPUTABLE),

    Duel("deals inspected, inspections pass, deals inspecting>balance_due", "the run is made",
         do.reports(), do.DISPUTES, DONE, TOLD, DISPUTABLE),
    Duel("deals inspected", "the run is made", do.reports(major=40), do.reports(), TOLD, TOLD),
    Duel("inspections rework, deals inspecting>producing", "the run failed",
         do.decides("rework"), do.decides("discount"), TOLD, TOLD),
    Duel("inspections rework, deals inspecting>producing", "the run failed five days ago",
         do.CLOCK_DECIDES, do.decides("sort"), TOLD, IDLE),
    Duel("inspections rework, deals inspecting>producing", "the run failed five days ago",
         do.CLOCK_DECIDES, do.DISPUTES, DONE, IDLE, DISPUTABLE),
    Duel("inspections sort", "the run failed", do.decides("sort"), do.DISPUTES, DONE, TOLD, DISPUTABLE),
    Duel("inspections discount, deals inspecting>balance_due", "the run failed",
         do.decides("discount"), do.decides("sort"), TOLD, TOLD),
    Duel("inspections reject, deals inspecting>disputed", "the run failed, and the factory would end it",
         do.decides("reject"), do.CANCELS, TOLD, TOLD),
    Duel("deals inspecting>cancelled", "the run failed, and the factory would end it",
         do.CANCELS, do.decides("rework"), TOLD, DONE, BY_BOTH),
    Duel("inspections reject", "a pool: the run failed",
         do.decides("reject", "other shop"), do.decides("sort"), DONE, DONE, WORKER_COUNTS),

    Duel("deals balance_due>shipped, deal_shares shipped", "the balance is held, and the factory would end it",
         do.SHIPS, do.CANCELS, TOLD, TOLD),
    Duel("deals balance_due>cancelled", "the balance is due, and the factory would end it",
         do.CANCELS, do.money_arrives("balance"), DONE, DONE, GOES_BACK),
    Duel("deals balance_due>disputed", "the balance is held", do.DISPUTES, do.SHIPS, TOLD, DONE, DISPUTABLE),
    Duel("deals balance_due>disputed", "the balance is due",
         do.FACTORY_DISPUTES, do.money_arrives("balance"), DONE, DONE, DISPUTABLE),
    Duel("deal_shares goods are stored", "the balance is late",
         do.STORES, do.money_arrives("balance"), DONE, IDLE, TIMELY),

    Duel("deals shipped>delivered, deal_shares delivered", "shipped", do.RECEIVES, do.CARRIER_DELIVERS, TOLD, TOLD),
    Duel("deal_shares delivered", "a pool: shipped", do.RECEIVES, do.CARRIER_DELIVERS, TOLD, TOLD),
    Duel("deals shipped>disputed", "shipped", do.DISPUTES, do.CARRIER_DELIVERS, TOLD, DONE, DISPUTABLE),
    Duel("", "delivered four days ago", do.REMINDS, do.ACCEPTS, DONE, IDLE, TIMELY),
    Duel("deals delivered>accepted, deal_shares accepted, dues held>released", "delivered ten days ago",
         do.ACCEPTS, do.CLOCK_ACCEPTS, IDLE, TOLD),
    Duel("deals delivered>accepted", "delivered", do.ACCEPTS, do.DISPUTES, DONE, TOLD, DISPUTABLE),
    Duel("deals delivered>disputed", "delivered", do.HALTS, do.ACCEPTS, TOLD, DONE, DISPUTABLE),
    Duel("deals delivered>accepted", "a pool: delivered",
         do.ACCEPTS, do.of_share("other shop", "other shop: accepts", accept_share), DONE, DONE, WORKER_COUNTS),
    Duel("deals accepted>settled, dues paying_out>paid_out, remittances transferred>paid", "the payout is under way",
         do.PAYOUT_ARRIVES, do.DISPUTES, DONE, DONE, DISPUTABLE),
    Duel("deals accepted>disputed", "accepted", do.HALTS, do.SETTLES, TOLD, DONE, DISPUTABLE),
    Duel("deals settled>closed", "settled thirty days ago", do.CLOSES, do.HALTS, TOLD, IDLE),
    Duel("deals settled>disputed", "settled thirty days ago", do.HALTS, do.CLOSES, IDLE, TOLD),
    Duel("deals disputed>cancelled", "halted: materials", do.ENDS, do.RESUMES, TOLD, TOLD),
    *[Duel(f"deals disputed>{state.value}", f"halted: {where}", do.RESUMES,
           do.RESUMES if where in ("delivered", "accepted", "settled") else do.ENDS, TOLD, TOLD)
      for where, state in HALTED.items()],
]
# fmt: on
OTHERS: Final = {
    "deal_shares left",
    "deal_shares shipped",
    "deal_shares delivered",
    "deal_shares accepted",
    "deals finished materials",
    "deals finished panels",
    "deals finished rework",
    "deals materials proven",
    "deals inspected",
    *(f"inspections {decision}" for decision in ("pass", "rework", "sort", "discount", "reject")),
}  # fmt: skip
"""What happens to shares, stages and inspections, which have no states of their own."""


def test_every_move_has_a_rival() -> None:
    known = {
        *moves("deals", DEAL_TRANSITIONS),
        *moves("samples", SAMPLE_TRANSITIONS),
        *moves("payment_asks", ASK_TRANSITIONS),
        *OTHERS,
    }
    assert known - {made for duel in DUELS for made in duel.moves} == set()


@pytest.mark.parametrize("moment", moments_of(DUELS))
def test_of_two_at_once_each_ends_as_if_one_had_come_first(ring: Ring, moment: str) -> None:
    for duel in DUELS:
        if duel.moment == moment:
            ring.play(duel)
