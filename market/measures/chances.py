"""Are the probabilities true? What calibrated leads said against what they came to, in bins and in slices."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import combinations
from typing import Any, Final

from sqlalchemy.orm import Session

from market.measures.columns import CHANCE_BINS, CHANCE_EDGES, CHANCES, LEAD_KEYS, MILLION, SQUARES
from market.measures.slices import Asked, Span
from market.measures.statistics import Share
from market.measures.sums import Row, sums

COUNTS: Final = (*CHANCES, SQUARES)
YEAR: Final = timedelta(days=365)
PRIOR_LEADS: Final = 50
"""What a bin of similarity is worth before it was seen: as many leads that come at the rate of all."""
LIMIT: Final = 0.03
"""How far says and closes may lie apart before a slice is past its limit."""
LEAST_LEADS: Final = 30
"""Of fewer closed leads no slice is told to be wrong."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Leads whose probability lies from low to high: what they said on average, and how many became deals. place: as in
    the lists behind the numbers."""

    place: int
    low: float
    high: float
    says: float | None
    closes: Share


@dataclass(frozen=True, slots=True)
class Calibration:
    """bins: those that hold leads. brier: mean squared error, with what always telling the base rate of these very
    leads would give, and what the similarity of words alone would give; `similarity_learned` says that its rates come
    from leads before these days, without any from these leads, which flatters it. ece: mean distance of says from
    closes over the bins, weighed by leads. ece_noise: what it would be on average if every probability were true.
    """

    bins: tuple[Bin, ...]
    share: Share
    says: float | None
    brier: float | None
    brier_base: float | None
    brier_similarity: float | None
    similarity_learned: bool
    ece: float | None
    ece_noise: float | None

    @property
    def skill(self) -> float | None:
        """How much of the base rate's error is saved."""
        return None if self.brier is None or not self.brier_base else 1 - self.brier / self.brier_base

    @property
    def state(self) -> "State":
        return state_of(self.says, self.share)

    def as_rows(self) -> list[dict[str, Any]]:
        return [{"from": row.low, "to": row.high, "says": row.says, **row.closes.as_row()} for row in self.bins]


class State(StrEnum):
    """How a group's probabilities stand. UNSURE: of too few leads to tell."""

    PAST = "past"
    WATCH = "watch"
    FINE = "fine"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Told:
    """One slice of the market: what its leads said and came to. keys: what it is narrowed to beside what was asked."""

    keys: tuple[tuple[str, str], ...]
    says: float
    closes: Share

    @property
    def state(self) -> State:
        return state_of(self.says, self.closes)

    @property
    def surely_off(self) -> float:
        """By how much says lies outside the interval of closes; 0 inside it, so that few leads never look bad."""
        assert self.closes.low is not None and self.closes.high is not None
        return max(self.says - self.closes.high, self.closes.low - self.says, 0.0)

    def as_row(self) -> dict[str, Any]:
        named = {key: dict(self.keys).get(key) for key in LEAD_KEYS}
        return {**named, "says": self.says, **self.closes.as_row(), "state": self.state.value}


def state_of(says: float | None, closes: Share) -> State:
    """Past its limit, to be watched, or fine: by where says lies to the 95 % interval of closes."""
    if says is None or closes.of < LEAST_LEADS or closes.low is None or closes.high is None:
        return State.UNSURE
    if says > closes.high + LIMIT or says < closes.low - LIMIT:
        return State.PAST
    return State.WATCH if says > closes.high or says < closes.low else State.FINE


def calibration(session: Session, asked: Asked) -> Calibration:
    """Of a part of the market. The similarity's baseline knows the trade alone, and so is told only of whole trades."""
    row = sums(session, "measure_leads", COUNTS, asked.span, asked.part.chosen)[0]
    bins = _bins(row)
    n, won = sum(found.closes.of for found in bins), sum(found.closes.hits for found in bins)
    share = Share(won, n)
    similarity, learned = None, False
    if n and asked.part.chosen == asked.part.of_trade:
        similarity, learned = _similarity_brier(session, asked)
    said = [(found, found.says or 0.0) for found in bins]
    off = [(abs(says - (found.closes.value or 0.0)), found.closes.of) for found, says in said]
    noise = [(math.sqrt(2 / math.pi * says * (1 - says) / found.closes.of), found.closes.of) for found, says in said]
    return Calibration(
        bins,
        share,
        sum(says * found.closes.of for found, says in said) / n if n else None,
        row[SQUARES] / MILLION / n if n else None,
        won / n * (1 - won / n) if n else None,
        similarity,
        learned,
        _weighed(off),
        _weighed(noise),
    )


