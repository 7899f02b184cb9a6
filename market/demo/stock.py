"""Brings sales and stock of the demo's shops in by the import that people use, and suggests as of some weeks ago.

What is to be ordered today the worker finds out when the market has started: the models take their time.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from market.demo.sales import Shelf, demo_terms, sales_file, stock_file
from market.kit.clock import FrozenClock, market_day
from market.kit.db import Scope, Tenant, act_as
from market.kit.uploads import UploadedFile
from market.kit.work import Actor
from market.replenishment.import_queries import sales_import
from market.replenishment.import_work import work_on_import
from market.replenishment.imports import ask_take_in, open_import
from market.replenishment.suggesting import suggest_for_shop
from market.wiring import Market
from matching.workers.in_process import InProcess

LOOKED_BACK: Final = (timedelta(weeks=8), timedelta(weeks=4))
"""How long ago the first shop was suggested something that can be set against what came."""
QUICK_MODEL: Final = "adida"
"""A model that needs a second, for the suggestions of the past."""


def stock_shops(market: Market, shops: Sequence[Actor], shelves: Sequence[Shelf], seed: int) -> None:
    """Give each shop its shelf; the first one has been at it for a while."""
    quick = replace(market, settings=replace(market.settings, forecaster=QUICK_MODEL))
    for ago in LOOKED_BACK:
        then = replace(quick, clock=FrozenClock(market.clock.now() - ago))
        bring_in(then, shops[0], shelves[0], seed)
        suggest_for_shop(then.unit, InProcess(), id_of(shops[0]))
    for shop, shelf in zip(shops, shelves, strict=True):
        bring_in(market, shop, shelf, seed)


def bring_in(market: Market, shop: Actor, shelf: Shelf, seed: int) -> None:
    """Import a shop's sales until yesterday, and its stock."""
    yesterday = market_day(market.clock.now()) - timedelta(days=1)
    _import(market, shop, UploadedFile("sales.csv", sales_file(shelf.until(yesterday))))
    _import(market, shop, UploadedFile("stock.csv", stock_file(demo_terms(shelf, yesterday, seed))))


def _import(market: Market, shop: Actor, file: UploadedFile) -> None:
    with market.sessions() as session:
        act_as(session, Tenant(Scope.ORGANISATION, shop.organisation_id))
        import_id = open_import(market.work(session, shop), file)
        session.commit()
    work_on_import(market.unit, market.vocabulary, id_of(shop), import_id)
    with market.sessions() as session:
        act_as(session, Tenant(Scope.ORGANISATION, shop.organisation_id))
        good = sales_import(session, id_of(shop), import_id).good_count
        ask_take_in(market.work(session, shop), import_id, good)
        session.commit()
    work_on_import(market.unit, market.vocabulary, id_of(shop), import_id)


def id_of(shop: Actor) -> UUID:
    assert shop.organisation_id is not None
    return shop.organisation_id
