"""Gives factories of the demo market something to prepare for: synthetic sweater sales of its apparel shops, and the
consents and recipes by which forecasts become materials. The consents of the ledger's shops are made up as well.
"""

import csv
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Final
from uuid import UUID

from market.demo.orders import DATA, SHOP_NAMES, Goods
from market.demo.sales import Line, Shelf
from market.demo.stock import QUICK_MODEL, bring_in, id_of
from market.factories.queries import FactoryProfile, profiles
from market.kit.clock import market_day
from market.kit.db import Scope, Tenant, act_as
from market.kit.work import Actor, Work
from market.materials import preparing, queries, service
from market.materials.service import RISK_PERCENTS, RecipeLine
from market.replenishment.queries import categories_of_items
from market.replenishment.suggesting import suggest_for_shop
from market.wiring import Market
from matching.workers.in_process import InProcess

KNITWEAR: Final = (
    ("sweater", "S-{shop}-01", "12 针美利奴圆领毛衫（合成）", 15_900),
    ("sweater", "S-{shop}-03", "7 针美利奴高领毛衫（合成）", 17_900),
    ("cardigan", "S-{shop}-02", "7 针美利奴开衫（合成）", 18_900),
)
"""Category, code, name and price in fen of what each apparel shop sells again and again."""
WEEKS_SOLD: Final = 104
COLDEST_DAY: Final = 350
"""Day of the year about which knitwear sells best."""


@cache
def recipe_lines() -> tuple[RecipeLine, ...]:
    """What a piece of each category takes, as data/recipes.csv says."""
    with (DATA / "recipes.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            RecipeLine(
                category=row["category"],
                material=row["material"],
                unit=row["unit"],
                per_piece=Decimal(row["per_piece"]),
                sourcing_days=int(row["sourcing_days"]),
                unit_cost_minor=int(Decimal(row["yuan"]) * 100),
            )
            for row in csv.DictReader(file)
        )


def sell_knitwear(market: Market, shops: Mapping[str, Actor], seed: int) -> None:
    """The apparel shops bring two years of synthetic sales, and are suggested what to order by a quick model."""
    quick = replace(market, settings=replace(market.settings, forecaster=QUICK_MODEL))
    for number, name in enumerate(SHOP_NAMES, start=1):
        if name in shops:
            shelf = knit_shelf(number, market_day(market.clock.now()), seed)
            bring_in(quick, shops[name], shelf, seed)
            suggest_for_shop(quick.unit, InProcess(), id_of(shops[name]))


def knit_shelf(shop: int, today: date, seed: int) -> Shelf:
    """What one apparel shop sold of its knitwear, more of it the colder the season; the same for the same seed."""
    chance = random.Random(f"{seed}:knit:{shop}")  # noqa: S311 (a demo, not a secret)
    lines, goods = [], {}
    for category, code, name, price in KNITWEAR:
        sku, usual = code.format(shop=shop), chance.uniform(25, 60)
        goods[sku] = Goods(name, "apparel", category, ("flat-knitting",), ("merino",))
        for week in range(WEEKS_SOLD, 0, -1):
            day = today - timedelta(weeks=week)
            cold = math.cos((day.timetuple().tm_yday - COLDEST_DAY) / 365 * 2 * math.pi)
            sold = round(usual * (1 + 0.7 * cold) * chance.lognormvariate(0, 0.25))
            lines.append(Line(sku, name, day, max(sold, 1), price))
    return Shelf(tuple(sorted(lines, key=lambda line: line.day)), goods)


def share_with_makers(market: Market, shops: Mapping[str, Actor], factories: Sequence[UUID], seed: int) -> None:
    """Every shop with items lets the first factory that makes a category count on its forecast of it, and these
    factories write down what the goods take."""
    chance = random.Random(f"{seed}:consents")  # noqa: S311 (a demo, not a secret)
    lines = recipe_lines()
    with market.unit() as work:
        found = profiles(work.session, factories)
        makers = {line.category: _first_maker(found, factories, line.category) for line in lines}
    for shop in shops.values():
        with acting(market, shop) as work:
            for category in categories_of_items(work.session, work.organisation_id):
                maker = makers.get(category)
                if maker is not None:
                    service.share_demand(work, category, maker.id, chance.choice(RISK_PERCENTS[1:]))
    for line in lines:
        maker = makers[line.category]
        if maker is not None:
            with acting(market, Actor(maker.id, None, maker.name, "factory")) as work:
                service.save_recipe_line(work, line)


def prepare_some(market: Market, factory_id: UUID) -> int:
    """A factory prepares two fifths of each material that is told of; returns how many there are."""
    with acting(market, Actor(factory_id, None, "synthetic", "factory")) as work:
        rows = queries.outlook_rows(work.session, factory_id)
        for row in rows:
            preparing.prepare(work, row.id, Decimal(max(int(row.p80 * 2 / 5), 1)))
    return len(rows)


@contextmanager
def acting(market: Market, actor: Actor) -> Iterator[Work]:
    """A unit of work of one organisation, committed when it ends well."""
    with market.sessions() as session:
        act_as(session, Tenant(Scope.ORGANISATION, actor.organisation_id))
        yield market.work(session, actor)
        session.commit()


def _first_maker(
    found: Mapping[UUID, FactoryProfile], factories: Sequence[UUID], category: str
) -> FactoryProfile | None:
    return next((found[each] for each in factories if category in found[each].categories), None)
