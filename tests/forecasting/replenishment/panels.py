"""Panels of made-up weekly demand for the tests of this folder."""

from datetime import date

import numpy as np

from forecasting.panel import Floats, Panel
from forecasting.periods import Frequency, number_of


def weekly(demand: Floats) -> Panel:
    """A panel of items that all sold from the first week on."""
    return Panel(
        Frequency.WEEK,
        number_of(Frequency.WEEK, date(2025, 9, 1)),
        tuple(f"{row:03d}" for row in range(len(demand))),
        demand,
        np.ones(demand.shape, dtype=np.bool_),
        np.zeros(len(demand), dtype=np.int64),
        np.full(demand.shape, np.nan),
        np.zeros(demand.shape),
    )
