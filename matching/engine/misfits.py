"""How one order and some factories miss each other, in the terms that the model learns from."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.engine.columns import Flags, Floats, Rows
from matching.engine.coverage import NEAR
from matching.engine.index import TablePart
from matching.engine.model import RankerModel
from matching.engine.reading import TERM_KINDS, ReadOrder
from matching.engine.requirements import (
    Window,
    attribute_nearness,
    region_nearness,
    used_capacity,
)
from matching.learning.beliefs import BeliefColumns
from matching.learning.market import ABSENT, CONFIRMED, DECLARED, DENIED, NEARBY, REMOTE, SILENT, Market
from matching.learning.outlook import Fits
from matching.learning.shapes import PLAIN, TERMS
from matching.verticals.pack import Kind, Vocabulary

_REMOTE_FROM: Final = 0.2
_DECLARED_FROM: Final = 0.75
_SMALLEST_USE: Final = 1e-6


EVERY: Final = slice(None)


@dataclass(frozen=True, slots=True)
class Sight:
    """One order against the rows of a part, by what both say; logs throughout, NaN unknown.

    wishes: (kind, term id, weight); standings: how each row stands to each wish. plain: rows x (attribute, region,
    text, and text again where it is all that tells the goods). size, price, lead: of the factory, the price as it
    would be for these goods. group: of goods.
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


def goods_path(vocabulary: Vocabulary, category: str) -> tuple[str, ...]:
    """The goods, their wider terms and their trade, nearest first."""
    term = vocabulary.term("category", category)
    return (category,) if term is None else (category, *term.broader, f"trade:{term.vertical}")


def group_of(vocabulary: Vocabulary, order: ReadOrder) -> str:
    """The widest goods that the order's belong to, in which a factory may be strong; empty when no goods are known."""
    if not order.wishes["category"]:
        return ""
    category = order.wishes["category"][0].id
    term = vocabulary.term("category", category)
    return category if term is None or not term.broader else term.broader[-1]


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
        _plain(order, part, text, chosen),
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


def standing_of(part: TablePart, kind: Kind, wanted: str, usual: bool = True) -> Rows:
    """How each row stands to a term by what it lists and tells: see `matching.learning.market`.

    usual: whether a process is one that the goods imply; a factory that names no process is silent on all others.
    """

    def stand() -> Rows:
        _, weighed = part.match(kind, wanted)
        known = part.names_processes if kind == "process" and not usual else part.known(kind)
        levels = (weighed >= _DECLARED_FROM, weighed >= NEAR, weighed >= _REMOTE_FROM)
        graded = np.select(levels, (DECLARED, NEARBY, REMOTE), ABSENT)
        graded = np.where(known | (weighed > 0.0), graded, SILENT)
        graded = np.where(part.confirmed(kind, wanted), CONFIRMED, graded)
        return np.where(part.denied(kind, wanted), DENIED, graded)

    return part.derived(("standing", kind, wanted, usual), stand)


def _plain(order: ReadOrder, part: TablePart, text: Floats | None, chosen: Rows | slice) -> Floats:
    """One less how well attributes, region and words agree; zero where the order asks for none of it."""
    plain = np.zeros((len(PLAIN), len(part.rows[chosen])))
    if order.attributes:
        plain[0] = 1.0 - attribute_nearness(order, part)[chosen]
    if order.region is not None:
        plain[1] = 1.0 - region_nearness(order, part)[chosen]
    if text is not None:
        plain[2] = 1.0 - text
        plain[3] = 0.0 if order.wishes["category"] else plain[2]
    return plain.T


def log_use(used: Floats) -> Floats:
    """Log of the share of the weeks there are that a run fills."""
    return np.asarray(np.log(np.maximum(used, _SMALLEST_USE)))


def minimum_of(part: TablePart) -> Floats:
    """Log of each factory's minimum."""
    return part.derived("minimum", lambda: _log(part.number("minimum_quantity")))


def lead_of(part: TablePart) -> Floats:
    """Log of each factory's lead time."""
    return part.derived("lead", lambda: _log(part.number("lead_time_days")))


def size_of(part: TablePart) -> Floats:
    """The order size that a factory is made for: between its minimum and its weekly capacity; the one that is known."""
    return part.derived("size", lambda: _size(part))


def _size(part: TablePart) -> Floats:
    ends = np.stack([_log(part.number("minimum_quantity")), _log(part.number("capacity_per_week"))])
    known = np.isfinite(ends)
    total = np.where(known, ends, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def ways_of(part: TablePart) -> dict[str, Rows]:
    """How the numbers of each factory are known: see `matching.learning.market.Market`."""
    return part.derived("ways", lambda: _ways(part))


def _ways(part: TablePart) -> dict[str, Rows]:
    minimum = np.isfinite(part.number("minimum_quantity")).astype(np.int64)
    capacity = np.isfinite(part.number("capacity_per_week")).astype(np.int64)
    return {
        "size": minimum + 2 * capacity,
        "price": np.isfinite(_middle(part)).astype(np.int64),
        "lead": np.isfinite(part.number("lead_time_days")).astype(np.int64),
    }


def middle_price_of(part: TablePart) -> Floats:
    """Log of the middle of the declared price range, or of its one known end."""
    return part.derived("middle price", lambda: _middle(part))


def _middle(part: TablePart) -> Floats:
    ends = np.stack([_log(part.number("unit_price_low")), _log(part.number("unit_price_high"))])
    known = np.isfinite(ends)
    total = np.where(known, ends, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


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


def _log(values: Floats) -> Floats:
    """Logs of numbers of one or more; smaller ones count as one, save prices, which may be small."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(values, 1e-3))
    return np.asarray(np.where(np.isnan(values), np.nan, logs))


def _or(values: Floats, otherwise: float) -> Floats:
    return np.asarray(np.where(np.isfinite(values), values, otherwise))
