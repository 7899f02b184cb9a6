"""Two digits, bands and parts: what is told of a group."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.materials.figures import at_most_borne, hides_its_sellers, seller_band, split, two_digits, whole_risk

SHOPS = [UUID(int=number) for number in range(1, 8)]


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0, "0"), (0.0004, "0"), (0.0234, "0.023"), (4.44, "4.4"), (104.9, "100"), (105.1, "110"), (98_765, "99000")],
)
def test_an_amount_is_told_with_two_digits(amount: float, told: str) -> None:
    assert two_digits(amount) == Decimal(told)


@given(st.floats(0.01, 1e8))
def test_rounding_moves_an_amount_by_less_than_six_percent_and_keeps_the_order(amount: float) -> None:
    told = two_digits(amount)
    assert abs(float(told) - amount) <= 0.0501 * amount + 0.0005
    assert two_digits(told) == told


@pytest.mark.parametrize(("count", "band"), [(0, 0), (2, 0), (3, 3), (5, 3), (6, 6), (20, 11), (400, 51)])
def test_shops_are_counted_in_bands(count: int, band: int) -> None:
    assert seller_band(count) == band


@pytest.mark.parametrize(
    ("expected", "hides"),
    [
        ([10, 10, 10], True),
        ([10, 10], False),
        ([10, 10, 0], False),
        ([80, 10, 10], True),
        ([81, 10, 9], False),
        ([], False),
    ],
)
def test_a_sum_is_told_only_when_it_hides_its_shops(expected: list[float], hides: bool) -> None:
    assert hides_its_sellers(dict(zip(SHOPS, expected, strict=False))) is hides


PARTS = st.lists(st.tuples(st.floats(0.1, 1e4), st.sampled_from([0, 10, 25, 50])), min_size=3, max_size=7)


@given(st.integers(1, 10**7), PARTS)
def test_parts_sum_exactly_and_nobody_bears_more_than_agreed(thousandths: int, asked: list[tuple[float, int]]) -> None:
    quantity = Decimal(thousandths) / 1000
    weights, percents = [weight for weight, _ in asked], [percent for _, percent in asked]
    parts = split(quantity, weights)
    assert sum(parts) == quantity
    risk = whole_risk(dict(zip(SHOPS, weights, strict=False)), dict(zip(SHOPS, percents, strict=False)))
    borne = at_most_borne(parts, percents, risk)
    assert all(one <= part * percent / 100 for one, part, percent in zip(borne, parts, percents, strict=True))
    # Parts are whole thousandths, so of a tiny quantity the percentages cannot be met to the last one.
    slack = Decimal("0.001") * 2 * len(parts)
    assert quantity * risk / 100 - slack <= sum(borne) <= quantity * risk / 100
