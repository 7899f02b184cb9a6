"""A town whose shops have items with suggestions, and knitters whose sweaters take yarn."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import NormalDist
from uuid import UUID

import pytest
from sqlalchemy import text

from forecasting.replenishment.plan import NEED_CHANCES
from market.kit.clock import FrozenClock
from market.kit.ids import new_id
from market.kit.outbox import publish
from market.materials import queries, service
from market.materials.outlooks import renew_outlooks
from market.materials.queries import OutlookRow
from market.materials.service import RecipeLine
from market.replenishment.events import SuggestionsMade
from market.replenishment.models import Item, Suggestion, SuggestionState
from tests.market.town import Town

YARN = RecipeLine("sweater", "cashmere", "kg", Decimal("0.3"), sourcing_days=15, unit_cost_minor=52_000)


@pytest.fixture
def clock(clock_of_site: FrozenClock) -> FrozenClock:
    """One clock for the town and its pages."""
    return clock_of_site


@dataclass(frozen=True)
class Valley:
    """A town with one knitter, whose sweaters take 0.3 kg of cashmere each."""

    town: Town
    factory: UUID

    @property
    def today(self) -> date:
        return self.town.clock.now().date()

    def shop(self, name: str, mean: float = 100, deviation: float = 20, *, risk: int | None = 0) -> UUID:
        """A shop with an item that needs so many pieces made, and its consent. risk None: it does not agree."""
        shop = self.town.add_shop(name)
        self.need(shop, mean, deviation)
        if risk is not None:
            self.share(shop, risk)
        return shop

    def share(self, shop: UUID, risk: int = 0) -> UUID:
        with self.town.work("seller", shop) as work:
            share = service.share_demand(work, "sweater", self.factory, risk)
        self.town.deliver()
        return share

    def need(self, shop: UUID, mean: float, deviation: float = 20, order_in: int = 30, sku: str = "knit") -> None:
        """The shop's current suggestion for its item, in the place of an earlier one."""
        pieces = [max(mean + NormalDist().inv_cdf(chance) * deviation, 0.0) for chance in NEED_CHANCES]
        with self.town.work("system") as work:
            found = text("SELECT id FROM items WHERE organisation_id = :shop AND sku = :sku")
            item_id = work.session.scalar(found, {"shop": shop, "sku": sku})
            if item_id is None:
                item_id = new_id()
                work.session.add(
                    Item(organisation_id=shop, id=item_id, sku=sku, category="sweater", on_hand=10,
                         stocked_on=self.today, changed_at=work.now, created_at=work.now)
                )  # fmt: skip
                work.session.flush()
            suggestion = Suggestion(
                organisation_id=shop, id=new_id(), item_id=item_id, state=SuggestionState.OPEN, as_of=self.today,
                quantity=round(mean), order_by=self.today + timedelta(days=order_in), reorder_point=0,
                order_up_to=round(mean), on_hand=10, on_order=0, terms={}, parts=[], lasts_days=30, chance=0.9,
                weeks=[], paths={}, needs={"chances": list(NEED_CHANCES), "pieces": pieces}, model="", short=0,
                risk_minor=0, currency="CNY", changes=[], made_at=work.now,
            )  # fmt: skip
            work.session.add(suggestion)
            work.session.flush()
            work.session.get_one(Item, (shop, item_id)).suggestion_id = suggestion.id
            publish(work, SuggestionsMade(shop, 1))
        self.town.deliver()

    def recipe(self, line: RecipeLine = YARN, factory: UUID | None = None) -> UUID:
        with self.town.work("factory", factory or self.factory) as work:
            use_id = service.save_recipe_line(work, line)
        self.town.deliver()
        return use_id

    def outlook(self, factory: UUID | None = None) -> list[OutlookRow]:
        """What the factory itself reads."""
        with self.town.work("factory", factory or self.factory) as work:
            return queries.outlook_rows(work.session, factory or self.factory)

    def night(self, days: int = 1) -> None:
        """The clock moves on, and the worker does the night's work."""
        self.town.clock.advance(timedelta(days=days))
        self.town.sweep(renew_outlooks)


@pytest.fixture
def valley(town: Town) -> Valley:
    return Valley(town, town.add_factory("Sample Knit"))


@pytest.fixture
def three(valley: Valley) -> tuple[UUID, UUID, UUID]:
    """Three shops that share, and a recipe."""
    valley.recipe()
    return valley.shop("North"), valley.shop("South", 220, 30, risk=25), valley.shop("West", 150, 40, risk=50)
