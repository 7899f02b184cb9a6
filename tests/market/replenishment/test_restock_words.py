"""What the restock pages say of a suggestion: how sure it is, when the shelf may be empty, and from when it is."""

import math
import re
from datetime import date, timedelta
from html import unescape
from uuid import UUID

import pytest

from market.kit.clock import FrozenClock
from tests.market.replenishment.ground import CALM, LAST_DAY, Shelf
from tests.market.replenishment.test_restock_pages import TERMS, clock, own, read, shop, told
from tests.market.site import Person

__all__ = ["clock", "shop"]

WILD = (0, 60, 5, 0, 45, 2, 0, 80, 1, 0)


def day_of(day: date) -> str:
    """A day of this year as pages write it in English."""
    return f"{day.day} {day:%b}" if day.year == LAST_DAY.year else f"{day.day} {day:%b} {day.year}"


@pytest.mark.parametrize(
    ("terms", "asked", "said", "weight"),
    [
        ({"service": "95"}, 0.95, "You ask that it lasts 95 times in 100.", 19),
        ({"service": "", "unit_cost": ""}, 0.9, "It should last 9 times in 10, as is usual", 9),
        ({"service": "", "unit_cost": "100"}, None, "By its cost and price it should last 97 times in 100.", None),
    ],
)
def test_it_says_why_a_level_lasts_less_often_than_it_should(
    shop: Person, shelf: Shelf, terms: dict[str, str], asked: float | None, said: str, weight: int | None
) -> None:
    """The forecast's own chance, what was asked, and what that would take: figures that can be checked by hand."""
    item_id = shelf.put("WILD", WILD * 5, shop=own(shop), on_hand=20)
    assert shop.post(f"/restock/{item_id}/terms", TERMS | terms | {"minimum": "0", "pack_size": "1"}).status_code == 303
    shelf.suggest(own(shop))
    suggestion = told(shelf, shop, item_id)
    assert suggestion.chance < suggestion.terms["critical_ratio"] - 0.05, "else there is nothing to explain"
    surest = min(asked or 1.0, suggestion.needs["chances"][-1])
    needed = suggestion.needs["pieces"][suggestion.needs["chances"].index(surest)]
    surer = suggestion.position + math.ceil(needed)
    page = read(shop, f"/restock/{item_id}")
    assert said in page
    assert f"By the forecast {suggestion.order_up_to} pieces last {round(suggestion.chance * 10)} times in 10;" in page
    taken = f"it would take {surer}, that is {surer - suggestion.order_up_to} more."
    assert taken in page and taken in read(shop, f"/restock/{item_id}/versions/{suggestion.id}")
    if weight is not None:
        assert f"A piece missed counted as much as {weight} kept for one round of 14 days" in page


def test_both_days_on_which_it_may_run_out_are_told(shop: Person, shelf: Shelf) -> None:
    item_id = shelf.put("WILD", WILD * 5, shop=own(shop), on_hand=40)
    shelf.suggest(own(shop))
    suggestion = told(shelf, shop, item_id)
    early, usual = suggestion.stockout_on_p10, suggestion.stockout_on_p50
    assert early and usual and suggestion.as_of <= early < usual
    page = read(shop, f"/restock/{item_id}")
    assert f"run out around {day_of(usual)}. They could run out as early as {day_of(early)} (1 time in 10)" in page
    assert f"out around {day_of(usual)}, perhaps by {day_of(early)}" in read(shop, "/restock")


def test_a_list_that_is_asked_again_keeps_the_item_beside_it(shop: Person, shelf: Shelf) -> None:
    """Another item may have come to stand first meanwhile; what a reader has before him must not change for it."""
    shelf.put("GREAT", (90,) * 40, shop=own(shop), on_hand=10)
    small = shelf.put("SMALL", (3,) * 40, shop=own(shop), on_hand=1)
    shelf.suggest(own(shop))
    first = shop.get("/restock?q=scarf").text
    again = re.search(r'id="restock-live" hx-get="([^"]+)"', first)
    assert again
    shown = re.search(r'<article class="detail wf-stack" id="(item-[^"]+)"', first)
    assert shown and shown[1] != f"item-{small}"
    kept = shop.get(unescape(again[1]).replace(shown[1].removeprefix("item-"), str(small))).text
    assert f'id="item-{small}"' in kept and 'value="scarf"' in kept
    assert shop.get(f"/restock?item={UUID(int=7)}").status_code == 404
    assert f'hx-get="/restock/{small}?q=scarf"' in shop.get(f"/restock/{small}?q=scarf").text


def test_a_suggestion_of_long_ago_is_called_so_while_it_is_forecast_anew(
    shop: Person, shelf: Shelf, clock: FrozenClock
) -> None:
    month = timedelta(weeks=4)
    clock.moment -= month
    item_id = shelf.put("KN-1", CALM * 5, shop=own(shop), on_hand=30, until=LAST_DAY - month)
    assert "The first figures come by themselves within minutes." in read(shop, "/restock")
    shelf.suggest(own(shop))
    old = told(shelf, shop, item_id)
    clock.moment += month
    shelf.sell(item_id, CALM[:4], shop=own(shop))
    then = day_of(old.as_of)
    listed, page = read(shop, "/restock"), read(shop, f"/restock/{item_id}")
    assert f"What stands here was worked out with sales until {then}." in listed and f"as of {then}" in listed
    assert f"On {then}: order {old.quantity}" in page and "It is being forecast anew" in page
    assert "today" not in page.split("Weekly sales")[0], "nobody should order by figures of a month ago"
    shelf.suggest(own(shop))
    assert "being forecast" not in read(shop, "/restock") + read(shop, f"/restock/{item_id}")
