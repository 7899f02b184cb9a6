"""What a factory earns: what its running deals will bring and when, and what stands on its accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from market.kit.clock import market_day
from market.kit.money import Money
from market.production import progress_queries as progress
from market.production import queries as production
from market.production.queries import DealRow, ShareRow
from market.quotes.holding import ACCEPTANCE_DAYS, BALANCE_DAYS, PAYOUT_DAYS
from market.settlement import queries as settlement
from market.settlement.queries import DueRow
from market.settlement.shares import commission


@dataclass(frozen=True, slots=True)
class Coming:
    """What one running deal brings its factory when it goes to its end.

    goods: the price of all its shares as it stands now. commission: Weft's, as frozen at the sale. award_id: by which
    the deal is found. paid_by: as of `latest_payout`, known from the first day. is_released: the goods are accepted.
    """

    deal: DealRow
    award_id: UUID
    goods: Money
    commission: Money
    held: Money
    paid_by: date
    is_released: bool

    @property
    def net(self) -> Money:
        return self.goods - self.commission


def coming_to(session: Session, factory_id: UUID, today: date) -> list[Coming]:
    """The running deals of a factory that bring money, the earliest payout first."""
    found = [_coming(session, deal, today) for deal in production.running_deals_of_factory(session, factory_id)]
    return sorted((row for row in found if row is not None), key=lambda row: (row.paid_by, row.deal.id))


def latest_payout(
    deal: DealRow, dues: Sequence[DueRow], delivered: Sequence[datetime | None], today: date
) -> tuple[date, bool]:
    """By when a factory has the money of a deal, and whether nothing but clocks stands between.

    delivered: of each parcel, when it arrived. Before all have, the day follows from the factory's own: every clock
    after it runs out.
    """
    released = [due.pay_by for due in dues if due.pay_by is not None]
    if released and not any(due.held.minor for due in dues):
        return market_day(max(released)), True
    arrived = [moment for moment in delivered if moment is not None]
    if arrived and len(arrived) == len(delivered):
        return market_day(max(arrived)) + timedelta(days=ACCEPTANCE_DAYS + PAYOUT_DAYS), True
    made = max(deal.due_on_at(today), today)
    return made + timedelta(days=BALANCE_DAYS + ACCEPTANCE_DAYS + PAYOUT_DAYS), False


def commission_of(session: Session, shares: Sequence[ShareRow], currency: str) -> Money:
    """The commission on the goods of these shares, rounded half up for each, as the ledger rounds it."""
    whole = Money(0, currency)
    for share in shares:
        points = settlement.commission_of_share(session, share.id) or 0
        whole += Money(commission(share.price.minor, points), currency)
    return whole


def _coming(session: Session, deal: DealRow, today: date) -> Coming | None:
    shares = production.shares_of_deal(session, deal.id)
    if not shares:
        return None
    nothing = Money(0, deal.currency)
    dues = settlement.dues_of_deal(session, deal.id)
    delivered = [parcel.delivered_at for parcel in progress.shipments_of_deal(session, deal.id)]
    paid_by, _is_certain = latest_payout(deal, dues, delivered, today)
    return Coming(
        deal=deal,
        award_id=shares[0].award_id,
        goods=sum((share.price for share in shares), nothing),
        commission=commission_of(session, shares, deal.currency),
        held=sum((due.held + due.frozen for due in dues), nothing),
        paid_by=paid_by,
        is_released=any(due.pay_by is not None for due in dues),
    )
