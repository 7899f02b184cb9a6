"""How one order and some factories miss each other, in the terms that the model learns from."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.engine.columns import Flags, Floats, Rows
from matching.engine.declared import lead_of, middle_price_of, minimum_of, size_of, standing_of
from matching.engine.goods import goods_path, group_of
from matching.engine.index import TablePart
from matching.engine.model import RankerModel
from matching.engine.reading import TERM_KINDS, ReadOrder
from matching.engine.requirements import (
    Window,
    attribute_nearness,
    region_nearness,
    used_capacity,
)
from matching.engine.unsaid import unsaid_of, usually_missed
from matching.learning.beliefs import BeliefColumns
from matching.learning.market import Market
from matching.learning.outlook import Fits
from matching.learning.shapes import PLAIN, TERMS, UNSAID
from matching.verticals.pack import Kind

_SMALLEST_USE: Final = 1e-6
_UNSAID_FROM: Final = len(PLAIN) - len(UNSAID)


EVERY: Final = slice(None)


@dataclass(frozen=True, slots=True)
class Sight:
    """One order against the rows of a part, by what both say; logs throughout, NaN unknown.

    wishes: (kind, term id, weight); standings: how each row stands to each wish. plain: rows x PLAIN, which are
    attribute, region, text, text again where it is all that tells the goods, and what is missed of unsaid needs. size,
    price, lead: of the factory, the price as it would be for these goods. group: of goods.
    """

    wishes: tuple[tuple[Kind, str, float], ...]
    standings: tuple[Rows, ...]
    plain: Floats
    overload: Floats
    shortfall: Floats
    size: Floats
    price: Floats
    lead: Floats
    quantity: float
    target: float
    days: float
    group: str


def sight_of(
    order: ReadOrder,
    part: TablePart,
    window: Window,
    text: Floats | None,
    model: RankerModel,
    chosen: Rows | slice = EVERY,
) -> Sight:
    """Holds an order against the rows of the part, or against those at the chosen places in it.

    text: how near the words of both sides are, one number for each of these rows; None where it is not known.
    """
    wishes = tuple((kind, wish.id, wish.weight) for kind in TERM_KINDS for wish in order.wishes[kind])
    quantity = float(np.log(order.quantity))
    target = np.nan if order.target_unit_price is None else float(np.log(order.target_unit_price))
    days = np.nan if window.days is None else float(np.log(max(window.days + window.grace_days, 1)))
    used = used_capacity(order, window, part.number("capacity_per_week")[chosen])
    standings = (standing_of(part, kind, term, term in order.usual_processes) for kind, term, _ in wishes)
    return Sight(
        wishes,
        tuple(standing[chosen] for standing in standings),
        _plain(order, part, text, model, chosen),
        log_use(used),
        minimum_of(part)[chosen] - quantity,
        size_of(part)[chosen],
        _price(order, part, model, quantity, chosen),
        lead_of(part)[chosen],
        quantity,
        target,
        days,
        group_of(part.vocabulary, order),
    )


def fits_of(sight: Sight, beliefs: BeliefColumns, market: Market, chosen: Rows | slice = EVERY) -> Fits:
    """The same with what is believed of the factories: means, and variances of what is not known for sure.

    chosen: the places that the sight was taken of; beliefs: of the whole part.
    """
    misses, miss_variances = np.zeros((2, len(TERMS), len(sight.lead)))
    for (kind, identifier, weight), standing in zip(sight.wishes, sight.standings, strict=True):
        missed, doubt = beliefs.misses(kind, identifier, weight, standing, chosen)
        misses[TERMS.index(kind)] += missed
        miss_variances[TERMS.index(kind)] += doubt
    size_shift, price_shift, lead_shift = (
        tuple(column[chosen] for column in shift) for shift in (beliefs.size, beliefs.price, beliefs.lead)
    )
    size, lead = _or(sight.size, market.usual_size), _or(sight.lead, market.usual_lead)
    known = np.isfinite(sight.price) & np.isfinite(sight.target)
    days, days_variance = (market.days[0], market.days[1] ** 2) if np.isnan(sight.days) else (sight.days, 0.0)
    effects, effect_variances = beliefs.effects(sight.group)
    return Fits(
        misses=misses.T,
        miss_variances=miss_variances.T,
        plain=sight.plain,
        overload=sight.overload,
        shortfall=sight.shortfall,
        size=size + size_shift[0] - sight.quantity,
        size_variance=size_shift[1],
        gap=np.where(known, sight.price - sight.target, market.target[0]) + price_shift[0],
        gap_variance=np.where(known, 0.0, market.target[1] ** 2) + price_shift[1],
        late=lead + lead_shift[0] - days,
        late_variance=lead_shift[1] + days_variance,
        effects=effects[chosen],
        effect_variances=effect_variances[chosen],
    )


def _plain(order: ReadOrder, part: TablePart, text: Floats | None, model: RankerModel, chosen: Rows | slice) -> Floats:
    """One less how well attributes, region and words agree, and what is missed of unsaid needs; zero where the order
    asks for none of it."""
    plain = np.zeros((len(PLAIN), len(part.rows[chosen])))
    if order.attributes:
        plain[0] = 1.0 - attribute_nearness(order, part)[chosen]
    if order.region is not None:
        plain[1] = 1.0 - region_nearness(order, part)[chosen]
    if text is not None:
        plain[2] = 1.0 - text
        plain[3] = 0.0 if order.wishes["category"] else plain[2]
    for place, unsaid in enumerate(unsaid_of(order, model, part.vocabulary), _UNSAID_FROM):
        if unsaid is not None:
            plain[place] = usually_missed(part, unsaid, model)[chosen]
    return plain.T


def log_use(used: Floats) -> Floats:
    """Log of the share of the weeks there are that a run fills."""
    return np.asarray(np.log(np.maximum(used, _SMALLEST_USE)))


def _price(order: ReadOrder, part: TablePart, model: RankerModel, quantity: float, chosen: Rows | slice) -> Floats:
    """The declared middle, moved by how these goods usually cost against the factory's own; NaN where unknown.

    Usual prices are told in every currency of the market, so they carry a price from one currency to another too.
    """
    middle = middle_price_of(part)[chosen]
    foreign = part.other_currency(order.currency)[chosen]
    goods = [wish.id for wish in order.wishes["category"]]
    if not model.prices.level or not goods:
        return np.where(foreign, np.nan, middle)
    own, currencies = own_level_of(part, model)
    path = goods_path(part.vocabulary, goods[0])
    places = currencies[chosen]
    asked_in = [order.currency or currency for currency in currencies_of(part)]
    known = np.array([model.prices.of(currency, path, quantity) for currency in asked_in])
    return moved_price(middle, foreign, known[places], own[chosen])


def moved_price(middle: Floats, foreign: Flags, usual: Floats, own: Floats) -> Floats:
    """A declared price moved by the usual price of the goods over `own`, the factory's level; else the usual price."""
    moved = middle + np.where(foreign, usual - own, _or(usual - own, 0.0))
    return np.where(np.isfinite(middle), moved, usual)


def own_level_of(part: TablePart, model: RankerModel) -> tuple[Floats, Rows]:
    """The mean usual price of the goods that each factory lists, and the place of its currency in `currencies_of`."""
    return part.derived(("own level", model.name), lambda: _own_levels(part, model))


def _own_levels(part: TablePart, model: RankerModel) -> tuple[Floats, Rows]:
    found = np.full(len(part), np.nan)
    currencies, places = part.currencies()
    for place, currency in enumerate(currencies):
        found = np.where(places == place, _levels_in(currency, part, model), found)
    return found, places


def _levels_in(currency: str, part: TablePart, model: RankerModel) -> Floats:
    """What the goods of each factory usually cost, on the mean, in a currency."""
    return part.mean_worth("category", lambda goods: model.prices.of(currency, goods_path(part.vocabulary, goods)))


def currencies_of(part: TablePart) -> list[str]:
    """The distinct currencies of the factories, "" among them where one tells none."""
    return part.currencies()[0]


def _or(values: Floats, otherwise: float) -> Floats:
    return np.asarray(np.where(np.isfinite(values), values, otherwise))
