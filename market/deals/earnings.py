"""What a factory earns: what its running deals will bring and when, and what stands on its accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from market.kit.money import Money
from market.production import queries as production
from market.production.queries import DealRow, ShareRow
from market.settlement import queries as settlement

ONE = 10_000


@dataclass(frozen=True, slots=True)
class Coming:
    """What one running deal brings its factory when it goes to its end.

    goods: the price of all its shares as it stands now. commission: Weft's, as frozen at the sale. award_id: by which
    the deal is found. paid_by: the latest moment of the payout when every clock runs out, known from the first day;
    once the goods are accepted, seven days from then. is_released: they are.
    """

    deal: DealRow
    award_id: UUID
    goods: Money
    commission: Money
    held: Money
    paid_by: datetime
    is_released: bool

    @property
    def net(self) -> Money:
        return self.goods - self.commission


def coming_to(session: Session, factory_id: UUID) -> list[Coming]:
    """The running deals of a factory that bring money, the earliest payout first."""
    found = [_coming(session, deal) for deal in production.running_deals_of_factory(session, factory_id)]
    return sorted((row for row in found if row is not None), key=lambda row: (row.paid_by, row.deal.id))


def earned_by(session: Session, deal: DealRow) -> Coming | None:
    """What one deal brings; None where no share is left in it."""
    return _coming(session, deal)


def price_of(share: ShareRow) -> Money:
    """What the goods of a share cost: of the pieces that it was allocated, less its discount."""
    pieces = share.pieces if share.allocated is None else share.allocated
    return share.unit_price.times(pieces) - Money(share.discount_minor, share.total.currency)


def commission_of(session: Session, shares: Sequence[ShareRow], currency: str) -> Money:
    """The commission on the goods of these shares, rounded half up for each, as the ledger rounds it."""
    whole = Money(0, currency)
    for share in shares:
        points = settlement.commission_of_share(session, share.id) or 0
        whole += Money((price_of(share).minor * points + ONE // 2) // ONE, currency)
    return whole


def _coming(session: Session, deal: DealRow) -> Coming | None:
    shares = production.shares_of_deal(session, deal.id)
    if not shares:
        return None
    nothing = Money(0, deal.currency)
    dues = settlement.dues_of_deal(session, deal.id)
    promised = [due.pay_by for due in dues if due.pay_by is not None]
    return Coming(
        deal=deal,
        award_id=shares[0].award_id,
        goods=sum((price_of(share) for share in shares), nothing),
        commission=commission_of(session, shares, deal.currency),
        held=sum((due.held + due.frozen for due in dues), nothing),
        paid_by=min(promised) if promised else deal.held_until,
        is_released=bool(promised),
    )
