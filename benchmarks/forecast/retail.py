"""Real weekly sales: the UCI Online Retail ledger (Chen, Sain, Guo 2012), a seller of giftware to small shops."""

import csv
import gzip
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecast.evaluation import EvaluationSet, plain_set
from forecasting.panel import Panel, Sale, make_panel
from forecasting.periods import Frequency

FILE: Final = "online_retail.csv.gz"
REPORTED_BACK: Final = (12, 8, 4)
"""Weeks before the end at which reported forecasts are made."""
TUNING_BACK: Final = (24, 20, 16)
ITEMS: Final = 150

_LAST_WHOLE_WEEK: Final = date(2011, 12, 4)
_PRODUCT: Final = re.compile(r"\d{5}[A-Z]{0,2}")
_SPARSE: Final = (0.2, 0.6)
"""Shares of weeks with a sale between which an item is called sparse."""


def best_covered(folder: Path, back: tuple[int, ...]) -> EvaluationSet:
    """The items with the most weeks of sales before the first origin of all, so that nothing later chose them."""
    panel = weekly_sales(folder)
    ranked = np.argsort(-_coverage(panel), kind="stable")
    return _set_of(panel, np.sort(ranked[:ITEMS]), back)


def sparse(folder: Path, back: tuple[int, ...]) -> EvaluationSet:
    """Items that sold in a fifth to three fifths of the weeks before the first origin, evenly by their coverage."""
    panel = weekly_sales(folder)
    covered = _coverage(panel)
    ranked = np.argsort(covered, kind="stable")
    low, high = np.searchsorted(covered[ranked], _SPARSE)
    places = np.linspace(low, high - 1, ITEMS).round().astype(np.int64)
    return _set_of(panel, np.sort(ranked[places]), back)


@cache
def weekly_sales(folder: Path) -> Panel:
    """All products over the 53 weeks up to Sunday 2011-12-04; returns are netted inside their week."""
    return make_panel(list(_sales(folder / FILE)), Frequency.WEEK, _LAST_WHOLE_WEEK)


def _sales(path: Path) -> Iterator[Sale]:
    """Lines of products with a price: postage, fees, vouchers, samples and corrections of stock are no demand."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            code, price = line["stock_code"].upper(), float(line["unit_price"])
            if price > 0 and _PRODUCT.fullmatch(code):
                quantity = int(line["quantity"])
                day = date.fromisoformat(line["invoice_date"][:10])
                yield Sale(code, day, quantity, price if quantity > 0 else None)


def _coverage(panel: Panel) -> NDArray[np.float64]:
    """The share of weeks with a sale before the earliest origin that anything is forecast from."""
    before = panel.demand.shape[1] - max(TUNING_BACK)
    return np.asarray((panel.demand[:, :before] > 0).mean(axis=1), dtype=np.float64)


def _set_of(panel: Panel, rows: NDArray[np.int64], back: tuple[int, ...]) -> EvaluationSet:
    width = panel.demand.shape[1]
    return plain_set(panel.only(rows), [width - weeks for weeks in back])
