"""The worker's part of an import of sales: killed anywhere or run twice at once, a file comes in once and whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from market.kit.work import Work
from market.replenishment import import_work, imports
from market.replenishment.import_work import work_on_import
from market.replenishment.models import SalesImportState as State
from tests.market.replenishment.counter import Counter
from tests.market.replenishment.sales_files import table, workbook, year_of_sales
from tests.market.replenishment.test_sales_imports import TODAY


class Killed(BaseException):
    """The worker was killed: nothing that watches for faults sees it."""


def killed_in(counter: Counter, place: int) -> Callable[[], object]:
    """Units of work of which the one at `place` is never committed, because the worker ends just before."""
    made = iter(range(100))

    @contextmanager
    def unit() -> Iterator[Work]:
        number = next(made)
        with counter.shelf.unit() as work:
            yield work
            if number == place:
                raise Killed

    return unit


def told(counter: Counter) -> int:
    with counter.shelf.unit() as work:
        count = text("SELECT count(*) FROM outbox_events WHERE name = 'SalesTakenIn'")
        return int(work.session.scalar(count) or 0)


def work_until_whole(counter: Counter, import_id: UUID) -> int:
    """Let one worker after the other be killed a little later, until one gets through; returns how many died."""
    for place in range(20):
        try:
            work_on_import(killed_in(counter, place), counter.vocabulary, counter.shop, import_id)  # type: ignore[arg-type]  # it is a unit
        except Killed:
            continue
        return place
    pytest.fail("no worker got through")


def test_a_killed_worker_leaves_the_file_to_the_next(counter: Counter, rival: Counter) -> None:
    year = year_of_sales(TODAY, items=2)
    import_id = counter.hand_in(year.content)
    assert work_until_whole(counter, import_id) >= 2
    assert counter.row(import_id).state is State.CHECKED and counter.sold() == []
    with counter.work() as work:
        imports.ask_take_in(work, import_id, year.rows)
    assert work_until_whole(counter, import_id) >= 2
    assert counter.row(import_id).state is State.DONE and told(counter) == 1
    rival.take_file(year.content)
    assert counter.sold() == rival.sold()


@pytest.mark.parametrize("takes", [False, True], ids=["check", "take in"])
def test_two_workers_at_once_do_it_once(counter: Counter, takes: bool) -> None:
    import_id = counter.hand_in(year_of_sales(TODAY, items=2).content)
    if takes:
        good = counter.let_work(import_id).good_count
        with counter.work() as work:
            imports.ask_take_in(work, import_id, good)
    units = iter(range(100))

    @contextmanager
    def overtaken() -> Iterator[Work]:
        """Before this worker writes what it read, another one does all of the same."""
        if next(units) == 1:
            counter.let_work(import_id)
        with counter.shelf.unit() as work:
            yield work

    work_on_import(overtaken, counter.vocabulary, counter.shop, import_id)
    assert counter.row(import_id).state is (State.DONE if takes else State.CHECKED)
    assert told(counter) == takes


def test_what_is_said_while_the_worker_reads_wins(counter: Counter) -> None:
    import_id = counter.hand_in(table("sku,date,quantity,more", "A,2026-11-01,3,9"))
    mapping = {"sku": "sku", "date": "day", "more": "quantity"}
    units = iter(range(100))

    @contextmanager
    def interrupted() -> Iterator[Work]:
        if next(units) == 1:
            with counter.work() as work:
                imports.choose_columns(work, import_id, mapping, "")
        with counter.shelf.unit() as work:
            yield work

    work_on_import(interrupted, counter.vocabulary, counter.shop, import_id)
    assert counter.row(import_id).state is State.UPLOADED, "the columns were changed: this check is of no use"
    assert counter.let_work(import_id).found["pieces"] == 9


def test_progress_is_told_while_rows_are_read(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(1000))
    monkeypatch.setattr(import_work, "monotonic", lambda: float(next(seconds)))
    monkeypatch.setattr(import_work, "_ROWS_AT_ONCE", 100)
    import_id = counter.hand_in(year_of_sales(TODAY, items=2).content)
    seen = []

    @contextmanager
    def watched() -> Iterator[Work]:
        with counter.shelf.unit() as work:
            yield work
        seen.append(counter.row(import_id).percent)

    work_on_import(watched, counter.vocabulary, counter.shop, import_id)
    assert len(seen) > 4 and seen == sorted(seen) and seen[0] == 0 and seen[-1] == 100
    assert any(0 < percent < 100 for percent in seen)


def test_a_large_workbook_is_opened_by_the_worker_alone(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_QUICK_WORKBOOK", 0)
    rows: list[list[object]] = [["货号", "日期", "销量"]]
    rows += [["A", (TODAY - timedelta(days=number)).isoformat(), number % 7] for number in range(60)]
    import_id = counter.hand_in(workbook(rows), "a.xlsx")
    before = counter.row(import_id)
    assert (before.headers, before.problems, before.is_running) == ((), (), True)
    row = counter.let_work(import_id)
    assert (row.headers, row.good_count, row.samples["货号"]) == (("货号", "日期", "销量"), 60, ("A",))
    unknown: list[list[object]] = [["what", "many"], ["A", 3]]
    asking = counter.check(workbook(unknown), "b.xlsx")
    assert (asking.state, asking.problems) == (State.UPLOADED, ("no_item", "no_figures"))
    empty = counter.check(workbook(unknown[:1]), "c.xlsx")
    assert empty.state is State.FAILED and "no rows" in empty.failure[0]
