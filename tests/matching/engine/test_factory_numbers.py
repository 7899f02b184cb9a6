"""Minimum, lead time and capacity as factories write them in their descriptions."""

import pytest

from matching.engine.factory_numbers import factory_numbers


@pytest.mark.parametrize(
    ("text", "minimum", "days", "a_week"),
    [
        ("MOQ 300 pcs, lead time 20-25 days, 50,000 pcs per month", 300, 25, 11_500),
        ("起订量100件，交期15天，月产能5万件", 100, 15, 11_500),
        ("Minimum order quantity: 1,000. Delivery within 3 weeks.", 1000, 21, None),
        ("Small runs from 50 pieces", 50, None, None),
        ("200件起订，20天左右交货，日产2000件", 200, 20, 12_000),
        ("最小起订量：５００", 500, None, None),
        ("monthly capacity 80k pieces", None, None, 18_400),
        ("生产周期约30天，年产能100万件", None, 30, 19_200),
        ("Founded in 1998, 300 workers, 12 lines", None, None, None),
        ("", None, None, None),
    ],
)
def test_reads_what_is_stated_and_nothing_else(
    text: str, minimum: float | None, days: float | None, a_week: float | None
) -> None:
    found = factory_numbers(text)
    assert (found.minimum_quantity, found.lead_time_days, found.capacity_per_week) == (minimum, days, a_week)
