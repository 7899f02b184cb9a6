"""Holds one order against the factories that make such goods and keeps the best of them, with their features."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.index import FactoryTable, TablePart
from matching.engine.model import SIGNALS, Floats, RankerModel
from matching.engine.reading import TERM_KINDS, ReadOrder
from matching.engine.requirements import (
    Flags,
    Window,
    attribute_measure,
    capacity_measure,
    due_measure,
    price_measure,
    quantity_measure,
    region_measure,
    term_measure,
)

_PLACE = {signal: place for place, signal in enumerate(SIGNALS)}


@dataclass(frozen=True, slots=True)
class Fit:
    """One order against some rows of a table.

    features: rows x SIGNALS, NaN unknown. asked: SIGNALS that the order has a wish for. barriers: for each row how
    many wishes are missed that no talk removes.
    """

    rows: NDArray[np.int64]
    features: Floats
    asked: NDArray[np.bool_]
    barriers: Floats

    def only(self, kept: Flags) -> "Fit":
        """The rows that are flagged."""
        if kept.all():
            return self
        return Fit(self.rows[kept], self.features[kept], self.asked, self.barriers[kept])


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The best possible factories for one order, best first; equal scores by factory id.

    rows: their rows in the table. features, contributions: one row each, as the model takes and gives them.
    possible: how many factories could be offered in all.
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


def fit_of(order: ReadOrder, part: TablePart, window: Window, text: Floats | None, record: Floats | None) -> Fit:
    """Features of every row of the part, whether it may be offered or not.

    text, record: the columns of these two signals, one number for each row; None, no signal.
    """
    terms = {kind: term_measure(part, kind, order) for kind in TERM_KINDS if order.wishes[kind]}
    capacity, quantity = capacity_measure(order, part, window), quantity_measure(order, part)
    columns: dict[str, Floats] = {str(kind): measure.values for kind, measure in terms.items()}
    columns |= {"quantity": quantity.values, "capacity": capacity.values}
    barriers = capacity.misses.astype(np.float64) + quantity.misses
    if window.due_on is not None:
        due = due_measure(part, window)
        columns["due"] = due.values
        barriers += due.misses
    if order.target_unit_price is not None:
        columns["price"] = price_measure(order, part).values
    if order.region is not None:
        columns["region"] = region_measure(order, part).values
    if order.attributes:
        columns["attribute"] = attribute_measure(order, part).values
    if record is not None:
        columns["record"] = record
    if text is not None:
        columns["text"] = text
    for kind, measure in terms.items():
        if kind != "material" and order.stated(kind):
            barriers += measure.absent
    features = np.full((len(part), len(SIGNALS)), np.nan)
    for name, values in columns.items():
        features[:, _PLACE[name]] = values
    return Fit(part.rows, features, np.array([name in columns for name in SIGNALS]), barriers)


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
    )


def _best(scores: Floats, size: int) -> NDArray[np.intp]:
    """Places of the `size` highest scores, and of all that are equal to the lowest of them."""
    if size <= 0:
        return np.zeros(0, dtype=np.intp)
    if len(scores) <= size:
        return np.arange(len(scores))
    lowest = np.partition(scores, len(scores) - size)[len(scores) - size]
    return np.flatnonzero(scores >= lowest)
