"""Real weekly sales: the UCI Online Retail ledger (Chen, Sain, Guo 2012), a seller of giftware to small shops."""

from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.forecast.retail import weekly_sales
from benchmarks.replenishment.generated import WEEKS_A_WINDOW
from forecasting.panel import Panel

ITEMS: Final = 150


def online_retail(folder: Path, tuning: bool) -> tuple[Panel, tuple[int, ...]]:
    """Every second of the 300 products that sold in most weeks before the first window; the others are for tuning.

    Windows: the last two quarters. Returns are netted inside their week. Raises FileNotFoundError without the file.
    """
    panel = weekly_sales(folder)
    width = panel.demand.shape[1]
    windows = (width - 2 * WEEKS_A_WINDOW, width - WEEKS_A_WINDOW)
    covered = (panel.demand[:, : windows[0]] > 0).mean(axis=1)
    ranked = np.argsort(-covered, kind="stable")[: 2 * ITEMS]
    return panel.only(np.sort(ranked[int(tuning) :: 2])), windows
