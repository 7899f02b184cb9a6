"""Holds one order against all factories and keeps the best of the possible ones, with their features."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.feasibility import judge
from matching.engine.index import FactoryTable
from matching.engine.model import SIGNALS, Floats, RankerModel
from matching.engine.reading import TERM_KINDS, ReadOrder
from matching.engine.requirements import (
    Window,
    attribute_measure,
    capacity_measure,
    due_measure,
    price_measure,
    quantity_measure,
    region_measure,
    term_measure,
)
from matching.verticals.pack import Vocabulary

_PLACE = {signal: place for place, signal in enumerate(SIGNALS)}


@dataclass(frozen=True, slots=True)
class Fit:
    """One order against all rows of a table.

    features: rows x SIGNALS, NaN unknown. asked: SIGNALS that the order has a wish for. barriers: wishes missed that
    no talk removes, by row. possible: rows that may be offered. refused: why others may not, with counts.
    """

    features: Floats
    asked: NDArray[np.bool_]
    barriers: Floats
    possible: NDArray[np.bool_]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The best possible factories for one order, best first; equal scores by factory id.

    rows: their rows in the table. features, contributions: one row each, as the model takes and gives them.
    possible: how many factories could be offered in all. refused: why the others could not, with counts.
    """

    order: ReadOrder
    window: Window
    factory_ids: tuple[str, ...]
    rows: NDArray[np.int64]
    features: Floats
    asked: NDArray[np.bool_]
    barriers: Floats
    contributions: Floats
    scores: Floats
    probabilities: Floats
    possible: int
    refused: Mapping[str, int]


def fit_of(
    order: ReadOrder, table: FactoryTable, window: Window, vocabulary: Vocabulary, text: Floats, record: Floats | None
) -> Fit:
    """Features of every row. text, record: the columns of these two signals, one number a row; no record, no signal."""
    size = len(table.alive)
    features = np.full((size, len(SIGNALS)), np.nan)
    asked = np.zeros(len(SIGNALS), dtype=np.bool_)
    terms = {kind: term_measure(table, kind, order.wishes[kind]) for kind in TERM_KINDS if order.wishes[kind]}
    quantity, due = quantity_measure(order, table), due_measure(table, window)
    capacity = capacity_measure(order, table, window)
    feasibility = judge(order, table, window, terms, capacity)
    columns: dict[str, Floats] = {
        **{str(kind): measure.values for kind, measure in terms.items()},
        "quantity": quantity.values,
        "capacity": capacity.values,
        "text": text,
    }
    if record is not None:
        columns["record"] = record
    if window.due_on is not None:
        columns["due"] = due.values
    if order.target_unit_price is not None:
        columns["price"] = price_measure(order, table).values
    if order.region is not None:
        columns["region"] = region_measure(order, table, vocabulary).values
    if order.attributes:
        columns["attribute"] = attribute_measure(order, table, np.flatnonzero(feasibility.possible)).values
    for name, values in columns.items():
        features[:, _PLACE[name]] = values
        asked[_PLACE[name]] = True
    asked[_PLACE["text"]] = bool(np.isfinite(text).any())
    barriers = sum((measure.misses.astype(np.float64) for measure in (quantity, due, capacity)), np.zeros(size))
    for kind, measure in terms.items():
        if kind != "material" and order.stated(kind):
            barriers += measure.absent
    return Fit(features, asked, barriers, feasibility.possible, feasibility.refused)


def shortlist(
    order: ReadOrder,
    window: Window,
    fit: Fit,
    table: FactoryTable,
    model: RankerModel,
    size: int,
    exclude: Iterable[str] = (),
) -> Shortlist:
    """The `size` best of the possible rows, without those to exclude."""
    possible = fit.possible.copy()
    possible[[table.rows[factory_id] for factory_id in exclude if factory_id in table.rows]] = False
    rows = np.flatnonzero(possible)
    contributions = model.contributions(fit.features[rows], fit.asked, fit.barriers[rows])
    scores = contributions.sum(axis=1)
    kept = _best(scores, size)
    names = [table.at(int(rows[place])).record.factory_id for place in kept]
    order_of_kept = sorted(range(len(kept)), key=lambda place: (-scores[kept[place]], names[place]))[:size]
    chosen = kept[order_of_kept]
    return Shortlist(
        order=order,
        window=window,
        factory_ids=tuple(names[place] for place in order_of_kept),
        rows=rows[chosen],
        features=fit.features[rows[chosen]],
        asked=fit.asked,
        barriers=fit.barriers[rows[chosen]],
        contributions=contributions[chosen],
        scores=scores[chosen],
        probabilities=model.probabilities(scores[chosen]),
        possible=len(rows),
        refused=fit.refused,
    )


def _best(scores: Floats, size: int) -> NDArray[np.intp]:
    """Places of the `size` highest scores, and of all that are equal to the lowest of them."""
    if size <= 0:
        return np.zeros(0, dtype=np.intp)
    if len(scores) <= size:
        return np.arange(len(scores))
    lowest = np.partition(scores, len(scores) - size)[len(scores) - size]
    return np.flatnonzero(scores >= lowest)
