"""Shares out leads so that the sum of deal probabilities is as large as can be, within everybody's limits.

An allocation with limits on both sides is a transportation problem, so a minimum-cost flow finds its true optimum:
source supply at each order (at most `top` leads), one unit on each order-factory arc, and each factory passes at most
its own limit on to the sink. A bypass arc lets an order take fewer leads. Greedy passes lose value as soon as a limit
binds, because an early order may take the only factory that a later order could use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow
from scipy.sparse import coo_array  # type: ignore[import-untyped]  # scipy ships no types.
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]  # As above.

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

# Probabilities become whole costs of one billionth, far below any difference that is known.
_COST_SCALE: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """One lead that may be offered, and the probability that it becomes a deal (0 to 1)."""

    order_id: str
    factory_id: str
    deal_probability: float


class AllocationFailed(RuntimeError):
    """The flow solver gave no optimum; the message carries its status."""


def allocate(
    candidates: Sequence[Candidate], *, top: int, limits: Mapping[str, int | None] | None = None
) -> tuple[Candidate, ...]:
    """Chooses the leads with the largest sum of deal probabilities, ordered by order, then falling probability.

    Every order gets at most `top` leads and every factory at most `limits[factory_id]` in all (absent or None: no
    limit). The result does not depend on the order of `candidates`; a pair given twice counts once, at its larger
    probability. Raises ValueError for a `top` or limit below zero or a probability outside 0 to 1.
    """
    limits = {} if limits is None else limits
    for factory_id, limit in limits.items():
        if limit is not None and limit < 0:
            raise ValueError(f"the limit of factory {factory_id} is {limit}; it must be zero or more")
    pairs = _distinct(candidates)
    order_names = sorted({pair.order_id for pair in pairs})
    factory_names = sorted({pair.factory_id for pair in pairs})
    order_number = {name: number for number, name in enumerate(order_names)}
    factory_number = {name: number for number, name in enumerate(factory_names)}
    room = [limits.get(name) for name in factory_names]
    chosen = allocate_pairs(
        np.array([order_number[pair.order_id] for pair in pairs], dtype=np.int64),
        np.array([factory_number[pair.factory_id] for pair in pairs], dtype=np.int64),
        np.array([pair.deal_probability for pair in pairs], dtype=np.float64),
        top=top,
        limits=np.array([len(order_names) if limit is None else limit for limit in room], dtype=np.int64),
    )
    return tuple(sorted((pairs[i] for i in chosen), key=lambda c: (c.order_id, -c.deal_probability, c.factory_id)))


def allocate_pairs(orders: Numbers, factories: Numbers, probabilities: Floats, *, top: int, limits: Numbers) -> Numbers:
    """As `allocate`, for any number of pairs as arrays: the places of the chosen pairs, ascending.

    orders, factories: whole numbers from 0, no pair twice, one factory after another within each order and the orders
    ascending; the same pairs in that order always give the same choice. limits: one for each factory; for none give the
    number of orders. Pairs that no optimum needs are left out first (see `_worth_trying`).
    """
    if top < 0:
        raise ValueError(f"top is {top}; it must be zero or more")
    if len(probabilities) and not (probabilities.min() >= 0.0 and probabilities.max() <= 1.0):
        worst = probabilities[~((probabilities >= 0.0) & (probabilities <= 1.0))][0]
        raise ValueError(f"deal probability {worst} is not between 0 and 1")
    costs = -np.rint(probabilities * _COST_SCALE).astype(np.int64)
    tried = np.flatnonzero(_worth_trying(orders, factories, costs, top, limits))
    if top == 0 or not len(tried):
        return np.zeros(0, dtype=np.int64)
    chosen = [
        some[_solve(orders[some], factories[some], costs[some], top, limits)]
        for some in _components(tried, orders, factories)
    ]
    return np.sort(np.concatenate(chosen))


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    best: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        key = (candidate.order_id, candidate.factory_id)
        if key not in best or candidate.deal_probability > best[key].deal_probability:
            best[key] = candidate
    return [best[key] for key in sorted(best)]


def _worth_trying(orders: Numbers, factories: Numbers, costs: Numbers, top: int, limits: Numbers) -> NDArray[np.bool_]:
    """Leaves out pairs with a full factory, and pairs behind `top` others of their order that nobody can take away.

    A factory with no more pairs than room takes whoever asks, so that an order with `top` pairs of this kind needs
    nothing that is worth less than the least of them.
    """
    free = (limits >= np.bincount(factories, minlength=len(limits)))[factories].astype(np.int64)
    order = np.lexsort((costs, orders))
    free_so_far = np.cumsum(free[order])
    starts = np.searchsorted(orders[order], orders[order], side="left")
    before = free_so_far - free_so_far[starts] + free[order][starts] - free[order]
    behind = np.zeros(len(orders), dtype=np.bool_)
    behind[order] = before >= top
    return ~behind & (limits[factories] > 0)


def _components(pairs: Numbers, orders: Numbers, factories: Numbers) -> list[Numbers]:
    """The pairs in groups that share no order and no factory; each is an allocation of its own."""
    first_factory = int(orders.max()) + 1
    nodes = first_factory + int(factories.max()) + 1
    ends = orders[pairs], first_factory + factories[pairs]
    _, labels = connected_components(coo_array((np.ones(len(pairs), np.int8), ends), (nodes, nodes)), directed=False)
    label = labels[orders[pairs]]
    order = np.argsort(label, kind="stable")
    return np.split(pairs[order], np.flatnonzero(np.diff(label[order])) + 1)


def _solve(orders: Numbers, factories: Numbers, costs: Numbers, top: int, limits: Numbers) -> Numbers:
    order_names, tails = np.unique(orders, return_inverse=True)
    factory_names, heads = np.unique(factories, return_inverse=True)
    count = len(order_names)
    sink = count + len(factory_names)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tails, heads + count, np.ones_like(costs), costs)
    _add_free_arcs(flow, np.arange(count, sink), sink, np.minimum(limits[factory_names], count))
    supplies = np.full(count, top, dtype=np.int64)
    _add_free_arcs(flow, np.arange(count), sink, supplies)
    flow.set_nodes_supplies(np.arange(count), supplies)
    flow.set_node_supply(sink, -top * count)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise AllocationFailed(f"the allocation found no optimum: {status}")
    return np.flatnonzero(flow.flows(arcs))


def _add_free_arcs(flow: min_cost_flow.SimpleMinCostFlow, tails: Numbers, sink: int, capacities: Numbers) -> None:
    flow.add_arcs_with_capacity_and_unit_cost(tails, np.full_like(tails, sink), capacities, np.zeros_like(tails))
