"""Plays policies over a window of weeks that they have not seen, between a fixed level and perfect foresight."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.replenishment.generated import WEEKS_A_WINDOW
from forecasting.panel import Floats, Panel, Wholes
from forecasting.replenishment.simulation import Terms, play, play_orders

SEEDS: Final = 5
LEADS: Final = (1, 2, 3)
"""Weeks that an order may take, each as likely."""
_DRAWS: Final = 4_000


@dataclass(frozen=True)
class Case:
    """A window of a panel: from week `start` on, at one critical ratio."""

    panel: Panel
    start: int
    ratio: float

    @property
    def terms(self) -> Terms:
        """Review every week, a lead time of one to three weeks, no minimum, single pieces."""
        each = np.ones(len(self.panel))
        value = np.nanmean(self.panel.price[:, : self.start], axis=1) if np.isfinite(self.panel.price).any() else each
        lead = np.array(LEADS, dtype=np.float64)
        return Terms(
            each * lead.mean(),
            each * lead.std(),
            each,
            0 * each,
            each,
            self.ratio * each,
            np.nan_to_num(value, nan=1.0),
        )

    @property
    def weeks(self) -> range:
        return range(self.start, self.start + WEEKS_A_WINDOW)

    @property
    def seen(self) -> Panel:
        """The panel up to the end of the window; who sets the level of a week reads `until` that week."""
        return self.panel.until(self.start + WEEKS_A_WINDOW)

    @property
    def demand(self) -> Floats:
        return self.panel.demand[:, self.start : self.start + WEEKS_A_WINDOW]

    def lead(self) -> Wholes:
        """The same sampled lead times for every policy: seeds x items x weeks."""
        drawn = np.random.default_rng(self.start).integers(0, len(LEADS), (SEEDS, len(self.panel), WEEKS_A_WINDOW))
        return np.array(LEADS, dtype=np.int64)[drawn]


def costs(case: Case, levels: Mapping[str, Floats], begin: Floats) -> dict[str, Floats]:
    """The cost of each item over the window by each policy, and with perfect foresight."""
    lead = case.lead()
    played = play(case.demand, np.stack(list(levels.values())), begin, case.terms, lead)
    spent = case.terms.cost(played).sum(axis=-1)
    known = case.terms.cost(play_orders(case.demand, foresight(case.demand, begin, lead), begin, lead))
    return {**dict(zip(levels, spent, strict=True)), "perfect foresight": known.sum(axis=-1)[0]}


def foresight(demand: Floats, begin: Floats, lead: Wholes) -> Floats:
    """The orders of somebody who knows demand and lead times: each week's want comes by the latest order that is there.

    seeds x items x weeks. What is there at first is sold first; nobody could do better, as holding costs the least.
    """
    weeks = demand.shape[1]
    before = np.cumsum(demand, axis=1) - demand
    want = np.minimum(np.maximum(before + demand - begin[:, None], 0.0), demand)
    arrives = np.arange(weeks) + lead
    orders = np.zeros(lead.shape)
    seeds, items = np.indices(lead.shape[:2])
    for week in range(weeks):
        there = np.where(arrives <= week, arrives, -1)
        best = there.argmax(axis=2)
        reached = np.take_along_axis(there, best[..., None], axis=2)[..., 0] >= 0
        orders[seeds, items, best] += np.where(reached, want[:, week], 0.0)
    return orders


def shares(spent: Mapping[str, Floats], fixed: str) -> dict[str, dict[str, float]]:
    """Of each policy: the share of the gap between the fixed level and perfect foresight that it closes, its cost as a
    multiple of the fixed level's, and the 95 % interval of the share by bootstrap over items."""
    drawn = _draws(len(spent[fixed]))
    told = {}
    for name, cost in spent.items():
        share = _share(spent[fixed], cost, spent["perfect foresight"], drawn)
        low, high = np.quantile(share[1:], [0.025, 0.975])
        told[name] = {
            "share": round(float(share[0]), 4),
            "from": round(float(low), 4),
            "to": round(float(high), 4),
            "cost": round(float(cost.sum() / spent[fixed].sum()), 4),
        }
    return told


def paired(spent: Mapping[str, Floats], ours: str, theirs: str, fixed: str) -> dict[str, float]:
    """By how much more of the gap one policy closes than another, with its interval by paired bootstrap over items."""
    drawn = _draws(len(spent[fixed]))
    bound = spent["perfect foresight"]
    difference = _share(spent[fixed], spent[ours], bound, drawn) - _share(spent[fixed], spent[theirs], bound, drawn)
    low, high = np.quantile(difference[1:], [0.025, 0.975])
    return {"mean": round(float(difference[0]), 4), "from": round(float(low), 4), "to": round(float(high), 4)}


def _draws(items: int) -> NDArray[np.int64]:
    """All items once, then resamples of them."""
    random = np.random.default_rng(0)
    return np.concatenate([np.arange(items)[None], random.integers(0, items, (_DRAWS, items))])


def _share(fixed: Floats, cost: Floats, bound: Floats, drawn: NDArray[np.int64]) -> Floats:
    gap = (fixed - bound)[drawn].sum(axis=1)
    return np.asarray((fixed - cost)[drawn].sum(axis=1) / np.maximum(gap, 1e-9), dtype=np.float64)
