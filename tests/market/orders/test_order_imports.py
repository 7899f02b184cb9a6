"""Many orders from one file: whatever its encoding and language, all good rows come in at once, and once."""

import csv
import io
import time
from collections.abc import Callable

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from market.kit.db import SYSTEM, act_as
from market.kit.errors import Conflict, NotFound
from market.kit.history import HistoryEntry, IllegalMove, chain_is_whole, history_of
from market.kit.outbox import OutboxEvent
from market.kit.row_faults import write_faulty_rows
from market.kit.uploads import UploadedFile, unescaped
from market.kit.work import Work
from market.orders import import_queries, imports, queries
from market.orders.drafts import MaterialShare
from market.orders.events import OrdersImported
from market.orders.import_columns import RowReader, guess_mapping
from market.orders.models import ImportState, Order, OrderState
from matching.verticals.pack import Vocabulary, load_vocabulary
from tests.market.orders.ground import RIVAL, SHOP, WorkFor

CHINESE = ["订单号,品名,品类,数量(件),成分,颜色,目标单价,交货日期,店长备注",
           "PO-1,12针圆领衫,羊绒衫,\"1,200 件\",羊绒30% 羊毛70%,藏青；驼色,¥128,2026年12月20日,加急",
           "PO-2,圆领衫,毛衣,25打,羊毛,白色,,2026/12/20,"]  # fmt: skip
ENGLISH = ["Order no,Name,Category,Qty,Composition,Colour,Target price,Due date,Remark of ours",
           "PO-1,12针圆领衫,sweater,1200,30% cashmere;70% wool,navy;camel,128.00,2026-12-20,rush",
           "PO-2,圆领衫,sweater,300,wool,white,,20 Dec 2026,"]  # fmt: skip


def table(rows: list[str], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(rows))
    return out.getvalue().encode(encoding)


