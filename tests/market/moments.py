"""Moments in the lives of two deals, one of a single shop and one of a pool of two, with their money in the ledger."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from market.payments.events import PaymentAuthorised, PaymentFailed, TransferMade
from market.production import clocks, service
from market.production.deals import lock_deal
from market.production.models import DealState, Inspection
from market.settlement.gateway_flows import pay_factories
from tests.market.disputes.bench import open_account
from tests.market.production.yard import PHOTO, Run, awarded, pooled_deal, the_deal
from tests.market.rivals import Moment
from tests.market.settlement.test_flows import dues_for, moved, pay, provider_says, tell
from tests.market.town import Town

Step = Callable[[Run], object]
MOMENTS: dict[str, Moment] = {}


def moment(name: str, after: str, *steps: Step) -> None:
    """Name what stands after these steps."""

    def make(town: Town, run: Run) -> None:
        for step in steps:
            step(run)

    MOMENTS[name] = Moment(name, after, make)


def by_factory(verb: Callable[..., object], *arguments: object) -> Step:
    return lambda run: run.by_factory(verb, *arguments)


def by_shop(verb: Callable[..., object], *arguments: object) -> Step:
    return lambda run: run.by_shop(run.shops[0], verb, *arguments)


def paid(purpose: str) -> Step:
    return lambda run: pay(run, purpose)


def days(count: float) -> Step:
    return lambda run: run.town.clock.advance(timedelta(days=count))


def swept(sweep: Callable[[Any], int]) -> Step:
    def step(run: Run) -> None:
        run.town.sweep(sweep)
        run.town.deliver()

    return step


def inspected(**found: int) -> Step:
    return lambda run: run.by_factory(service.report_inspection, run.report(**found))


def stages(run: Run) -> tuple[str, ...]:
    return service.stages_of(run.deal.vertical)


def all_stages_but_the_last(run: Run) -> None:
    for stage in stages(run)[:-1]:
        run.by_factory(service.report_stage, stage)


def put_back_to_awarded(run: Run) -> None:
    """Where a deal stands inside the unit of work that opens it."""
    with run.town.work("system") as work:
        lock_deal(work, run.deal_id).state = DealState.AWARDED


def a_card_fails(run: Run) -> None:
    due = dues_for(run, "deposit")[0]
    provider_says(run, due, "failed", lambda owner, paid, of: PaymentFailed(owner, paid, of, "card declined"))


def a_card_stands(place: int) -> Step:
    def step(run: Run) -> None:
        due = next(due for due in dues_for(run, "deposit") if due.organisation_id == run.shops[place])
        provider_says(run, due, "authorised", PaymentAuthorised)

    return step


def disputed(run: Run) -> None:
    with run.town.work("system") as work:
        service.dispute_deal(work, run.deal_id, "a dispute")


def shipped(run: Run) -> None:
    run.by_factory(service.ship, sum(parcel.pieces for parcel in run.parcels()), run.parcels())


def everybody_accepts(run: Run) -> None:
    for shop in run.shops:
        run.accept(shop)


def payout_begins(run: Run) -> None:
    open_account(run)
    assert run.town.sweep(pay_factories) == 1
    tell(run, TransferMade(run.factory, *moved(run, "transfers")))


def settled(run: Run) -> None:
    with run.town.work("system") as work:
        service.settle_deal(work, run.deal_id)


def one_shops(town: Town, _before: object) -> Run:
    """The award of a quote that no worker has heard of: the quote stands where later the deal does."""
    factory, shop, quote_id = awarded(town)
    return Run(town, factory, (shop,), quote_id)


def opened(town: Town, run: Run) -> Run:
    town.deliver()
    return Run(town, run.factory, run.shops, the_deal(town))


MOMENTS["awarded"] = Moment("awarded", None, one_shops)
MOMENTS["the sample is asked"] = Moment("the sample is asked", "awarded", opened)
moment("the deal has just opened", "the sample is asked", put_back_to_awarded)
moment("the sample is late", "the sample is asked", days(7))
moment("the sample is made", "the sample is asked", paid("sample_fee"), by_factory(service.make_sample, [PHOTO]))
moment("made, and its fee is owed", "the sample is asked", by_factory(service.make_sample, [PHOTO]))
moment("the buyer is silent", "the sample is made", days(5))
moment("the deposit is due", "the sample is made", Run.approve)
moment("the deposit is late", "the deposit is due", days(5))
moment("the card failed", "the deposit is due", a_card_fails)
moment("the time to cure is over", "the card failed", days(2))
moment("materials", "the deposit is due", paid("deposit"))
moment("materials are proven", "materials", by_factory(service.prove_materials, 500_000, [PHOTO]))
moment("producing", "materials are proven", by_factory(service.begin_production))
moment("one stage is left", "producing", all_stages_but_the_last)
moment("one stage is left, and the factory would end it", "one stage is left", by_factory(service.cancel_deal))
moment("the run is made", "one stage is left", lambda run: run.by_factory(service.report_stage, stages(run)[-1]))
moment("the run failed", "the run is made", inspected(major=40, discount_percent=10))
moment(
    "the run failed five days ago", "the run failed", days(3), swept(clocks.remind_to_decide), days(2)
)  # fmt: skip
moment("the run failed, and the factory would end it", "the run failed", by_factory(service.cancel_deal))
moment("the run is made again", "the run failed", lambda run: decide(run, "rework"))
moment("the balance is due", "the run is made", inspected())
moment("the balance is late", "the balance is due", days(5))
moment("the balance is due, and the factory would end it", "the balance is due", by_factory(service.cancel_deal))
moment("the balance is held", "the balance is due", paid("balance"))
moment("the balance is held, and the factory would end it", "the balance is held", by_factory(service.cancel_deal))
moment("shipped", "the balance is held", shipped)
moment("delivered", "shipped", lambda run: run.deliver(run.shops[0]))
moment("delivered four days ago", "delivered", days(4))
moment(
    "delivered ten days ago",
    "delivered four days ago",
    swept(clocks.remind_to_accept), days(4), swept(clocks.remind_to_accept), days(2),
)  # fmt: skip
moment("accepted", "delivered", everybody_accepts)
moment("the payout is under way", "accepted", payout_begins)
moment("settled", "accepted", settled)
moment("settled thirty days ago", "settled", days(30))

HALTED = {
    "the deposit is due": DealState.DEPOSIT_DUE,
    "materials": DealState.MATERIALS,
    "one stage is left": DealState.PRODUCING,
    "the run failed": DealState.INSPECTING,
    "the balance is due": DealState.BALANCE_DUE,
    "shipped": DealState.SHIPPED,
    "delivered": DealState.DELIVERED,
    "accepted": DealState.ACCEPTED,
    "settled": DealState.SETTLED,
}
for where in HALTED:
    moment(f"halted: {where}", where, disputed)


def a_pools(town: Town, _before: object) -> Run:
    return pooled_deal(town)


def delivered_to_all(run: Run) -> None:
    for shop in run.shops:
        run.deliver(shop)


MOMENTS["a pool: the sample is asked"] = Moment("a pool: the sample is asked", None, a_pools)
moment(
    "a pool: the sample is made",
    "a pool: the sample is asked",
    paid("sample_fee"),
    by_factory(service.make_sample, [PHOTO]),
)
moment("a pool: deposits are due", "a pool: the sample is made", Run.approve)
moment("a pool: one card stands", "a pool: deposits are due", a_card_stands(1))
moment("a pool: both cards stand", "a pool: one card stands", a_card_stands(0))
moment("a pool: one card failed", "a pool: one card stands", a_card_fails)
moment("a pool: the time to cure is over", "a pool: one card failed", days(2))
moment("a pool: the run is made", "a pool: deposits are due", paid("deposit"), lambda run: make_the_goods(run))
moment("a pool: the run failed", "a pool: the run is made", inspected(major=40, discount_percent=10))
moment("a pool: shipped", "a pool: the run is made", inspected(), paid("balance"), shipped)
moment("a pool: delivered", "a pool: shipped", delivered_to_all)


def make_the_goods(run: Run) -> None:
    run.by_factory(service.prove_materials, 500_000, [PHOTO])
    run.by_factory(service.begin_production)
    for stage in stages(run):
        run.by_factory(service.report_stage, stage)


def decide(run: Run, choice: str) -> None:
    """The buyer decides about the inspection that waits."""
    run.by_shop(run.shops[0], service.decide_inspection, latest_inspection(run), choice)


def latest_inspection(run: Run) -> UUID:
    with run.town.work("system") as work:
        return work.session.scalars(select(Inspection.id).order_by(Inspection.id.desc()).limit(1)).one()
