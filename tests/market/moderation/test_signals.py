"""Each signal fires for what it is about, says what it rests on, and is silent for an honest request."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.moderation.signals import ENOUGH, SIGNALS, OrderFacts, normalised, signals_of

HONEST = OrderFacts(
    text="300 pcs of 12 gauge cashmere sweaters, due 3.12, size 90-110, ref 2026.11.30, AQL 2.5 / 4.0",
    quantity=300,
    days_until_due=40,
    price_minor=12_800,
    currency="CNY",
    middle_price_minor=11_000,
    compared=30,
    alike=0,
    shop_days=2,
    ended=4,
    awards=0,
    posted_within_hour=2,
    asked=2,
    unanswered=1,
)
FAKES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("contact", {"text": "加微信 weaver2026 详谈"}, {"kinds": ["chat"]}),
    ("contact", {"text": "call +86 138 1234 5678"}, {"kinds": ["phone"]}),
    ("contact", {"text": "see https://example.com/x or mail a@b.co"}, {"kinds": ["link", "mail"]}),
    ("copied", {"alike": 2}, {"shops": 2}),
    ("price", {"price_minor": 1_000}, {"price": 1_000, "middle": 11_000, "currency": "CNY", "n": 30}),
    (
        "price",
        {"price_minor": 99_000, "shop_days": 30},
        {"price": 99_000, "middle": 11_000, "currency": "CNY", "n": 30},
    ),
    ("impossible", {"days_until_due": 1, "quantity": 500_000, "shop_days": 30}, {"days": 1, "quantity": 500_000}),
    ("never_awarded", {"ended": 10}, {"ended": 10}),
    ("burst", {"posted_within_hour": 6}, {"posted": 6, "days": 2}),
    ("silent", {"asked": 3, "unanswered": 3}, {"asked": 3}),
    ("large_for_new", {"quantity": 20_000}, {"value": 256_000_000, "currency": "CNY"}),
]


def test_an_honest_request_gives_no_signal() -> None:
    assert signals_of(HONEST) == []
    assert signals_of(replace(HONEST, price_minor=None, days_until_due=None, middle_price_minor=None, compared=0)) == []


@pytest.mark.parametrize(("name", "changes", "told"), FAKES)
def test_one_signal_for_one_reason_with_its_figures(name: str, changes: dict[str, Any], told: dict[str, Any]) -> None:
    (found,) = signals_of(replace(HONEST, **changes))
    assert (found.name, dict(found.facts)) == (name, told)


def test_every_signal_is_tried_and_few_are_enough_alone() -> None:
    assert len({name for name, _changes, _told in FAKES}) == len(SIGNALS)
    alone = {name for name, changes, _told in FAKES if signals_of(replace(HONEST, **changes))[0].weight >= ENOUGH}
    assert alone == {"contact", "copied", "never_awarded"}


@pytest.mark.parametrize(
    "changes",
    [
        {"price_minor": 1_000, "compared": 7},
        {"posted_within_hour": 50, "shop_days": 7},
        {"ended": 50, "awards": 1},
        {"quantity": 20_000, "shop_days": 30},
        {"asked": 4, "unanswered": 3},
    ],
)
def test_too_little_to_go_by_is_no_signal(changes: dict[str, Any]) -> None:
    assert signals_of(replace(HONEST, **changes)) == []


@given(st.text(alphabet="abcXYZ羊绒衫 ,.;！0123456789", max_size=80))
def test_a_copy_with_other_numbers_case_and_spaces_is_the_same(text: str) -> None:
    changed = "".join("7" if sign.isdigit() else sign for sign in text).upper().replace(" ", "  ")
    assert normalised(changed) == normalised(text)
    assert normalised(text + "另") != normalised(text)
