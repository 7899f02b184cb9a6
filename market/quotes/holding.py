"""How long a buyer's money may be held: the lead time and every clock that runs after it. Pure.

A payment gateway caps it (Stripe: 90 days in most countries on a manual payout schedule), so a deal that would take
longer is refused at award.
"""

from typing import Final

from market.kit.errors import Conflict

BALANCE_DAYS: Final = 5
ACCEPTANCE_DAYS: Final = 10
PAYOUT_DAYS: Final = 7


class HeldTooLong(Conflict):
    """The deal would hold the buyer's money for longer than it may be held."""

    code = "held_too_long"


def longest_hold(lead_time_days: int) -> int:
    """Days from the award to the payout when every clock runs out: making, balance, acceptance, payout."""
    return lead_time_days + BALANCE_DAYS + ACCEPTANCE_DAYS + PAYOUT_DAYS


def refuse_unless_holdable(lead_time_days: int, most_days: int) -> None:
    """Raises HeldTooLong, with the reason in days, when the money of a deal could not be held to its end."""
    if longest_hold(lead_time_days) > most_days:
        after = longest_hold(0)
        raise HeldTooLong(
            f"This quote takes {lead_time_days} days; with {after} days for balance, acceptance and payout, your money "
            f"would be held for {lead_time_days + after} days, and {most_days} are the most. Ask for a lead time of "
            f"{max(most_days - after, 0)} days or less, or split the order."
        )
