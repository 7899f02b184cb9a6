"""Random lives of deals: what people, the provider and the clock may do in any order, and how a life comes to its end.

A life plays in savepoints of one transaction that is rolled back after it, so that thousands leave nothing behind.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.orm import sessionmaker

from market.disputes import queries as disputes
from market.disputes import service as disputing
from market.kit.clock import FrozenClock
from market.kit.errors import DomainFault
from market.kit.money import Money
from market.kit.outbox import publish, read_event
from market.kit.work import Work
from market.production import progress_queries as progress
from market.production import service as production
from market.production.queries import ShareRow
from market.settlement.events import PayoutRetryAsked
from market.settlement.mending import refund_again, returned_by_hand
from market.settlement.refunding import failed_refunds
from market.wiring import SWEEPS
from tests.conftest import MONDAY
from tests.market.deals.provider_moods import PROVIDER, kind_waiting
from tests.market.production.yard import PHOTO, Run
from tests.market.town import Town

OVER = ("settled", "closed", "cancelled")
CLOCKS = tuple(sweep for sweep in SWEEPS if sweep.__module__.rpartition(".")[0] in (
    "market.production", "market.disputes", "market.settlement",
))  # fmt: skip
MOVING = text(
    "SELECT count(*) FROM ledger_accounts WHERE balance_minor <> 0 "
    "AND kind IN ('held', 'frozen', 'refunding', 'payable', 'in_transit')"
)
LEDGER = text("SELECT kind, organisation_id, share_id, balance_minor FROM ledger_accounts ORDER BY 1, 2, 3")


@dataclass
class Life:
    """A deal that was just opened, in a transaction of its own. chance: draws what is left open."""

    run: Run
    chance: random.Random
    told: int = 0
    tried: dict[str, int] = field(default_factory=dict)

    @property
    def town(self) -> Town:
        return self.run.town

    # People

    def people_do(self, name: str) -> None:
        """Somebody tries something; what is refused changes nothing."""
        before = self.picture()
        try:
            PEOPLE[name](self)
            self.tried[name] = self.tried.get(name, 0) + 1
        except DomainFault as fault:
            assert self.picture() == before, f"{name} was refused with “{fault}”, and something changed"

    def picture(self) -> Any:
        with self.town.work("system") as work:
            return self.run.state, list(work.session.execute(LEDGER))

    def shop(self) -> UUID:
        return self.chance.choice(self.run.shops)

    def share(self, shop: UUID) -> ShareRow:
        return self.run.share(shop)

    @contextmanager
    def as_shop(self, shop: UUID) -> Iterator[Work]:
        with self.town.work("seller", shop) as work:
            yield work

    @contextmanager
    def as_factory(self) -> Iterator[Work]:
        with self.town.work("factory", self.run.factory) as work:
            yield work

    def a_dispute(self) -> UUID:
        with self.town.work("system") as work:
            found = [
                row for shop in self.run.shops for row in disputes.disputes_of_share(work.session, self.share(shop).id)
            ]
        if not found:
            raise DomainFault("there is none")
        return self.chance.choice(found).id

    # The provider and the worker

    def provider_tells(self, *, fine: bool) -> bool:
        """The provider tells what became of one thing that it was asked for; whether there was one."""
        with self.town.work("system") as work:
            waiting = [row for kind in PROVIDER for row in work.session.scalars(kind_waiting(kind))]
            if not waiting:
                return False
            row = self.chance.choice(waiting)
            PROVIDER[type(row)](self.chance, work, row, fine)
        return True

    def worker_delivers(self, *, orderly: bool = False) -> None:
        """Every waiting event reaches its handlers, in any order; some units of work are killed and done again."""
        while waiting := self.town._waiting():
            row = waiting[0] if orderly else self.chance.choice(waiting)
            event = read_event(row, {kind.__name__: kind for kind in self.town.handlers})
            for handler in self.town.handlers[type(event)]:
                if not orderly and self.chance.random() < 0.1:
                    with suppress(Killed), self.town.work("system") as work:
                        handler(work, event)
                        raise Killed
                with self.town.work("system") as work:
                    handler(work, event)
            with self.town.work("system") as work:
                work.session.execute(
                    text("UPDATE outbox_events SET handled_at = :now WHERE id = :id"), {"now": work.now, "id": row.id}
                )

    def days_go_by(self, days: float) -> None:
        """Time goes by, and every sweep looks."""
        self.town.clock.advance(timedelta(days=days))
        for sweep in CLOCKS:
            with self.town.work("system") as work:
                sweep(work)

    # The end

    def comes_to_its_end(self) -> None:
        """Everybody does what is due next, the provider all that it is asked; operators look after the rest."""
        for _day in range(80):
            if self.one_day_of_good_will():
                return
        raise AssertionError(f"stuck in {self.run.state} after 80 days of good will: {self.picture()}")

    def one_day_of_good_will(self) -> bool:
        """Whether the life is over, after everybody did what was due."""
        self.worker_delivers(orderly=True)
        while self.provider_tells(fine=True):
            self.worker_delivers(orderly=True)
        if self.is_over():
            return True
        self.next_step()
        self.worker_delivers(orderly=True)
        self.days_go_by(1)
        return False

    def is_over(self) -> bool:
        with self.town.work("system") as work:
            return self.run.state in OVER and work.session.scalar(MOVING) == 0

    def next_step(self) -> None:
        for name in NEXT.get(self.run.state, ()):
            for _each in self.run.shops:
                with suppress(DomainFault):
                    PEOPLE[name](self)
                self.worker_delivers(orderly=True)
        for name in ("decide dispute", "accept remade", "operator refunds", "send again"):
            with suppress(DomainFault):
                PEOPLE[name](self)


class Killed(Exception):
    """The worker is gone from one moment to the next."""


def stage(life: Life) -> None:
    reported = {row.stage for row in reports(life) if row.round == life.run.deal.round}
    left = [one for one in production.stages_of(life.run.deal.vertical, life.run.deal.round) if one not in reported]
    if not left:
        raise DomainFault("nothing is left")
    with life.as_factory() as work:
        production.report_stage(work, life.run.deal_id, left[0])


def reports(life: Life) -> Any:
    with life.town.work("system") as work:
        return progress.reports_of_deal(work.session, life.run.deal_id)


def inspect(life: Life, **found: Any) -> None:
    with life.as_factory() as work:
        production.report_inspection(work, life.run.deal_id, life.run.report(**found))


def decide_inspection(life: Life, choices: tuple[str, ...]) -> None:
    with life.town.work("system") as work:
        open_one = [row for row in progress.inspections_of_deal(work.session, life.run.deal_id) if row.decision is None]
    if not open_one:
        raise DomainFault("none is open")
    for shop in life.run.shops:
        with suppress(DomainFault), life.as_shop(shop) as work:
            production.decide_inspection(work, life.run.deal_id, open_one[0].id, life.chance.choice(choices))


def judge_sample(life: Life, *, approve: bool) -> None:
    sample_id = life.run.sample_id()
    with life.as_shop(life.shop()) as work:
        if approve:
            production.approve_sample(work, life.run.deal_id, sample_id)
        else:
            production.reject_sample(work, life.run.deal_id, sample_id, "the fringe is too short")


def ship(life: Life, short: int = 0) -> None:
    parcels = [
        production.Parcel(share.id, max((share.allocated or share.pieces) - short, 1), "SF", f"SF{place}")
        for place, share in enumerate(life.share(shop) for shop in life.run.shops)
        if share.left_at is None
    ]
    with life.as_factory() as work:
        production.ship(work, life.run.deal_id, sum(parcel.pieces for parcel in parcels), parcels)


def of_shop(life: Life, verb: Callable[[Work, UUID], object]) -> None:
    shop = life.shop()
    with life.as_shop(shop) as work:
        verb(work, life.share(shop).id)


def of_deal(life: Life, verb: Callable[..., object], *arguments: object) -> None:
    with life.as_factory() as work:
        verb(work, life.run.deal_id, *arguments)


def cancel_as_shop(life: Life) -> None:
    with life.as_shop(life.shop()) as work:
        production.cancel_deal(work, life.run.deal_id)


def open_dispute(life: Life) -> None:
    shop = life.shop()
    share = life.share(shop)
    money = Money(life.chance.randint(1, max(share.total.minor // 3, 1)), share.total.currency)
    with life.as_shop(shop) as work:
        disputing.open_dispute(work, share.id, disputing.Claim("defects", "6 % are defective", 1, money), [PHOTO])


def propose(life: Life) -> None:
    row = disputed(life)
    terms = disputing.Terms(Money(life.chance.randint(0, row.amount.minor), row.amount.currency), None, "so be it")
    with life.as_factory() as work:
        disputing.propose(work, row.id, terms)


def disputed(life: Life) -> Any:
    dispute_id = life.a_dispute()
    with life.town.work("system") as work:
        return disputes.dispute(work.session, dispute_id)


def accept_proposal(life: Life) -> None:
    row = disputed(life)
    with life.as_shop(row.organisation_id) as work:
        proposals = disputes.proposals_of(work.session, row.id)
        if not proposals:
            raise DomainFault("nothing is proposed")
        disputing.accept_proposal(work, row.id, proposals[0].id)


def withdraw(life: Life) -> None:
    row = disputed(life)
    with life.as_shop(row.organisation_id) as work:
        disputing.withdraw(work, row.id)


def ask_for_decision(life: Life) -> None:
    row = disputed(life)
    with life.as_shop(row.organisation_id) as work:
        disputing.ask_for_decision(work, row.id)


def decide_dispute(life: Life) -> None:
    row = disputed(life)
    part = Money(life.chance.randint(1, max(row.amount.minor - 1, 1)), row.amount.currency)
    decision = life.chance.choice(
        [
            disputing.Decision("refund", "why"),
            disputing.Decision("reject", "why"),
            disputing.Decision("part_refund", "why", part),
        ]
    )
    with life.town.work("operator") as work:
        seen = disputing.preview_decision(work, row.id, decision).hash
        disputing.decide(work, row.id, decision, seen)


def accept_remade(life: Life) -> None:
    row = disputed(life)
    with life.as_shop(row.organisation_id) as work:
        disputing.accept_remade(work, row.id)


def operator_refunds(life: Life) -> None:
    """An operator sends a refund that failed once more or by bank, whatever the deal has come to meanwhile."""
    with life.town.work("system") as work:
        failed = [moved.id for moved, due in work.session.execute(failed_refunds()) if due.deal_id == life.run.deal_id]
        if not failed:
            raise DomainFault("none failed")
        looks_after = life.chance.choice((refund_again, returned_by_hand))
        looks_after(work, life.chance.choice(failed), "it failed before")


def send_again(life: Life) -> None:
    """The factory says that its account is right."""
    with life.as_factory() as work:
        publish(work, PayoutRetryAsked(work.organisation_id))


PEOPLE: dict[str, Callable[[Life], None]] = {
    "make sample": lambda life: of_deal(life, production.make_sample, [PHOTO]),
    "approve sample": lambda life: judge_sample(life, approve=True),
    "reject sample": lambda life: judge_sample(life, approve=False),
    "prove materials": lambda life: of_deal(life, production.prove_materials, life.chance.randint(1, 900_000), [PHOTO]),
    "begin production": lambda life: of_deal(life, production.begin_production),
    "report stage": stage,
    "pass inspection": inspect,
    "fail inspection": lambda life: inspect(life, major=40, discount_percent=10),
    "decide inspection": lambda life: decide_inspection(life, ("rework", "sort", "discount", "reject")),
    "ship": ship,
    "ship short": lambda life: ship(life, short=3),
    "receive": lambda life: of_shop(life, lambda work, share_id: production.confirm_delivery(work, share_id, "gate")),
    "accept": lambda life: of_shop(life, production.accept_share),
    "shop cancels": cancel_as_shop,
    "factory cancels": lambda life: of_deal(life, production.cancel_deal),
    "open dispute": open_dispute,
    "propose": propose,
    "accept proposal": accept_proposal,
    "withdraw dispute": withdraw,
    "ask for decision": ask_for_decision,
    "decide dispute": decide_dispute,
    "accept remade": accept_remade,
    "operator refunds": operator_refunds,
    "send again": send_again,
}
NEXT = {
    "sampling": ("make sample", "approve sample"),
    "materials": ("prove materials", "begin production"),
    "producing": ("report stage",),
    "inspecting": ("decide inspection", "pass inspection"),
    "balance_due": ("ship",),
    "shipped": ("receive",),
    "delivered": ("accept",),
    "disputed": ("ask for decision", "decide dispute"),
}


def town_within(town: Town, connection: Connection) -> Town:
    """The same town in the transaction of one connection, whose commits are savepoints."""
    within = sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
    return replace(town, sessions=within, clock=FrozenClock(MONDAY))