def workbook(rows: list[str]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(csv.reader(rows)):
            sheet.write_row(number, 0, cells)
    return out.getvalue()


def open_table(
    work: Work, vocabulary: Vocabulary, content: bytes, name: str = "orders.csv"
) -> import_queries.ImportRow:
    import_id = imports.open_import(work, UploadedFile(name, content), vocabulary)
    return import_queries.import_row(work.session, SHOP, import_id)


@pytest.mark.parametrize("rows", [CHINESE, ENGLISH], ids=["zh", "en"])
@pytest.mark.parametrize(
    ("name", "write", "encoding"),
    [
        ("a.csv", lambda rows: table(rows), "utf-8"),
        ("a.csv", lambda rows: table(rows, "utf-8-sig"), "utf-8-sig"),
        ("a.csv", lambda rows: table(rows, "gb18030"), "gb18030"),
        ("a.tsv", lambda rows: table(rows, "utf-16", "\t"), "utf-16"),
        ("a.csv", lambda rows: table(rows, delimiter=";"), "utf-8"),
        ("a.xlsx", workbook, "xlsx"),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16 tabs", "semicolons", "xlsx"],
)
def test_every_writing_of_a_table_gives_the_same_orders(
    work: Work, vocabulary: Vocabulary, rows: list[str], name: str, write: Callable[[list[str]], bytes], encoding: str
) -> None:
    row = open_table(work, vocabulary, write(rows), name)
    assert (row.state, row.encoding) == (ImportState.CHECKED, encoding)
    assert (row.row_count, row.good_count, row.faults) == (2, 2, ())
    assert imports.take_in(work, row.id, 2, vocabulary) == 2
    second, first = queries.orders_page(work.session, SHOP).rows
    if first.reference != "PO-1":
        first, second = second, first
    assert (first.reference, first.title, first.quantity) == ("PO-1", "12针圆领衫", 1200)
    assert (first.vertical, first.category, first.state) == ("apparel", "sweater", OrderState.POSTED)
    assert first.materials == (MaterialShare("cashmere", 30), MaterialShare("wool", 70))
    assert (first.colours, first.target_price_minor) == (("navy", "camel"), 12_800)
    assert first.due_on is not None and first.due_on.isoformat() == "2026-12-20"
    assert (second.quantity, second.unit, second.target_price_minor) == (300, "piece", None)
    assert first.origin == {"import": str(row.id), "file": name, "row": 2}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", "数量,品名\n".encode(), "no rows"),
        ("a.xlsx", b"name,quantity\na,1\n", "no workbook"),
        ("a.csv", b"%PDF-1.7", "PDF"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "picture"),
        ("a.csv", b"PK\x03\x04", "zip"),
        ("a.csv", b"name,quantity\n\x00\x01,5\n", "no text"),
        ("a.csv", b'name,quantity\n"open,5\n', "quotes"),
        ("a.csv", b"name,quantity,name\na,1,b\n", "twice"),
        ("a.csv", b"x" * (10 * 1024 * 1024 + 1), "larger"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(
    work: Work, vocabulary: Vocabulary, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(imports.ImportRefused) as refusal:
        imports.open_import(work, UploadedFile(name, content), vocabulary)
    (fault,) = refusal.value.faults
    assert said in fault.problem and fault.accepted


BROKEN = [*CHINESE, "PO-3,衫,羊绒衫,12箱货,羊毛,白,1,2026-12-20,", "PO-4,衫,飞船,0,羊毛,白,1,2026/2/30,=1+1",
          "PO-1,衫,羊绒衫,5,羊毛,白,1,2026-12-20,", "PO-5,衫,羊绒衫,7,羊毛,白,1,2025-12-20,"]  # fmt: skip


def test_faulty_rows_stay_out_and_come_back_as_a_file_that_can_be_mended(work: Work, vocabulary: Vocabulary) -> None:
    row = open_table(work, vocabulary, table(BROKEN, "gb18030"))
    assert (row.row_count, row.good_count, row.faulty_count) == (6, 2, 4)
    told = {(fault.row, fault.column, fault.value) for fault in row.faults}
    assert told == {
        (4, "数量(件)", "12箱货"),
        (5, "数量(件)", "0"),
        (5, "品类", "飞船"),
        (5, "交货日期", "2026/2/30"),
        (6, "订单号", "PO-1"),
        (7, "交货日期", "2025-12-20"),
    }
    header, rows = imports.faulty_rows(work, row.id, vocabulary)
    text = write_faulty_rows(header, ((each.cells, each.faults[0].problem) for each in rows), "问题")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0][-1] == "问题" and len(lines) == 5
    assert lines[2][-2] == "'=1+1"
    assert imports.take_in(work, row.id, 2, vocabulary) == 2
    mended = (
        text.replace("12箱货", "12").replace("飞船", "羊绒衫").replace(",0,", ",9,").replace("2026/2/30", "2026-12-30")
    )
    mended = mended.replace("PO-1,", "PO-9,").replace("2025-12-20", "2026-12-21")
    again = open_table(work, vocabulary, mended.encode("utf-8-sig"), "mended.csv")
    assert again.mapping["问题"] == ""
    assert (again.good_count, again.faulty_count) == (4, 0)
    imports.take_in(work, again.id, 4, vocabulary)
    formula = work.session.scalars(select(Order).where(Order.reference == "PO-4")).one()
    assert formula.quantity == 9


def test_a_file_comes_in_once(work: Work, work_for: WorkFor, vocabulary: Vocabulary) -> None:
    row = open_table(work, vocabulary, table(CHINESE))
    with pytest.raises(Conflict, match="not 5"):
        imports.take_in(work, row.id, 5, vocabulary)
    work.session.rollback()
    row = open_table(work, vocabulary, table(CHINESE))
    work.session.commit()
    assert imports.take_in(work, row.id, 2, vocabulary) == 2
    work.session.commit()
    with pytest.raises(IllegalMove, match="done"):
        imports.take_in(work_for(SHOP), row.id, 2, vocabulary)
    assert len(queries.orders_page(work.session, SHOP).rows) == 2
    without_numbers = [",".join(line.split(",")[1:]) for line in ENGLISH]
    first = open_table(work, vocabulary, table(without_numbers))
    imports.take_in(work, first.id, 2, vocabulary)
    second = open_table(work, vocabulary, table(without_numbers))
    assert second.earlier == work.now and first.earlier is None
    with pytest.raises(NotFound):
        imports.take_in(work_for(RIVAL), second.id, 2, vocabulary)


def test_every_imported_order_is_announced_and_has_its_history(work: Work, vocabulary: Vocabulary) -> None:
    row = open_table(work, vocabulary, table(ENGLISH))
    imports.take_in(work, row.id, 2, vocabulary)
    orders = {order.id for order in queries.orders_page(work.session, SHOP).rows}
    for order_id in orders:
        (line,) = history_of(work.session, SHOP, "orders", order_id)
        assert (line.what, line.to_state, line.details["file"]) == ("imported", "posted", "orders.csv")
        entries = list(work.session.scalars(select(HistoryEntry).where(HistoryEntry.aggregate_id == order_id)))
        assert chain_is_whole(entries)
    act_as(work.session, SYSTEM)
    (event,) = work.session.scalars(select(OutboxEvent)).all()
    assert event.name == "OrdersImported"
    imports.announce_imported(work, OrdersImported(SHOP, row.id, event.payload["order_ids"]))
    posted = work.session.scalars(select(OutboxEvent).where(OutboxEvent.name == "OrderPosted")).all()
    assert {each.payload["order_id"] for each in posted} == {str(order_id) for order_id in orders}


def test_what_the_columns_mean_can_be_said_and_is_remembered(work: Work, vocabulary: Vocabulary) -> None:
    rows = ["What,How many,Odd", "sweater,40,2026-12-20", "mug,50,2026-12-21"]
    row = open_table(work, vocabulary, table(rows))
    assert (row.state, row.mapping) == (ImportState.UPLOADED, {"What": "", "How many": "", "Odd": ""})
    with pytest.raises(imports.ImportRefused):
        imports.choose_columns(work, row.id, {"What": "quantity", "How many": "quantity"}, vocabulary)
    imports.choose_columns(work, row.id, {"What": "category", "How many": "quantity", "Odd": "due_on"}, vocabulary)
    checked = import_queries.import_row(work.session, SHOP, row.id)
    assert (checked.state, checked.good_count, checked.remembered) == (ImportState.CHECKED, 2, True)
    later = open_table(work, vocabulary, table([rows[0], "scarf,7,2026-12-22"]))
    assert (later.mapping["How many"], later.remembered, later.good_count) == ("quantity", True, 1)
    imports.discard_import(work, later.id)
    with pytest.raises(Conflict):
        imports.choose_columns(work, later.id, {}, vocabulary)


def test_fifty_thousand_rows_are_checked_in_seconds(vocabulary: Vocabulary, work: Work) -> None:
    rows = [next(csv.reader([line])) for line in CHINESE]
    reader = RowReader(rows[0], guess_mapping(rows[0], vocabulary), vocabulary, work.today)
    started = time.perf_counter()
    for number in range(50_000):
        _draft, faults = reader.read(rows[1 + number % 2])
        assert not faults
    assert time.perf_counter() - started < 30


def test_a_shop_takes_in_so_many_rows_a_day(
    work: Work, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "IMPORTED_A_DAY", 3)
    imports.take_in(work, open_table(work, vocabulary, table(ENGLISH)).id, 2, vocabulary)
    rows = [line.replace("PO-", "PP-") for line in ENGLISH]
    with pytest.raises(Conflict, match="3 rows a day"):
        imports.take_in(work, open_table(work, vocabulary, table(rows)).id, 2, vocabulary)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=30), min_size=2, max_size=2)
)
def test_no_cell_of_the_faulty_rows_is_a_formula(cells: list[str]) -> None:
    text = write_faulty_rows(("a", "b"), iter([(cells, "why")]), "problem")
    written = next(line for number, line in enumerate(csv.reader(io.StringIO(text))) if number == 1)
    for cell, original in zip(written[:2], cells, strict=True):
        assert not cell.startswith(("=", "@", "\t")) or cell == original == ""
        assert cell.removeprefix("'") == original.removeprefix("'") or unescaped(cell) == original


def test_guesses_know_both_languages_and_every_attribute() -> None:
    vocabulary = load_vocabulary()
    guessed = guess_mapping(["针型", "Size ratio", "數量", "QTY (pcs)", "Unit price", "天气"], vocabulary)
    assert guessed["针型"] == "attributes.gauge"
    assert guessed["Size ratio"] == "attributes.size_ratio"
    assert guessed["QTY (pcs)"] == "quantity"
    assert (guessed["Unit price"], guessed["天气"]) == ("target_price", "")
