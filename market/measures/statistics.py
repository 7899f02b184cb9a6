"""Shares with their intervals, differences, and what log-spaced bins and histograms say. Pure; knows no database."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from market.kit.intervals import Z, wilson


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many. value, low and high (Wilson's 95 % interval) are None of nothing."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def low(self) -> float | None:
        return self._ends[0]

    @property
    def high(self) -> float | None:
        return self._ends[1]

    @property
    def _ends(self) -> tuple[float | None, float | None]:
        return wilson(self.hits, self.of) if self.of else (None, None)

    def as_row(self) -> dict[str, float | int | None]:
        return {"n": self.of, "hits": self.hits, "share": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Change:
    """From before to now, with a 95 % interval; None where one side is of nothing. clear: the interval leaves out
    that nothing changed."""

    value: float | None
    low: float | None
    high: float | None
    clear: bool


UNKNOWN: Final = Change(None, None, None, clear=False)


def share_change(now: Share, before: Share) -> Change:
    """The difference of two shares, by Newcombe's interval of two of Wilson's."""
    if now.value is None or before.value is None:
        return UNKNOWN
    assert now.low is not None and now.high is not None and before.low is not None and before.high is not None
    value = now.value - before.value
    low = value - math.hypot(now.value - now.low, before.high - before.value)
    high = value + math.hypot(now.high - now.value, before.value - before.low)
    return Change(value, low, high, clear=low > 0 or high < 0)


def count_change(now: int, before: int) -> Change:
    """The growth of a count (.1 is ten per cent more). Of two counts that come at the same rate one is a fair coin's
    share of both; Wilson's interval of that share gives the interval of the growth."""
    if not now or not before:
        return UNKNOWN
    share = Share(now, now + before)
    assert share.low is not None and share.high is not None
    low, high = share.low / (1 - share.low) - 1, share.high / (1 - share.high) - 1
    return Change(now / before - 1, low, high, clear=low > 0 or high < 0)


@dataclass(frozen=True, slots=True)
class Product:
    """A count times shares, with a 95 % interval; None where a share is of nothing, or where none of its cases hit."""

    value: float | None
    low: float | None
    high: float | None


def product(count: int, shares: Sequence[Share]) -> Product:
    """On the scale of logarithms, where the variances of independent shares add up."""
    if any(share.value is None for share in shares):
        return Product(None, None, None)
    value = count * math.prod(share.value or 0.0 for share in shares)
    if not value:
        return Product(value, None, None)
    reach = Z * math.sqrt(sum((1 - share.hits / share.of) / share.hits for share in shares))
    return Product(value, value * math.exp(-reach), value * math.exp(reach))


def binned_quantile(counts: Sequence[int], edges: Sequence[float], at: float) -> float | None:
    """The quantile of what was counted in bins, between whose edges logarithms are taken to be even; None of nothing.

    counts: one for each bin below an edge, and one for what is above the last. In that last bin its lower edge is
    told, which is then "at least".
    """
    total = sum(counts)
    if not total:
        return None
    below, wanted = 0, at * total
    for place, count in enumerate(counts):
        if count and below + count >= wanted:
            if place == len(edges):
                return edges[-1]
            lower = edges[place - 1] if place else edges[0] / 2
            return float(lower * (edges[place] / lower) ** ((wanted - below) / count))
        below += count
    return edges[-1]


def gini(histogram: Mapping[int, int]) -> float | None:
    """How unevenly something is spread: 0 when everybody has as much, towards 1 when one has all. histogram: how much
    -> how many have so much. None where nobody has anything."""
    people = sum(histogram.values())
    total = sum(much * many for much, many in histogram.items())
    if not total:
        return None
    poorer, area = 0, 0.0
    for much, many in sorted(histogram.items()):
        area += much * many * (2 * poorer + many)
        poorer += many
    return area / (people * total) - 1


def always_valid_reach(variance: float, n: int, alpha: float) -> float:
    """How far a mean of n cases may lie from what was said without that meaning anything, however often one looks.

    variance: the sum of the variances of the cases. A normal mixture (Robbins 1970; Howard and others 2021), tightest
    where that sum is about 25; it holds at all times together with a chance of 1 - alpha.
    """
    tightest = 25.0
    if not n:
        return math.inf
    return math.sqrt((variance + tightest) * math.log((variance + tightest) / (tightest * alpha * alpha))) / n
