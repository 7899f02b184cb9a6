"""Sales of the demo's shops: the real transactions of a public ledger, moved to today. Stock and terms are ours.

Each of four shops has sold what a quarter of the ledger's customers bought. The days are moved forward by whole weeks,
so that the ledger's last whole week is the last one that ended before today.
"""

import csv
import io
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from forecasting.replenishment.advice import last_whole_week
from market.demo.orders import FEN_PER_PENNY, Goods, goods_of, read_ledger

SHOPS: Final = 4
LEDGER_ENDS: Final = date(2011, 12, 4)
"""The Sunday before the ledger breaks off in the middle of a week."""
COST_SHARE: Final = 0.45


@dataclass(frozen=True, slots=True)
class Line:
    """One line of sales. price_minor: fen a piece."""

    sku: str
    name: str
    day: date
    quantity: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one shop sells: its lines of sales in order of their days, and what each item is."""

    lines: tuple[Line, ...]
    goods: dict[str, Goods]

    def until(self, day: date) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.day <= day)

    def weekly(self, sku: str, day: date, weeks: int = 8) -> float:
        """Pieces a week that an item sold in the weeks before a day."""
        since = day - timedelta(weeks=weeks)
        return sum(line.quantity for line in self.lines if line.sku == sku and since < line.day <= day) / weeks


def demo_shelves(today: date, items: Sequence[int]) -> list[Shelf]:
    """The shelves of SHOPS shops; items: how many each of them has, those that sell in most weeks."""
    moved = last_whole_week(today - timedelta(days=1)) - LEDGER_ENDS
    rows = [row for row in read_ledger() if date.fromisoformat(row["invoice_date"][:10]) <= LEDGER_ENDS]
    ranked = [customer for customer, _lines in Counter(row["customer_id"] for row in rows).most_common()]
    shop_of = {customer: place % SHOPS for place, customer in enumerate(ranked)}
    return [
        _shelf([row for row in rows if shop_of[row["customer_id"]] == shop], moved, count)
        for shop, count in enumerate(items)
    ]


def _shelf(rows: Sequence[dict[str, str]], moved: timedelta, count: int) -> Shelf:
    names: dict[str, str] = {}
    weeks: dict[str, set[date]] = defaultdict(set)
    lines = []
    for row in rows:
        sku = row["stock_code"].upper()
        name = names.setdefault(sku, row["description"].strip().capitalize())
        day = date.fromisoformat(row["invoice_date"][:10]) + moved
        weeks[sku].add(last_whole_week(day))
        lines.append(Line(sku, name, day, int(row["quantity"]), _fen(row["unit_price"])))
    kept = set(sorted(weeks, key=lambda sku: (-len(weeks[sku]), sku))[:count])
    goods = {sku: found for sku in sorted(kept) if (found := goods_of(names[sku].upper())) is not None}
    return Shelf(tuple(sorted((line for line in lines if line.sku in kept), key=lambda line: line.day)), goods)


def _fen(pounds: str) -> int:
    whole, _point, pence = pounds.partition(".")
    return max((int(whole) * 100 + int((pence + "00")[:2])) * FEN_PER_PENNY, 1)


def sales_file(lines: Sequence[Line]) -> bytes:
    """The lines as a shop would export them."""
    rows = ((line.sku, line.name, line.day, line.quantity, _yuan(line.price_minor)) for line in lines)
    return _as_table(("sku", "name", "date", "quantity", "price"), rows)


def stock_file(terms: Iterable["Terms"]) -> bytes:
    """Stock and terms of items as a shop would export them."""
    header = ("sku", "on hand", "lead time days", "minimum order", "pack size", "unit cost")
    rows = (
        (one.sku, one.on_hand, one.lead_time_days, one.minimum, one.pack_size, _yuan(one.unit_cost_minor))
        for one in terms
    )
    return _as_table(header, rows)


def _as_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


@dataclass(frozen=True, slots=True)
class Terms:
    """How an item comes, and what is there of it on a day: plausible, and synthetic."""

    sku: str
    on_hand: int
    lead_time_days: int
    minimum: int
    pack_size: int
    unit_cost_minor: int


def demo_terms(shelf: Shelf, day: date, seed: int) -> Iterator[Terms]:
    """Terms of every item, the same on every day; stock for half a week to ten weeks, another one on every day."""
    price = {line.sku: line.price_minor for line in shelf.lines}
    for sku in shelf.goods:
        steady = random.Random(f"{seed}:{sku}")  # noqa: S311 (a demo, not a secret)
        daily = random.Random(f"{seed}:{sku}:{day.isoformat()}")  # noqa: S311 (as above)
        yield Terms(
            sku=sku,
            on_hand=round(shelf.weekly(sku, day) * daily.uniform(0.5, 10.0)),
            lead_time_days=steady.choice((10, 15, 21, 30)),
            minimum=steady.choice((0, 50, 100)),
            pack_size=steady.choice((1, 6, 12)),
            unit_cost_minor=max(round(price[sku] * COST_SHARE), 1),
        )
