"""What the worker hears of settlement."""

from dataclasses import dataclass

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class PayoutRetryAsked(Event):
    """A factory looked after its bank account: what bounced may be sent again. organisation_id is the factory's."""
