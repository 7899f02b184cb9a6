"""What holds for a whole market: how much each misfit costs, how far factories differ, how far profiles are true."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from matching.learning.shapes import ACCEPT_GUESS, PLAIN, TERMS, WIDTH, WIN_GUESS, Floats, places

DENIED, SILENT, ABSENT, REMOTE, NEARBY, DECLARED, CONFIRMED = range(7)
"""How a factory stands to a wished term: a firm no, no word of its kind, other terms, ever nearer ones, the term, and
the term with a yes when it was asked."""

_RATES: Final = {
    "category": (0.01, 0.50, 0.10, 0.25, 0.60, 0.93, 0.97),
    "process": (0.01, 0.60, 0.15, 0.30, 0.60, 0.90, 0.95),
    "material": (0.01, 0.70, 0.35, 0.45, 0.70, 0.93, 0.97),
    "certification": (0.01, 0.40, 0.15, 0.20, 0.50, 0.93, 0.97),
}


@dataclass(frozen=True, slots=True)
class Market:
    """All numbers of the model that belong to no single factory. Logits, logarithms and their spreads.

    accept, win: the cost of one unit of each column. base_accept, base_win: the logits of a perfect fit.
    ability_in_win: how far strength in a group of goods counts in winning. willing, reliable, ability: spreads of the
    three effects of a factory. rates: 4 kinds of term x 7 standings: chance that the factory really can. size: 4 ways
    of knowing the size that suits a factory (nothing, minimum, capacity, both) x (shift, spread). price, lead: 2 (not
    declared, declared) x (shift, spread). quote: spread of a quote around the factory's level. target, days: (mean,
    spread) of an unknown price gap and of the logarithm of unknown days. usual_size, usual_lead: logarithms where a
    factory tells none. typical: columns where a factory tells nothing. platt: (intercept, slope) from the logit of the
    raw probability.
    """

    accept: Floats
    win: Floats
    base_accept: float
    base_win: float
    ability_in_win: float
    willing: float
    reliable: float
    ability: float
    rates: Floats
    size: Floats
    price: Floats
    lead: Floats
    quote: float
    target: Floats
    days: Floats
    usual_size: float
    usual_lead: float
    typical: Floats
    platt: Floats

    def to_plain(self) -> dict[str, Any]:
        """Numbers and lists of numbers by name."""
        return {
            field.name: value.tolist() if isinstance(value, np.ndarray) else float(value)
            for field in fields(self)
            for value in [getattr(self, field.name)]
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Market":
        """Raises ValueError for a number that is missing, not finite, or a list of another length."""
        found: dict[str, Any] = {}
        for field in fields(cls):
            if field.name not in plain:
                raise ValueError(f"the model lacks {field.name}; it may have been cut short")
            guess = getattr(GUESS, field.name)
            value = np.asarray(plain[field.name], dtype=np.float64)
            if value.shape != np.shape(guess) or not np.isfinite(value).all():
                raise ValueError(f"{field.name} of the model needs finite numbers of shape {np.shape(guess)}")
            found[field.name] = value if isinstance(guess, np.ndarray) else float(value)
        return cls(**found)


def _typical() -> Floats:
    typical = np.zeros(WIDTH)
    typical[places(*TERMS)] = 0.5
    typical[places(*PLAIN)] = (0.3, 0.5, 0.6, 0.6, 0.0, 0.0, 0.0)
    typical[places("overload")] = (0.1, 0.05)
    typical[places("shortfall")] = (0.1, 0.1)
    return typical


GUESS: Final = Market(
    accept=ACCEPT_GUESS,
    win=WIN_GUESS,
    base_accept=2.0,
    base_win=0.5,
    ability_in_win=0.6,
    willing=0.8,
    reliable=0.6,
    ability=0.6,
    rates=np.array([_RATES[kind] for kind in TERMS]),
    size=np.array([(0.0, 1.2), (1.2, 0.8), (0.0, 0.8), (0.3, 0.6)]),
    price=np.array([(0.0, 0.4), (0.0, 0.25)]),
    lead=np.array([(0.0, 0.4), (0.0, 0.25)]),
    quote=0.15,
    target=np.array([0.0, 0.35]),
    days=np.array([3.5, 0.5]),
    usual_size=6.0,
    usual_lead=3.2,
    typical=_typical(),
    platt=np.array([0.0, 1.0]),
)
"""What stands before any outcome is known."""
