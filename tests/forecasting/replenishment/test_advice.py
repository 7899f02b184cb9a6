"""What a shop is told in one go, and what-ifs from the scenarios that are kept of it."""

import dataclasses
from datetime import date, timedelta

import pytest

from forecasting.engine import all_candidates
from forecasting.panel import Sale
from forecasting.replenishment.advice import MODELS, Advice, Asking, advise, last_whole_week
from forecasting.replenishment.items import Item, Stock
from forecasting.replenishment.what_if import Supply, Told, band_until, expected_until, shortage, what_if

AS_OF = date(2026, 11, 22)
WEEKS = 40


def sold_weekly(sku: str, pieces: int) -> list[Sale]:
    days = (AS_OF - timedelta(weeks=week) for week in range(WEEKS))
    return [Sale(sku, day, pieces + (week * 7) % 5 - 2, 9.5) for week, day in enumerate(days)]


@pytest.fixture(scope="module")
def advice() -> list[Advice]:
    items = (Item("calm", 14.0, 2.0, minimum=50, pack_size=10), Item("never sold", 14.0), Item("stopped", 7.0))
    sales = [*sold_weekly("calm", 20), *(Sale("stopped", AS_OF - timedelta(days=200 + day), 3) for day in range(60))]
    stocks = (Stock(30), Stock(0), Stock(5))
    return advise(Asking(tuple(sales), items, stocks, AS_OF, 8))


def told(advice: Advice) -> Told:
    expected = next(part.pieces for part in advice.reason.parts)
    return Told(advice.order_up_to, expected, Supply(14.0, 7.0, advice.reason.chance))


def test_every_item_is_told_in_order_and_in_whole(advice: list[Advice]) -> None:
    assert [one.sku for one in advice] == ["calm", "never sold", "stopped"]
    calm, never, stopped = advice
    assert calm.quantity == sum(part.pieces for part in calm.reason.parts) >= 50
    assert calm.quantity % 10 == 0
    assert calm.order_by == AS_OF
    assert [week.first_day for week in calm.weeks][:2] == [date(2026, 11, 23), date(2026, 11, 30)]
    assert all(0 <= week.low <= week.mean <= week.high for week in calm.weeks)
    assert all(12 < week.mean < 28 for week in calm.weeks)
    assert calm.backtest_error is not None
    assert never.quantity == 0
    assert never.stockout_on_p50 is None
    assert stopped.quantity <= 3


def test_the_same_terms_give_the_same_order(advice: list[Advice]) -> None:
    calm = advice[0]
    same = what_if(calm.paths, told(calm), Supply(14.0, 7.0, calm.reason.chance), Stock(30), 50, 10, AS_OF)
    assert (same.quantity, same.order_up_to, same.order_by) == (calm.quantity, calm.order_up_to, calm.order_by)


@pytest.mark.parametrize(("lead", "chance"), [(28.0, None), (14.0, 0.99), (3.0, 0.6)])
def test_longer_waits_and_greater_certainty_ask_for_more(
    advice: list[Advice], lead: float, chance: float | None
) -> None:
    calm = advice[0]
    other = Supply(lead, 7.0, chance or calm.reason.chance)
    found = what_if(calm.paths, told(calm), other, Stock(30), 0, 1, AS_OF)
    before = what_if(calm.paths, told(calm), told(calm).supply, Stock(30), 0, 1, AS_OF)
    more = lead > 14 or (chance or 0) > 0.95
    assert (found.order_up_to > before.order_up_to) is more
    assert found.quantity == sum(part.pieces for part in found.reason.parts)


def test_scenarios_say_what_to_expect(advice: list[Advice]) -> None:
    paths = advice[0].paths
    low, high = band_until(paths, 28.0)
    assert low < expected_until(paths, 28.0) < high
    assert expected_until(paths, 56.0) == pytest.approx(2 * expected_until(paths, 28.0), rel=0.1)
    assert shortage(paths, 28.0, 1e6) == 0
    assert shortage(paths, 28.0, 0) == pytest.approx(expected_until(paths, 28.0))
    assert shortage(dataclasses.replace(paths, cumulated=((0.0,),) * len(paths.chances)), 28.0, 0) == 0


def test_one_model_speaks_alone_where_it_can() -> None:
    items = (Item("calm", 14.0), Item("new", 14.0))
    sales = (*sold_weekly("calm", 20), Sale("new", AS_OF, 5))
    told = advise(Asking(sales, items, (Stock(30), Stock(0)), AS_OF, 4, "theta"))
    assert told[0].model == "theta 100%"
    assert told[1].model.startswith("seasonal naive")
    assert [model.name for model in all_candidates()] == list(MODELS)


@pytest.mark.parametrize(("day", "last"), [(22, 22), (23, 22), (28, 22), (29, 29)])
def test_a_week_is_over_when_its_sunday_is(day: int, last: int) -> None:
    assert last_whole_week(date(2026, 11, day)) == date(2026, 11, last)
