"""The deadlines of deals: each is kept once when its time comes, never before, and never twice."""

from datetime import timedelta

from sqlalchemy import select

from market.disputes.clocks import close_old_deals
from market.production import clocks, service
from market.production.models import PaymentAsk
from market.production.progress_queries import inspections_of_deal
from market.production.task_queries import tasks_of_factory, tasks_of_shop
from tests.market.moments import latest_inspection
from tests.market.production.yard import PHOTO, Run, events, pooled_deal, single_deal
from tests.market.town import Town


def what(run: Run, organisation_id: object) -> list[str]:
    """What waits for one side of a deal."""
    if organisation_id == run.factory:
        with run.town.work("factory", run.factory) as work:
            return [task.what for task in tasks_of_factory(work.session, run.factory)]
    shop = next(one for one in run.shops if one == organisation_id)
    with run.town.work("seller", shop) as work:
        return [task.what for task in tasks_of_shop(work.session, shop)]


def test_a_silent_buyer_is_nudged_and_the_factorys_day_moves_with_the_silence(town: Town) -> None:
    run = single_deal(town)
    due = run.deal.due_on
    run.by_factory(service.make_sample, [PHOTO])
    town.clock.advance(timedelta(days=5, seconds=-1))
    assert town.sweep(clocks.nudge_silent_buyers) == 0
    town.clock.advance(timedelta(seconds=1))
    assert town.sweep(clocks.nudge_silent_buyers) == 1
    assert town.sweep(clocks.nudge_silent_buyers) == 0
    assert town.notices(run.shops[0]).count("sample_waiting") == 1
    town.clock.advance(timedelta(days=3))
    today = town.clock.now().date()
    assert (run.deal.due_on, run.deal.due_on_at(today)) == (due, due + timedelta(days=3))
    run.approve()
    assert (run.deal.due_on, run.deal.clock_stopped_on) == (due + timedelta(days=3), None)


def test_a_sample_that_is_not_made_in_time_is_asked_for_once(town: Town) -> None:
    run = single_deal(town)
    town.clock.advance(timedelta(days=7))
    assert [town.sweep(clocks.nudge_late_samples) for _again in range(2)] == [1, 0]
    assert town.notices(run.factory).count("sample_late") == 1


def test_a_deposit_that_does_not_come_ends_a_single_deal_after_48_hours(town: Town) -> None:
    run = single_deal(town)
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    assert what(run, run.shops[0]) == ["pay_deposit"]
    town.clock.advance(timedelta(days=5))
    assert [town.sweep(clocks.chase_deposits) for _again in range(2)] == [1, 0]
    assert run.state == "deposit_due"
    town.clock.advance(timedelta(hours=47))
    assert town.sweep(clocks.chase_deposits) == 0
    town.clock.advance(timedelta(hours=1))
    assert [town.sweep(clocks.chase_deposits) for _again in range(2)] == [1, 0]
    assert run.state == "cancelled"
    assert [one["why"] for one in events(town, "DealCancelled")] == ["deposit_unpaid"]
    assert {one["purpose"] for one in events(town, "PaymentDropped")} == {"sample_fee", "deposit"}


def test_a_member_whose_card_fails_leaves_and_the_others_whose_money_waits_go_on(town: Town) -> None:
    run = pooled_deal(town)
    small, large = run.shops
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    with town.work("system") as work:
        service.payment_authorised(work, run.share(large).id, "deposit")
        service.payment_failed(work, run.share(small).id, "deposit", "card declined")
        service.payment_failed(work, run.share(small).id, "deposit", "card declined")
    assert town.notices(small).count("payment_failed") == 1
    town.clock.advance(timedelta(days=9))
    assert town.sweep(clocks.chase_deposits) == 1
    assert (run.state, run.deal.pieces) == ("deposit_due", run.share(large).pieces)
    assert [one["share_id"] for one in events(town, "ShareLeft")] == [str(run.share(small).id)]
    assert "share_over" in town.notices(small)
    run.pay("deposit", large)
    assert run.state == "materials"
    with town.work("system") as work:
        assert service.payment_arrived(work, run.share(small).id, "deposit") is False


def test_a_card_that_is_cured_within_48_hours_changes_nothing(town: Town) -> None:
    run = single_deal(town)
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    with town.work("system") as work:
        service.payment_failed(work, run.share(run.shops[0]).id, "deposit", "card declined")
    town.clock.advance(timedelta(hours=47))
    run.pay("deposit")
    town.clock.advance(timedelta(days=30))
    assert town.sweep(clocks.chase_deposits) == 0
    assert run.state == "materials"


