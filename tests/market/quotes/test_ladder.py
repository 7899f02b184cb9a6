"""Price ladders: which step applies, and what is accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kit.money import Money, allocate
from market.quotes.ladder import QuoteDraft, Step, check_draft, price_at

CNY = "CNY"
quantities = st.integers(1, 20_000)
ladders = st.lists(st.tuples(quantities, st.integers(1, 10**7)), min_size=1, max_size=8, unique_by=lambda step: step[0])


def falling(rows: list[tuple[int, int]]) -> list[tuple[int, Money]]:
    """The rows in the order of a sound ladder: quantities rise, prices do not."""
    counts = sorted(count for count, _ in rows)
    prices = sorted((price for _, price in rows), reverse=True)
    return [(count, Money(price, CNY)) for count, price in zip(counts, prices, strict=True)]


@given(ladders, quantities)
def test_the_highest_step_that_a_quantity_reaches_applies(rows: list[tuple[int, int]], quantity: int) -> None:
    steps = falling(rows)
    found = price_at([Step(*step) for step in steps], steps[0][0], quantity)
    reached = [price for count, price in steps if count <= quantity]
    assert found == (reached[-1] if reached else None)


@given(ladders, quantities, quantities)
def test_more_pieces_never_cost_more_each(rows: list[tuple[int, int]], one: int, other: int) -> None:
    steps = [Step(*step) for step in falling(rows)]
    fewer, more = sorted((one, other))
    dear, cheap = (price_at(steps, steps[0].from_quantity, count) for count in (fewer, more))
    assert dear is None or (cheap is not None and cheap <= dear)


@given(ladders, quantities)
def test_a_sound_ladder_is_taken_exactly_when_it_covers_the_quantity(rows: list[tuple[int, int]], asked: int) -> None:
    steps = falling(rows)
    faults = check_draft(QuoteDraft(tuple(steps), 10, steps[0][0], 14), asked, CNY)
    assert {fault.field for fault in faults} == (set() if steps[0][0] <= asked else {"minimum_quantity"})


@given(st.integers(1, 10**12), st.integers(1, 99))
def test_deposit_and_balance_sum_exactly(total: int, share: int) -> None:
    parts = allocate(Money(total, CNY), (share, 100 - share))
    assert sum(part.minor for part in parts) == total


def cny(minor: int) -> Money:
    return Money(minor, CNY)


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (QuoteDraft((), 10, 100, 14), ["steps"]),
        (QuoteDraft(tuple((count, cny(100)) for count in range(100, 109)), 10, 100, 14), ["steps"]),
        (QuoteDraft(((100, cny(0)),), 10, 100, 14), ["steps.0.unit_price"]),
        (QuoteDraft(((100, Money(1, "USD")),), 10, 100, 14), ["steps.0.unit_price"]),
        (QuoteDraft(((100, cny(9)), (100, cny(9))), 10, 100, 14), ["steps.1.from_quantity"]),
        (QuoteDraft(((100, cny(9)), (300, cny(10))), 10, 100, 14), ["steps.1.unit_price"]),
        (QuoteDraft(((200, cny(9)),), 10, 100, 14), ["steps.0.from_quantity"]),
        (QuoteDraft(((0, cny(9)),), 10, 0, 14), ["steps.0.from_quantity", "minimum_quantity"]),
        (QuoteDraft(((100, cny(9)),), 0, 100, 91, sample_days=0), ["lead_time_days", "sample_days", "valid_days"]),
        (QuoteDraft(((100, cny(9)),), 10, 100, 14, Money(1, "EUR")), ["sample_fee"]),
        (QuoteDraft(((100, cny(9)),), 10, 100, 14, note="x" * 2001), ["note"]),
        (QuoteDraft(((100, cny(10**12)),), 10, 100, 14), ["steps.0.unit_price"]),
    ],
)
def test_every_fault_is_named(draft: QuoteDraft, fields: list[str]) -> None:
    faults = check_draft(draft, 500, CNY)
    assert [fault.field for fault in faults] == fields
    assert all(fault.problem and fault.accepted for fault in faults)
