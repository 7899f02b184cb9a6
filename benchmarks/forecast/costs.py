"""What a thousand items cost at once: a method may try something costly on a few and be cheap for the rest."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from benchmarks.forecast.evaluation import plain_set
from benchmarks.forecast.generated import promotions
from benchmarks.forecast.meter import Meter
from benchmarks.forecast.methods import ENGINE
from benchmarks.forecast.peers import Quantiles
from forecasting.panel import Panel

ITEMS: Final = 1_000
_COMPARED: Final = (ENGINE, "moving average", "ADIDA", "LightGBM")


def thousand_series(methods: Mapping[str, Quantiles], seeds: range) -> dict[str, Any]:
    """CPU-seconds of forecasting a thousand items with two years of weeks and promotions, from one origin."""
    panel = _together([promotions(seed).panel for seed in seeds]).only(np.arange(ITEMS))
    part = plain_set(panel, [panel.demand.shape[1] - 4])
    meter = Meter()
    for name in _COMPARED:
        if name in methods:
            meter.told(name, methods[name], part, part.origins[0], np.arange(ITEMS))
    return {"items": ITEMS, "cpu": meter.per_thousand()}


def _together(panels: list[Panel]) -> Panel:
    """One panel of the items of several that span the same weeks."""
    return replace(
        panels[0],
        skus=tuple(f"{place}-{sku}" for place, panel in enumerate(panels) for sku in panel.skus),
        demand=np.concatenate([panel.demand for panel in panels]),
        known=np.concatenate([panel.known for panel in panels]),
        begun=np.concatenate([panel.begun for panel in panels]),
        price=np.concatenate([panel.price for panel in panels]),
        promoted=np.concatenate([panel.promoted for panel in panels]),
    )
