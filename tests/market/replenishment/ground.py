"""A shop's shelf that tests fill: items with sales of one week after another, and the worker's part done at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from market.kit.db import SYSTEM, Scope, Tenant, act_as
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Actor, Work
from market.replenishment.suggesting import suggest_for_shop
from matching.workers.in_process import InProcess

SHOP = UUID(int=0xA11CE)
RIVAL = UUID(int=0xB0B)
LAST_DAY = date(2026, 11, 22)
"""A Sunday, the day before the tests' clock stands."""
CALM = (20, 22, 18, 21, 19, 20, 23, 17)


@dataclass(frozen=True)
class Shelf:
    """Units of work of shops over one clock."""

    sessions: sessionmaker[Session]
    clock: FrozenClock
    settings: Settings

    @contextmanager
    def work(self, organisation_id: UUID = SHOP) -> Iterator[Work]:
        """A unit of work of a shop, committed when it ends well."""
        with self.sessions() as session:
            act_as(session, Tenant(Scope.ORGANISATION, organisation_id))
            actor = Actor(organisation_id, None, "a buyer", "seller")
            yield Work(session, actor, self.clock.now(), new_id, self.settings)
            session.commit()

    @contextmanager
    def unit(self) -> Iterator[Work]:
        """A unit of work of the system, committed when it ends well."""
        with self.sessions() as session:
            act_as(session, SYSTEM)
            yield Work(session, SYSTEM_ACTOR, self.clock.now(), new_id, self.settings)
            session.commit()

    def put(
        self,
        sku: str,
        weekly: Sequence[int] = CALM * 5,
        *,
        shop: UUID = SHOP,
        on_hand: int | None = 30,
        category: str | None = None,
        until: date = LAST_DAY,
    ) -> UUID:
        """An item that sold so many pieces in each of the weeks before `until`; returns its id."""
        item_id = new_id()
        with self.work(shop) as work:
            work.session.execute(
                text(
                    "INSERT INTO items (organisation_id, id, sku, name, category, on_hand, on_order, stocked_on, "
                    "lead_time_days, lead_time_sd_days, review_days, minimum, pack_size, unit_price_minor, currency, "
                    "changed_at, created_at) VALUES (:shop, :id, :sku, :name, :category, :on_hand, 0, :day, 14, 2, 7, "
                    "0, 1, 5000, 'CNY', :now, :now)"
                ),
                {
                    **{"shop": shop, "id": item_id, "sku": sku, "name": f"{sku} scarf", "category": category},
                    **{"on_hand": on_hand, "day": None if on_hand is None else until, "now": work.now},
                },
            )
        self.sell(item_id, weekly, shop=shop, until=until)
        return item_id

    def sell(self, item_id: UUID, weekly: Sequence[int], *, shop: UUID = SHOP, until: date = LAST_DAY) -> None:
        """Add weeks of sales that end on `until`, and note that the item changed."""
        rows = [
            {"shop": shop, "item": item_id, "day": until - timedelta(weeks=len(weekly) - 1 - week), "pieces": pieces}
            for week, pieces in enumerate(weekly)
        ]
        with self.work(shop) as work:
            if rows:
                work.session.execute(
                    text(
                        "INSERT INTO daily_sales (organisation_id, item_id, channel, day, quantity, promoted, "
                        "in_stock) VALUES (:shop, :item, '', :day, :pieces, false, true)"
                    ),
                    rows,
                )
            changed = text("UPDATE items SET changed_at = :now WHERE organisation_id = :shop AND id = :item")
            work.session.execute(changed, {"now": work.now, "shop": shop, "item": item_id})

    def suggest(self, shop: UUID = SHOP) -> int:
        """Do the worker's part here and now; returns how many versions were kept."""
        return suggest_for_shop(self.unit, InProcess(), shop)
