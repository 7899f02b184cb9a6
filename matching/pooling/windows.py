"""Places orders that arrive over time: what is decided for those that can wait no longer, while more are to come."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from matching.pooling.assignment import Effort, assign
from matching.pooling.problem import OUTSIDE, Floats, Places, PoolingProblem

_COUNTED_ON: Final = 0.6
"""Share of the expected orders that a pool may count on: one that ends short loses everybody it holds."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What each pool holds already and keeps: its pieces, and their value (sum of quantity x score)."""

    pieces: Places
    value: Floats


def place_waiting(
    waiting: PoolingProblem,
    committed: Committed,
    seen: PoolingProblem,
    to_come: float,
    *,
    effort: Effort = Effort.STANDARD,
    seed: int = 0,
) -> Places:
    """The pool of each waiting order, or OUTSIDE, with an eye on the orders that are still to come.

    waiting: the orders that wait, and the pools with their whole minima. seen: orders that stand for those to come, of
    the same pools: as a rule all that have arrived so far. to_come: pieces expected after those that wait. What waits,
    what is committed and a part of what is expected are assigned together. With nothing to come it is the exact problem
    of what waits. A caller commits the orders that can wait no longer, and asks again.
    """
    plan = _with_held(_with_expected(waiting, seen, _COUNTED_ON * to_come), committed)
    return _within_room(waiting, committed, assign(plan, effort=effort, seed=seed)[: len(waiting.quantity)])


def _with_expected(problem: PoolingProblem, seen: PoolingProblem, pieces: float) -> PoolingProblem:
    """Repeats the seen orders, whole or in part, until they hold about that many pieces."""
    share = pieces / max(int(seen.quantity.sum()), 1)
    copies = int(np.ceil(share))
    if copies <= 0:
        return problem
    # Rounding is carried along, so that one piece in ten of many small orders is every tenth of them.
    together = np.floor(seen.quantity.cumsum() * (share / copies))
    quantity = np.diff(together, prepend=0.0).astype(np.int64)
    place, pairs = (quantity > 0).cumsum() - 1, np.flatnonzero(quantity[seen.candidate_order] > 0)
    quantity = quantity[quantity > 0]
    first = len(quantity) * np.arange(copies).repeat(len(pairs))
    return _with_orders(
        problem,
        np.tile(quantity, copies),
        first + np.tile(place[seen.candidate_order[pairs]], copies),
        np.tile(seen.candidate_pool[pairs], copies),
        np.tile(seen.candidate_score[pairs], copies),
    )


def _with_held(problem: PoolingProblem, committed: Committed) -> PoolingProblem:
    """What a pool holds joins as one order more, which no other pool takes: to close the pool is to lose it."""
    begun = np.flatnonzero(committed.pieces > 0)
    held = committed.pieces[begun]
    return _with_orders(problem, held, np.arange(len(begun)), begun, committed.value[begun] / held)


def _with_orders(
    problem: PoolingProblem, quantity: Places, order: Places, pool: Places, score: Floats
) -> PoolingProblem:
    """The problem with further orders behind its own. order, pool, score: their candidates, numbered from zero."""
    return replace(
        problem,
        quantity=np.concatenate([problem.quantity, quantity]),
        candidate_order=np.concatenate([problem.candidate_order, len(problem.quantity) + order]),
        candidate_pool=np.concatenate([problem.candidate_pool, pool]),
        candidate_score=np.concatenate([problem.candidate_score, score]),
    )


def _within_room(waiting: PoolingProblem, committed: Committed, places: Places) -> Places:
    """Sends away the lowest scores where a pool was filled as if what it holds already were given up."""
    joined = np.flatnonzero(places[waiting.candidate_order] == waiting.candidate_pool)
    joined = joined[np.lexsort((-waiting.candidate_score[joined], waiting.candidate_pool[joined]))]
    order, pool = waiting.candidate_order[joined], waiting.candidate_pool[joined]
    together = waiting.quantity[order].cumsum()
    before = np.concatenate([[0], together])[np.searchsorted(pool, pool)]
    stays = together - before <= (waiting.capacity - committed.pieces)[pool]
    kept = places.copy()
    kept[order[~stays]] = OUTSIDE
    return kept
