"""What other capabilities may hear of payments. reference: what the caller of the verb chose."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class PaymentAuthorised(Event):
    """A payer's money is reserved and can be taken. organisation_id is the payer's."""

    payment_id: UUID
    reference: UUID


@dataclass(frozen=True, slots=True)
class PaymentTaken(Event):
    """A payer's money is ours to hold, even where the payment had been given up meanwhile."""

    payment_id: UUID
    reference: UUID
    minor: int


@dataclass(frozen=True, slots=True)
class PaymentFailed(Event):
    """A payment ended without money, and not because we dropped it."""

    payment_id: UUID
    reference: UUID
    why: str


@dataclass(frozen=True, slots=True)
class RefundSucceeded(Event):
    """organisation_id is the payer's."""

    refund_id: UUID
    reference: UUID


@dataclass(frozen=True, slots=True)
class RefundFailed(Event):
    """The money is still with us; this may come days after RefundSucceeded."""

    refund_id: UUID
    reference: UUID
    why: str


@dataclass(frozen=True, slots=True)
class TransferMade(Event):
    """Money is in a factory's account. organisation_id is the factory's."""

    transfer_id: UUID
    reference: UUID


@dataclass(frozen=True, slots=True)
class TransferRefused(Event):
    transfer_id: UUID
    reference: UUID
    why: str


@dataclass(frozen=True, slots=True)
class ReversalMade(Event):
    """Money is back from a factory's account. organisation_id is the factory's."""

    reversal_id: UUID
    reference: UUID


@dataclass(frozen=True, slots=True)
class ReversalRefused(Event):
    reversal_id: UUID
    reference: UUID
    why: str


@dataclass(frozen=True, slots=True)
class PayoutPaid(Event):
    """organisation_id is the factory's."""

    payout_id: UUID
    reference: UUID


@dataclass(frozen=True, slots=True)
class PayoutFailed(Event):
    """The money is back in the factory's account; this may come days after PayoutPaid."""

    payout_id: UUID
    reference: UUID
    why: str


@dataclass(frozen=True, slots=True)
class PayoutAccountChanged(Event):
    """A factory can be paid, or can no longer be, or is paid to another bank account. organisation_id is the
    factory's."""

    enabled: bool
