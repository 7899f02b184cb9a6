"""The ranker as one frozen value: the same model and pair give the same score, bit for bit."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.learning import shapes
from matching.learning.beliefs import Belief
from matching.learning.calibration import logit
from matching.learning.market import GUESS, Market
from matching.learning.needs import UsualNeeds
from matching.learning.outlook import MOST_OFF, Fits, Outlook, Weights, outlook, quick_deals, weights_of
from matching.learning.prices import UsualPrices
from matching.learning.shapes import sigmoid

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
"""What a score is told in. Each stands for some misfit columns of `matching.learning.shapes`, the record for none."""

RECORD: Final = SIGNALS.index("record")
FORMAT: Final = 4

_STEPS: Final = 2.0**20
_LOGITS_A_POINT: Final = 20.0
_FURTHEST: Final = 9.9
_OF_SIGNAL: Final = np.array(
    [[float(column.signal == signal) for signal in SIGNALS] for column in shapes.COLUMNS],
)
_EIGHT_OF_TEN: Final = 1.2815515655
_WORST: Final = 1.0
"""How far into a column, at most, a misfit is taken to go when signals are told by weight."""


@dataclass(frozen=True, slots=True)
class Told:
    """Pairs with what is told of them: N x SIGNALS contributions that sum to the scores, and N x SIGNALS values.

    A value is the factor that this misfit leaves of the odds (1: none is lost); a newcomer's record is .5.
    low, high: the probabilities between which the true one lies in 8 of 10 cases.
    """

    contributions: Floats
    values: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class RankerModel:
    """What turns pairs of an order and a factory into probabilities, and probabilities into scores.

    market: what holds for all factories. beliefs: what outcomes taught of single ones. prices, needs: what
    goods usually cost, and what their orders usually need.
    evidence: closed outcomes behind it. calibrated: whether a held-out check was passed. learned_until: the day before
    which its outcomes were offered; None when it knows none. A score is .5 + logit / 20, hence .5 for even odds.
    """

    id: str
    version: int = FORMAT
    market: Market = GUESS
    prices: UsualPrices = field(default_factory=UsualPrices)
    needs: UsualNeeds = field(default_factory=UsualNeeds)
    beliefs: Mapping[str, Belief] = field(default_factory=dict)
    calibrated: bool = False
    evidence: int = 0
    learned_until: date | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RankerModel) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, so that a stored ranking can name exactly what made it."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @cached_property
    def name(self) -> str:
        """The id that leads carry: id, version and the first twelve digits of the digest."""
        return f"{self.id}.{self.version}@{self.digest[:12]}"

    @cached_property
    def weights(self) -> tuple[float, ...]:
        """How much each signal may take off the logit of a deal, in the order of SIGNALS: its importance."""
        reach = np.minimum(shapes.HIGH - shapes.LOW, _WORST)
        worst = ((self.market.accept + self.market.win) * reach) @ _OF_SIGNAL
        worst[RECORD] = 2.0 * (self.market.willing + self.market.reliable)
        return tuple(float(value) for value in worst)

    def to_json(self) -> str:
        fields = {
            "id": self.id,
            "version": self.version,
            "market": self.market.to_plain(),
            "prices": self.prices.to_plain(),
            "needs": self.needs.to_plain(),
            "beliefs": {factory_id: belief.to_plain() for factory_id, belief in self.beliefs.items()},
            "calibrated": self.calibrated,
            "evidence": self.evidence,
            "learned_until": None if self.learned_until is None else self.learned_until.isoformat(),
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "RankerModel":
        """Reads what `to_json` wrote; raises ValueError for anything else, such as a file that was cut short."""
        try:
            fields: dict[str, Any] = json.loads(text)
            if fields["version"] != FORMAT:
                raise ValueError(f"version {fields['version']} is not read here; accepted is {FORMAT}")
            until = fields["learned_until"]
            return cls(
                id=str(fields["id"]),
                version=FORMAT,
                market=Market.from_plain(fields["market"]),
                prices=UsualPrices.from_plain(fields["prices"]),
                needs=UsualNeeds.from_plain(fields["needs"]),
                beliefs={str(name): Belief.from_plain(plain) for name, plain in fields["beliefs"].items()},
                calibrated=bool(fields["calibrated"]),
                evidence=int(fields["evidence"]),
                learned_until=None if until is None else date.fromisoformat(until),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"this is no model of the ranker: {error}") from error

    def outlook(self, fits: Fits) -> Outlook:
        return outlook(self._weights, fits)

    def may_be_best(self, fits: Fits, size: int) -> NDArray[np.bool_]:
        """Which of more than `size` pairs may have one of the highest scores, told by a quick estimate.

        Every pair that has one is among them, and so is every pair whose score equals the lowest of these.
        """
        intercept, slope = self.market.platt.tolist()
        estimate = np.clip(
            intercept + slope * logit(quick_deals(self._weights.in_singles(), fits)), -_FURTHEST, _FURTHEST
        )
        lowest = float(np.partition(estimate, len(estimate) - size)[len(estimate) - size])
        kept: NDArray[np.bool_] = ~(estimate < lowest - 2.0 * slope * MOST_OFF - _LOGITS_A_POINT / _STEPS)
        return kept

    def scores(self, found: Outlook) -> Floats:
        """Whole multiples of 2**-20, so that sums are exact in any order; they order pairs as probabilities do."""
        logits = self.market.platt[0] + self.market.platt[1] * logit(found.deal)
        return _in_steps(0.5 + np.clip(logits, -_FURTHEST, _FURTHEST) / _LOGITS_A_POINT)

    def probabilities(self, scores: Floats) -> Floats:
        """P(accepted and won | offered) of each score."""
        return sigmoid((scores - 0.5) * _LOGITS_A_POINT)

    def told(self, fits: Fits, found: Outlook, scores: Floats, asked: NDArray[np.bool_]) -> Told:
        """Splits scores into signals. asked: SIGNALS that this order has a wish for; only these share the score.

        The score of a perfect fit is shared by weight. What a pair falls short of it is charged to the misfits in
        proportion to what each takes off the logarithm of the probability; the record adds or takes what it does there.
        """
        market = self.market
        accept, win = (1.0 - found.accepted) * found.flat_accept, (1.0 - found.won) * found.flat_win
        taken = found.accept * accept[:, None] + found.win * win[:, None]
        costs = (taken[:, :, None] * _OF_SIGNAL).sum(axis=1)  # added up in one order: the same bits in any company
        means = fits.effects
        earned = accept * (means[:, 0] + means[:, 2]) + win * (means[:, 1] + market.ability_in_win * means[:, 2])
        values = np.exp(-costs)
        values[:, RECORD] = sigmoid(earned)
        record = earned * market.platt[1] / _LOGITS_A_POINT * asked[RECORD]
        weights = np.where(asked, self.weights, 0.0)
        weights[RECORD] = 0.0
        shares = weights / weights.sum()
        costs = costs * (weights > 0)
        whole = costs.sum(axis=1)
        split = np.where(whole[:, None] > 0, costs / np.where(whole > 0, whole, 1.0)[:, None], shares)
        missed = self._perfect + record - scores
        parts = shares * self._perfect - missed[:, None] * split
        parts[:, RECORD] = record
        parts = _in_steps(parts)
        parts[:, int(np.argmax(shares))] += scores - parts.sum(axis=1)
        spread = _EIGHT_OF_TEN * market.platt[1] * np.sqrt(found.doubt)
        centre = (scores - 0.5) * _LOGITS_A_POINT
        return Told(parts, values, sigmoid(centre - spread), sigmoid(centre + spread))

    @cached_property
    def _weights(self) -> Weights:
        return weights_of(self.market)

    @cached_property
    def _perfect(self) -> float:
        """The score of a pair without any misfit or doubt."""
        market = self.market
        deal = sigmoid(np.array([market.base_accept])) * sigmoid(np.array([market.base_win]))
        logits = market.platt[0] + market.platt[1] * logit(deal)
        return float(_in_steps(0.5 + np.clip(logits, -_FURTHEST, _FURTHEST) / _LOGITS_A_POINT)[0])


def _in_steps(values: Floats) -> Floats:
    return np.asarray(np.rint(values * _STEPS) / _STEPS + 0.0)


PRIOR: Final = RankerModel(id="prior")
"""What stands before any outcome is known."""
