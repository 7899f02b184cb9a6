"""Deals whose money really is in the ledger, and disputes about them, in one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from market import audit
from market.disputes import queries, service
from market.disputes.service import Claim, Decision, Terms
from market.identity.service import MARKET_ID
from market.kit.money import Money
from market.kit.uploads import UploadedFile
from market.payments.events import PayoutPaid, RefundSucceeded, TransferMade
from market.production import service as deals
from market.settlement.gateway_flows import pay_factories
from market.settlement.queries import dues_of_deal
from tests.market.production.yard import PHOTO, Run
from tests.market.settlement.test_flows import books_of, moved, pay, tell
from tests.market.town import Town


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def to_inspection(run: Run) -> Run:
    """A run whose sample and deposits are paid and whose goods are made."""
    pay(run, "sample_fee")
    run.by_factory(deals.make_sample, [PHOTO])
    run.approve()
    pay(run, "deposit")
    run.by_factory(deals.prove_materials, 500_000, [PHOTO])
    run.by_factory(deals.begin_production)
    for stage in deals.stages_of(run.deal.vertical):
        run.by_factory(deals.report_stage, stage)
    return run


def delivered(run: Run) -> Run:
    """A run that is paid whole and arrived everywhere."""
    to_inspection(run)
    run.by_factory(deals.report_inspection, run.report())
    pay(run, "balance")
    run.by_factory(deals.ship, sum(one.pieces for one in run.parcels()), run.parcels())
    for shop in run.shops:
        run.deliver(shop)
    assert run.state == "delivered"
    return run


def paid_out(run: Run) -> Run:
    """An accepted run whose factory has its money in the bank."""
    for shop in run.shops:
        run.accept(shop)
    pay_out(run)
    assert run.state == "settled"
    return run


def open_account(run: Run) -> None:
    with run.town.work("system") as work:
        work.session.execute(
            text(
                "INSERT INTO payout_accounts (organisation_id, id, state, country, gateway_id, missing, bank, why, "
                "seen, asked_at) VALUES (:factory, gen_random_uuid(), 'enabled', 'CN', 'acct', '{}', '', '', 0, now())"
            ),
            {"factory": run.factory},
        )


def pay_out(run: Run) -> None:
    """Send what is payable to the bank of the factory, where it arrives."""
    open_account(run)
    assert run.town.sweep(pay_factories) == 1
    tell(run, TransferMade(run.factory, *moved(run, "transfers")))
    tell(run, PayoutPaid(run.factory, *moved(run, "payouts")))


def refunds_arrive(run: Run) -> None:
    """The provider pays every refund that it was asked for."""
    with run.town.work("system") as work:
        asked = work.session.execute(text("SELECT organisation_id, id, reference FROM refunds")).all()
    for owner, refund_id, reference in asked:
        tell(run, RefundSucceeded(owner, refund_id, reference))


@dataclass
class Case:
    """One dispute, as each side does something about it."""

    run: Run
    id: UUID

    @property
    def row(self) -> queries.DisputeRow:
        with self.run.town.work("system") as work:
            return queries.dispute(work.session, self.id)

    @property
    def state(self) -> str:
        return self.row.state.value

    @property
    def shop(self) -> UUID:
        return self.row.organisation_id

    def by(self, role: str, organisation_id: UUID, verb: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.run.town.work(role, organisation_id) as work:
            answer = verb(work, self.id, *arguments, **named)
        self.run.town.deliver()
        return answer

    def by_shop(self, verb: Callable[..., Any], *arguments: Any) -> Any:
        return self.by("seller", self.shop, verb, *arguments)

    def by_factory(self, verb: Callable[..., Any], *arguments: Any) -> Any:
        return self.by("factory", self.run.factory, verb, *arguments)

    def by_operator(self, verb: Callable[..., Any], *arguments: Any) -> Any:
        return self.by("operator", MARKET_ID, verb, *arguments)

    def escalated(self) -> "Case":
        """Three days are over and the shop calls for a decision."""
        self.run.town.clock.advance(timedelta(days=3))
        self.by_shop(service.ask_for_decision)
        return self

    def decide(self, outcome: str, refund: int | None = None, **more: Any) -> service.Preview:
        decision = Decision(outcome, "as the photos show", None if refund is None else cny(refund), **more)
        seen: service.Preview = self.by_operator(service.preview_decision, decision)
        self.by_operator(service.decide, decision, seen.hash)
        return seen

    def settle(self, refund: int, by_factory: bool = True, **more: Any) -> None:
        """One side proposes, the other accepts."""
        sides = (self.by_factory, self.by_shop) if by_factory else (self.by_shop, self.by_factory)
        proposal = sides[0](service.propose, Terms(cny(refund), **more))
        sides[1](service.accept_proposal, proposal)


def dispute(
    run: Run,
    shop: UUID,
    minor: int,
    *,
    pieces: int = 0,
    reason: str = "defects",
    files: tuple[UploadedFile, ...] = (PHOTO,),
    by_factory: bool = False,
) -> Case:
    """A dispute about a shop's share, which the worker has heard of."""
    actor = ("factory", run.factory) if by_factory else ("seller", shop)
    claim = Claim("not_paid" if by_factory else reason, "dropped stitches at the seam", pieces, cny(minor))
    with run.town.work(*actor) as work:
        opened = service.open_dispute(work, run.share(shop).id, claim, files)
    run.town.deliver()
    return Case(run, opened)


def balances(run: Run) -> dict[str, int]:
    """What stands in the books, which are whole."""
    with books_of(run) as books:
        books.check()
        return books.balances(*books.shops)


def due_states(run: Run, shop: UUID) -> dict[str, str]:
    with books_of(run) as books:
        dues = dues_of_deal(books.work.session, run.deal_id)
        return {due.purpose.value: due.state.value for due in dues if due.organisation_id == shop}


def broken(town: Town) -> dict[str, int]:
    """Promises of the audit that do not hold, without those that wait for what only a worker does."""
    with town.work("system") as work:
        found = dict(audit.broken_promises(work))
    by_clock = {promise for promise, statement in audit.PROMISES.items() if "now" in statement}
    return {promise: count for promise, count in found.items() if count and promise not in by_clock}


def cases(run: Run) -> list[Case]:
    with run.town.work("system") as work:
        return [Case(run, row.id) for row in queries.disputes_of_deal(work.session, run.deal_id)]
