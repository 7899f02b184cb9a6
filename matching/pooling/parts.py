"""Splits a pooling problem where nothing joins it: families without a common candidate do not concern each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import coo_array  # type: ignore[import-untyped]  # scipy ships no types.
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]  # As above.

from matching.pooling.problem import Places, PoolingProblem

_PAIRS_A_PART: Final = 80_000
"""Parts of this many candidates keep their arrays in the processor's cache and their loops vectorised."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some whole families as a problem of its own. orders, pools: their places in the whole, ascending.

    family: of each pool of the part, numbered from 0; pools of different families share no order.
    """

    problem: PoolingProblem
    orders: Places
    pools: Places
    family: Places


def parts_of(problem: PoolingProblem) -> Iterator[Part]:
    """Parts of about equal size that together hold every candidate; orders and pools without any are in none."""
    pair_family = _families(problem)[problem.candidate_pool]
    by_family = np.argsort(pair_family, kind="stable")
    ends = np.flatnonzero(np.diff(pair_family[by_family], append=-1)) + 1
    part_of_end = (ends - 1) // _PAIRS_A_PART
    last_of_part = ends[np.flatnonzero(np.diff(part_of_end, append=-1))]
    for pairs in np.split(by_family, last_of_part[:-1]):
        if len(pairs):
            yield _part(problem, np.sort(pairs), pair_family)


def _part(problem: PoolingProblem, pairs: Places, pair_family: Places) -> Part:
    orders, order_of_pair = np.unique(problem.candidate_order[pairs], return_inverse=True)
    pools, first, pool_of_pair = np.unique(problem.candidate_pool[pairs], return_index=True, return_inverse=True)
    family = np.unique(pair_family[pairs[first]], return_inverse=True)[1]
    part = PoolingProblem(
        quantity=problem.quantity[orders],
        minimum=problem.minimum[pools],
        capacity=problem.capacity[pools],
        candidate_order=order_of_pair,
        candidate_pool=pool_of_pair,
        candidate_score=problem.candidate_score[pairs],
    )
    return Part(part, orders, pools, family)


def _families(problem: PoolingProblem) -> Places:
    """A number for each pool, equal for pools that are joined by orders."""
    orders, pools = len(problem.quantity), len(problem.minimum)
    links = (np.ones(len(problem.candidate_order), np.int8), (problem.candidate_order, orders + problem.candidate_pool))
    labels = connected_components(coo_array(links, shape=(orders + pools, orders + pools)), directed=False)[1]
    return np.asarray(labels[orders:], dtype=np.int64)