def test_a_failed_run_that_nobody_decides_is_reworked_after_a_reminder_and_five_days(town: Town) -> None:
    run = single_deal(town).to_balance(major=40)
    shop = run.shops[0]
    assert what(run, shop) == ["decide_inspection"]
    done = {}
    for day in range(1, 7):
        town.clock.advance(timedelta(days=1))
        swept = (town.sweep(clocks.remind_to_decide), town.sweep(clocks.decide_silent_inspections))
        if any(swept):
            done[day] = swept
    assert done == {3: (1, 0), 5: (0, 1)}
    assert (run.state, run.deal.round) == ("producing", 2)
    assert (what(run, shop), what(run, run.factory)) == ([], ["report_stage"])
    assert town.notices(shop).count("inspection_waiting") == town.notices(shop).count("inspection_by_clock") == 1
    with town.work("factory", run.factory) as work:
        decided = inspections_of_deal(work.session, run.deal_id)[0]
    assert (decided.decision, decided.decided_by) == ("rework", "clock")


def test_what_some_members_said_of_a_failed_run_counts_when_the_others_are_silent(town: Town) -> None:
    run = pooled_deal(town).to_balance(major=40, discount_percent=10)
    small, large = run.shops
    run.by_shop(small, service.decide_inspection, latest_inspection(run), "discount")
    town.clock.advance(timedelta(days=5))
    assert town.sweep(clocks.decide_silent_inspections) == 0
    assert town.sweep(clocks.remind_to_decide) == 1
    assert ("inspection_waiting" in town.notices(small), "inspection_waiting" in town.notices(large)) == (False, True)
    assert [town.sweep(clocks.decide_silent_inspections) for _again in range(2)] == [1, 0]
    assert run.state == "balance_due"
    assert all(run.share(shop).discount_minor for shop in run.shops)


def test_a_dispute_stops_the_clock_of_a_failed_run(town: Town) -> None:
    run = single_deal(town).to_balance(major=40)
    with town.work("system") as work:
        service.dispute_deal(work, run.deal_id, "it is not what was ordered")
    town.clock.advance(timedelta(days=9))
    assert (town.sweep(clocks.remind_to_decide), town.sweep(clocks.decide_silent_inspections)) == (0, 0)
    assert run.state == "disputed"


def test_goods_of_an_unpaid_balance_are_stored_and_shipped_once_it_is_paid(town: Town) -> None:
    run = single_deal(town).to_balance()
    assert what(run, run.factory) == []
    town.clock.advance(timedelta(days=5))
    assert [town.sweep(clocks.store_unpaid_goods) for _again in range(2)] == [1, 0]
    assert "balance_late" in town.notices(run.shops[0]) and "balance_stored" in town.notices(run.factory)
    with town.work("system") as work:
        stored = work.session.scalars(select(PaymentAsk.stored_since).where(PaymentAsk.purpose == "balance")).one()
    assert stored == town.clock.now()
    run.pay("balance")
    assert what(run, run.factory) == ["ship"]


def test_silence_after_delivery_is_acceptance_after_two_reminders_and_ten_days(town: Town) -> None:
    run = pooled_deal(town).to_delivered()
    small, large = run.shops
    assert what(run, small) == ["accept"]
    run.accept(large)
    days = {}
    for day in range(1, 12):
        town.clock.advance(timedelta(days=1))
        reminded, accepted = town.sweep(clocks.remind_to_accept), town.sweep(clocks.accept_silent_shares)
        if reminded or accepted:
            days[day] = (reminded, accepted)
    assert days == {4: (1, 0), 8: (1, 0), 10: (0, 1)}
    assert (run.state, run.share(small).accepted_by, run.share(large).accepted_by) == ("accepted", "clock", "buyer")
    assert len(events(town, "DealAccepted")) == 1
    assert town.notices(large).count("accept_reminder") == 0


def test_a_dispute_stops_the_clock_of_acceptance(town: Town) -> None:
    run = single_deal(town).to_delivered()
    with town.work("system") as work:
        service.dispute_deal(work, run.deal_id, "6 % defects")
    town.clock.advance(timedelta(days=40))
    assert (town.sweep(clocks.remind_to_accept), town.sweep(clocks.accept_silent_shares)) == (0, 0)
    assert run.state == "disputed"


def test_a_settled_deal_closes_after_thirty_days(town: Town) -> None:
    run = single_deal(town).to_delivered()
    run.accept(run.shops[0])
    with town.work("system") as work:
        service.settle_deal(work, run.deal_id)
    town.clock.advance(timedelta(days=30, seconds=-1))
    assert town.sweep(close_old_deals) == 0
    town.clock.advance(timedelta(seconds=1))
    assert [town.sweep(close_old_deals) for _again in range(2)] == [1, 0]
    assert run.state == "closed"
