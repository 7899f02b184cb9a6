"""The seam of the engine: what a model must offer to be chosen. A suite in tests/contracts holds every model to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from forecasting.panel import Floats, Panel, Wholes


@dataclass(frozen=True, slots=True)
class Tier:
    """What asking a model costs.

    tried_on: items that it is backtested on. origins: at how many days. most: items that it may forecast, those of the
    greatest demand. None: all of them.
    """

    tried_on: int | None = None
    origins: int | None = None
    most: int | None = None


FREE: Final = Tier()
"""For models that cost a microsecond an item."""


class Candidate(Protocol):
    """A model that foretells the mean demand of items."""

    @property
    def name(self) -> str:
        """What the column `model` calls it."""

    @property
    def tier(self) -> "Tier":
        """How freely it may be asked."""

    def paths(self, panel: Panel, horizon: int) -> Floats:
        """Expected pieces of every item (rows) in each of the next `horizon` periods (columns), from 0 up, finite.

        Reads nothing but the panel, and answers the same whenever it is asked the same. An item that the model cannot
        say anything of (too young, a fit that failed) is a row of NaN; it never costs the others.
        """


@runtime_checkable
class Teller(Candidate, Protocol):
    """A model that tells chances and not the mean alone, so that its own quantiles are calibrated and blended."""

    def tell(self, panel: Panel, horizon: int, targets: Sequence[Wholes], levels: Floats) -> tuple[Floats, Floats]:
        """The paths, and quantiles of the total of each target's periods: targets x items x levels, from 0 up.

        targets: steps of the horizon, from 0. levels: growing, between 0 and 1. An item of which nothing can be said
        is NaN in both.
        """
