"""Holds one order against the factories that make such goods and keeps the best of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.columns import Flags, Floats, Rows
from matching.engine.index import FactoryTable, TablePart
from matching.engine.misfits import EVERY, fits_of, sight_of
from matching.engine.model import SIGNALS, RankerModel, Told
from matching.engine.reading import TERM_KINDS, ReadOrder
from matching.engine.requirements import Window
from matching.engine.unsaid import beliefs_of, unsaid_of
from matching.learning.outlook import Fits, Outlook, picked
from matching.verticals.pack import Vocabulary

_WORTH_AN_ESTIMATE: Final = 2
"""Rows for each one that is wanted, from which on a quick estimate of all costs less than it saves."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One order against some rows of a table. asked: SIGNALS that the order has a wish for."""

    rows: Rows
    fits: Fits
    asked: Flags

    def only(self, kept: Flags) -> "Fit":
        """The rows that are flagged."""
        return self if kept.all() else Fit(self.rows[kept], picked(self.fits, kept), self.asked)


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The best possible factories for one order, best first; equal scores by factory id.

    rows: their rows in the table. fits, outlook: what each score is made of. possible: how many factories could be
    offered in all.
    """

    order: ReadOrder
    window: Window
    factory_ids: tuple[str, ...]
    rows: Rows
    asked: Flags
    fits: Fits
    outlook: Outlook
    scores: Floats
    probabilities: Floats
    possible: int

    @property
    def weakest(self) -> float:
        """The chance of a deal with the last of the list; 0 for an empty one."""
        return float(self.probabilities[-1]) if len(self.probabilities) else 0.0

    def told(self, places: Sequence[int], model: RankerModel) -> Told:
        """What is told of some of the factories; model: the one that made the list."""
        if list(places) == list(range(len(self.rows))):
            return model.told(self.fits, self.outlook, self.scores, self.asked)
        chosen = np.array(places, dtype=np.int64)
        fits, outlook = picked(self.fits, chosen), picked(self.outlook, chosen)
        return model.told(fits, outlook, self.scores[chosen], self.asked)

    def text(self, place: int) -> Floats | None:
        """How near the words of both sides are; None where that is not known."""
        text = 1.0 - self.fits.plain[[place], 2]
        return text if self.asked[SIGNALS.index("text")] else None


def fit_of(
    order: ReadOrder,
    part: TablePart,
    window: Window,
    text: Floats | None,
    model: RankerModel,
    chosen: Rows | slice = EVERY,
) -> Fit:
    """Every row of the part, or those at the chosen places in it. text: as in `sight_of`."""
    sight = sight_of(order, part, window, text, model, chosen)
    fits = fits_of(sight, beliefs_of(part, model), model.market, chosen)
    return Fit(part.rows[chosen], fits, asked_of(order, window, text, model, part.vocabulary))


def asked_of(
    order: ReadOrder, window: Window, text: Floats | None, model: RankerModel, vocabulary: Vocabulary
) -> Flags:
    """Which of SIGNALS have something to say about this order."""
    unsaid = {one.kind for one in unsaid_of(order, model, vocabulary) if one is not None}
    asked = {
        **{str(kind): bool(order.wishes[kind]) or kind in unsaid for kind in TERM_KINDS},
        "attribute": bool(order.attributes),
        "quantity": True,
        "capacity": True,
        "due": window.due_on is not None,
        "price": order.target_unit_price is not None,
        "region": order.region is not None,
        "text": text is not None,
        "record": bool(model.beliefs),
    }
    return np.array([asked[name] for name in SIGNALS])


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
    left = fit.only(~np.isin(fit.rows, excluded)) if excluded else fit
    near = _near_the_best(left, model, size)
    found = model.outlook(near.fits)
    scores = model.scores(found)
    kept = _best(scores, size)
    names = [table.at(int(near.rows[place])).record.factory_id for place in kept]
    order_of_kept = sorted(range(len(kept)), key=lambda place: (-scores[kept[place]], names[place]))[:size]
    chosen = kept[order_of_kept]
    return Shortlist(
        order=order,
        window=window,
        factory_ids=tuple(names[place] for place in order_of_kept),
        rows=near.rows[chosen],
        asked=fit.asked,
        fits=picked(near.fits, chosen),
        outlook=picked(found, chosen),
        scores=scores[chosen],
        probabilities=model.probabilities(scores[chosen]),
        possible=len(left.rows),
    )


def _near_the_best(fit: Fit, model: RankerModel, size: int) -> Fit:
    """Without rows that a quick estimate shows to be worse than `size` others, where it is worth asking for one."""
    if size <= 0 or len(fit.rows) <= _WORTH_AN_ESTIMATE * size:
        return fit
    return fit.only(model.may_be_best(fit.fits, size))


def _best(scores: Floats, size: int) -> NDArray[np.intp]:
    """Places of the `size` highest scores, and of all that are equal to the lowest of them."""
    if size <= 0:
        return np.zeros(0, dtype=np.intp)
    if len(scores) <= size:
        return np.arange(len(scores))
    lowest = np.partition(scores, len(scores) - size)[len(scores) - size]
    return np.flatnonzero(scores >= lowest)
