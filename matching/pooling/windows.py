"""Places orders that arrive over time: what is decided for those that can wait no longer, while more are to come."""

from dataclasses import dataclass

import numpy as np

from matching.pooling.assignment import Effort, assign
from matching.pooling.problem import OUTSIDE, Floats, Places, PoolingProblem


@dataclass(frozen=True, slots=True)
class Committed:
    """What each pool holds already and keeps: its pieces, and their value (sum of quantity x score)."""

    pieces: Places
    value: Floats


def place_waiting(
    waiting: PoolingProblem, committed: Committed, to_come: float, *, effort: Effort = Effort.STANDARD, seed: int = 0
) -> Places:
    """The pool of each waiting order, or OUTSIDE, as if what waits stood for all that is still to come.

    waiting: the orders that wait, and the pools with their whole minima and capacities. to_come: pieces expected after
    them. Minima, capacities and what is committed shrink to the share that the waiting pieces are of all that is left
    to place, and the smaller problem is solved (as a re-solved fluid relaxation: Jasin and Kumar 2012). With nothing to
    come it is the exact problem of what waits. A caller commits the orders that can wait no longer, and asks again.
    """
    pieces = int(waiting.quantity.sum())
    if pieces == 0:
        return np.full(len(waiting.quantity), OUTSIDE, dtype=np.int64)
    share = pieces / (pieces + max(to_come, 0.0))
    orders, begun = len(waiting.quantity), np.flatnonzero(committed.pieces > 0)
    # What a pool holds joins as one order more, which no other pool takes: to close the pool is to lose it.
    held = np.maximum(np.rint(committed.pieces[begun] * share), 1).astype(np.int64)
    scaled = PoolingProblem(
        quantity=np.concatenate([waiting.quantity, held]),
        minimum=np.ceil(waiting.minimum * share).astype(np.int64),
        capacity=np.maximum(np.floor(waiting.capacity * share), 0).astype(np.int64),
        candidate_order=np.concatenate([waiting.candidate_order, orders + np.arange(len(begun))]),
        candidate_pool=np.concatenate([waiting.candidate_pool, begun]),
        candidate_score=np.concatenate([waiting.candidate_score, committed.value[begun] * share / held]),
    )
    return _within_room(waiting, committed, assign(scaled, effort=effort, seed=seed)[:orders])


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
