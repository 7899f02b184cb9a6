"""Price ladders: what a factory offers, what is accepted in each field, and which step applies to a quantity. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from market.kit.errors import FieldFault
from market.kit.money import LARGEST_MINOR, Money

MOST_STEPS: Final = 8
LARGEST_QUANTITY: Final = 10_000_000
LONGEST_LEAD_TIME: Final = 365
LONGEST_SAMPLE_DAYS: Final = 180
LONGEST_VALIDITY: Final = 90
LONGEST_NOTE: Final = 2000


@dataclass(frozen=True, slots=True)
class Step:
    """From this many pieces on, this price for one piece."""

    from_quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True)
class QuoteDraft:
    """What a factory offers. steps: (from_quantity, unit price) pairs, the first at the minimum quantity.

    sample_fee None: no sample offered or nothing said. valid_days: counted from the moment of submitting.
    """

    steps: tuple[tuple[int, Money], ...]
    lead_time_days: int
    minimum_quantity: int
    valid_days: int
    sample_fee: Money | None = None
    sample_days: int | None = None
    note: str = ""


def price_at(steps: Sequence[Step], minimum_quantity: int, quantity: int) -> Money | None:
    """The unit price of the highest step that `quantity` reaches; None when the factory does not take so few."""
    if quantity < minimum_quantity:
        return None
    reached = [step for step in steps if step.from_quantity <= quantity]
    return max(reached, key=lambda step: step.from_quantity).unit_price if reached else None


def check_draft(draft: QuoteDraft, quantity: int, currency: str) -> tuple[FieldFault, ...]:
    """Every fault of an offer for `quantity` pieces, in the order of its fields; empty when it can be taken.

    Fields of steps are named steps.<row>.from_quantity and steps.<row>.unit_price, rows counted from 0.
    """
    return (*_step_faults(draft, currency), *_minimum_faults(draft, quantity), *_term_faults(draft, currency))


def _step_faults(draft: QuoteDraft, currency: str) -> Iterator[FieldFault]:
    if not 1 <= len(draft.steps) <= MOST_STEPS:
        yield FieldFault("steps", f"there are {len(draft.steps)} price steps", f"1 to {MOST_STEPS}")
    for row, (from_quantity, price) in enumerate(draft.steps):
        if not 1 <= from_quantity <= LARGEST_QUANTITY:
            accepted = f"a whole number from 1 to {LARGEST_QUANTITY}"
            yield FieldFault(f"steps.{row}.from_quantity", f"{from_quantity} is out of range", accepted)
        if price.currency != currency:
            yield FieldFault(f"steps.{row}.unit_price", f"the price is in {price.currency}", f"a price in {currency}")
        elif not 0 < price.minor <= LARGEST_MINOR // LARGEST_QUANTITY:
            yield FieldFault(f"steps.{row}.unit_price", "the price is out of range", "more than zero")
    for row, (before, step) in enumerate(zip(draft.steps, draft.steps[1:], strict=False), start=1):
        if step[0] <= before[0]:
            accepted = f"more than {before[0]}"
            yield FieldFault(f"steps.{row}.from_quantity", "the quantities do not rise from row to row", accepted)
        if step[1].currency == before[1].currency and step[1].minor > before[1].minor:
            accepted = f"{before[1].major()} or less"
            yield FieldFault(f"steps.{row}.unit_price", "the price rises with the quantity", accepted)


def _minimum_faults(draft: QuoteDraft, quantity: int) -> Iterator[FieldFault]:
    if not 1 <= draft.minimum_quantity <= LARGEST_QUANTITY:
        accepted = f"a whole number from 1 to {LARGEST_QUANTITY}"
        yield FieldFault("minimum_quantity", f"{draft.minimum_quantity} is out of range", accepted)
    elif draft.minimum_quantity > quantity:
        problem = f"the minimum is above the {quantity} pieces that are asked for"
        yield FieldFault("minimum_quantity", problem, f"{quantity} or less, or a counter-offer")
    elif draft.steps and draft.steps[0][0] != draft.minimum_quantity:
        problem = "the first step does not start at the minimum"
        yield FieldFault("steps.0.from_quantity", problem, f"{draft.minimum_quantity}, as the minimum says")


def _term_faults(draft: QuoteDraft, currency: str) -> Iterator[FieldFault]:
    limits = (
        ("lead_time_days", draft.lead_time_days, LONGEST_LEAD_TIME),
        ("sample_days", draft.sample_days, LONGEST_SAMPLE_DAYS),
        ("valid_days", draft.valid_days, LONGEST_VALIDITY),
    )
    for name, days, most in limits:
        if days is not None and not 1 <= days <= most:
            yield FieldFault(name, f"{days} is out of range", f"a whole number from 1 to {most}")
    fee = draft.sample_fee
    if fee is not None and (fee.currency != currency or not 0 <= fee.minor <= LARGEST_MINOR):
        yield FieldFault("sample_fee", "the fee cannot be taken", f"an amount of zero or more in {currency}")
    if len(draft.note) > LONGEST_NOTE:
        yield FieldFault("note", f"the note has {len(draft.note)} characters", f"at most {LONGEST_NOTE} characters")
