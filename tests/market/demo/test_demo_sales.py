"""The demo's shops sell what the ledger says, on days that have just passed."""

import csv
import io
from collections import Counter
from datetime import date, timedelta

from market.demo.orders import read_ledger
from market.demo.sales import SHOPS, demo_shelves, demo_terms, sales_file, stock_file

TODAY = date(2026, 11, 30)
ITEMS = (12, 8, 8, 8)


def test_every_piece_is_one_of_the_ledger_moved_by_whole_weeks() -> None:
    shelves = demo_shelves(TODAY, ITEMS)
    assert [len(shelf.goods) for shelf in shelves] == list(ITEMS)
    assert len(shelves) == SHOPS
    sold = Counter((line.sku, line.day, line.quantity) for shelf in shelves for line in shelf.lines)
    last = max(line.day for shelf in shelves for line in shelf.lines)
    assert TODAY - timedelta(days=7) < last < TODAY
    moved = TODAY - timedelta(days=1) - date(2011, 12, 4)
    assert moved.days % 7 == 0
    ledger = Counter(
        (row["stock_code"].upper(), date.fromisoformat(row["invoice_date"][:10]) + moved, int(row["quantity"]))
        for row in read_ledger()
    )
    assert sold <= ledger, "two shops share no line, and none is invented"


def test_files_of_a_shop_hold_its_items_and_are_the_same_every_time() -> None:
    shelf = demo_shelves(TODAY, ITEMS)[0]
    half = TODAY - timedelta(days=180)
    rows = list(csv.DictReader(io.StringIO(sales_file(shelf.until(half)).decode())))
    assert {row["sku"] for row in rows} <= set(shelf.goods)
    assert max(row["date"] for row in rows) <= half.isoformat()
    terms = list(demo_terms(shelf, half, 7))
    assert [one.sku for one in terms] == list(shelf.goods)
    assert stock_file(terms) == stock_file(demo_terms(shelf, half, 7))
    assert all(one.on_hand >= 0 and one.unit_cost_minor > 0 for one in terms)
