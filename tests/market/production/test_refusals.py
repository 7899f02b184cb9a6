"""What cannot be: inspections, packing lists, days and moves that are refused with every fault, and change nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from market.kit.errors import DomainFault, Invalid, NotFound
from market.kit.history import IllegalMove
from market.production import service
from market.production.deals import advance, lock_deal
from market.production.models import DEAL_TRANSITIONS, DealState
from tests.market.moments import latest_inspection
from tests.market.production.yard import PHOTO, Run, events, pooled_deal, single_deal
from tests.market.town import Town


def refused(run: Run, verb: Callable[..., object], *arguments: object, **named: object) -> DomainFault:
    """What the factory is told; nothing is kept."""
    before = run.deal
    with pytest.raises(DomainFault) as raised, run.town.work("factory", run.factory) as work:
        verb(work, run.deal_id, *arguments, **named)
    assert run.deal == before
    return raised.value


def test_an_inspection_that_cannot_be_is_refused_with_every_fault(town: Town) -> None:
    run = pooled_deal(town).to_inspection()
    small, large = (run.share(shop) for shop in run.shops)
    wanted = run.report().sampled
    told = refused(run, service.report_inspection, run.report(sampled=wanted - 1, minor=wanted, inspector="nobody"))
    assert {fault.field for fault in told.faults} == {"sampled", "major", "inspector"}
    assert str(wanted) in told.faults[0].accepted
    told = refused(run, service.report_inspection, run.report(allocated={small.id: 121, large.id: 0}))
    assert [fault.field for fault in told.faults] == ["allocated"] * 2
    assert [code in fault.problem for code, fault in zip((small.code, large.code), told.faults, strict=True)] == [
        True
    ] * 2
    told = refused(run, service.report_inspection, run.report(allocated={small.id: 100}))
    assert [fault.field for fault in told.faults] == ["allocated"]
    assert isinstance(refused(run, service.report_inspection, run.report(major=-1)), Invalid)
    assert "inspecting" in refused(run, service.make_sample, [PHOTO]).message


def test_a_failed_run_is_reworked_then_taken_with_the_discount_that_was_offered(town: Town) -> None:
    run = single_deal(town).to_inspection()
    shop = run.shops[0]
    run.by_factory(service.report_inspection, run.report(major=6))
    assert run.state == "inspecting"
    assert "waits for its buyer" in refused(run, service.report_inspection, run.report()).message
    inspection_id = latest_inspection(run)
    with pytest.raises(Invalid), town.work("seller", shop) as work:
        service.decide_inspection(work, run.deal_id, inspection_id, "discount")
    run.by_shop(shop, service.decide_inspection, inspection_id, "rework")
    assert (run.state, run.deal.round) == ("producing", 2)
    run.by_factory(service.report_stage, "rework")
    run.by_factory(service.report_inspection, run.report(critical=1, discount_percent=10))
    run.by_shop(shop, service.decide_inspection, latest_inspection(run), "discount")
    assert run.state == "balance_due"
    total = run.share(shop).total.minor
    assert run.share(shop).discount_minor == total // 10
    assert events(town, "PaymentAsked")[-1]["minor"] == total - total // 10 - total * 30 // 100


def test_most_pieces_of_a_pool_decide_and_a_rejection_is_a_dispute_that_can_be_ended(town: Town) -> None:
    run = pooled_deal(town).to_inspection()
    small, large = run.shops
    run.by_factory(service.report_inspection, run.report(critical=1))
    run.by_shop(small, service.decide_inspection, latest_inspection(run), "sort")
    assert run.state == "inspecting"
    run.by_shop(large, service.decide_inspection, latest_inspection(run), "reject")
    assert (run.state, run.deal.disputed_from) == ("disputed", "inspecting")
    with town.work("system") as work:
        service.resume_deal(work, run.deal_id, "remake")
    assert run.state == "inspecting"
    with pytest.raises(service.WrongState, match="inspecting"), town.work("system") as work:
        service.resume_deal(work, run.deal_id, "again")


def test_a_packing_list_holds_to_the_sheet_and_sums_up(town: Town) -> None:
    run = pooled_deal(town).to_balance()
    run.pay("balance")
    small, large = run.parcels()
    whole = small.pieces + large.pieces
    more = service.Parcel(small.share_id, small.pieces + 1, "SF", "1")
    told = refused(run, service.ship, whole + 1, [more, large])
    assert [fault.field for fault in told.faults] == ["parcels"]
    assert [fault.field for fault in refused(run, service.ship, whole - 1, [small, large]).faults] == ["pieces"]
    assert [fault.field for fault in refused(run, service.ship, small.pieces, [small]).faults] == ["parcels"]
    assert [fault.field for fault in refused(run, service.ship, 240, [small, small]).faults] == ["parcels"]
    short = service.Parcel(large.share_id, large.pieces - 4, "SF", "2")
    run.by_factory(service.ship, whole - 4, [small, short])
    assert run.state == "shipped"


def test_days_and_stages_that_cannot_be_are_refused(town: Town) -> None:
    run = single_deal(town).to_materials()
    assert isinstance(refused(run, service.prove_materials, 0, [PHOTO]), Invalid)
    assert isinstance(refused(run, service.prove_materials, 5, []), Invalid)
    run.by_factory(service.prove_materials, 5, [PHOTO])
    today = town.clock.now().date()
    assert isinstance(refused(run, service.begin_production, today + timedelta(days=1)), Invalid)
    assert isinstance(refused(run, service.begin_production, today - timedelta(days=1)), Invalid)
    run.by_factory(service.begin_production)
    assert isinstance(refused(run, service.report_stage, "firing"), Invalid)


def test_cancelling_is_free_then_less_the_materials_then_by_both_and_then_never(town: Town) -> None:
    run = single_deal(town)
    with pytest.raises(NotFound), town.work("seller", town.add_shop("Strange Shop")) as work:
        service.cancel_deal(work, run.deal_id)
    run.to_materials()
    run.by_factory(service.prove_materials, 500_000, [PHOTO])
    run.by_shop(run.shops[0], service.cancel_deal)
    assert [(one["why"], one["proven_minor"]) for one in events(town, "DealCancelled")] == [("buyer", 500_000)]
    assert "cancelled" in refused(run, service.cancel_deal).message


def test_a_factory_that_steps_back_keeps_nothing_and_a_deposit_is_the_most_it_keeps(town: Town) -> None:
    run = single_deal(town).to_materials()
    run.by_factory(service.prove_materials, 10**9, [PHOTO])
    assert run.share(run.shops[0]).proven_minor == run.share(run.shops[0]).total.minor * 30 // 100
    run.by_factory(service.cancel_deal)
    assert [(one["why"], one["proven_minor"]) for one in events(town, "DealCancelled")] == [("factory", 0)]


def test_after_production_began_both_sides_must_agree(town: Town) -> None:
    run = pooled_deal(town).to_inspection()
    small, large = run.shops
    run.by_shop(small, service.cancel_deal)
    run.by_factory(service.cancel_deal)
    assert run.state == "inspecting"
    assert isinstance(refused(run, service.cancel_deal), service.AlreadySaid)
    run.by_shop(large, service.cancel_deal)
    assert run.state == "cancelled"
    assert [one["why"] for one in events(town, "DealCancelled")] == ["agreement"]


def test_a_member_leaves_and_the_run_goes_on_while_it_is_above_the_minimum(town: Town) -> None:
    run = pooled_deal(town)
    small, large = run.shops
    run.by_factory(service.make_sample, [PHOTO])
    run.by_shop(small, service.cancel_deal)
    assert (run.state, run.deal.pieces) == ("sampling", run.share(large).pieces)
    assert [one["share_id"] for one in events(town, "ShareLeft")] == [str(run.share(small).id)]
    with pytest.raises(NotFound), town.work("seller", small) as work:
        service.approve_sample(work, run.deal_id, run.sample_id())
    run.by_shop(large, service.cancel_deal)
    assert [one["why"] for one in events(town, "DealCancelled")] == ["below_minimum"]


def test_every_move_that_the_table_forbids_raises_names_the_state_and_changes_nothing(town: Town) -> None:
    run = single_deal(town)
    for state in DealState:
        with town.work("system") as work:
            lock_deal(work, run.deal_id).state = state
        with town.work("system") as work:
            deal = lock_deal(work, run.deal_id)
            for to in set(DealState) - DEAL_TRANSITIONS[state]:
                with pytest.raises(IllegalMove, match=f"is {state.value} and cannot become {to.value}"):
                    advance(work, deal, to)
        assert run.state == state.value
