"""What can be taken as an order, and how the texts of fields and cells are read."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kit.cells import Unreadable, read_day, read_price
from market.orders.cells import read_materials, read_quantity, read_terms
from market.orders.drafts import (
    LARGEST_QUANTITY,
    MOST_ENTRIES,
    MaterialShare,
    OrderDraft,
    check_draft,
    completeness,
)
from matching.verticals.pack import Vocabulary, load_vocabulary

TODAY = date(2026, 11, 23)

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"title": "  "}, "title"),
    ({"title": "x" * 121}, "title"),
    ({"title": "bell\x07"}, "title"),
    ({"description": "x" * 5_001}, "description"),
    ({"words": "x" * 10_000_000}, "words"),
    ({"reference": "x" * 65}, "reference"),
    ({"quantity": None}, "quantity"),
    ({"quantity": 0}, "quantity"),
    ({"quantity": -5}, "quantity"),
    ({"quantity": LARGEST_QUANTITY + 1}, "quantity"),
    ({"unit": "barrel"}, "unit"),
    ({"vertical": "space"}, "vertical"),
    ({"category": "spaceship"}, "category"),
    ({"category": "mug"}, "category"),
    ({"region": "atlantis"}, "region"),
    ({"processes": ("teleporting",)}, "processes"),
    ({"processes": ("flat-knitting",) * (MOST_ENTRIES + 1)}, "processes"),
    ({"certifications": ("iso-0",)}, "certifications"),
    ({"materials": (MaterialShare("unobtainium"),)}, "materials"),
    ({"materials": (MaterialShare("wool", 60), MaterialShare("cashmere", 30))}, "materials"),
    ({"materials": (MaterialShare("wool", 100), MaterialShare("cashmere"))}, "materials"),
    ({"materials": (MaterialShare("wool", 0),)}, "materials"),
    ({"materials": (MaterialShare("wool", 120), MaterialShare("cashmere", -20))}, "materials"),
    ({"attributes": (("gauge", "twelve"),)}, "attributes.gauge"),
    ({"attributes": (("gauge", "nan"),)}, "attributes.gauge"),
    ({"attributes": (("gauge", "-3"),)}, "attributes.gauge"),
    ({"attributes": (("neckline", "cowl-of-doom"),)}, "attributes.neckline"),
    ({"attributes": (("warp_speed", "9"),)}, "attributes.warp_speed"),
    ({"colours": ("x" * 65,)}, "colours"),
    ({"target_price_minor": 0}, "target_price"),
    ({"target_price_minor": -1}, "target_price"),
    ({"currency": "XXX"}, "currency"),
    ({"due_on": TODAY - timedelta(days=1)}, "due_on"),
    ({"due_on": TODAY + timedelta(days=731)}, "due_on"),
    ({"grace_days": -1}, "grace_days"),
    ({"grace_days": 61}, "grace_days"),
    ({"inspection": "a glance"}, "inspection"),
    ({"source": "rumour"}, "source"),
]


@pytest.mark.parametrize(("changes", "field"), REFUSED)
def test_each_wrong_field_is_named_with_what_is_accepted(
    draft: OrderDraft, vocabulary: Vocabulary, changes: dict[str, Any], field: str
) -> None:
    faults = check_draft(replace(draft, **changes), vocabulary, TODAY)
    assert {fault.field for fault in faults} == {field}
    assert all(fault.problem and fault.accepted for fault in faults)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"quantity": LARGEST_QUANTITY},
        {"due_on": TODAY},
        {"due_on": None},
        {"materials": (MaterialShare("wool"), MaterialShare("cashmere"))},
        {"materials": (MaterialShare("wool", 70), MaterialShare("cashmere"))},
        {"vertical": None},
        {"vertical": None, "category": None, "processes": (), "materials": ()},
        {"currency": "JPY", "target_price_minor": 2_000},
        {"title": "全角空格\u3000也行"},
    ],
)
def test_what_is_plain_is_taken(draft: OrderDraft, vocabulary: Vocabulary, changes: dict[str, Any]) -> None:
    assert check_draft(replace(draft, **changes), vocabulary, TODAY) == ()


def test_completeness_names_what_factories_will_ask(draft: OrderDraft, vocabulary: Vocabulary) -> None:
    full = completeness(draft, vocabulary)
    assert full.missing == ("attributes.sizes",)
    less = completeness(replace(draft, due_on=None, attributes=()), vocabulary)
    assert set(less.missing) == {"due_on", "attributes.sizes", "attributes.gauge"}
    assert less.present == full.present - 2
    nothing = completeness(OrderDraft(), vocabulary)
    assert nothing.present == 0 and nothing.missing[:2] == ("quantity", "category")


@given(st.integers(1, LARGEST_QUANTITY), st.sampled_from(["{}", "{:,}", " {} 件", "{:,}pcs", "{} pairs", "{}.0"]))
def test_a_count_is_read_in_every_habit(count: int, habit: str) -> None:
    assert read_quantity(habit.format(count), load_vocabulary())[0] == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("25 dozen", (300, "piece")), ("2 打", (24, "piece")), ("４０套", (40, "set")), ("0", (0, "piece"))],
)
def test_units_are_counted_out(vocabulary: Vocabulary, text: str, count: tuple[int, str]) -> None:
    assert read_quantity(text, vocabulary) == count


@pytest.mark.parametrize("text", ["", "many", "1,2", "12,00", "3.5", "-4", "１２箱货", "1e9", "٣٠٠", "30 0"])
def test_what_is_no_count_is_refused(vocabulary: Vocabulary, text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_quantity(text, vocabulary)
    assert refusal.value.accepted


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_in_every_habit(day: date) -> None:
    written = (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.isoformat()} 00:00:00",
        f"{day.day} {day:%B} {day.year}",
        f"{day.day:02}-{day:%b}-{day.year}",
    )
    assert {read_day(text) for text in written} == {day}


@pytest.mark.parametrize("text", ["2026-02-30", "05/03/2026", "soon", "2026", "31/12", "2026-13-01", "99/99/2026"])
def test_a_day_that_could_be_two_days_or_none_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_day(text)


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [("128", 12_800, "CNY"), ("¥1,128.50", 112_850, "CNY"), ("￥128元", 0, ""), ("US$12.5", 1_250, "USD"),
     ("12.50 EUR", 1_250, "EUR"), ("200 JPY", 200, "JPY"), ("128元", 12_800, "CNY"), ("1.005", 0, ""), ("0", 0, ""),
     ("free", 0, ""), ("-3", 0, "")],
)  # fmt: skip
def test_a_price_says_its_currency(text: str, minor: int, currency: str) -> None:
    if not currency:
        with pytest.raises(Unreadable):
            read_price(text)
    else:
        amount = read_price(text)
        assert (amount.minor, amount.currency) == (minor, currency)


@pytest.mark.parametrize(
    "text", ["羊绒 30% 羊毛 70%", "30% cashmere, 70% wool", "cashmere30%/wool70%", "羊绒３０％；羊毛７０％"]
)
def test_shares_are_read_in_both_languages(vocabulary: Vocabulary, text: str) -> None:
    assert read_materials(text, vocabulary, "apparel") == (MaterialShare("cashmere", 30), MaterialShare("wool", 70))


def test_a_list_is_read_whole_before_it_is_cut(vocabulary: Vocabulary) -> None:
    assert read_terms("cut and sew; flat knitting", "process", vocabulary, "apparel") == (
        "cut-and-sew",
        "flat-knitting",
    )
    with pytest.raises(Unreadable):
        read_terms("flat knitting; teleporting", "process", vocabulary, "apparel")
