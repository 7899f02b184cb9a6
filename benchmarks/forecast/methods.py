"""Everything that is compared, by the name the table calls it."""

from typing import Final

import numpy as np

from benchmarks.forecast.evaluation import HORIZON
from benchmarks.forecast.heavy_peers import lightgbm_direct, prophet_paths, prophet_points
from benchmarks.forecast.peers import POINTS, Conformal, Quantiles
from forecasting.engine import forecast
from forecasting.panel import Floats, Panel

ENGINE: Final = "weft"
AVERAGE: Final = "mean of all"
"""The mean of the quantiles of all peers that forecast every item: no single model, and not easy to beat."""

PEERS: Final[dict[str, Quantiles]] = {
    **{name: Conformal(points) for name, points in POINTS.items()},
    "LightGBM": lightgbm_direct,
}
"""Single models that forecast every item."""

SAMPLED: Final[dict[str, Quantiles]] = {
    "Prophet, conformal": Conformal(prophet_points),
    "Prophet, own paths": prophet_paths,
}
"""Single models that forecast a sample of the items of each set only, for they take many times as long."""


def weft(panel: Panel, quantiles: tuple[float, ...]) -> Floats:
    """The engine as `python -m forecasting forecast --sum` calls it."""
    return np.concatenate([told.quantiles for told in forecast(panel, HORIZON, quantiles, sums=True)])


METHODS: Final[dict[str, Quantiles]] = PEERS | SAMPLED | {ENGINE: weft}
