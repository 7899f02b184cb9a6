"""What can be disputed of a share: by whom, how much, and whether the deal stands still for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from market.kit.money import Money, allocate
from market.production import progress_queries
from market.production import queries as production
from market.production.queries import DealRow, DealState, ShareRow
from market.settlement import queries as settlement

DISPUTABLE_FOR: Final = timedelta(days=30)
BEFORE_DELIVERY: Final = (
    DealState.DEPOSIT_DUE,
    DealState.MATERIALS,
    DealState.PRODUCING,
    DealState.INSPECTING,
    DealState.BALANCE_DUE,
    DealState.SHIPPED,
)
DISPUTABLE: Final = (*BEFORE_DELIVERY, DealState.DELIVERED, DealState.ACCEPTED, DealState.SETTLED)
ACCEPTED: Final = (DealState.ACCEPTED, DealState.SETTLED, DealState.CLOSED)


@dataclass(frozen=True, slots=True)
class Ground:
    """A share with what matters when it is disputed.

    paid: what the share paid and did not get back. delivered: its own parcel arrived. until: when it can be disputed no
    longer; None while that is not known.
    """

    deal: DealRow
    share: ShareRow
    paid: Money
    delivered: bool
    until: datetime | None

    @property
    def halts(self) -> bool:
        """A single deal stands still while its goods are not there; one member never halts a pooled run."""
        return self.deal.pool_id is None and not self.delivered and self.share.accepted_at is None

    @property
    def pieces(self) -> int:
        """The pieces that the share was to get."""
        return self.share.pieces if self.share.allocated is None else self.share.allocated

    @property
    def price(self) -> Money:
        """What its goods cost, less the discount of their inspection."""
        whole = self.share.unit_price.minor * self.pieces - self.share.discount_minor
        return Money(whole, self.share.unit_price.currency)

    def price_of(self, pieces: int) -> Money:
        """What so many of its pieces cost, by largest remainder; never more than was paid."""
        if not 0 < pieces <= self.pieces:
            return Money(0, self.paid.currency)
        part = allocate(self.price, (pieces, self.pieces - pieces))[0]
        return min(part, self.paid)

    def is_open_at(self, now: datetime) -> bool:
        """Whether its deal is in a step in which something can be disputed."""
        return self.deal.state in DISPUTABLE and (self.until is None or now < self.until)


def ground_of(session: Session, share_id: UUID) -> Ground:
    """A share as the session may see it. Raises NotFound."""
    share = production.share(session, share_id)
    deal = production.deal(session, share.deal_id)
    parcels = progress_queries.shipments_of_deal(session, deal.id)
    delivered = any(parcel.share_id == share_id and parcel.delivered_at is not None for parcel in parcels)
    until = None
    if deal.state is DealState.SETTLED:
        until = datetime.fromisoformat(deal.reached[DealState.SETTLED.value]) + DISPUTABLE_FOR
    return Ground(deal, share, paid_by(session, share), delivered, until)


def paid_by(session: Session, share: ShareRow) -> Money:
    """What a share paid and did not get back, and is not on its way back."""
    dues = settlement.dues_of_share(session, share.id)
    minor = sum(due.held.minor + due.frozen.minor + due.released.minor for due in dues)
    return Money(minor, share.unit_price.currency)
