"""The steps of a factory and what moves it between them: one table, and a sum that time alone never changes.

Pure. docs/decisions tells why.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class StepName(StrEnum):
    TRIAL = "trial"
    RISING = "rising"
    ESTABLISHED = "established"


class Deed(StrEnum):
    """What a factory did, or what an operator said for it. GOOD: a deal accepted on time, without a lost dispute."""

    GOOD = "good"
    LATE = "late"
    CANCELLED = "cancelled"
    LOST = "lost"
    VOUCHED = "vouched"


@dataclass(frozen=True, slots=True)
class Step:
    """What a factory on this step may be offered. needs: points from which it stands here.

    pieces: of one run, at most; a factory may always be offered OWN_MINIMA times its own smallest run. value: currency
    -> most minor units of one run, for requests that name a price. at_once: most leads that wait for it or that it
    holds. None: no limit.
    """

    name: StepName
    needs: int
    pieces: int | None
    value: Mapping[str, int] | None
    at_once: int | None


STEPS: Final = (
    Step(
        StepName.TRIAL, 0, 500,
        {"CNY": 6_000_000, "USD": 850_000, "EUR": 780_000, "GBP": 660_000, "JPY": 1_300_000}, 3,
    ),
    Step(
        StepName.RISING, 2, 2_000,
        {"CNY": 30_000_000, "USD": 4_250_000, "EUR": 3_900_000, "GBP": 3_300_000, "JPY": 6_500_000}, 10,
    ),
    Step(StepName.ESTABLISHED, 6, None, None, None),
)  # fmt: skip
WORTH: Final[Mapping[Deed, int]] = {Deed.GOOD: 1, Deed.LATE: -1, Deed.CANCELLED: -2, Deed.LOST: -3}
LEAST, MOST, VOUCHED_POINTS = -6, 12, 10
OWN_MINIMA: Final = 2
"""How many of its own smallest runs a factory may be offered at any step."""


@dataclass(frozen=True, slots=True)
class Event:
    """A deed and when it was done."""

    at: datetime
    deed: Deed


def points(events: Iterable[Event]) -> int:
    """What all deeds are worth together, in their order, never below LEAST nor above MOST, so that a long good past
    does not pay for a bad year. An operator's word lifts to VOUCHED_POINTS. Nothing that happens is worth nothing."""
    total = 0
    for event in sorted(events, key=lambda one: (one.at, one.deed is not Deed.VOUCHED)):
        if event.deed is Deed.VOUCHED:
            total = max(total, VOUCHED_POINTS)
        else:
            total = min(MOST, max(LEAST, total + WORTH[event.deed]))
    return total


def step_at(total: int) -> Step:
    """The step on which a factory with so many points stands."""
    return max((step for step in STEPS if step.needs <= total), key=lambda step: step.needs, default=STEPS[0])


def step_named(name: str) -> Step:
    return next(step for step in STEPS if step.name == name)


def next_step(step: Step) -> Step | None:
    """The step above; None at the top."""
    return next((other for other in STEPS if other.needs > step.needs), None)


def most_pieces(step: Step, own_minimum: int | None) -> int | None:
    """Pieces of the largest run for a factory on this step; None: no limit."""
    return None if step.pieces is None else max(step.pieces, OWN_MINIMA * (own_minimum or 0))
