"""The evaluation sets, and which part of each a method may be tuned on."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.forecast.evaluation import EvaluationSet
from benchmarks.forecast.generated import fashion, promotions, short_histories, spare_parts
from benchmarks.forecast.retail import REPORTED_BACK, TUNING_BACK, best_covered, sparse
from benchmarks.forecast.stock_outs import stock_outs

TUNING_SEEDS: Final = (1, 2)
"""Any seed below 100 may be tuned on."""
REPORTED_SEEDS: Final = (101, 102)

_RETAIL: Final[dict[str, Callable[[Path, tuple[int, ...]], EvaluationSet]]] = {
    "online retail, best covered": best_covered,
    "online retail, sparse": sparse,
}
_GENERATED: Final[dict[str, Callable[[int], EvaluationSet]]] = {
    "fashion": fashion,
    "spare parts": spare_parts,
    "promotions": promotions,
    "short histories": short_histories,
    "stock-outs": stock_outs,
}
SETS: Final = (*_RETAIL, *_GENERATED)


def evaluations(name: str, data: Path, tuning: bool) -> dict[str, EvaluationSet]:
    """The parts of a set: one a seed, or the one real one. data: the folder of Online Retail.

    Raises FileNotFoundError when a real set is asked for and the folder does not hold it.
    """
    if name in _RETAIL:
        return {"real": _RETAIL[name](data, TUNING_BACK if tuning else REPORTED_BACK)}
    seeds = TUNING_SEEDS if tuning else REPORTED_SEEDS
    return {f"seed {seed}": _GENERATED[name](seed) for seed in seeds}
