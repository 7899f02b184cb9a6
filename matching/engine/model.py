"""The weights of a ranking as one frozen value: the same model and features give the same score, bit for bit."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.records import Signal

Floats = NDArray[np.float64]

SIGNALS: Final = (
    "category",
    "process",
    "material",
    "certification",
    "attribute",
    "quantity",
    "capacity",
    "due",
    "price",
    "region",
    "text",
    "record",
)
"""The columns of a feature matrix, each 0 (worst) to 1 (best), NaN where the factory says nothing."""

BARRIERS: Final = "barriers"
"""The last signal of every lead: how many wishes are missed that a factory cannot bargain away."""

_STEPS: Final = 2.0**20


@dataclass(frozen=True, slots=True)
class RankerModel:
    """What turns features into a score and a score into a probability.

    weights, unknown: one number a signal, in the order of SIGNALS; `unknown` stands in for a value that the factory
    does not tell. barrier: what each missed wish costs. intercept, slope: logit of the deal probability on the score.
    records: (factory id, closed leads, deals) of every factory with a record; record_strength and base_rate shrink it.
    evidence: closed outcomes behind the probability. calibrated: whether a held-out check was passed.
    learned_until: the day before which its outcomes were offered; None when it knows none.
    The intercept and slope of `PRIOR` are chosen, not learned: score .5 is a deal in 5 of 100 offers, .9 in 30.
    """

    id: str
    version: int
    weights: tuple[float, ...]
    unknown: tuple[float, ...]
    barrier: float
    intercept: float
    slope: float
    calibrated: bool = False
    evidence: int = 0
    base_rate: float = 0.1
    record_strength: float = 8.0
    records: tuple[tuple[str, int, int], ...] = ()
    learned_until: date | None = None

    def __post_init__(self) -> None:
        for name, row in (("weights", self.weights), ("unknown", self.unknown)):
            if len(row) != len(SIGNALS) or not all(math.isfinite(value) and value >= 0 for value in row):
                raise ValueError(f"{name} needs {len(SIGNALS)} finite numbers of zero or more, one for each signal")

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, so that a stored ranking can name exactly what made it."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def name(self) -> str:
        """The id that leads carry: id, version and the first twelve digits of the digest."""
        return f"{self.id}.{self.version}@{self.digest[:12]}"

    def to_json(self) -> str:
        until = None if self.learned_until is None else self.learned_until.isoformat()
        fields = {**asdict(self), "learned_until": until}
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "RankerModel":
        """Reads what `to_json` wrote; raises ValueError or TypeError for anything else."""
        fields: dict[str, Any] = json.loads(text)
        fields["weights"] = tuple(fields["weights"])
        fields["unknown"] = tuple(fields["unknown"])
        fields["records"] = tuple((str(name), int(closed), int(deals)) for name, closed, deals in fields["records"])
        until = fields.get("learned_until")
        fields["learned_until"] = None if until is None else date.fromisoformat(until)
        return cls(**fields)

    def record_values(self, factory_ids: Sequence[str]) -> Floats:
        """Each factory's share of deals, shrunk to the base rate and put on 0 to 1 with the base rate at .5.

        A factory without closed leads is at exactly .5: a newcomer is neither helped nor hurt.
        """
        known = {factory_id: (closed, deals) for factory_id, closed, deals in self.records}
        pairs = np.array([known.get(factory_id, (0, 0)) for factory_id in factory_ids], dtype=np.float64)
        closed, deals = pairs.reshape(-1, 2).T
        return record_value(closed, deals, self.base_rate, self.record_strength)

    def contributions(self, features: Floats, asked: NDArray[np.bool_], barriers: Floats) -> Floats:
        """What each signal adds to the score: rows x (signals + 1 for the barriers).

        features: rows x signals. asked: signals that this order has a wish for; only these share the weight, so that
        scores of short and of long requests stand on one scale. Every number is a whole multiple of 2**-20, hence
        sums are exact in any order of addition and a score is the sum of its parts to the last bit.
        """
        weights = np.where(asked, np.asarray(self.weights), 0.0)
        total = weights.sum()
        shares = weights / total if total > 0 else weights
        filled = np.where(np.isnan(features), np.asarray(self.unknown), features)
        parts = np.column_stack([filled * shares, -self.barrier * barriers])
        return np.rint(parts * _STEPS) / _STEPS + 0.0

    def probabilities(self, scores: Floats) -> Floats:
        """P(accepted and won | offered) of each score."""
        return sigmoid(self.intercept + self.slope * scores)


def rescore(model: RankerModel, signals: Sequence[Signal]) -> float:
    """The score that stored signals give under a model: bit for bit the stored score when it is the same model."""
    values = {signal.name: signal.value for signal in signals}
    asked = np.array([name in values for name in SIGNALS])
    features = np.array([[values.get(name, 0.0) for name in SIGNALS]])
    return float(model.contributions(features, asked, np.array([values.get(BARRIERS, 0.0)])).sum())


def record_value(closed: Floats, deals: Floats, base_rate: float, strength: float) -> Floats:
    """(deals + strength x base rate) / (closed + strength), over twice the base rate, at most 1."""
    shrunk = (deals + strength * base_rate) / (closed + strength)
    return np.minimum(shrunk / (2.0 * base_rate), 1.0)


def sigmoid(logits: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -40.0, 40.0)))


def _in_order(values: Mapping[str, float]) -> tuple[float, ...]:
    return tuple(values[signal] for signal in SIGNALS)


PRIOR: Final = RankerModel(
    id="prior",
    version=1,
    weights=_in_order(
        {
            "category": 0.24,
            "process": 0.16,
            "material": 0.10,
            "certification": 0.06,
            "attribute": 0.05,
            "quantity": 0.09,
            "capacity": 0.04,
            "due": 0.07,
            "price": 0.07,
            "region": 0.02,
            "text": 0.18,
            "record": 0.08,
        }
    ),
    unknown=_in_order(
        {
            "category": 0.35,
            "process": 0.40,
            "material": 0.45,
            "certification": 0.40,
            "attribute": 0.50,
            "quantity": 0.60,
            "capacity": 0.60,
            "due": 0.60,
            "price": 0.60,
            "region": 0.50,
            "text": 0.0,
            "record": 0.50,
        }
    ),
    barrier=0.15,
    intercept=-5.56,
    slope=5.24,
)
"""What stands before any outcome is known. Weights are the trade's order of importance and sum to somewhat over 1."""
