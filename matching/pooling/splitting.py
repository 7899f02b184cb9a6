"""Splits orders that could share a set-up into runs that are ready in time for every member."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Final

import numpy as np

from matching.pooling.assignment import assign
from matching.pooling.makers import Makers
from matching.pooling.problem import OUTSIDE, PoolingProblem
from matching.records import OrderRecord

_MOST_SHORT: Final = 4
_MOST_GIVING: Final = 6
_LARGEST_RUN: Final = 1 << 40
_STAYS: Final = 1.0
_MOVES: Final = 0.999
"""A piece that is made counts; one that moves to another run counts a little less, so that nobody moves for nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """Orders made together. ready_on: at a typical factory; None when no factory says how long it takes."""

    orders: tuple[OrderRecord, ...]
    ready_on: date | None

    @property
    def pieces(self) -> int:
        return pieces_of(self.orders)

    @property
    def latest(self) -> date | None:
        """The day by which the first of its members must have the goods; None when nobody says."""
        return min((_latest(order) for order in self.orders if order.due_on is not None), default=None)


def split_into_runs(orders: Sequence[OrderRecord], makers: Makers, minimum: int, as_of: date) -> list[Run]:
    """Runs that are ready in time for every member, the most urgent orders first.

    A run takes orders while it can still be ready for all of them and is not larger than what can be made by then. An
    order that is too urgent for any run is left out; a first order always may stand, for one that is too large for
    every factory is no matter of pooling. Runs that stay short are then filled from fuller ones where they can be.
    """
    runs = list(_filled_in_turn(orders, makers, minimum, as_of))
    short = [run for run in runs if run.pieces < minimum][:_MOST_SHORT]
    full = sorted((run for run in runs if run.pieces > minimum), key=lambda run: -run.pieces)[:_MOST_GIVING]
    if not short or not full:
        return runs
    concerned = [run for run in runs if run in short or run in full]
    shared = _shared_out(concerned, makers, minimum, as_of)
    if _made(shared, minimum) <= _made(concerned, minimum):
        return runs
    return [run for run in runs if run not in concerned] + shared


def _in_time(order: OrderRecord, ready: date | None) -> bool:
    """Whether goods that are ready on that day keep the order's due date and grace."""
    return ready is None or ready <= _latest(order)


def pieces_of(orders: Sequence[OrderRecord]) -> int:
    return sum(order.quantity for order in orders)


def _filled_in_turn(orders: Sequence[OrderRecord], makers: Makers, minimum: int, as_of: date) -> Iterator[Run]:
    waiting = sorted(orders, key=lambda order: (_latest(order), order.order_id))
    while waiting:
        run: list[OrderRecord] = []
        left: list[OrderRecord] = []
        pieces, latest = 0, date.max
        for order in waiting:
            together = pieces + order.quantity
            ready = _ready(makers, max(together, minimum), as_of)
            soonest = min(latest, _latest(order))
            is_in_time = ready is None or ready <= soonest
            if is_in_time and (not run or together <= _most_made(makers, ready, as_of)):
                run.append(order)
                pieces, latest = together, soonest
            else:
                left.append(order)
        if not run:
            return
        yield Run(tuple(run), _ready(makers, max(pieces, minimum), as_of))
        waiting = left


def _shared_out(runs: Sequence[Run], makers: Makers, minimum: int, as_of: date) -> list[Run]:
    """The same orders assigned anew to the same days, so that as many pieces as can be are in runs that can run."""
    orders = list(chain.from_iterable(run.orders for run in runs))
    home = [number for number, run in enumerate(runs) for _ in run.orders]
    pairs = [
        (place, number, _STAYS if number == home[place] else _MOVES)
        for place, order in enumerate(orders)
        for number, run in enumerate(runs)
        if _in_time(order, run.ready_on)
    ]
    problem = PoolingProblem(
        quantity=np.array([order.quantity for order in orders], dtype=np.int64),
        minimum=np.full(len(runs), minimum, dtype=np.int64),
        capacity=np.array([_most_ready(makers, run.ready_on, as_of) for run in runs], dtype=np.int64),
        candidate_order=np.array([place for place, _, _ in pairs], dtype=np.int64),
        candidate_pool=np.array([number for _, number, _ in pairs], dtype=np.int64),
        candidate_score=np.array([score for _, _, score in pairs], dtype=np.float64),
    )
    found = assign(problem).tolist()
    shared = []
    for number in range(len(runs)):
        members = tuple(order for order, place in zip(orders, found, strict=True) if place == number)
        if members:
            shared.append(Run(members, _ready(makers, max(pieces_of(members), minimum), as_of)))
    left = [order for order, place in zip(orders, found, strict=True) if place == OUTSIDE]
    return [*shared, *_filled_in_turn(left, makers, minimum, as_of)]


def _made(runs: Sequence[Run], minimum: int) -> int:
    return sum(run.pieces for run in runs if run.pieces >= minimum and len(run.orders) > 1)


def _most_ready(makers: Makers, ready: date | None, as_of: date) -> int:
    """The most pieces that a typical factory has ready by that day, and that any factory makes by then."""
    if ready is None:
        return _LARGEST_RUN
    days = (ready - as_of).days
    typical = bisect_right(range(_LARGEST_RUN), days, key=lambda pieces: makers.days_needed(pieces) or 0) - 1
    return min(max(typical, 0), _most_made(makers, ready, as_of))


def _most_made(makers: Makers, ready: date | None, as_of: date) -> int:
    largest = None if ready is None else makers.largest_run((ready - as_of).days)
    return _LARGEST_RUN if largest is None else largest


def _ready(makers: Makers, pieces: int, as_of: date) -> date | None:
    days = makers.days_needed(pieces)
    return None if days is None else as_of + timedelta(days=days)


def _latest(order: OrderRecord) -> date:
    return date.max if order.due_on is None else order.due_on + timedelta(days=order.grace_days)