def worst_slices(session: Session, asked: Asked, most: int = 6) -> list[Told]:
    """The slices of the market by one key or by two, those first whose says lies farthest outside the interval of
    closes; at most `most`. Slices of too few leads are left out."""
    enough = [told for told in all_slices(session, asked) if told.closes.of >= LEAST_LEADS]
    # Slices of the very same leads say the same: the one by fewer keys stands for all.
    found = {(told.says, told.closes.hits, told.closes.of): told for told in reversed(enough)}.values()
    return sorted(found, key=lambda told: (-told.surely_off, -_shrunken(told), told.keys))[:most]


def all_slices(session: Session, asked: Asked) -> list[Told]:
    """Every slice by one key, and every slice of a trade by a second one, that holds closed calibrated leads."""
    free = [key for key in LEAD_KEYS if key not in asked.part.chosen]
    rows = sums(session, "measure_leads", CHANCES, asked.span, asked.part.chosen, free)
    singles = [(key,) for key in free]
    pairs = [pair for pair in combinations(free, 2) if pair[0] == "vertical"]
    return [told for keys in (*singles, *pairs) for told in _grouped(rows, keys)]


def _grouped(rows: Iterable[Row], keys: tuple[str, ...]) -> list[Told]:
    found: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        total = found.setdefault(tuple(row[key] for key in keys), [0, 0, 0])
        for place, part in enumerate("npy"):
            total[place] += sum(row[f"chance_{part}_{number}"] for number in CHANCE_BINS)
    return [
        Told(tuple(zip(keys, values, strict=True)), p / MILLION / n, Share(y, n))
        for values, (n, p, y) in found.items()
        if n
    ]


def _shrunken(told: Told) -> float:
    """The gap as it looks once as many leads that are true to their probability stand beside those that were seen."""
    assert told.closes.value is not None
    return abs(told.says - told.closes.value) * told.closes.of / (told.closes.of + PRIOR_LEADS)


def _bins(row: Mapping[str, int]) -> tuple[Bin, ...]:
    ends = (0.0, *CHANCE_EDGES, 1.0)
    found = []
    for place in CHANCE_BINS:
        n = row[f"chance_n_{place}"]
        if n:
            says = row[f"chance_p_{place}"] / MILLION / n
            found.append(Bin(place, ends[place], ends[place + 1], says, Share(row[f"chance_y_{place}"], n)))
    return tuple(found)


def _similarity_brier(session: Session, asked: Asked) -> tuple[float | None, bool]:
    """The error of telling, for each lead, at which rate leads of as similar words became deals before these days."""
    keys = {**asked.part.of_trade, "facet": "similarity"}
    earlier = Span(asked.span.first - YEAR, asked.span.first)
    now, before = (
        {row["value"]: _closed(row) for row in sums(session, "measure_facets", CHANCES, span, keys, ("value",))}
        for span in (asked.span, earlier)
    )
    n = sum(cell[0] for cell in now.values())
    if not n:
        return None, False
    past = sum(cell[0] for cell in before.values())
    learned = past >= PRIOR_LEADS
    source = before if learned else now
    seen, won = (sum(cell[place] for cell in source.values()) for place in (0, 1))
    rate = won / seen
    error = 0.0
    for value, (leads, deals) in now.items():
        known, hits = source.get(value, (0, 0))
        q = (hits + PRIOR_LEADS * rate) / (known + PRIOR_LEADS)
        error += leads * q * q - 2 * q * deals + deals
    return error / n, learned


def _closed(row: Row) -> tuple[int, int]:
    n, y = (sum(row[f"chance_{part}_{place}"] for place in CHANCE_BINS) for part in ("n", "y"))
    return n, y


def _weighed(values: list[tuple[float, int]]) -> float | None:
    n = sum(weight for _value, weight in values)
    return sum(value * weight for value, weight in values) / n if n else None
