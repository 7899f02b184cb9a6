"""What a file of sales or stock holds, told before it is taken in: days, gaps, promotions, doubtful codes. Pure."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from market.replenishment.import_columns import FileKind
from market.replenishment.import_reading import LeftOut
from market.replenishment.import_totals import Daily, Floats, Totals, Wholes

SHORTEST_GAP = 3
MOST_GAPS, MOST_STRETCHES, MOST_SKUS = 24, 6, 20
LOST, ZERO = "missing", "zero"
CHOICES = ("closed", LOST, ZERO)
"""What a stretch without rows may mean: the shop was closed, rows are missing, or really nothing was sold."""

_WEEK = 7
_TOO_FEW = 14
"""Days with a row below which a file does not say how often it usually has one."""
_HARDLY = 0.01
"""Stretches like it that chance alone would bring about in the whole file."""
_LONG_GAP, _TIMES_USUAL = 14, 4
_LINES_A_DAY = 1.5
_OFTENER = 10
_ALIKE = str.maketrans("oilszb", "011528")


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of days without a row of any item. first, last: ordinals. meaning: what is made of it unless the shop
    says otherwise, one of CHOICES."""

    first: int
    last: int
    meaning: str


def find_gaps(days: Wholes) -> list[Gap]:
    """The stretches of a file that ask for a word of the shop. days: those with a row, in order.

    A stretch that chance would hardly bring about, given how often the file has a row on each day of the week, is lost
    information rather than no sales. Another one is asked about only if it is far longer than usual, and stands for
    nothing sold.
    """
    missing = np.diff(days) - 1
    wide = np.flatnonzero(missing >= SHORTEST_GAP)
    if not len(wide):
        return []
    long = max(_LONG_GAP, _TIMES_USUAL * int(np.median(missing[missing > 0])))
    found = []
    for place in wide[np.argsort(-missing[wide], kind="stable")]:
        first, last = int(days[place]) + 1, int(days[place + 1]) - 1
        within = np.arange(first, last + 1) % _WEEK
        by_chance = float(np.prod(_chances_of_no_row(days, within)[within])) * len(days)
        by_chance = by_chance if len(days) >= _TOO_FEW else 1.0
        if by_chance < _HARDLY or missing[place] >= long:
            found.append(Gap(first, last, LOST if by_chance < _HARDLY else ZERO))
    return sorted(found[:MOST_GAPS], key=lambda gap: gap.first)


def _chances_of_no_row(days: Wholes, within: Wholes) -> Floats:
    """How often each day of the week passes without a row outside of one stretch, drawn a little to one half.

    Days of the week are ordinals modulo seven; within: those of the stretch.
    """
    whole = np.bincount(np.arange(days[0], days[-1] + 1) % _WEEK, minlength=_WEEK)
    whole = whole - np.bincount(within, minlength=_WEEK)
    told = np.bincount(days % _WEEK, minlength=_WEEK)
    return np.asarray((whole - told + 1) / (whole + 2), dtype=np.float64)


