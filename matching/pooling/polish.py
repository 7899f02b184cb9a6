"""Makes an assignment feasible, then better: every step here keeps or restores the minima and capacities."""

from collections.abc import Iterable

import numpy as np

from matching.pooling.problem import OUTSIDE
from matching.pooling.runs import Runs

_LEAST_GAIN = 1e-9


def repair(runs: Runs) -> None:
    """Ends with no pool above its capacity or below its minimum: drops, fills, and closes what cannot be filled."""
    for pool, held in enumerate(runs.held):
        if held > runs.capacity[pool]:
            _drop_excess(runs, pool)
    join_outsiders(runs)
    _fill_short(runs, runs.short())


def improve(runs: Runs, rounds: int = 4) -> None:
    """Moves, swaps, opens and closes while that pays. The assignment must be feasible, and stays so."""
    for _ in range(rounds):
        before = runs.value
        _move_up(runs)
        _swap(runs)
        for pool in range(len(runs.minimum)):
            if not runs.runs(pool):
                try_opening(runs, pool)
        if runs.value <= before + _LEAST_GAIN:
            return


def join_outsiders(runs: Runs) -> None:
    """Every order that is in no pool joins the best one with room; large ones first."""
    outsiders = [order for order, pool in enumerate(runs.pool_of) if pool == OUTSIDE]
    for order in sorted(outsiders, key=lambda order: (-runs.quantity[order], order)):
        step = runs.best_join(order)
        if step.pool != OUTSIDE:
            runs.move(order, step.pool)


def try_opening(runs: Runs, pool: int) -> bool:
    """Opens a pool when its minimum can be drawn from elsewhere at a gain; otherwise changes nothing."""
    mark, before = runs.mark(), runs.value
    _fill(runs, pool)
    if runs.held[pool] >= runs.minimum[pool] and runs.value > before + _LEAST_GAIN:
        return True
    runs.undo_to(mark)
    return False


def _drop_excess(runs: Runs, pool: int) -> None:
    """Sends away the orders that lose least by going, until the pool fits."""
    worth = sorted(
        runs.members[pool], key=lambda order: (runs.wishes[order][pool] - _alternative(runs, order, pool), order)
    )
    for order in worth:
        if runs.held[pool] <= runs.capacity[pool]:
            return
        runs.move(order, OUTSIDE)


def _alternative(runs: Runs, order: int, pool: int) -> float:
    return max((score for other, score in runs.wishes[order].items() if other != pool), default=0.0)


def _fill_short(runs: Runs, short: Iterable[int]) -> None:
    """Fills or closes each pool below its minimum, whichever is worth more; those nearest to it first."""
    waiting = sorted(short, key=lambda pool: (runs.held[pool] / max(runs.minimum[pool], 1), pool), reverse=True)
    for pool in waiting:
        if not 0 < runs.held[pool] < runs.minimum[pool]:
            continue
        mark = runs.mark()
        _fill(runs, pool)
        filled = runs.value if runs.held[pool] >= runs.minimum[pool] else -np.inf
        runs.undo_to(mark)
        _close(runs, pool)
        if filled > runs.value:
            runs.undo_to(mark)
            _fill(runs, pool)


def _fill(runs: Runs, pool: int) -> None:
    """Draws orders at the least loss until the minimum is held, and further ones while they gain."""
    for step in runs.draw(pool):
        if runs.held[pool] >= runs.minimum[pool] and step.gain <= _LEAST_GAIN:
            return
        if runs.held[pool] + runs.quantity[step.order] <= runs.capacity[pool] and runs.may_leave(step.order):
            runs.move(step.order, pool)


def _close(runs: Runs, pool: int) -> set[int]:
    """Sends every order of a pool to its best other place; returns the pools that they went to."""
    touched: set[int] = set()
    for order in sorted(runs.members[pool], key=lambda order: (-runs.quantity[order], order)):
        step = runs.best_join(order, besides=pool)
        runs.move(order, step.pool)
        touched.add(step.pool)
    return touched - {OUTSIDE}


def _move_up(runs: Runs) -> None:
    for order in range(len(runs.quantity)):
        _move_one_up(runs, order)


def _move_one_up(runs: Runs, order: int) -> None:
    if runs.may_leave(order):
        step = runs.best_join(order)
        if step.gain > _LEAST_GAIN:
            runs.move(order, step.pool)


def _swap(runs: Runs) -> None:
    """Lets two orders trade places where both pools stay within their limits and the pair gains."""
    for order in range(len(runs.quantity)):
        here = runs.pool_of[order]
        for there, score in runs.wishes[order].items():
            if there == here or score <= runs.current(order):
                break
            if runs.runs(there) and _swap_into(runs, order, there):
                break


def _swap_into(runs: Runs, order: int, there: int) -> bool:
    here, pieces = runs.pool_of[order], runs.quantity[order]
    own_gain = pieces * (runs.wishes[order][there] - runs.current(order))
    best, partner = _LEAST_GAIN, None
    for other in runs.members[there]:
        if here != OUTSIDE and here not in runs.wishes[other]:
            continue
        more = pieces - runs.quantity[other]
        if not _holds(runs, there, more) or (here != OUTSIDE and not _holds(runs, here, -more)):
            continue
        gain = own_gain + runs.quantity[other] * (runs.score(other, here) - runs.wishes[other][there])
        if gain > best:
            best, partner = gain, other
    if partner is None:
        return False
    runs.move(partner, here)
    runs.move(order, there)
    return True


def _holds(runs: Runs, pool: int, more: int) -> bool:
    return runs.minimum[pool] <= runs.held[pool] + more <= runs.capacity[pool]
