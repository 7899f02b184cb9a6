"""A rule that is learned: a forest of everybody's past tells how much an order may have to last for, and how surely."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from forecasting.candidates.forest import FEWEST, Chances, Grown, edges_of, grow, quantiles_of
from forecasting.candidates.windows import features_of, level_of, windows_of
from forecasting.panel import Floats, Panel, Wholes
from forecasting.replenishment.simulation import Terms

LEARNED_RULE: Final = "forest quantile"
_MOST_LENGTHS: Final = 5
"""Lengths of time that are told apart; each costs, and those between follow from their neighbours."""
_LEAD_TIMES: Final = tuple(NormalDist().inv_cdf((place + 0.5) / 40) for place in range(40))


def learned_levels(panel: Panel, terms: Terms, columns: Sequence[int], refit: int) -> Floats:
    """The critical ratio's quantile of demand over lead time and review, for what was known at each column.

    Items x columns; NaN where the past held too little to learn from. refit: columns that a forest is used for before
    it is grown anew; at the first and the last column it is new.
    """
    lengths, shares = _lasting(terms)
    levels, learned = [], None
    for column in columns:
        then = panel.until(column)
        if column == columns[0] or (columns[-1] - column) % refit == 0:
            learned = _learn(then, lengths) or learned
        levels.append(np.full(len(panel), np.nan) if learned is None else learned.level(then, shares, terms.ratio))
    return np.stack(levels, axis=1)


@dataclass(frozen=True, slots=True)
class _Learned:
    """chances: of the total over each length of time."""

    grown: Grown
    chances: tuple[Chances, ...]
    horizon: int

    def level(self, panel: Panel, shares: Floats, ratio: Floats) -> Floats:
        """The quantile of each item; shares: items x lengths, how likely an order has to last so long."""
        leaves = self.grown.leaves_of(features_of(panel, self.horizon))
        below = sum(share[:, None] * one.below(leaves) for share, one in zip(shares.T, self.chances, strict=True))
        return quantiles_of(self.chances[0].edges, np.asarray(below), ratio[:, None])[:, 0] * level_of(panel)


def _learn(panel: Panel, lengths: Wholes) -> _Learned | None:
    horizon = int(lengths[-1])
    windows = windows_of(panel, horizon)
    if windows is None or len(windows.weight) < FEWEST:
        return None
    grown = grow(windows)
    totals = np.cumsum(windows.answers, axis=1)[:, lengths - 1]
    edges = edges_of(totals[:, -1])
    return _Learned(grown, tuple(grown.chances(total, edges) for total in totals.T), horizon)


def _lasting(terms: Terms) -> tuple[Wholes, Floats]:
    """Whole periods that orders have to last, growing, and how likely each is for each item: items x lengths."""
    lead = np.maximum(terms.lead[:, None] + terms.lead_sd[:, None] * np.array(_LEAD_TIMES), 0.0)
    lasting = np.maximum(lead + terms.review[:, None], 1.0)
    lengths = np.unique(np.linspace(np.floor(lasting.min()), np.ceil(lasting.max()), _MOST_LENGTHS).round())
    place = np.interp(lasting, lengths, np.arange(len(lengths)))
    near = np.maximum(1 - np.abs(place[..., None] - np.arange(len(lengths))), 0.0)
    return lengths.astype(np.int64), near.mean(axis=1)
