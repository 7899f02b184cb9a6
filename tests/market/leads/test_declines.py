"""Which requests fall under a decline, reason by reason; and names that are blanked out of free words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.leads.declines import MOST_POINTS, is_alike, points_of
from market.leads.models import DeclineReason
from market.leads.requests import BLANK, without_name
from matching.records import OrderRecord

DAY = date(2026, 11, 23)
DECLINED = {
    "category": "sweater",
    "processes": ["flat-knitting"],
    "materials": ["cashmere"],
    "quantity": 400,
    "target_unit_price": 100.0,
    "currency": "CNY",
    "due_on": "2026-12-13",
}


def order(**fields: object) -> OrderRecord:
    like = {
        "order_id": "o",
        "quantity": 400,
        "category": "sweater",
        "processes": ("flat-knitting",),
        "materials": ("cashmere",),
        "target_unit_price": 100.0,
        "currency": "CNY",
        "due_on": date(2026, 12, 13),
        "posted_on": DAY,
    }
    return OrderRecord(**{**like, **fields})  # type: ignore[arg-type]  # fields of the record by name


@pytest.mark.parametrize(
    ("reason", "fields", "alike"),
    [
        ("capacity", {"category": "socks", "materials": ()}, True),
        ("process", {}, True),
        ("process", {"processes": ("weaving",)}, False),
        ("material", {"category": "socks"}, True),
        ("material", {"materials": ("cotton",)}, False),
        ("price", {"target_unit_price": 105.0}, True),
        ("price", {"target_unit_price": 130.0}, False),
        ("price", {"target_unit_price": 90.0, "category": "socks"}, False),
        ("price", {"target_unit_price": None}, True),
        ("quantity", {"quantity": 450}, True),
        ("quantity", {"quantity": 900}, False),
        ("time", {"due_on": date(2026, 12, 15)}, True),
        ("time", {"due_on": date(2027, 1, 20)}, False),
        ("time", {"due_on": None}, False),
        ("other", {}, True),
        ("other", {"category": None}, False),
    ],
)
def test_what_is_like_a_declined_request(reason: str, fields: dict[str, object], alike: bool) -> None:
    assert is_alike(DeclineReason(reason), DECLINED, order(**fields), DAY) is alike


@given(weights=st.lists(st.floats(0, 50), min_size=2))
def test_more_declines_cost_more_and_never_more_than_the_most(weights: list[float]) -> None:
    points = [points_of(weight) for weight in sorted(weights)]
    assert points == sorted(points) and points[0] >= 0 and points[-1] <= MOST_POINTS
    assert points_of(0) == 0 and points_of(1) == MOST_POINTS / 2


@given(
    name=st.text("纬线Weftкомпания .&", min_size=2).filter(lambda name: len(name.strip()) > 1), place=st.integers(0, 9)
)
def test_a_name_is_nowhere_in_what_factories_read(name: str, place: int) -> None:
    text = "0123456789"
    shown = without_name(f"{text[:place]}{name.upper()}{text[place:]}", name)
    assert name.strip().lower() not in shown.lower() and BLANK in shown
    assert without_name(text, name) == text and without_name(text, "") == text
