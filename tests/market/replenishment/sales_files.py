"""Files of sales and stock as shops export them, made for tests."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import xlsxwriter

CHINESE_HEADERS = ("日期", "货号", "商品名称", "销量", "成交价", "活动", "期末库存", "店长备注")
ENGLISH_HEADERS = ("date", "sku", "name", "quantity", "price", "promotion", "on_hand", "our remark")
NAMES = ("12针圆领羊绒衫", "羊绒围巾", "羊毛开衫", "纯棉T恤", "羊绒帽子", "针织手套")
GAP = (timedelta(days=292), timedelta(days=281))
"""How long before the last day the stretch without rows begins and ends."""

SPIKE = timedelta(days=12)
SPIKE_DAYS = 3


@dataclass(frozen=True)
class YearOfSales:
    """What `year_of_sales` wrote. gap: the first and last day without rows; spike: those of the promotion."""

    content: bytes
    skus: tuple[str, ...]
    first: date
    last: date
    gap: tuple[date, date]
    spike: tuple[date, date]
    rows: int


def year_of_sales(
    last: date, items: int = 6, *, encoding: str = "gb18030", headers: Sequence[str] = CHINESE_HEADERS, seed: int = 7
) -> YearOfSales:
    """Twelve months of daily sales with the stock at each day's end, up to `last`: seasons, noise, one stretch without
    any row (281 to 292 days back) and one promotion (12 to 10 days back) in which four times as much sells.

    Story B8's upload. Every item sells for at least a few pieces a week; stock is refilled every four weeks.
    """
    draws, first = np.random.default_rng(seed), last - timedelta(days=364)
    gap, spike = (last - GAP[0], last - GAP[1]), (last - SPIKE, last - SPIKE + timedelta(days=SPIKE_DAYS - 1))
    out, rows = io.StringIO(), 0
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headers)
    skus = tuple(f"KN-{218 + 7 * place:03}" for place in range(items))
    stock = [400 + 40 * place for place in range(items)]
    for day in (first + timedelta(days=number) for number in range(365)):
        for place, sku in enumerate(skus):
            promoted = spike[0] <= day <= spike[1]
            season = 1 + 0.4 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 260) / 365)
            wanted = int(draws.poisson((3 + 2 * place) * season * (4 if promoted else 1)))
            stock[place] += 150 + 70 * place if (day - first).days % 28 == 27 else 0
            sold = min(wanted, stock[place])
            stock[place] -= sold
            if gap[0] <= day <= gap[1]:
                continue
            price = f"{(98 + 20 * place) * (0.8 if promoted else 1):.2f}"
            name = NAMES[place % len(NAMES)]
            writer.writerow([day.isoformat(), sku, name, sold, price, "双11" if promoted else "", stock[place], ""])
            rows += 1
    return YearOfSales(out.getvalue().encode(encoding), skus, first, last, gap, spike, rows)


def table(*rows: str, encoding: str = "utf-8") -> bytes:
    """A CSV file of lines."""
    return "\n".join(rows).encode(encoding)


def workbook(rows: Sequence[Sequence[object]], merged: Sequence[tuple[int, int, int]] = ()) -> bytes:
    """An .xlsx file. merged: (column, first row, last row) of cells that are one, counted from 0; its value is that of
    the first row."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
        for column, first, last in merged:
            sheet.merge_range(first, column, last, column, rows[first][column])
    return out.getvalue()
