"""One evaluation set: what was known at each origin, and what was really wanted afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecasting.panel import Flags, Floats, Panel, Wholes

HORIZON: Final = 4
"""Weeks of lead time whose demand is added up."""
YOUNGEST: Final = 8
"""Weeks of history an item must have at an origin to be scored there."""


@dataclass(frozen=True)
class EvaluationSet:
    """Items (rows) over weeks (columns).

    panel: the whole of it, the future included. truth: pieces really wanted each week, also where nothing could be
    bought. histories: for each origin (the column that begins when the forecast is made) what was known then.
    scored: the items that count; the others are only there to be learned from.
    """

    panel: Panel
    truth: Floats
    histories: Mapping[int, Panel]
    scored: Flags

    @property
    def origins(self) -> tuple[int, ...]:
        return tuple(self.histories)

    def wanted(self, origin: int) -> Floats:
        """Pieces of each item over the horizon from an origin on."""
        return np.asarray(self.truth[:, origin : origin + HORIZON].sum(axis=1), dtype=np.float64)

    def counted(self, origin: int) -> Flags:
        """The items that are scored at an origin: those that count, are old enough and ever sold."""
        return self.scored & (self.histories[origin].ages >= YOUNGEST) & (self.levels > 0)

    @property
    def levels(self) -> Floats:
        """The scale of each item: the mean of what was wanted a week, from its first sale to the end of the set."""
        lived = np.arange(self.truth.shape[1]) >= self.panel.begun[:, None]
        wanted = np.where(lived, self.truth, 0.0).sum(axis=1)
        return np.asarray(wanted / np.maximum(lived.sum(axis=1), 1), dtype=np.float64)


def plain_set(panel: Panel, origins: Sequence[int], scored: Flags | None = None) -> EvaluationSet:
    """A set in which everything that was wanted was sold. scored: all items if not said."""
    return EvaluationSet(
        panel,
        panel.demand,
        {origin: panel.until(origin) for origin in origins},
        np.ones(len(panel), dtype=bool) if scored is None else scored,
    )


def sample_of(evaluation: EvaluationSet, size: int) -> NDArray[np.int64]:
    """Rows of up to `size` items spread evenly over those that are scored at every origin, in their order."""
    always: Wholes = np.flatnonzero(np.all([evaluation.counted(origin) for origin in evaluation.origins], axis=0))
    places = np.linspace(0, len(always) - 1, min(size, len(always))).round().astype(np.int64)
    return always[places]
