"""Platt's map from a raw probability to one that holds, with a prior at leaving it as it is.

Probabilities of chosen pairs are too high, because the highest of many guesses are chosen (winner's curse). The map is
fitted on forecasts that the model made before their outcomes, so that it sees the same curse (Platt 1999; the prior
keeps few outcomes from bending it).
"""

from typing import Final

import numpy as np

from matching.learning.shapes import Floats, sigmoid

_SPREADS: Final = np.array([0.3, 0.2])
_IDENTITY: Final = np.array([0.0, 1.0])
_STEPS: Final = 30
_LEAST_SLOPE: Final = 0.05


def logit(probabilities: Floats) -> Floats:
    return np.asarray(np.log(probabilities) - np.log1p(-probabilities))


def mapped(platt: Floats, probabilities: Floats) -> Floats:
    """The calibrated probabilities; orders pairs as the raw ones do."""
    return sigmoid(platt[0] + platt[1] * logit(probabilities))


def fit_platt(probabilities: Floats, deals: Floats) -> Floats:
    """Intercept and slope that were most probable after these forecasts (0 to 1, open) and outcomes (0 or 1)."""
    design = np.column_stack([np.ones(len(deals)), logit(probabilities)])
    found, precision = _IDENTITY, _SPREADS**-2.0
    for _ in range(_STEPS):
        forecast = sigmoid(design @ found)
        gradient = design.T @ (deals - forecast) - precision * (found - _IDENTITY)
        curvature = (design * (forecast * (1.0 - forecast))[:, None]).T @ design + np.diag(precision)
        found = found + np.clip(np.linalg.solve(curvature, gradient), -0.5, 0.5)
    return np.array([found[0], max(found[1], _LEAST_SLOPE)])


def cross_mapped(probabilities: Floats, deals: Floats) -> Floats:
    """Each half of the forecasts through the map of the other half, so that none is checked on its own outcome."""
    halves = np.arange(len(deals)) % 2
    found = np.empty(len(deals))
    for half in (0, 1):
        found[halves == half] = mapped(
            fit_platt(probabilities[halves != half], deals[halves != half]), probabilities[halves == half]
        )
    return found
