"""Money is whole, exact and never mixed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kit.money import Money, MoneyFault, allocate, parse_money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("128", "CNY", 12800),
        ("¥1,116.00", "CNY", 111600),
        ("￥88.5", "CNY", 8850),
        (" 0.01 ", "USD", 1),
        ("1，116", "CNY", 111600),
        ("500", "JPY", 500),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, currency: str, minor: int) -> None:
    assert parse_money(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "abc", "-1", "1.234", "NaN", "Infinity", "1e400", "10000000000000000"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(MoneyFault):
        parse_money(text, "CNY")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MoneyFault, match="cannot be mixed"):
        Money(1, "CNY") + Money(1, "USD")


@given(
    st.integers(min_value=0, max_value=10**12),
    st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(lambda found: sum(found) > 0),
)
def test_an_allocation_loses_nothing_and_is_fair_to_one_unit(total: int, weights: list[int]) -> None:
    parts = allocate(Money(total, "CNY"), weights)
    assert sum(part.minor for part in parts) == total
    whole = sum(weights)
    assert all(abs(part.minor * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


@given(st.integers(min_value=0, max_value=10**13))
def test_major_units_are_exact(minor: int) -> None:
    assert Money(minor, "CNY").major() * 100 == minor
