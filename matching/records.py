"""The plain records that go into the engine and come out of it.

Prices are in major units of `currency` (12.5 is ¥12.50) because here they are features, never money that moves.
An empty tuple or None means unknown, never "none" or zero.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FactoryRecord:
    """What a factory declares of itself. Lists hold ids of the vertical packs.

    denied, confirmed: (kind, term id) of what it was asked for and firmly said it cannot do, or can: a fact, where a
    missing term is none and a listed one a claim.
    """

    factory_id: str
    name: str = ""
    description: str = ""
    categories: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    minimum_quantity: int | None = None
    capacity_per_week: int | None = None
    lead_time_days: int | None = None
    unit_price_low: float | None = None
    unit_price_high: float | None = None
    currency: str | None = None
    region: str | None = None
    joined_on: date | None = None
    leads_per_week: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    denied: tuple[tuple[str, str], ...] = ()
    confirmed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """What a buyer asks for: one order, or one pool of orders that share a run."""

    order_id: str
    quantity: int
    buyer_id: str | None = None
    posted_on: date | None = None
    title: str = ""
    description: str = ""
    category: str | None = None
    processes: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    target_unit_price: float | None = None
    currency: str | None = None
    due_on: date | None = None
    grace_days: int = 0
    region: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one lead that was offered. None means still open or never learned."""

    order_id: str
    factory_id: str
    offered_on: date
    rank: int | None = None
    propensity: float | None = None
    accepted: bool | None = None
    declined_reason: str | None = None
    quoted_unit_price: float | None = None
    won: bool | None = None
    on_time: bool | None = None
    quality: float | None = None


class Verdict(StrEnum):
    MEETS = "meets"
    NEAR = "near"
    MISSES = "misses"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RequirementVerdict:
    """One requirement of an order held against one factory.

    name: category | process | material | certification | attribute:<id> | quantity | capacity | due | price | region.
    wanted, offered: pack ids joined by ";", or a number, or an ISO date, as text; offered is None when unknown.
    difference: signed distance where one exists (days early, pieces of room, price below target); None otherwise.
    """

    name: str
    wanted: str
    offered: str | None
    verdict: Verdict
    difference: float | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """One part of the score. The contributions of a lead's signals sum to its score."""

    name: str
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class WouldWin:
    """A change within the factory's power and the probability it would have led to."""

    change: str
    from_value: str
    to_value: str
    deal_probability: float


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask a factory: whether it can do a term of a kind (category, process, material, certification).

    worth: how many more deals its answer is expected to bring, of all the orders that were looked at.
    """

    kind: str
    id: str
    worth: float


@dataclass(frozen=True, slots=True)
class RankedLead:
    """One factory for one order, with everything that explains the place it got.

    deal_probability is P(accepted and won | offered). It is calibrated only when `calibrated` is true;
    an uncalibrated one must not be shown to people. evidence counts the outcomes it rests on. low, high: the range that
    holds the factory's true probability in 8 of 10 cases; None where the model tells none.
    """

    order_id: str
    factory_id: str
    rank: int
    score: float
    deal_probability: float
    propensity: float
    requirements: tuple[RequirementVerdict, ...] = ()
    signals: tuple[Signal, ...] = ()
    would_win: tuple[WouldWin, ...] = ()
    model: str = ""
    evidence: int = 0
    calibrated: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The leads of one call, ordered by order and rank, and the orders for which no factory is feasible."""

    leads: tuple[RankedLead, ...]
    without_factory: tuple[str, ...] = field(default=())
