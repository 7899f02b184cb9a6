"""Reading dues, remittances and what is owed, as frozen rows. Row-level security holds who sees which as well."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.kit.errors import NotFound
from market.kit.money import Money
from market.settlement.models import (
    Account,
    AccountKind,
    Due,
    DueState,
    Purpose,
    Remittance,
    RemittanceState,
    Terms,
)
from market.settlement.paying_out import PAY_WITHIN as PAY_WITHIN

ENDED = (DueState.PAID_OUT, DueState.REFUNDED, DueState.CLAWED_BACK, DueState.DROPPED)


@dataclass(frozen=True, slots=True)
class DueRow:
    """What a share owes for one purpose and where that money is; the five amounts are zero until it was paid.

    pay_by: by when the factory has what was released. id is the reference of its payment.
    """

    organisation_id: UUID
    id: UUID
    share_id: UUID
    deal_id: UUID
    factory_id: UUID
    purpose: Purpose
    state: DueState
    amount: Money
    held: Money
    frozen: Money
    released: Money
    refunding: Money
    refunded: Money
    together: bool
    due_at: datetime
    cure_until: datetime | None
    released_at: datetime | None
    pay_by: datetime | None


@dataclass(frozen=True, slots=True)
class RemittanceRow:
    """One payout to a factory. organisation_id is the factory's. cleared_at: since when a bounced one may go again."""

    organisation_id: UUID
    id: UUID
    state: RemittanceState
    money: Money
    asked_at: datetime
    paid_at: datetime | None
    bounced_at: datetime | None
    cleared_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class OwedRow:
    """What stands between the market and a factory in one currency. pay_by: when the oldest of it is to be paid.

    debt: what the factory owes, zero or more; it is taken out of what is released next.
    """

    factory_id: UUID
    payable: Money
    in_transit: Money
    debt: Money
    pay_by: datetime | None


def due(session: Session, due_id: UUID) -> DueRow:
    """One due by its id, which is the reference of its payment. Raises NotFound."""
    row = session.scalars(select(Due).where(Due.id == due_id)).one_or_none()
    if row is None:
        raise NotFound
    return _due_row(row)


def dues_of_share(session: Session, share_id: UUID) -> list[DueRow]:
    """What a share owes, in the order in which it is asked."""
    rows = [_due_row(row) for row in session.scalars(select(Due).where(Due.share_id == share_id))]
    return sorted(rows, key=lambda row: tuple(Purpose).index(row.purpose))


def dues_of_deal(session: Session, deal_id: UUID) -> list[DueRow]:
    """What the shares of a deal owe, as far as the session may see them."""
    return [_due_row(row) for row in session.scalars(select(Due).where(Due.deal_id == deal_id).order_by(Due.id))]


def commission_of_share(session: Session, share_id: UUID) -> int | None:
    """The commission of a share in basis points, as it stood at the sale; None before the deal was opened."""
    return session.scalar(select(Terms.commission_basis_points).where(Terms.id == share_id))


def remittances_of(session: Session, factory_id: UUID) -> list[RemittanceRow]:
    """The payouts of a factory, newest first."""
    statement = select(Remittance).where(Remittance.organisation_id == factory_id).order_by(Remittance.id.desc())
    return [_remittance_row(row) for row in session.scalars(statement)]


def owed_to(session: Session, factory_id: UUID) -> list[OwedRow]:
    """What is owed to a factory and by when, currency by currency."""
    kinds = (AccountKind.PAYABLE, AccountKind.IN_TRANSIT, AccountKind.OWED_BY_FACTORY)
    rows = session.scalars(select(Account).where(Account.organisation_id == factory_id, Account.kind.in_(kinds)))
    balances = {(row.currency, row.kind): row.balance_minor for row in rows}
    return [
        OwedRow(
            factory_id=factory_id,
            payable=Money(balances.get((currency, AccountKind.PAYABLE), 0), currency),
            in_transit=Money(balances.get((currency, AccountKind.IN_TRANSIT), 0), currency),
            debt=Money(-balances.get((currency, AccountKind.OWED_BY_FACTORY), 0), currency),
            pay_by=_pay_by(session, factory_id, currency),
        )
        for currency in sorted({currency for currency, _kind in balances})
    ]


def deals_paid_by(session: Session, remittance_id: UUID) -> list[UUID]:
    """The deals that a payout paid something of."""
    statement = select(Due.deal_id).where(Due.remittance_id == remittance_id).distinct().order_by(Due.deal_id)
    return list(session.scalars(statement))


def deals_released(session: Session, factory_id: UUID, currency: str) -> list[UUID]:
    """The deals of which something is released to a factory and not yet on its way to its bank."""
    statement = select(Due.deal_id).where(
        Due.factory_id == factory_id, Due.currency == currency, Due.state == DueState.RELEASED, Due.released_minor > 0
    )
    return list(session.scalars(statement.distinct().order_by(Due.deal_id)))


def is_settled(session: Session, deal_id: UUID) -> bool:
    """Whether no money of a deal is open any more. Needs a session that sees all of its shares."""
    statement = select(Due.id).where(Due.deal_id == deal_id, Due.state.not_in(ENDED)).limit(1)
    return session.scalar(statement) is None


def _pay_by(session: Session, factory_id: UUID, currency: str) -> datetime | None:
    statement = (
        select(Due.released_at)
        .where(
            Due.factory_id == factory_id,
            Due.currency == currency,
            Due.released_minor > 0,
            Due.state.in_([DueState.RELEASED, DueState.PAYING_OUT]),
        )
        .order_by(Due.released_at)
        .limit(1)
    )
    oldest = session.scalar(statement)
    return None if oldest is None else oldest + PAY_WITHIN


def _due_row(row: Due) -> DueRow:
    return DueRow(
        organisation_id=row.organisation_id,
        id=row.id,
        share_id=row.share_id,
        deal_id=row.deal_id,
        factory_id=row.factory_id,
        purpose=row.purpose,
        state=row.state,
        amount=Money(row.amount_minor, row.currency),
        held=Money(row.held_minor, row.currency),
        frozen=Money(row.frozen_minor, row.currency),
        released=Money(row.released_minor, row.currency),
        refunding=Money(row.refunding_minor, row.currency),
        refunded=Money(row.refunded_minor, row.currency),
        together=row.together,
        due_at=row.due_at,
        cure_until=row.cure_until,
        released_at=row.released_at,
        pay_by=None if row.released_at is None else row.released_at + PAY_WITHIN,
    )


def _remittance_row(row: Remittance) -> RemittanceRow:
    return RemittanceRow(
        row.organisation_id, row.id, row.state, Money(row.minor, row.currency), row.asked_at, row.paid_at,
        row.bounced_at, row.cleared_at, row.why,
    )  # fmt: skip
