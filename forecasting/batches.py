"""Forecasts more items than should be held at once, wherever the workers are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.engine import Forecast, forecast
from forecasting.panel import Panel
from matching.ports import Mapper

ITEMS_OF_A_BATCH: Final = 4_000
"""Items that learn from each other; what is tried on a few of them is paid once for all. A fixed number, so that the
answer does not depend on the workers."""


@dataclass(frozen=True, slots=True)
class _Batch:
    panel: Panel
    horizon: int
    quantiles: tuple[float, ...]
    sums: bool


def forecast_in_batches(
    workers: Mapper, panel: Panel, horizon: int, quantiles: Sequence[float], sums: bool
) -> Iterator[list[Forecast]]:
    """The forecasts of all items in their order, a batch at a time.

    Items are dealt to batches in turns, so that each batch holds a sample of all.
    """
    count = -(-len(panel) // ITEMS_OF_A_BATCH)
    batches = (
        _Batch(panel.only(np.arange(first, len(panel), count)), horizon, tuple(quantiles), sums)
        for first in range(count)
    )
    if count == 1:
        yield from workers.map(_forecast, batches)
        return
    dealt = list(workers.map(_forecast, batches))
    for start in range(0, len(panel), ITEMS_OF_A_BATCH):
        rows = range(start, min(start + ITEMS_OF_A_BATCH, len(panel)))
        yield [dealt[row % count][row // count] for row in rows]


def _forecast(batch: _Batch) -> list[Forecast]:
    return forecast(batch.panel, batch.horizon, batch.quantiles, batch.sums)
