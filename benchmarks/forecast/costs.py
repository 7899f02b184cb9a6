"""What a thousand items cost at once: a method may try something costly on a few and be cheap for the rest."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from benchmarks.forecast.evaluation import plain_set
from benchmarks.forecast.generated import ITEMS as ITEMS_OF_A_MARKET
from benchmarks.forecast.generated import promotions
from benchmarks.forecast.meter import Meter
from benchmarks.forecast.methods import ENGINE
from benchmarks.forecast.peers import Quantiles
from forecasting.batches import ITEMS_OF_A_BATCH
from forecasting.panel import Panel

ITEMS: Final = 1_000
_COMPARED: Final = (ENGINE, "moving average", "ADIDA", "LightGBM")


def costs(methods: Mapping[str, Quantiles], first_seed: int) -> dict[str, Any]:
    """CPU-seconds of forecasting a thousand items with two years of weeks and promotions, from one origin.

    The engine also forecasts a full batch, of which a million items hold so many.
    """
    thousand = _spent({name: methods[name] for name in _COMPARED if name in methods}, first_seed, ITEMS)
    batch = _spent({ENGINE: methods[ENGINE]}, first_seed, ITEMS_OF_A_BATCH)[ENGINE]
    full = {"items": ITEMS_OF_A_BATCH, "cpu": batch, "cpu hours for a million": round(batch * 1_000 / 3_600, 2)}
    return {"items": ITEMS, "cpu": thousand, "weft, a full batch": full}


def _spent(methods: Mapping[str, Quantiles], first_seed: int, items: int) -> dict[str, float]:
    """CPU-seconds per thousand items."""
    markets = -(-items // ITEMS_OF_A_MARKET)
    panel = _together([promotions(first_seed + place).panel for place in range(markets)]).only(np.arange(items))
    part = plain_set(panel, [panel.demand.shape[1] - 4])
    meter = Meter()
    for name, method in methods.items():
        meter.told(name, method, part, part.origins[0], np.arange(items))
    return meter.per_thousand()


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
