"""What is believed of single factories after their outcomes, and as columns for many of them at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from matching.learning.market import DENIED, Market
from matching.learning.shapes import TERMS, Floats

Estimate = tuple[float, float]
"""Mean and variance."""

WILLING, RELIABLE, ABILITY = range(3)
_ROUNDED: Final = 5


@dataclass(frozen=True, slots=True)
class Belief:
    """One factory. leads: answered ones. ability: by group of goods. price, size, lead: how the number was known then
    (see `Market`), and the shift of its declared logarithm. able: by (kind, term id) how far outcomes moved the log
    odds that the factory really can."""

    leads: int
    willing: Estimate
    reliable: Estimate
    ability: Mapping[str, Estimate] = field(default_factory=dict)
    price: tuple[int, float, float] = (0, 0.0, 0.0)
    size: tuple[int, float, float] = (0, 0.0, 0.0)
    lead: tuple[int, float, float] = (0, 0.0, 0.0)
    able: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def to_plain(self) -> list[Any]:
        return [
            self.leads,
            _rounded(self.willing),
            _rounded(self.reliable),
            {group: _rounded(found) for group, found in sorted(self.ability.items())},
            *([way, *_rounded((mean, variance))] for way, mean, variance in (self.price, self.size, self.lead)),
            [[kind, term, round(moved, _ROUNDED)] for (kind, term), moved in sorted(self.able.items())],
        ]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> "Belief":
        """Raises ValueError or TypeError for anything that `to_plain` did not write."""
        leads, willing, reliable, ability, price, size, lead, able = plain
        return cls(
            int(leads),
            _estimate(willing),
            _estimate(reliable),
            {str(group): _estimate(found) for group, found in ability.items()},
            _shift(price),
            _shift(size),
            _shift(lead),
            {(str(kind), str(term)): float(moved) for kind, term, moved in able},
        )


class BeliefColumns:
    """What is believed of some factories, one row each; the market's own spread where nothing was learned."""

    def __init__(
        self, beliefs: Sequence[Belief | None], market: Market, ways: Mapping[str, np.ndarray[Any, Any]]
    ) -> None:
        """ways: for price, size and lead how each factory's number is known now."""
        self._known = [(row, belief) for row, belief in enumerate(beliefs) if belief is not None]
        self._market = market
        self._rows = len(beliefs)
        self.leads = np.zeros(self._rows, dtype=np.int64)
        self.willing = np.zeros(self._rows), np.full(self._rows, market.willing**2)
        self.reliable = np.zeros(self._rows), np.full(self._rows, market.reliable**2)
        self.price, self.size, self.lead = (self._shifts(name, ways[name]) for name in ("price", "size", "lead"))
        for row, belief in self._known:
            self.leads[row] = belief.leads
            self.willing[0][row], self.willing[1][row] = belief.willing
            self.reliable[0][row], self.reliable[1][row] = belief.reliable
        self._able: dict[tuple[str, str], Floats | None] = {}
        self._ability: dict[str, tuple[Floats, Floats]] = {}

    def effects(self, group: str) -> tuple[Floats, Floats]:
        """Means and variances of WILLING, RELIABLE and ABILITY in a group of goods: rows x 3 each."""
        if group not in self._ability:
            means, variances = np.zeros(self._rows), np.full(self._rows, self._market.ability**2)
            for row, belief in self._known:
                if group in belief.ability:
                    means[row], variances[row] = belief.ability[group]
            self._ability[group] = (
                np.column_stack([self.willing[0], self.reliable[0], means]),
                np.column_stack([self.willing[1], self.reliable[1], variances]),
            )
        return self._ability[group]

    def able(self, kind: str, term: str, standing: np.ndarray[Any, Any]) -> Floats:
        """The chance that each factory really can do a term. standing: how it stands to the term by its own words."""
        rates: Floats = self._market.rates[TERMS.index(kind)][standing]
        moved = self._moved(kind, term)
        if moved is not None:
            places = np.flatnonzero(moved)
            rates[places] = _able(rates[places], standing[places], moved[places])
        return rates

    def misses(
        self,
        kind: str,
        term: str,
        weight: float,
        standing: np.ndarray[Any, Any],
        chosen: np.ndarray[Any, Any] | slice = slice(None),
    ) -> tuple[Floats, Floats]:
        """How much of a wish of this weight each factory, or each at the chosen places, misses: means and variances.

        standing: how each of these stands to the term by its own words.
        """
        rates, moved = self._market.rates[TERMS.index(kind)], self._moved(kind, term)
        means, variances = (of_standing[standing] for of_standing in _missed(rates, weight))
        if moved is not None:
            moved = moved[chosen]
            places = np.flatnonzero(moved)
            able = _able(rates[standing[places]], standing[places], moved[places])
            means[places], variances[places] = _missed(able, weight)
        return means, variances

    def _moved(self, kind: str, term: str) -> Floats | None:
        """How far outcomes moved the log odds that each factory can do a term; None where they moved none."""
        key = (kind, term)
        if key not in self._able:
            moved = np.zeros(self._rows)
            for row, belief in self._known:
                moved[row] = belief.able.get(key, 0.0)
            self._able[key] = moved if moved.any() else None
        return self._able[key]

    def _shifts(self, name: str, ways: np.ndarray[Any, Any]) -> tuple[Floats, Floats]:
        """Means and variances of a shift; what was learned of a number counts while it is known the same way."""
        prior: Floats = getattr(self._market, name)
        means, variances = prior[ways, 0].copy(), prior[ways, 1] ** 2
        for row, belief in self._known:
            way, mean, variance = getattr(belief, name)
            if way == ways[row]:
                means[row], variances[row] = mean, variance
        return means, variances


def _able(rates: Floats, standing: np.ndarray[Any, Any], moved: Floats) -> Floats:
    """Chances whose log odds outcomes moved; a firm no stays one."""
    odds = rates / (1.0 - rates) * np.exp(np.where(standing == DENIED, 0.0, moved))
    return np.asarray(odds / (1.0 + odds))


def _missed(able: Floats, weight: float) -> tuple[Floats, Floats]:
    missing = 1.0 - able
    return weight * missing, weight**2 * able * missing


def _rounded(numbers: Sequence[float]) -> list[float]:
    return [round(number, _ROUNDED) for number in numbers]


def _estimate(pair: Sequence[Any]) -> Estimate:
    mean, variance = pair
    return _finite(mean), _finite(variance)


def _shift(triple: Sequence[Any]) -> tuple[int, float, float]:
    way, mean, variance = triple
    return int(way), _finite(mean), _finite(variance)


def _finite(value: Any) -> float:
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"a belief holds {number}; accepted are finite numbers")
    return number
