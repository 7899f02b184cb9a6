"""What one market is like. Every number is drawn from a range by the market's seed; other markets lie elsewhere."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

FIRST_MONDAY: Final = date(2026, 3, 2)

_RANGES: Final[dict[str, tuple[float, float]]] = {
    "base_accept": (2.7, 3.2),
    "base_win": (2.6, 3.1),
    "miss_category": (2.40, 3.40),
    "miss_process": (2.2, 3.0),
    "miss_material": (1.8, 2.5),
    "miss_certificate": (1.2, 2.0),
    "slope_size": (1.4, 2.0),
    "slope_price": (5.00, 8.00),
    "slope_time": (2.00, 3.50),
    "cost_region": (0.2, 0.8),
    "spread_willingness": (0.9, 1.3),
    "spread_reliability": (0.6, 1.0),
    "spread_strength": (0.5, 0.9),
    "drift": (0.0, 0.15),
    "able_category": (0.55, 0.7),
    "able_process": (0.46, 0.6),
    "able_material": (0.5, 0.65),
    "undeclared": (0.15, 0.30),
    "overclaimed": (0.04, 0.12),
    "wrong_number": (0.02, 0.06),
    "blank_number": (0.10, 0.25),
    "unsaid": (0.08, 0.20),
    "only_in_text": (0.45, 0.70),
    "synonyms": (0.45, 0.65),
    "typos": (0.03, 0.08),
    "chinese": (0.40, 0.60),
    "mixed": (0.10, 0.25),
    "newcomers": (0.15, 0.25),
    "told_reasons": (0.40, 0.70),
    "answers": (0.50, 0.80),
    "misanswers": (0.02, 0.08),
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """Logits for what moves a deal, shares for the rest.

    base_accept, base_win: logits of a perfect fit. miss_*: what each missing capability costs. slope_size, slope_price,
    slope_time: cost per unit of log misfit. spread_*: standard deviations of the hidden effects of factories. drift:
    standard deviation of a week's step of willingness. able_*: share of its product group's terms that a factory
    really masters. undeclared, overclaimed: share of true capabilities that its profile leaves out, and of others that
    it claims. wrong_number, blank_number: shares of declared numbers. unsaid: share of an order's needs that are
    nowhere; only_in_text: share of the rest that no field holds. synonyms: share of words that are not the taxonomy's.
    chinese, mixed: shares of texts, the rest is English. newcomers: share of factories that join during the season.
    answers, misanswers: share of an engine's questions that factories answer, and of these answers that are wrong.
    signal: False makes deals independent of everything that anyone can know.
    plain: True writes every term in its field by its first name, so that reading is no difficulty.
    """

    seed: int
    base_accept: float
    base_win: float
    miss_category: float
    miss_process: float
    miss_material: float
    miss_certificate: float
    slope_size: float
    slope_price: float
    slope_time: float
    cost_region: float
    spread_willingness: float
    spread_reliability: float
    spread_strength: float
    drift: float
    able_category: float
    able_process: float
    able_material: float
    undeclared: float
    overclaimed: float
    wrong_number: float
    blank_number: float
    unsaid: float
    only_in_text: float
    synonyms: float
    typos: float
    chinese: float
    mixed: float
    newcomers: float
    told_reasons: float
    answers: float
    misanswers: float
    factories: int = 300
    orders_a_week: int = 250
    weeks: int = 12
    learning_weeks: int = 8
    leads_an_order: int = 1
    signal: bool = True
    plain: bool = False

    def monday(self, week: int) -> date:
        """The day on which the leads of a week are offered. Weeks run from 1."""
        return FIRST_MONDAY + timedelta(weeks=week - 1)


def draw_parameters(seed: int) -> Parameters:
    random = np.random.default_rng([seed, 0])
    drawn: dict[str, Any] = {name: float(random.uniform(low, high)) for name, (low, high) in _RANGES.items()}
    return Parameters(seed=seed, **drawn)
