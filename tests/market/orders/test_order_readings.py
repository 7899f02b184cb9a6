"""What is read into the fields, and whose a field is after somebody changed it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.orders.readings import FieldState, Read, kept_readings, read_words, settle
from matching.verticals.pack import Language, Vocabulary

TODAY = date(2026, 11, 22)
TEXTS = st.text("ab", max_size=2)
FIELDS = st.dictionaries(st.sampled_from(["quantity", "due_on"]), TEXTS)


@pytest.mark.parametrize(
    ("words", "language", "colours"),
    [
        ("300 件 12 针羊绒衫, 藏青和驼色, 20 天交, 目标价 128 元", "zh", "藏青, 驼色"),
        ("300 pcs 12-gauge cashmere sweaters, navy and camel, in 20 days, target ¥128", "en", "Navy, Camel"),
    ],
)
def test_the_words_of_the_story_fill_the_fields(
    vocabulary: Vocabulary, words: str, language: Language, colours: str
) -> None:
    read = read_words(words, vocabulary, TODAY, language)
    values = {name: found.value for name, found in read.items()}
    assert {
        "vertical": "apparel", "category": "sweater", "materials": "cashmere:", "quantity": "300", "unit": "piece",
        "due_on": "2026-12-12", "target_price": "128", "currency": "CNY", "attribute_gauge": "12",
    }.items() <= values.items()  # fmt: skip
    assert values["colours"].casefold() == colours.casefold()
    assert "flat-knitting" in values["processes"].split(";")
    assert read["quantity"].words in words and read["due_on"].words in words
    assert values["title"]


def test_a_price_in_money_that_no_order_is_kept_in_fills_no_field(vocabulary: Vocabulary) -> None:
    read = read_words("500 mugs, target CAD 28 each", vocabulary, TODAY, "en")
    assert read["quantity"].value == "500" and not {"target_price", "currency"} & read.keys()


def test_nothing_is_read_from_nothing(vocabulary: Vocabulary) -> None:
    assert read_words("  ", vocabulary, TODAY, "zh") == {}


@given(submitted=FIELDS, before=FIELDS, read=FIELDS)
def test_a_changed_field_is_never_overwritten(
    submitted: dict[str, str], before: dict[str, str], read: dict[str, str]
) -> None:
    found = {name: Read(value, "words") for name, value in read.items()}
    states = settle(submitted, before, found)
    for name in submitted:
        if submitted[name] != before.get(name, ""):
            assert states[name].value == submitted[name]
            assert states[name].state in {"edited", "read"}
        else:
            assert states[name].value == read.get(name, "")
    again = settle({name: state.value for name, state in states.items()}, read, found)
    assert {name: state.value for name, state in again.items()} == {name: each.value for name, each in states.items()}


@pytest.mark.parametrize(
    ("submitted", "before", "read", "expected"),
    [
        ("piece", {}, "pair", ("pair", "read")),  # nobody chose pieces: they stood there
        ("", {}, "pair", ("pair", "read")),
        ("pair", {"unit": "pair"}, None, ("piece", "")),
        ("set", {}, "pair", ("set", "edited")),
        ("piece", {"unit": "pair"}, "pair", ("piece", "edited")),
        ("piece", {}, None, ("piece", "")),
    ],
)
def test_a_list_that_always_holds_a_choice_follows_the_words_until_somebody_chooses(
    submitted: str, before: dict[str, str], read: str | None, expected: tuple[str, str]
) -> None:
    found = {} if read is None else {"unit": Read(read, "双")}
    state = settle({"unit": submitted}, before, found)["unit"]
    assert (state.value, state.state) == expected


def test_an_order_remembers_what_was_read_and_who_changed_it() -> None:
    states = {
        "quantity": FieldState("450", "edited", "300 件"),
        "due_on": FieldState("2026-12-12", "read", "20 天"),
        "title": FieldState("", "", ""),
        "region": FieldState("zhejiang", "edited", ""),
    }
    assert kept_readings(states) == (
        {"field": "due_on", "value": "2026-12-12", "words": "20 天", "by": "weft"},
        {"field": "quantity", "value": "450", "words": "300 件", "by": "seller"},
    )