def lost_stretches(gaps: Sequence[Mapping[str, Any]], choices: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """The gaps, as `found` keeps them, of which nothing is known: closed shops and missing rows alike. choices: first
    day -> what the shop said."""
    for gap in gaps:
        if choices.get(gap["first"], gap["meaning"]) != ZERO:
            yield date.fromisoformat(gap["first"]).toordinal(), date.fromisoformat(gap["last"]).toordinal()


def are_months(days: Wholes) -> bool:
    """Whether a file's days are months: two or more of them, and each the first, or each the last of its month."""
    if len(days) < 2:
        return False
    first = all(date.fromordinal(int(day)).day == 1 for day in days)
    return first or all(date.fromordinal(int(day) + 1).day == 1 for day in days)


def find_near_misses(lines: Mapping[str, int], known: frozenset[str]) -> list[dict[str, Any]]:
    """Codes that look like a mistyped one ("KN-2l8" for "KN-218"): sku, like, rows; the commonest first.

    lines: rows by sku of the file. known: the skus of the shop. A code of the shop is never doubted.
    """
    groups: dict[str, list[str]] = {}
    for sku in {**lines, **dict.fromkeys(known)}:
        groups.setdefault(_skeleton(sku), []).append(sku)
    found: list[dict[str, Any]] = []
    for group in groups.values():
        if len(group) < 2:
            continue
        like = max(group, key=lambda sku: (sku in known, lines.get(sku, 0), sku))
        for sku in group:
            rare = like in known or lines[sku] * _OFTENER <= lines[like]
            if sku != like and sku not in known and rare:
                found.append({"sku": sku, "like": like, "rows": lines[sku]})
    return sorted(found, key=lambda entry: (-int(entry["rows"]), entry["sku"]))[:MOST_SKUS]


def findings(
    totals: Totals, daily: Daily, kind: FileKind, counts: LeftOut, known: frozenset[str], numbered: bool
) -> dict[str, Any]:
    """Everything that is told of a file, as plain JSON. known: skus of the shop. numbered: rows name their order."""
    days = np.unique(daily.day)
    names = [item.sku for item in totals.items]
    lines = dict(zip(names, totals.lines().tolist(), strict=True)) if len(daily) else dict.fromkeys(names, 1)
    unknown = [name for name in names if name not in known]
    stocked = [item.stocked for item in totals.items if item.on_hand is not None]
    return {
        "kind": kind.value,
        "seems": _seems(daily, days, int(totals.lines().sum()) if len(daily) else 0, numbered),
        "items": len(names),
        "new_items": len(unknown),
        "unknown": unknown[:MOST_SKUS] if kind is FileKind.STOCK else [],
        "near": find_near_misses(lines, known),
        "first_day": _iso(days[0]) if len(days) else None,
        "last_day": _iso(days[-1]) if len(days) else None,
        "days": len(days),
        "pieces": int(daily.quantity.sum()),
        "promotions": _stretches(np.unique(daily.day[daily.promoted])),
        "gaps": [
            {"first": _iso(gap.first), "last": _iso(gap.last), "days": gap.last - gap.first + 1, "meaning": gap.meaning}
            for gap in ([] if are_months(days) else find_gaps(days))
        ],
        "out_of_stock": int((~daily.in_stock).sum()),
        "stock_items": len(stocked),
        "stocked_on": _iso(max(stocked)) if stocked and max(stocked) > 0 else None,
        "carried": counts.carried,
        "no_sales": counts.no_sales,
        "refunded": counts.refunded,
        "sums": counts.sums,
        "other_currency": totals.other_currency,
    }


def _seems(daily: Daily, days: Wholes, lines: int, numbered: bool) -> str:
    """What the rows are: months, orders, days, or stock."""
    if not len(daily):
        return "stock"
    if are_months(days):
        return "months"
    return "orders" if numbered or lines >= _LINES_A_DAY * len(daily) else "days"


def _stretches(days: Wholes) -> dict[str, Any]:
    """Days that follow each other as stretches: how many there are of both, and the first of them."""
    starts = np.flatnonzero(np.append(True, np.diff(days) > 1)) if len(days) else np.empty(0, np.int64)
    ends = np.append(starts[1:], len(days)) - 1
    told = [[_iso(days[a]), _iso(days[b])] for a, b in zip(starts, ends, strict=True)] if len(days) else []
    return {"days": len(days), "count": len(told), "stretches": told[:MOST_STRETCHES]}


def _skeleton(sku: str) -> str:
    """A code without case, signs and the letters that are taken for digits."""
    narrow = unicodedata.normalize("NFKC", sku).casefold().translate(_ALIKE)
    return "".join(character for character in narrow if character.isalnum())


def _iso(ordinal: int) -> str:
    return date.fromordinal(int(ordinal)).isoformat()
