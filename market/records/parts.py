"""One part of a record: of n things, how many went well. No n is no share: nothing is neither perfect nor bad."""

from dataclasses import dataclass
from typing import Final

from market.kit.intervals import wilson


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
        return wilson(self.good, self.n)


NOTHING: Final = Part(0, 0)
