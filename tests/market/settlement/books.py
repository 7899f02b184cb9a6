"""A small deal for the tests of settlement: payers, a factory, and what a test says about their money in one line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from market.identity.service import MARKET_ID
from market.kit.ids import new_id
from market.kit.money import Money
from market.kit.work import Work
from market.settlement import ledger
from market.settlement.models import AccountKind, Due, DueState, Purpose
from market.settlement.refunding import note_refund_paid, refund
from market.settlement.releasing import release
from market.settlement.service import Sale, ask_due, freeze_terms, take_payment
from market.settlement.shares import lock_share

OF_SHARES = (AccountKind.HELD, AccountKind.FROZEN, AccountKind.REFUNDING)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


@dataclass
class Books:
    """One factory's deals as the worker sees them. shops: share -> its payer."""

    work: Work
    factory: UUID = field(default_factory=new_id)
    shops: dict[UUID, UUID] = field(default_factory=dict)

    def sell(self, *dues: tuple[Purpose, int], deal: UUID | None = None, together: bool = False) -> UUID:
        """A share that was asked for these dues; returns its id."""
        share, shop = new_id(), new_id()
        self.shops[share] = shop
        freeze_terms(self.work, Sale(share, shop, deal or share, self.factory, "CNY"))
        for purpose, minor in dues:
            ask_due(self.work, share, purpose, cny(minor), self.work.now + timedelta(days=5), together=together)
        return share

    def sold(self, deposit: int = 30_000, balance: int = 70_000, deal: UUID | None = None) -> UUID:
        """A share whose deposit and balance were paid."""
        share = self.sell((Purpose.DEPOSIT, deposit), (Purpose.BALANCE, balance), deal=deal)
        for purpose in (Purpose.DEPOSIT, Purpose.BALANCE):
            self.pay(share, purpose)
        return share

    def accepted(self, deposit: int = 30_000, balance: int = 70_000) -> UUID:
        """A share whose money was released to the factory."""
        share = self.sold(deposit, balance)
        release(self.work, share, f"accepted {share}")
        return share

    def pay(self, share: UUID, purpose: Purpose) -> None:
        due = self.due(share, purpose)
        take_payment(self.work, due.id, Money(due.amount_minor, due.currency), f"payment {due.id}")

    def pay_back(self, share: UUID, minor: int) -> None:
        """A refund that the gateway paid."""
        for posted in refund(self.work, share, f"refund {new_id()}", cny(minor)):
            note_refund_paid(self.work, posted.transaction_id)

    def due(self, share: UUID, purpose: Purpose) -> Due:
        return next(due for due in lock_share(self.work, share).dues if due.purpose is purpose)

    def states(self, share: UUID) -> dict[str, str]:
        return {due.purpose.value: due.state.value for due in lock_share(self.work, share).dues}

    def balances(self, *shares: UUID) -> dict[str, int]:
        """Every account that holds something: the market's, the factory's, and of these shares the sums."""
        found: dict[str, int] = {}
        for kind in AccountKind:
            owners: Iterable[tuple[UUID, UUID | None]]
            if kind in OF_SHARES:
                owners = [(self.shops[share], share) for share in shares]
            else:
                owners = [(MARKET_ID, None), (self.factory, None)]
            total = sum(ledger.balance(self.work, kind, owner, "CNY", share).minor for owner, share in owners)
            if total:
                found[kind.value] = total
        return found

    def lines(self) -> list[dict[str, int]]:
        """The entries of every movement, oldest first, by the kind of their account."""
        statement = text(
            "SELECT moved.id, account.kind, entry.minor FROM ledger_transactions moved "
            "JOIN ledger_entries entry ON entry.transaction_id = moved.id "
            "JOIN ledger_accounts account ON account.organisation_id = entry.organisation_id "
            "AND account.id = entry.account_id ORDER BY moved.id"
        )
        found: dict[UUID, dict[str, int]] = {}
        for transaction_id, kind, minor in self.work.session.execute(statement):
            found.setdefault(transaction_id, {})[kind] = minor
        return list(found.values())

    def check(self) -> None:
        """What must hold after whatever happened."""
        session = self.work.session
        session.flush()
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        for promise, statement in UNBROKEN.items():
            assert session.scalar(text(statement)) == 0, promise


UNBROKEN = {
    "entries sum to zero": "SELECT coalesce(sum(minor), 0) FROM ledger_entries",
    "balances are the sums of their entries": (
        "SELECT count(*) FROM ledger_accounts account WHERE balance_minor <> (SELECT coalesce(sum(minor), 0) "
        "FROM ledger_entries entry WHERE entry.account_id = account.id)"
    ),
    "the dues of a share are its accounts": (
        "SELECT count(*) FROM ledger_accounts account JOIN share_terms share ON share.id = account.share_id "
        "WHERE balance_minor <> (SELECT sum(CASE account.kind WHEN 'held' THEN held_minor "
        "WHEN 'frozen' THEN frozen_minor ELSE refunding_minor END) FROM dues WHERE dues.share_id = share.id)"
    ),
    "the factory has what was released less the commission, once": (
        "SELECT coalesce((SELECT sum(released_minor) FROM dues), 0) - coalesce((SELECT sum(balance_minor) "
        "FROM ledger_accounts WHERE kind IN ('payable', 'in_transit', 'owed_by_factory', 'fees', 'costs')), 0) "
        "- coalesce((SELECT sum(minor) FROM ledger_transactions WHERE kind = 'payout_paid'), 0) "
        "+ coalesce((SELECT sum(minor) FROM ledger_transactions WHERE kind IN ('payout_returned', 'debt_repaid')), 0)"
    ),
    "what stands at the gateway is what came in less what went out": (
        "SELECT coalesce((SELECT sum(balance_minor) FROM ledger_accounts WHERE kind = 'gateway'), 0) + coalesce(("
        "SELECT sum(CASE WHEN kind IN ('taken', 'refund_returned', 'payout_returned', 'debt_repaid') THEN minor "
        "WHEN kind IN ('refund_paid', 'payout_paid') THEN -minor ELSE 0 END) FROM ledger_transactions), 0)"
    ),
}
PAID_STATES = frozenset(DueState) - {DueState.DUE, DueState.AUTHORISED, DueState.FAILED, DueState.DROPPED}
