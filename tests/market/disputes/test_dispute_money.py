"""Only the disputed part freezes, and every end moves exactly it: on single deals, on pools, after the payout."""

from datetime import timedelta

import pytest

from market.disputes import service
from market.disputes.clocks import close_old_deals, end_remakes
from market.disputes.service import Decision
from market.production import service as deals
from market.settlement.gateway_flows import pay_factories
from tests.market.disputes.bench import (
    balances,
    broken,
    cases,
    cny,
    delivered,
    dispute,
    due_states,
    open_account,
    paid_out,
    pay_out,
    refunds_arrive,
    to_inspection,
)
from tests.market.moments import latest_inspection
from tests.market.production.yard import PRICE, pooled_deal, single_deal
from tests.market.town import Town

PAID = 800 * PRICE
DEFECTIVE = 48
CLAIM = DEFECTIVE * PRICE


def net(minor: int) -> int:
    """What the factory has of it after five percent."""
    return minor - (minor * 500 + 5_000) // 10_000


def test_opening_after_delivery_accepts_the_rest_and_only_the_disputed_part_waits(town: Town) -> None:
    run = delivered(single_deal(town))
    case = dispute(run, run.shops[0], CLAIM, pieces=DEFECTIVE)
    assert (case.row.frozen, case.row.halts, run.state) == (cny(CLAIM), False, "accepted")
    rest = PAID - CLAIM
    assert balances(run) == {"gateway": -PAID, "frozen": CLAIM, "payable": net(rest), "fees": rest - net(rest)}
    open_account(run)
    town.sweep(pay_factories)
    assert balances(run)["in_transit"] == net(rest) and balances(run)["frozen"] == CLAIM
    case.settle(CLAIM // 2)
    assert (case.state, case.row.outcome) == ("agreed", "part_refund")
    books = balances(run)
    assert (books["refunding"], "frozen" in books) == (CLAIM // 2, False)
    refunds_arrive(run)
    assert balances(run)["gateway"] == -(PAID - CLAIM // 2)
    assert broken(town) == {}


def test_a_deal_of_which_a_part_is_frozen_is_settled_only_when_the_dispute_is_over(town: Town) -> None:
    run = delivered(single_deal(town))
    case = dispute(run, run.shops[0], CLAIM)
    pay_out(run)
    assert run.state == "accepted" and "frozen" in due_states(run, run.shops[0]).values()
    case.settle(CLAIM, by_factory=False)
    assert run.state == "accepted", "the refund is on its way"
    refunds_arrive(run)
    assert town.sweep(pay_factories) == 0
    assert (run.state, balances(run)) == (
        "settled",
        {"gateway": net(PAID - CLAIM) - (PAID - CLAIM), "fees": (PAID - CLAIM) - net(PAID - CLAIM)},
    )


def test_a_member_of_a_pool_freezes_its_own_part_and_the_others_go_on(town: Town) -> None:
    run = delivered(pooled_deal(town))
    small, large = run.shops
    case = dispute(run, small, 10 * PRICE, pieces=10)
    assert run.state == "delivered", "the large shop looks at its goods in peace"
    run.accept(large)
    assert run.state == "accepted"
    paid = sum(run.share(shop).total.minor for shop in run.shops)
    books = balances(run)
    assert (books["frozen"], books["payable"] + books["fees"]) == (10 * PRICE, paid - 10 * PRICE)
    assert "frozen" not in due_states(run, large).values()
    case.by_shop(service.withdraw)
    assert case.state == "withdrawn"
    assert balances(run)["payable"] == net(run.share(small).total.minor) + net(run.share(large).total.minor)
    assert broken(town) == {}


def test_after_the_payout_a_refund_is_clawed_back_and_the_factory_owes_it(town: Town) -> None:
    run = paid_out(delivered(single_deal(town)))
    case = dispute(run, run.shops[0], CLAIM).escalated()
    assert case.row.frozen == cny(0), "nothing can be kept back any more"
    third = CLAIM * 30 // 100
    seen = case.decide("part_refund", third)
    assert {(line.movement, line.account): line.money.minor for line in seen.lines} == {
        ("taken_back", "fees"): -(third - net(third)),
        ("taken_back", "owed_by_factory"): -net(third),
        ("taken_back", "refunding"): third,
    }
    books = balances(run)
    assert (books["owed_by_factory"], books["refunding"]) == (-net(third), third)
    refunds_arrive(run)
    assert "refunding" not in balances(run) and "clawed_back" in due_states(run, run.shops[0]).values()
    assert (case.state, run.state, broken(town)) == ("decided", "settled", {})


def test_before_delivery_a_single_deal_stands_still_and_goes_on_with_the_money_held_again(town: Town) -> None:
    run = to_inspection(single_deal(town))
    case = dispute(run, run.shops[0], CLAIM, reason="late")
    assert (run.state, balances(run)["frozen"]) == ("disputed", CLAIM)
    case.escalated().decide("part_refund", CLAIM // 3)
    assert run.state == "inspecting"
    books = balances(run)
    assert (books["refunding"], "frozen" in books) == (CLAIM // 3, False)
    assert books["held"] == PAID * 30 // 100 + 38_001 - CLAIM // 3


def test_a_rejected_run_disputes_all_that_was_paid_and_a_full_refund_ends_the_deal(town: Town) -> None:
    run = to_inspection(single_deal(town))
    run.by_factory(deals.report_inspection, run.report(critical=1))
    run.by_shop(run.shops[0], deals.decide_inspection, latest_inspection(run), "reject")
    (opened,) = cases(run)
    paid = balances(run)["frozen"]
    assert (run.state, opened.row.amount.minor, opened.row.halts) == ("disputed", paid, True)
    seen = opened.escalated().decide("refund")
    assert seen.ends_deal and run.state == "cancelled"
    assert balances(run) == {"gateway": -paid, "refunding": paid}
    assert broken(town) == {}


def test_a_remade_part_stays_frozen_until_it_is_accepted_or_counts_against_the_factory(town: Town) -> None:
    run = delivered(single_deal(town))
    case = dispute(run, run.shops[0], CLAIM)
    case.settle(0, remake_by=town.clock.now().date() + timedelta(days=10))
    assert (case.state, balances(run)["frozen"]) == ("remaking", CLAIM)
    case.by_factory(service.report_remade, "waybill SF 12")
    case.by_shop(service.refuse_remade, "the same stitches again")
    assert case.state == "escalated"
    day = town.clock.now().date() + timedelta(days=5)
    assert case.decide("remake", remake_by=day).lines == ()
    town.clock.advance(timedelta(days=5))
    assert town.sweep(end_remakes) == 0, "the day itself is the factory's"
    town.clock.advance(timedelta(days=1))
    assert town.sweep(end_remakes) == 1
    town.deliver()
    assert (case.state, balances(run)["refunding"]) == ("decided", CLAIM)
    assert broken(town) == {}


def test_remade_goods_that_nobody_says_a_word_about_count_as_accepted(town: Town) -> None:
    run = delivered(single_deal(town))
    case = dispute(run, run.shops[0], CLAIM)
    case.settle(0, remake_by=town.clock.now().date() + timedelta(days=10))
    case.by_factory(service.report_remade, "waybill SF 12")
    town.clock.advance(timedelta(days=11))
    assert (town.sweep(end_remakes), town.deliver() > 0, case.state) == (1, True, "remade")
    assert balances(run)["payable"] == net(PAID)


@pytest.mark.parametrize("outcome", ["reject", "refund"])
def test_what_was_previewed_is_what_is_done_and_nothing_before_it_is_confirmed(town: Town, outcome: str) -> None:
    run = delivered(single_deal(town))
    case = dispute(run, run.shops[0], CLAIM).escalated()
    decision = Decision(outcome, "as the photos show")
    before = balances(run)
    seen = case.by_operator(service.preview_decision, decision)
    assert balances(run) == before and sum(line.money.minor for line in seen.lines) == 0
    with pytest.raises(service.PreviewChanged) as changed:
        case.by_operator(service.decide, decision, "another hash")
    assert changed.value.preview == seen and balances(run) == before and case.state == "escalated"
    case.by_operator(service.decide, decision, seen.hash)
    after = balances(run)
    moved = {kind: after.get(kind, 0) - before.get(kind, 0) for kind in {*before, *after}}
    told = {account: sum(line.money.minor for line in seen.lines if line.account == account) for account in moved}
    assert told == moved


@pytest.mark.parametrize(("outcome", "state"), [("refund", "cancelled"), ("reject", "inspecting")])
def test_a_rejected_run_of_a_pool_waits_for_every_dispute_and_most_pieces_end_it(
    town: Town, outcome: str, state: str
) -> None:
    run = to_inspection(pooled_deal(town))
    small, large = run.shops
    run.by_factory(deals.report_inspection, run.report(critical=1))
    run.by_shop(large, deals.decide_inspection, latest_inspection(run), "reject")
    of = {case.shop: case for case in cases(run)}
    assert {case.row.amount for case in of.values()} == {case.row.frozen for case in of.values()} and len(of) == 2
    of[small].by_shop(service.withdraw)
    assert run.state == "disputed", "the large shop is still heard"
    of[large].escalated().decide(outcome)
    assert run.state == state
    books = balances(run)
    assert "frozen" not in books
    back = of[large].row.amount.minor if outcome == "refund" else 0
    assert books.get("refunding", 0) >= back and broken(town) == {}


def test_a_settled_deal_stays_open_until_its_late_dispute_is_over(town: Town) -> None:
    run = paid_out(delivered(single_deal(town)))
    town.clock.advance(timedelta(days=29))
    case = dispute(run, run.shops[0], CLAIM)
    town.clock.advance(timedelta(days=3))
    assert (town.sweep(close_old_deals), run.state) == (0, "settled")
    case.escalated().decide("refund")
    assert (town.sweep(close_old_deals), run.state) == (1, "closed")
