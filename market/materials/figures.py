"""Figures that tell a group and no member: two digits, bands of counts, whole parts. Plain arithmetic, no database."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Final
from uuid import UUID

import numpy as np

from forecasting.replenishment.materials import LEAST_SELLERS, Need

LARGEST_PART: Final = 0.8
"""One shop that makes up more of a total than this share is told by it, however many others there are."""
SELLER_BANDS: Final = (LEAST_SELLERS, 6, 11, 21, 51)
"""Shops are counted as "at least so many", so that nobody sees one join."""
THOUSANDTH: Final = Decimal("0.001")
_CHANCES: Final = (np.arange(200) + 0.5) / 200


def two_digits(amount: float | Decimal) -> Decimal:
    """The amount to two significant digits; 0 below a thousandth."""
    exact = Decimal(str(amount))
    if exact < THOUSANDTH:
        return Decimal(0)
    step = Decimal(1).scaleb(max(exact.adjusted() - 1, -3))
    return (exact / step).quantize(Decimal(1)) * step


def seller_band(count: int) -> int:
    """The largest bound of SELLER_BANDS that the count reaches; 0 below the first."""
    return max((bound for bound in SELLER_BANDS if count >= bound), default=0)


def expected_pieces(need: Need) -> float:
    """The mean of a need's distribution."""
    return float(np.interp(_CHANCES, need.chances, need.pieces).mean())


def hides_its_sellers(expected: Mapping[UUID, float]) -> bool:
    """Whether a total of these shops' expected pieces may be told: at least three need some, none most of it."""
    real = [amount for amount in expected.values() if amount > 0]
    return len(real) >= LEAST_SELLERS and max(real) <= LARGEST_PART * sum(real)


def whole_risk(parts: Mapping[UUID, float], percents: Mapping[UUID, int]) -> int:
    """What shops bear together of what is not used: their percentages weighted by their parts, in whole percent,
    rounded down so that nobody bears more than it agreed to."""
    whole = sum(parts.values())
    return int(sum(parts[shop] * percents[shop] for shop in parts) / whole + 1e-9) if whole > 0 else 0


def split(quantity: Decimal, weights: Sequence[float]) -> list[Decimal]:
    """The quantity in parts by largest remainder, in thousandths, so that they sum to it exactly.

    Weights are zero or more, not all zero. Ties go to the first.
    """
    whole, units = sum(weights), int(quantity / THOUSANDTH)
    exact = [units * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: units - sum(parts)]:
        parts[place] += 1
    return [part * THOUSANDTH for part in parts]


def at_most_borne(parts: Sequence[Decimal], percents: Sequence[int], risk_percent: int) -> list[Decimal]:
    """What each shop bears when nothing is used: its percent of its part, scaled so that all together bear
    `risk_percent` of the whole; rounded down to thousandths, never above its percent."""
    agreed = [part * percent / 100 for part, percent in zip(parts, percents, strict=True)]
    whole = sum(agreed, Decimal(0))
    scale = min(Decimal(1), sum(parts, Decimal(0)) * risk_percent / 100 / whole) if whole else Decimal(0)
    return [(amount * scale).quantize(THOUSANDTH, ROUND_FLOOR) for amount in agreed]
