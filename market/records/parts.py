"""One part of a record: of n things, how many went well. No n is no share: nothing is neither perfect nor bad."""

import math
from dataclasses import dataclass
from typing import Final

Z: Final = 1.959963984540054
"""For an interval of 95 %."""

PRIOR_WEIGHT: Final = 4
"""How many things of the market's average stand beside a part's own when it is compared with others."""


@dataclass(frozen=True, slots=True)
class Part:
    """`good` of `n`. Raises ValueError for what cannot be counted."""

    good: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.good <= self.n:
            raise ValueError(f"{self.good} of {self.n} cannot be")

    @property
    def share(self) -> float | None:
        """None without anything to count."""
        return self.good / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, of 95 %; everything from 0 to 1 is possible without anything to count."""
        if not self.n:
            return 0.0, 1.0
        share, spread = self.good / self.n, Z * Z / self.n
        middle = (share + spread / 2) / (1 + spread)
        half = Z * math.sqrt(share * (1 - share) / self.n + spread / (4 * self.n)) / (1 + spread)
        return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))

    def shrunk(self, market: float) -> float:
        """The share drawn towards the market's: that alone where nothing was counted, and never quite 0 or 1."""
        return (self.good + PRIOR_WEIGHT * market) / (self.n + PRIOR_WEIGHT)


NOTHING: Final = Part(0, 0)
