"""The counter at which tests hand in files of sales: the request's part and the worker's, one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from market.kit.uploads import UploadedFile
from market.kit.work import Work
from market.replenishment import import_queries, imports
from market.replenishment.import_queries import SalesImportRow
from market.replenishment.import_work import work_on_import
from matching.verticals.pack import Vocabulary
from tests.market.replenishment.ground import SHOP, Shelf


class Sold(NamedTuple):
    """A row of daily sales; price in minor units."""

    sku: str
    day: str
    quantity: int
    price: int | None = None
    promoted: bool = False
    in_stock: bool = True


@dataclass(frozen=True)
class Counter:
    shelf: Shelf
    vocabulary: Vocabulary
    shop: UUID = SHOP

    @contextmanager
    def work(self) -> Iterator[Work]:
        with self.shelf.work(self.shop) as work:
            yield work

    def hand_in(self, content: bytes, name: str = "sales.csv") -> UUID:
        """Upload a file; nothing of it is checked yet."""
        with self.work() as work:
            return imports.open_import(work, UploadedFile(name, content))

    def let_work(self, import_id: UUID) -> SalesImportRow:
        """The worker's part of an import, and how it stands after it."""
        work_on_import(self.shelf.unit, self.vocabulary, self.shop, import_id)
        return self.row(import_id)

    def check(self, content: bytes, name: str = "sales.csv") -> SalesImportRow:
        return self.let_work(self.hand_in(content, name))

    def take(self, import_id: UUID) -> SalesImportRow:
        with self.work() as work:
            imports.ask_take_in(work, import_id, self.row(import_id).good_count)
        return self.let_work(import_id)

    def take_file(self, content: bytes, name: str = "sales.csv") -> SalesImportRow:
        return self.take(self.check(content, name).id)

    def row(self, import_id: UUID) -> SalesImportRow:
        with self.work() as work:
            return import_queries.sales_import(work.session, self.shop, import_id)

    def sold(self, channel: str = "") -> list[Sold]:
        """All daily sales of a channel, by item and day."""
        with self.work() as work:
            found = work.session.execute(
                text(
                    "SELECT sku, day, quantity, price_minor, promoted, in_stock FROM daily_sales JOIN items "
                    "ON items.organisation_id = daily_sales.organisation_id AND items.id = item_id "
                    "WHERE daily_sales.organisation_id = :shop AND channel = :channel ORDER BY sku, day"
                ),
                {"shop": self.shop, "channel": channel},
            )
            return [Sold(sku, day.isoformat(), *rest) for sku, day, *rest in found]

    def item(self, sku: str) -> dict[str, object]:
        """One item, by column."""
        with self.work() as work:
            statement = text("SELECT * FROM items WHERE organisation_id = :shop AND sku = :sku")
            return dict(work.session.execute(statement, {"shop": self.shop, "sku": sku}).mappings().one())

    def skus(self) -> list[str]:
        with self.work() as work:
            statement = text("SELECT sku FROM items WHERE organisation_id = :shop ORDER BY sku")
            return list(work.session.scalars(statement, {"shop": self.shop}))

    def stock(self, sku: str) -> tuple[object, object, str | None]:
        """What is on hand, on order, and of which day that is."""
        item = self.item(sku)
        day = item["stocked_on"]
        return item["on_hand"], item["on_order"], day.isoformat() if isinstance(day, date) else None
