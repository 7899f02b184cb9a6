"""Real weekly sales: the UCI Online Retail ledger (Chen, Sain, Guo 2012), a seller of giftware to small shops."""

import csv
import gzip
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.replenishment.generated import WEEKS_A_WINDOW
from forecasting.panel import Panel, Sale, make_panel
from forecasting.periods import Frequency

FILE: Final = "online_retail.csv.gz"
ITEMS: Final = 150
_LAST_WHOLE_WEEK: Final = date(2011, 12, 4)
_PRODUCT: Final = re.compile(r"\d{5}[A-Z]{0,2}")


def online_retail(folder: Path, tuning: bool) -> tuple[Panel, tuple[int, ...]]:
    """Every second of the 300 products that sold in most weeks before the first window; the others are for tuning.

    Windows: the last two quarters. Returns are netted inside their week. Raises FileNotFoundError without the file.
    """
    panel = make_panel(list(_sales(folder / FILE)), Frequency.WEEK, _LAST_WHOLE_WEEK)
    width = panel.demand.shape[1]
    windows = (width - 2 * WEEKS_A_WINDOW, width - WEEKS_A_WINDOW)
    covered = (panel.demand[:, : windows[0]] > 0).mean(axis=1)
    ranked = np.argsort(-covered, kind="stable")[: 2 * ITEMS]
    return panel.only(np.sort(ranked[int(tuning) :: 2])), windows


def _sales(path: Path) -> Iterator[Sale]:
    """Lines of products with a price: postage, fees, vouchers, samples and corrections of stock are no demand."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            code, price = line["stock_code"].upper(), float(line["unit_price"])
            if price > 0 and _PRODUCT.fullmatch(code):
                quantity = int(line["quantity"])
                day = date.fromisoformat(line["invoice_date"][:10])
                yield Sale(code, day, quantity, price if quantity > 0 else None)
