"""What other capabilities may hear of deals. A deal's organisation_id is its seller's, a pooled deal's the market's."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class DealOpened(Event):
    """An award, or all awards of a pool, became one run at one factory. organisation_id is the deal's."""

    deal_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentAsked(Event):
    """A share owes `minor` for one purpose: sample_fee | deposit | balance. organisation_id is the share's shop.

    minor is what is to be paid: the balance comes without what the approved sample cost, which is credited.
    together: the deposits of a pooled deal are authorised first and captured only when all of them are.
    """

    deal_id: UUID
    share_id: UUID
    purpose: str
    minor: int
    currency: str
    due_at: datetime
    together: bool


@dataclass(frozen=True, slots=True)
class PaymentDropped(Event):
    """What a share was asked to pay, and did not pay, is no longer asked. organisation_id is the share's shop."""

    share_id: UUID
    purpose: str


@dataclass(frozen=True, slots=True)
class ShareLeft(Event):
    """A shop left a pooled deal, which goes on without it. organisation_id is the share's shop.

    Its part of the proven materials stands in queries.share(...).proven_minor.
    """

    deal_id: UUID
    share_id: UUID


@dataclass(frozen=True, slots=True)
class MemberSpoke(Event):
    """A member of a pooled deal decided something for its own part; the worker, which sees all parts, counts it.

    organisation_id is the member's, or the deal's when it goes on after a dispute.
    """

    deal_id: UUID


@dataclass(frozen=True, slots=True)
class RunMoved(Event):
    """A pooled deal moved on, or a member left it; its pool follows. organisation_id is the deal's."""

    deal_id: UUID


@dataclass(frozen=True, slots=True)
class MilestoneLate(Event):
    """A deal is predicted to finish after its due day, or later again than was told. organisation_id is the deal's.

    why: the parts of the prediction in their order, each {"stage", "days", "basis", "evidence", "from", "to"}; the days
    sum from the first "from" to the predicted day. basis: reported | factory | market | plan | waiting.
    """

    deal_id: UUID
    predicted: date
    due: date
    why: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DealRejected(Event):
    """The buyers rejected a run that failed its inspection: the deal stands still until its disputes are decided.
    organisation_id is the deal's."""

    deal_id: UUID


@dataclass(frozen=True, slots=True)
class ShareAccepted(Event):
    """A share accepted its goods, or its time to do so passed. organisation_id is the share's shop."""

    deal_id: UUID
    share_id: UUID


@dataclass(frozen=True, slots=True)
class DealAccepted(Event):
    """Every share accepted its goods, or its time to do so passed. organisation_id is the deal's."""

    deal_id: UUID


@dataclass(frozen=True, slots=True)
class DealCancelled(Event):
    """A deal ended before its goods were shipped. organisation_id is the deal's.

    why: third_rejection (the sample's fee is split) | buyer | factory | agreement | deposit_unpaid | below_minimum |
    dispute. proven_minor: what of the deposits the factory keeps for materials that it proved; never more than they.
    """

    deal_id: UUID
    why: str
    proven_minor: int
