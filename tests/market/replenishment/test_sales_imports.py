"""A shop's sales and stock from a file: whatever shop program wrote it, the same days and pieces come in, and once."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.history import IllegalMove
from market.replenishment import imports
from market.replenishment.models import SalesImportState as State
from tests.market.replenishment.counter import Counter, Sold
from tests.market.replenishment.ground import SHOP
from tests.market.replenishment.sales_files import table, workbook, year_of_sales

TODAY = date(2026, 11, 23)

PLAIN = table(
    "sku,date,quantity,price,promotion,in_stock",
    "KN-218,2026-11-01,8,128.00,,1",
    "KN-218,2026-11-02,11,128.00,Double 11,1",
    "KN-031,2026-11-02,3,59.5,,yes",
    "KN-031,2026-11-03,0,,,no",
)
PLAIN_SOLD = [
    Sold("KN-031", "2026-11-02", 3, 5950),
    Sold("KN-031", "2026-11-03", 0, None, in_stock=False),
    Sold("KN-218", "2026-11-01", 8, 12800),
    Sold("KN-218", "2026-11-02", 11, 12800, promoted=True),
]
CHINESE = table(
    "统计日期,商家编码,商品名称,支付件数,成交价,活动,可售",
    "2026年11月1日,KN-218,圆领羊绒衫,8件,¥128.00,,是",
    "2026/11/2,ＫＮ－２１８,圆领羊绒衫,１１,128元,双11,有货",
    "2026-11-02,KN-031,羊绒围巾,3,59.50,无,1",
    "20261103,KN-031,羊绒围巾,0,,,缺货",
    "合计,,,22,,,",
    encoding="gb18030",
)
TAOBAO = table(
    "订单编号,宝贝标题,商家编码,购买数量,商品单价,订单状态,退款状态,退款金额,订单付款时间",
    "1001,圆领羊绒衫,KN-218,5,128.00,交易成功,没有申请退款,,2026-11-01 10:11:12",
    ",羊绒围巾,KN-031,2,60.00,,,,",
    "1002,圆领羊绒衫,KN-218,3,128.00,交易关闭,,,2026-11-01 11:00:00",
    "1003,圆领羊绒衫,KN-218,4,128.00,交易成功,退款成功,128.00,2026-11-01 12:00:00",
    "1004,圆领羊绒衫,KN-218,6,128.00,等待买家付款,,,",
    "1005,羊绒围巾,KN-031,2,60.00,交易成功,退款成功,120.00,2026-11-02 08:00:00",
    "1006,羊绒围巾,KN-031,-1,60.00,交易成功,,,2026-11-02 09:00:00",
    encoding="gb18030",
)
SHOPIFY = table(
    "Name,Email,Financial Status,Paid at,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
    "Lineitem sku,Cancelled at",
    "#1001,a@example.com,paid,2026-11-01 23:50:00 -0500,USD,2026-11-01 23:49:00 -0500,2,Crew neck,24.50,KN-218,",
    "#1001,a@example.com,,,,,1,Cashmere scarf,12.00,KN-031,",
    "#1002,b@example.com,refunded,2026-11-02 08:00:00 -0500,USD,2026-11-02 08:00:00 -0500,3,Crew neck,24.50,KN-218,",
    "#1003,c@example.com,paid,2026-11-02 09:00:00 -0500,USD,2026-11-02 09:00:00 -0500,1,Crew neck,24.50,KN-218,"
    "2026-11-03 10:00:00 -0500",
    "#1004,d@example.com,pending,,USD,2026-11-03 07:00:00 -0500,4,Gift wrap,0,,",
)


@pytest.mark.parametrize(
    ("content", "name", "channel", "sold"),
    [
        (PLAIN, "a.csv", "", PLAIN_SOLD),
        (CHINESE, "a.csv", "", PLAIN_SOLD),
        (
            TAOBAO,
            "a.csv",
            "taobao",
            [
                Sold("KN-031", "2026-11-01", 2, 6000),
                Sold("KN-031", "2026-11-02", -1, 6000),
                Sold("KN-218", "2026-11-01", 8, 12800),
            ],
        ),
        (
            SHOPIFY,
            "orders_export.csv",
            "shopify",
            [
                Sold("Gift wrap", "2026-11-03", 4, None),
                Sold("KN-031", "2026-11-01", 1, 1200),
                Sold("KN-218", "2026-11-01", 2, 2450),
                Sold("KN-218", "2026-11-02", 0, 2450),
            ],
        ),
    ],
    ids=["plain", "chinese", "taobao", "shopify"],
)
def test_every_kind_of_file_gives_its_sales(
    counter: Counter, content: bytes, name: str, channel: str, sold: list[Sold]
) -> None:
    row = counter.check(content, name)
    assert (row.state, row.faulty_count, row.channel) == (State.CHECKED, 0, channel)
    assert counter.sold(channel) == []
    assert counter.take(row.id).state is State.DONE
    assert counter.sold(channel) == sold


def test_what_the_rows_said_besides_sales_is_told(counter: Counter) -> None:
    found = counter.check(TAOBAO).found
    assert (found["no_sales"], found["refunded"], found["carried"], found["seems"]) == (2, 2, 1, "orders")
    found = counter.check(CHINESE).found
    assert (found["sums"], found["seems"], found["out_of_stock"]) == (1, "days", 1)
    assert found["promotions"] == {"days": 1, "count": 1, "stretches": [["2026-11-02", "2026-11-02"]]}
    assert counter.check(SHOPIFY, "o.csv").found["carried"] == 1


def test_merged_cells_of_a_workbook_count_for_all_their_rows(counter: Counter) -> None:
    rows: list[list[object]] = [
        ["日期", "货号", "销量"],
        ["2026-11-01", "A", 3],
        ["", "B", 4],
        ["2026-11-02", "A", 5],
        ["", "B", "6件"],
    ]
    row = counter.take_file(workbook(rows, merged=[(0, 1, 2), (0, 3, 4)]), "a.xlsx")
    assert (row.encoding, row.found["carried"]) == ("xlsx", 2)
    assert [(each.sku, each.day, each.quantity) for each in counter.sold()] == [
        ("A", "2026-11-01", 3),
        ("A", "2026-11-02", 5),
        ("B", "2026-11-01", 4),
        ("B", "2026-11-02", 6),
    ]
    in_text = counter.check(table("日期,货号,销量", "2026-11-01,A,3", ",B,4"))
    assert (in_text.good_count, in_text.faulty_count) == (1, 1), "a text file has no merged cells"


def test_a_year_of_sales_in_gb18030_with_a_gap_and_a_promotion(counter: Counter) -> None:
    last = TODAY - timedelta(days=1)
    year = year_of_sales(last)
    row = counter.check(year.content, "店铺销量_近12个月.csv")
    found = row.found
    assert (row.encoding, row.row_count, row.faulty_count) == ("gb18030", year.rows, 0)
    assert (found["kind"], found["seems"], found["items"], found["new_items"]) == ("both", "days", 6, 6)
    assert (found["first_day"], found["last_day"]) == (year.first.isoformat(), last.isoformat())
    first, end = (day.isoformat() for day in year.gap)
    assert found["gaps"] == [{"first": first, "last": end, "days": 12, "meaning": "missing"}]
    assert found["promotions"]["stretches"] == [[day.isoformat() for day in year.spike]]
    counter.take(row.id)
    sold = counter.sold()
    assert len(sold) == year.rows + 12 * 6
    lost = [each for each in sold if first <= each.day <= end]
    assert all((each.quantity, each.in_stock) == (0, False) for each in lost) and len(lost) == 72
    item = counter.item("KN-218")
    assert (item["name"], item["category"], item["stocked_on"]) == ("12针圆领羊绒衫", "sweater", last)
    assert item["unit_price_minor"] == 9800 and item["changed_at"] == item["created_at"]


@pytest.mark.parametrize("meaning", ["closed", "missing", "zero"])
def test_the_shop_says_what_a_gap_means(counter: Counter, meaning: str) -> None:
    year = year_of_sales(TODAY, items=2)
    row = counter.check(year.content)
    first = year.gap[0].isoformat()
    with counter.work() as work:
        imports.answer_gap(work, row.id, first, meaning)
    with pytest.raises(Invalid), counter.work() as work:
        imports.answer_gap(work, row.id, "2020-01-01", "zero")
    counter.take(row.id)
    lost = [each for each in counter.sold() if not each.in_stock and first <= each.day <= year.gap[1].isoformat()]
    assert len(lost) == (0 if meaning == "zero" else 24)


def test_an_item_that_began_after_a_gap_lost_nothing_in_it(counter: Counter) -> None:
    days = [TODAY - timedelta(days=number) for number in (*range(40, 20, -1), *range(14, 0, -1))]
    rows = [f"OLD,{day},2" for day in days] + [f"NEW,{day},1" for day in days[25:]]
    row = counter.take_file(table("sku,date,quantity", *rows))
    assert [gap["days"] for gap in row.found["gaps"]] == [6]
    assert {each.sku for each in counter.sold() if not each.in_stock} == {"OLD"}


def test_a_second_import_of_the_same_file_changes_nothing(counter: Counter) -> None:
    year = year_of_sales(TODAY, items=2)
    first = counter.take_file(year.content)
    before, items = counter.sold(), [counter.item(sku) for sku in year.skus]
    counter.shelf.clock.advance(timedelta(hours=1))
    again = counter.check(year.content)
    assert again.earlier == first.done_at and first.earlier is None
    done = counter.take(again.id)
    assert (done.found["changed"], done.found["made"], first.found["made"]) == (0, 0, 2)
    assert counter.sold() == before
    assert [counter.item(sku) for sku in year.skus] == items


def test_a_file_replaces_the_days_between_its_first_and_last(counter: Counter) -> None:
    counter.take_file(
        table("sku,date,quantity", *(f"A,2026-11-{day:02},{day}" for day in range(1, 9)), "B,2026-11-03,1")
    )
    counter.shelf.clock.advance(timedelta(hours=1))
    row = counter.take_file(table("sku,date,quantity", "A,2026-11-03,30", "A,2026-11-05,5", "A,2026-11-06,6"))
    assert [(each.sku, each.day[-2:], each.quantity) for each in counter.sold()] == [
        ("A", "01", 1),
        ("A", "02", 2),
        ("A", "03", 30),
        ("A", "05", 5),
        ("A", "06", 6),
        ("A", "07", 7),
        ("A", "08", 8),
        ("B", "03", 1),
    ]
    assert row.found["changed"] == 1
    assert counter.item("A")["changed_at"] != counter.item("B")["changed_at"]
    other = counter.check(table("sku,date,quantity", "A,2026-11-03,9"))
    with counter.work() as work:
        imports.choose_columns(work, other.id, other.mapping, "market stall")
    counter.let_work(other.id)
    counter.take(other.id)
    assert counter.sold("market stall") == [Sold("A", "2026-11-03", 9)]
    assert len(counter.sold()) == 8


def test_stock_is_taken_over_unless_it_is_older(counter: Counter) -> None:
    stock = "货号,商品名称,库存,在途,成本价,装箱数"
    counter.take_file(table(stock, "A,羊绒围巾,40,10,35.5,12", "A,羊绒围巾,5,,35.5,12", "B,手套,0,,,"), "stock.csv")
    assert counter.stock("A") == (45, 10, "2026-11-23")
    assert counter.stock("B") == (0, 0, "2026-11-23")
    item = counter.item("A")
    assert (item["unit_cost_minor"], item["pack_size"], item["category"]) == (3550, 12, "scarf")
    older = "sku,date,quantity,on_hand"
    counter.take_file(table(older, "A,2026-11-01,2,60", "A,2026-11-20,1,50", "C,2026-11-20,1,7"))
    assert counter.stock("A") == (45, 10, "2026-11-23"), "stock of an earlier day says nothing new"
    assert counter.stock("C") == (7, 0, "2026-11-20")
    counter.shelf.clock.advance(timedelta(days=2))
    counter.take_file(table(stock, "A,羊绒围巾,40,10,35.5,12", "A,羊绒围巾,5,,35.5,12", "B,手套,0,,,"), "stock.csv")
    assert counter.stock("A") == (45, 10, "2026-11-23"), "the same bytes are the same count"


def test_the_price_follows_the_sales_until_the_shop_names_one(counter: Counter) -> None:
    counter.take_file(table("sku,date,quantity,price", "A,2026-11-01,2,50"))
    counter.take_file(table("sku,date,quantity,price", "A,2026-11-02,2,60"))
    assert counter.item("A")["unit_price_minor"] == 6000
    with counter.work() as work:
        work.session.execute(text("UPDATE items SET unit_price_minor = 7700"))
    counter.take_file(table("sku,date,quantity,price", "A,2026-11-03,2,70"))
    assert counter.item("A")["unit_price_minor"] == 7700
    foreign = counter.take_file(
        table("sku,date,quantity,price,currency", "A,2026-11-04,2,9,USD", "U,2026-11-04,1,8,USD")
    )
    assert counter.item("U")["currency"] == "USD" and foreign.state is State.DONE
    assert [each.price for each in counter.sold() if each.day == "2026-11-04"] == [None, 800]


def test_sums_of_months_are_given_to_their_days(counter: Counter) -> None:
    content = table("月份,货号,销量", "2026-08,A,62", "2026-09,A,31", "2026-10,A,31", "2026-11,A,47")
    row = counter.check(content)
    with counter.work() as work:
        mapping = {"月份": "day", "货号": "sku", "销量": "quantity"}
        imports.choose_columns(work, row.id, mapping, "")
    row = counter.let_work(row.id)
    assert (row.found["seems"], row.found["gaps"]) == ("months", [])
    counter.take(row.id)
    sold = counter.sold()
    assert (sold[0].day, sold[-1].day, len(sold)) == ("2026-08-01", "2026-11-23", 31 + 30 + 31 + 23)
    assert sum(each.quantity for each in sold) == 171
    assert {each.quantity for each in sold if each.day < "2026-09"} == {2}
    again = counter.check(content)
    with counter.work() as work:
        imports.answer_months(work, again.id, are_days=True)
    counter.take(again.id)
    assert [each.quantity for each in counter.sold() if each.day[-2:] == "01"] == [62, 31, 31, 47]


def test_a_mistyped_code_is_asked_about(counter: Counter) -> None:
    rows = [f"KN-218,{TODAY - timedelta(days=number)},5" for number in range(1, 30)]
    row = counter.check(table("sku,date,quantity", *rows, f"KN-2l8,{TODAY - timedelta(days=3)},2"))
    assert row.found["near"] == [{"sku": "KN-2l8", "like": "KN-218", "rows": 1}]
    with counter.work() as work:
        imports.answer_near_miss(work, row.id, "KN-2l8", same=True)
    counter.take(row.id)
    assert counter.skus() == ["KN-218"]
    assert {each.day: each.quantity for each in counter.sold()}[str(TODAY - timedelta(days=3))] == 7
    stock = counter.check(table("sku,on_hand", "KN-2I8,9", "KN-300,4"))
    assert stock.found["near"] == [{"sku": "KN-2I8", "like": "KN-218", "rows": 1}]
    assert stock.found["unknown"] == ["KN-2I8", "KN-300"]


def test_files_come_in_once_and_belong_to_their_shop(counter: Counter, rival: Counter) -> None:
    row = counter.check(PLAIN)
    with pytest.raises(Conflict, match="not 5"), counter.work() as work:
        imports.ask_take_in(work, row.id, 5)
    with counter.work() as work:
        imports.ask_take_in(work, row.id, 4)
    with pytest.raises(IllegalMove), counter.work() as work:
        imports.ask_take_in(work, row.id, 4)
    assert counter.let_work(row.id).state is State.DONE
    sold = counter.sold()
    assert counter.let_work(row.id).state is State.DONE, "the same job again finds nothing to do"
    assert counter.sold() == sold
    for verb in (imports.discard_import, imports.faulty_rows):
        with pytest.raises(NotFound), rival.work() as work:
            verb(work, row.id)
    with pytest.raises(NotFound):
        rival.row(row.id)
    rival.take_file(PLAIN)
    assert rival.sold() == sold and counter.sold() == sold


def test_a_change_of_columns_meanwhile_wins_over_the_check(counter: Counter) -> None:
    import_id = counter.hand_in(table("what,when,many", "A,2026-11-01,3"))
    row = counter.let_work(import_id)
    assert (row.state, row.problems) == (State.UPLOADED, ("no_item", "no_figures"))
    with counter.work() as work:
        imports.choose_columns(work, import_id, {"what": "sku", "when": "day", "many": "quantity"}, "")
    with counter.work() as work:
        queued = work.session.scalars(
            text("SELECT args FROM procrastinate_jobs WHERE task_name = 'sales_import'")
        ).all()
    assert [each["import_id"] for each in queued] == [str(import_id)]
    assert counter.let_work(import_id).good_count == 1
    again = counter.check(table("what,when,many", "B,2026-11-01,3"))
    assert (again.mapping["what"], again.remembered, again.good_count) == ("sku", True, 1)
    with counter.work() as work:
        imports.discard_import(work, again.id)
    assert counter.let_work(again.id).state is State.DISCARDED
    with pytest.raises(Conflict), counter.work() as work:
        imports.choose_columns(work, again.id, {}, "")


def test_taking_in_is_told_to_whoever_forecasts(counter: Counter) -> None:
    row = counter.take_file(PLAIN)
    with counter.shelf.unit() as work:
        told = work.session.execute(text("SELECT name, payload FROM outbox_events WHERE organisation_id = :shop"),
                                    {"shop": SHOP}).all()  # fmt: skip
    assert [(name, payload["import_id"]) for name, payload in told] == [("SalesTakenIn", str(row.id))]
