"""From sales and stock to suggestions: what is asked again and when, what is kept, and what became of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from forecasting.replenishment.parts import Kind
from market.kit.errors import Conflict, NotFound
from market.kit.notices import latest_notices
from market.orders.queries import draft_of, order_row
from market.orders.service import post_order
from market.replenishment import queries, service
from market.replenishment.follow_up import follow_ups, held_share
from market.replenishment.queries import RestockLine, SuggestionState, Verdict
from market.replenishment.suggesting import shops_with_changes
from market.replenishment.what_if import suggest_instead
from matching.verticals.pack import Vocabulary
from tests.market.replenishment.ground import CALM, LAST_DAY, RIVAL, SHOP, Shelf


def lines(shelf: Shelf) -> dict[str, RestockLine]:
    with shelf.work() as work:
        return {line.item.sku: line for line in queries.restock_page(work.session, SHOP).rows}


def test_changed_items_get_a_version_and_nothing_else_does(shelf: Shelf) -> None:
    first = shelf.put("calm")
    shelf.put("full", on_hand=9_000)
    shelf.put("unknown stock", on_hand=None)
    shelf.put("never sold", weekly=())
    shelf.put("stopped", weekly=(*CALM * 2, *(0,) * 30))
    with shelf.unit() as work:
        assert shops_with_changes(work.session) == [SHOP]
    assert shelf.suggest() == 5
    assert shelf.suggest() == 0, "nothing changed, so nothing is asked"
    found = lines(shelf)
    told = {sku: line.verdict for sku, line in found.items()}
    assert told["calm"] is Verdict.ORDER
    assert told["full"] is Verdict.TOO_MANY
    assert told["unknown stock"] is Verdict.STOCK_UNKNOWN
    assert next(iter(found)) == "calm", "what most sales are at risk of stands first"
    calm = found["calm"].suggestion
    assert calm is not None
    assert calm.quantity == sum(part.pieces for part in calm.parts) > 0
    assert calm.order_by == LAST_DAY
    assert calm.risk.minor == pytest.approx(calm.short * 5000, abs=50)
    for sku in ("never sold", "stopped"):
        suggestion = found[sku].suggestion
        assert suggestion is not None
        assert suggestion.quantity == 0, sku
    shelf.clock.advance(timedelta(hours=1))
    with shelf.work() as work:
        service.count_stock(work, first, 500, 0, LAST_DAY)
    assert shelf.suggest() == 1
    after = lines(shelf)["calm"].suggestion
    assert after is not None
    assert after.quantity == 0
    assert {part.kind: part.pieces for part in after.changes}[Kind.ON_HAND] == -470
    assert sum(part.pieces for part in after.changes) == after.quantity - calm.quantity
    with shelf.work() as work:
        versions = queries.versions_of(work.session, SHOP, first)
    assert [version.state for version in versions] == [SuggestionState.OPEN, SuggestionState.SUPERSEDED]
    assert replace(versions[1], state=calm.state) == calm, "an earlier version is shown again as it was"


def test_a_week_without_sales_is_news_and_stock_counts_down(shelf: Shelf) -> None:
    calm = shelf.put("calm", on_hand=100)
    other = shelf.put("other")
    shelf.suggest()
    shelf.clock.advance(timedelta(days=7))
    shelf.sell(calm, (40,), until=LAST_DAY + timedelta(days=7))
    assert shelf.suggest() == 2, "the other sold nothing in a week that ended, which is news of it too"
    found = lines(shelf)
    assert found["calm"].suggestion is not None
    assert found["calm"].suggestion.on_hand == 60
    with shelf.work() as work:
        sold = queries.weeks_sold(work.session, SHOP, other, LAST_DAY, LAST_DAY + timedelta(days=7))
    assert [week.sold for week in sold] == [CALM[-1], 0]


def test_a_shop_that_rests_at_weekends_has_told_of_a_week_when_it_is_over(shelf: Shelf) -> None:
    friday = LAST_DAY - timedelta(days=2)
    item_id = shelf.put("calm", until=friday)
    shelf.suggest()
    found = lines(shelf)["calm"].suggestion
    assert found is not None
    assert found.as_of == LAST_DAY
    shelf.clock.advance(timedelta(days=7))
    shelf.sell(item_id, (3, 4, 5), until=LAST_DAY + timedelta(days=1))
    assert shelf.suggest() == 1
    later = lines(shelf)["calm"].suggestion
    assert later is not None
    assert later.as_of == LAST_DAY + timedelta(days=1), "who sells on Mondays may sell on the days that follow"


def test_one_press_makes_a_draft_that_posts_as_an_order_on_its_way(shelf: Shelf, vocabulary: Vocabulary) -> None:
    item_id = shelf.put("calm", category="sweater")
    shelf.put("full", on_hand=9_000)
    shelf.suggest()
    before = lines(shelf)["calm"].suggestion
    assert before is not None
    with shelf.work() as work:
        order_id = service.order_suggestion(work, item_id, vocabulary)
        assert service.order_suggestion(work, item_id, vocabulary) == order_id, "a second press finds the same draft"
        draft = order_row(work.session, SHOP, order_id)
    assert (draft.quantity, draft.category, draft.wants_pool) == (before.quantity, "sweater", True)
    shelf.clock.advance(timedelta(hours=1))
    with shelf.work() as work:
        posted = post_order(work, replace(draft_of(draft), quantity=25), order_id=order_id, vocabulary=vocabulary)
    with shelf.unit() as work:
        service.note_ordered(work, SHOP, posted.id)
        service.note_ordered(work, SHOP, posted.id)
    assert shelf.suggest() == 1
    after = lines(shelf)["calm"].suggestion
    assert after is not None
    assert after.on_order == 25
    assert after.quantity == before.quantity - 25
    with shelf.work() as work:
        states = [version.state for version in queries.versions_of(work.session, SHOP, item_id)]
    assert states == [SuggestionState.OPEN, SuggestionState.ORDERED]


def test_declined_and_missing_suggestions_are_not_ordered(shelf: Shelf, vocabulary: Vocabulary) -> None:
    item_id, full = shelf.put("calm"), shelf.put("full", on_hand=9_000)
    with shelf.work() as work, pytest.raises(Conflict, match="Nothing is suggested"):
        service.order_suggestion(work, item_id, vocabulary)
    shelf.suggest()
    with shelf.work() as work:
        service.dismiss_suggestion(work, item_id, "  sold   elsewhere ")
    with shelf.work() as work, pytest.raises(Conflict):
        service.order_suggestion(work, item_id, vocabulary)
    with shelf.work() as work, pytest.raises(Conflict, match="Nothing is to be ordered"):
        service.order_suggestion(work, full, vocabulary)


def test_other_shops_see_nothing(shelf: Shelf, vocabulary: Vocabulary) -> None:
    item_id = shelf.put("calm")
    shelf.suggest()
    with shelf.work(RIVAL) as work:
        assert not queries.restock_page(work.session, RIVAL).rows
        for read in (
            lambda: queries.restock_line(work.session, RIVAL, item_id),
            lambda: service.order_suggestion(work, item_id, vocabulary),
            lambda: service.retire_item(work, item_id, retired=True),
            lambda: service.count_stock(work, uuid4(), 1, 1, LAST_DAY),
        ):
            with pytest.raises(NotFound):
                read()


def test_the_same_terms_suggest_the_same_and_longer_waits_more(shelf: Shelf) -> None:
    item_id = shelf.put("calm")
    shelf.suggest()
    with shelf.work() as work:
        told = queries.restock_line(work.session, SHOP, item_id).suggestion
        assert told is not None
        same = suggest_instead(work.session, told, 14, told.terms["critical_ratio"])
        longer = suggest_instead(work.session, told, 40, told.terms["critical_ratio"])
        surer = suggest_instead(work.session, told, 14, 0.99)
    assert (same.quantity, same.order_up_to) == (told.quantity, told.order_up_to)
    assert longer.quantity > same.quantity
    assert surer.quantity >= same.quantity


def test_what_came_is_set_against_what_was_expected(shelf: Shelf) -> None:
    item_id = shelf.put("calm", on_hand=100)
    shelf.suggest()
    shelf.clock.advance(timedelta(days=28))
    shelf.sell(item_id, (21, 19, 22, 60), until=LAST_DAY + timedelta(days=28))
    shelf.suggest()
    with shelf.work() as work:
        told = follow_ups(work.session, SHOP, item_id)
    assert [each.suggestion.as_of for each in told] == [LAST_DAY], "the newest one has no sales after it yet"
    assert (told[0].days, told[0].sold, told[0].days_out) == (28, 122, 0)
    assert told[0].low < told[0].expected < told[0].high
    assert not told[0].held
    assert held_share(told) == (0, 1)
    assert told[0].left_without == 100 - 122
    assert told[0].left == told[0].left_without + told[0].suggestion.quantity


def test_the_shop_is_told_once_of_what_is_due(shelf: Shelf) -> None:
    shelf.put("calm")
    shelf.put("brisk", weekly=CALM * 5, on_hand=5)
    shelf.put("full", on_hand=9_000)
    shelf.suggest()
    with shelf.work() as work:
        told = latest_notices(work.session, SHOP)
    assert [(notice.kind, notice.details["count"]) for notice in told] == [("restock_news", 2)]
    assert told[0].details["name"] == "brisk scarf"


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"lead_time_days": 400, "pack_size": 0}, {"lead_time_days", "pack_size"}),
        ({"name": " "}, {"name"}),
        ({"category": "spaceships"}, {"category"}),
        ({"unit_cost_minor": 0, "currency": "XXX"}, {"unit_cost", "currency"}),
        ({"service": 1.0, "review_days": 0, "minimum": -1}, {"service", "review_days", "minimum"}),
    ],
)
def test_terms_that_make_no_sense_are_named_and_change_nothing(
    shelf: Shelf, vocabulary: Vocabulary, changed: dict[str, object], fields: set[str]
) -> None:
    item_id = shelf.put("calm", weekly=())
    with shelf.work() as work:
        before = queries.item_row(work.session, SHOP, item_id)
    names = service.ItemTerms.__slots__
    terms = service.ItemTerms(**{**{name: getattr(before, name) for name in names}, **changed})
    with shelf.work() as work, pytest.raises(service.TermsRefused) as refused:
        service.change_item(work, item_id, terms, vocabulary)
    assert {fault.field for fault in refused.value.faults} == fields
    with shelf.work() as work:
        assert queries.item_row(work.session, SHOP, item_id) == before
