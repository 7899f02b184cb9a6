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
    _check(candidates, top, limits)
    pairs = _distinct(candidates)
    if not pairs or top == 0:
        return ()
    chosen = _solve(pairs, top, limits)
    return tuple(sorted((pairs[i] for i in chosen), key=lambda c: (c.order_id, -c.deal_probability, c.factory_id)))


def _check(candidates: Sequence[Candidate], top: int, limits: Mapping[str, int | None]) -> None:
    if top < 0:
        raise ValueError(f"top is {top}; it must be zero or more")
    for factory_id, limit in limits.items():
        if limit is not None and limit < 0:
            raise ValueError(f"the limit of factory {factory_id} is {limit}; it must be zero or more")
    for candidate in candidates:
        if not 0.0 <= candidate.deal_probability <= 1.0:
            raise ValueError(
                f"deal probability {candidate.deal_probability} of {candidate.order_id} and {candidate.factory_id} "
                "is not between 0 and 1"
            )


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    best: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        key = (candidate.order_id, candidate.factory_id)
        if key not in best or candidate.deal_probability > best[key].deal_probability:
            best[key] = candidate
    return [best[key] for key in sorted(best)]


def _solve(pairs: Sequence[Candidate], top: int, limits: Mapping[str, int | None]) -> list[int]:
    order_names = sorted({pair.order_id for pair in pairs})
    factory_names = sorted({pair.factory_id for pair in pairs})
    order_node = {name: node for node, name in enumerate(order_names)}
    factory_node = {name: node for node, name in enumerate(factory_names, start=len(order_names))}
    sink = len(order_names) + len(factory_names)

    tails = np.array([order_node[pair.order_id] for pair in pairs], dtype=np.int64)
    heads = np.array([factory_node[pair.factory_id] for pair in pairs], dtype=np.int64)
    costs = np.array([-round(pair.deal_probability * _COST_SCALE) for pair in pairs], dtype=np.int64)
    room = np.array([_room(limits.get(name), len(order_names)) for name in factory_names], dtype=np.int64)
    orders = np.arange(len(order_names), dtype=np.int64)
    factories = np.arange(len(order_names), sink, dtype=np.int64)

    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tails, heads, np.ones_like(costs), costs)
    _add_free_arcs(flow, factories, sink, room)
    _add_free_arcs(flow, orders, sink, np.full_like(orders, top))
    flow.set_nodes_supplies(orders, np.full_like(orders, top))
    flow.set_node_supply(sink, -top * len(order_names))
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise AllocationFailed(f"the allocation found no optimum: {status}")
    return [int(i) for i in np.flatnonzero(flow.flows(arcs))]


def _add_free_arcs(
    flow: min_cost_flow.SimpleMinCostFlow, tails: NDArray[np.int64], sink: int, capacities: NDArray[np.int64]
) -> None:
    flow.add_arcs_with_capacity_and_unit_cost(tails, np.full_like(tails, sink), capacities, np.zeros_like(tails))


def _room(limit: int | None, orders: int) -> int:
    return orders if limit is None else min(limit, orders)
