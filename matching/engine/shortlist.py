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
    """One order against some rows of a table.

    rows: the rows that were looked at, those that may be offered unless others were asked for. features: rows x
    SIGNALS, NaN unknown. asked: SIGNALS that the order has a wish for. barriers: for each row how many wishes are
    missed that no talk removes. refused: why factories of the table may not be offered, with counts.
    """

    rows: NDArray[np.int64]
    features: Floats
    asked: NDArray[np.bool_]
    barriers: Floats
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
    order: ReadOrder,
    table: FactoryTable,
    window: Window,
    vocabulary: Vocabulary,
    text: Floats,
    record: Floats | None,
    rows: NDArray[np.int64] | None = None,
) -> Fit:
    """Features of the possible rows, or of the given ones whether they are possible or not.

    text, record: the columns of these two signals, one number for each row of the table; no record, no signal.
    """
    terms = {kind: term_measure(table, kind, order) for kind in TERM_KINDS if order.wishes[kind]}
    capacity = capacity_measure(order, table, window)
    feasibility = judge(order, table, window, terms, capacity)
    if rows is None:
        rows = np.flatnonzero(feasibility.possible)
    quantity, due = quantity_measure(order, table, rows), due_measure(table, window, rows)
    columns: dict[str, Floats] = {str(kind): measure.values[rows] for kind, measure in terms.items()}
    columns |= {"quantity": quantity.values, "capacity": capacity.values[rows]}
    if window.due_on is not None:
        columns["due"] = due.values
    if order.target_unit_price is not None:
        columns["price"] = price_measure(order, table, rows).values
    if order.region is not None:
        columns["region"] = region_measure(order, table, vocabulary, rows).values
    if order.attributes:
        columns["attribute"] = attribute_measure(order, table, rows).values
    if record is not None:
        columns["record"] = record[rows]
    if np.isfinite(text).any():
        columns["text"] = text[rows]
    barriers = capacity.misses[rows].astype(np.float64) + quantity.misses + due.misses
    for kind, measure in terms.items():
        if kind != "material" and order.stated(kind):
            barriers += measure.absent[rows]
    features = np.full((len(rows), len(SIGNALS)), np.nan)
    for name, values in columns.items():
        features[:, _PLACE[name]] = values
    asked = np.array([name in columns for name in SIGNALS])
    return Fit(rows, features, asked, barriers, feasibility.refused)


def shortlist(
    order: ReadOrder,
    window: Window,
    fit: Fit,
    table: FactoryTable,
    model: RankerModel,
    size: int,
    exclude: Iterable[str] = (),
) -> Shortlist:
    """The `size` best of the rows that were looked at, without those to exclude."""
    excluded = [table.rows[factory_id] for factory_id in exclude if factory_id in table.rows]
    left = np.flatnonzero(~np.isin(fit.rows, excluded)) if excluded else np.arange(len(fit.rows))
    rows, features, barriers = fit.rows[left], fit.features[left], fit.barriers[left]
    contributions = model.contributions(features, fit.asked, barriers)
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
        features=features[chosen],
        asked=fit.asked,
        barriers=barriers[chosen],
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
