"""Lines of sales become periods: netted, gaps as zero, lost days as lost information, nothing after the day."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.panel import MOST_PERIODS, PanelTooLong, Sale, make_panel
from forecasting.periods import Frequency, first_day, last_whole, number_of

MONDAY = date(2026, 11, 2)
AS_OF = date(2026, 11, 29)  # A Sunday: four whole weeks.


def _sale(week: int, quantity: float, day: int = 0, sku: str = "A", **more: object) -> Sale:
    return Sale(sku, MONDAY + timedelta(7 * week + day), quantity, **more)  # type: ignore[arg-type]  # A table of cases.


CASES = {
    "several lines of a day add up": ([_sale(0, 3), _sale(0, 4), _sale(3, 1)], [7, 0, 0, 1]),
    "returns are netted inside their week": ([_sale(0, 9), _sale(0, -2, day=6), _sale(3, 1)], [7, 0, 0, 1]),
    "more returned than sold is nothing sold": ([_sale(0, 5), _sale(1, -9), _sale(3, 1)], [5, 0, 0, 1]),
    "lines come in any order": ([_sale(3, 1), _sale(0, 2)], [2, 0, 0, 1]),
    "what comes after the day is not read": ([_sale(0, 2), _sale(4, 50)], [2, 0, 0, 0]),
    "two lost days of seven scale up": (
        [_sale(0, 5), *(_sale(0, 0, day=day, in_stock=False) for day in (5, 6)), _sale(3, 1)],
        [7, 0, 0, 1],
    ),
}


@pytest.mark.parametrize(("sales", "weeks"), CASES.values(), ids=CASES.keys())
def test_lines_become_weeks(sales: list[Sale], weeks: list[float]) -> None:
    panel = make_panel(sales, Frequency.WEEK, AS_OF)
    assert panel.demand.tolist() == [pytest.approx(weeks)]
    assert panel.known.all()


def test_a_week_out_of_stock_is_lost_information_and_not_zero_demand() -> None:
    lost = [_sale(1, 0, day=day, in_stock=False) for day in range(7)]
    panel = make_panel([_sale(0, 8), *lost, _sale(2, 10), _sale(3, 12)], Frequency.WEEK, AS_OF)
    assert panel.known.tolist() == [[True, False, True, True]]
    assert panel.demand[0, 1] == pytest.approx(10.0)  # The mean of what is known around it.


def test_goods_that_ran_out_while_they_sold_well_were_wanted_more_than_usual() -> None:
    """Twelve sold in three days, then none left: about 28 in the week, drawn towards the ten of the weeks around it."""
    cut_off = [_sale(1, 4, day=day) for day in range(3)] + [_sale(1, 0, day=day, in_stock=False) for day in range(3, 7)]
    panel = make_panel([_sale(0, 10), *cut_off, _sale(2, 10), _sale(3, 10)], Frequency.WEEK, AS_OF)
    assert not panel.known[0, 1]
    assert 20 < panel.demand[0, 1] < 28
    assert np.array_equal(panel.only(np.array([0])).until(4).demand, panel.demand)


def test_an_estimate_of_lost_demand_is_made_from_what_had_come_by_then() -> None:
    lost = [_sale(1, 0, day=day, in_stock=False) for day in range(7)]
    panel = make_panel([_sale(0, 8), *lost, _sale(2, 100), _sale(3, 100)], Frequency.WEEK, AS_OF)
    assert panel.demand[0, 1] > 60
    assert panel.until(2).demand.tolist() == [[8.0, 8.0]]


def test_an_item_counts_from_its_first_line_on_and_an_unfinished_week_not_at_all() -> None:
    panel = make_panel([_sale(0, 1), _sale(2, 5, sku="B"), _sale(3, 4, sku="C")], Frequency.WEEK, AS_OF - timedelta(1))
    assert panel.skus == ("A", "B", "C")
    assert panel.ages.tolist() == [3, 1, 0]
    assert first_day(Frequency.WEEK, panel.end) == MONDAY + timedelta(21)


def test_the_last_price_of_a_week_is_carried_on() -> None:
    sales = [_sale(0, 1, price=9.0), _sale(0, 1, day=3, price=8.0), _sale(2, 1, promoted=True), _sale(3, 1)]
    panel = make_panel(sales, Frequency.WEEK, AS_OF)
    assert panel.price.tolist() == [[8.0, 8.0, 8.0, 8.0]]
    assert panel.promoted.tolist() == [[0.0, 0.0, pytest.approx(1 / 7), 0.0]]


def test_sales_over_too_many_periods_are_refused() -> None:
    with pytest.raises(PanelTooLong, match=f"at most {MOST_PERIODS}"):
        make_panel([Sale("A", date(1990, 1, 1), 1), _sale(0, 1)], Frequency.DAY, AS_OF)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(Frequency))
def test_every_day_lies_in_its_period_and_periods_follow_each_other(day: date, frequency: Frequency) -> None:
    number = number_of(frequency, day)
    assert first_day(frequency, number) <= day < first_day(frequency, number + 1)
    assert number_of(frequency, first_day(frequency, number)) == number
    assert last_whole(frequency, first_day(frequency, number + 1) - timedelta(1)) == number


@given(st.lists(st.tuples(st.integers(0, 27), st.integers(-5, 20), st.sampled_from("AB")), min_size=1, max_size=40))
def test_the_past_is_the_same_whether_the_future_is_known_or_not(lines: list[tuple[int, int, str]]) -> None:
    sales = [Sale(sku, MONDAY + timedelta(day), quantity) for day, quantity, sku in lines]
    early = MONDAY + timedelta(13)
    cut = make_panel([sale for sale in sales if sale.day <= early], Frequency.WEEK, early)
    whole = make_panel(sales, Frequency.WEEK, early)
    assert cut.skus == whole.skus
    assert np.array_equal(cut.demand, whole.demand)
