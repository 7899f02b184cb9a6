"""How likely a deal truly is: P(accepted) x P(won | accepted) for every order and factory of a week."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.market.demand import ANYWHERE, Orders
from benchmarks.market.parameters import Parameters
from benchmarks.market.population import Factories, Floats, Ints

REASONS: Final = ("product", "process", "material", "quantity", "price", "time", "other")
_FREE_SIZE: Final = 0.4
_NOISE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Chances:
    """Orders of the week × factories. blame: reasons × orders × factories, what speaks against accepting, 0 or more."""

    accept: Floats
    win: Floats
    blame: Floats

    @property
    def deal(self) -> Floats:
        return self.accept * self.win


def chances_of_week(parameters: Parameters, factories: Factories, orders: Orders, week: int) -> Chances:
    rows = orders.of_week(week)
    if not parameters.signal:
        return _unknowable(parameters, rows, len(factories))
    missing = {kind: orders.needs[kind][rows] @ (~able.T).astype(float) for kind, able in factories.able.items()}
    quantity = np.log(orders.quantity[rows])[:, None]
    size = np.maximum(np.abs(quantity - factories.size) - _FREE_SIZE, 0.0)
    price = np.maximum(factories.price - orders.target[rows][:, None], 0.0)
    late = np.maximum(_log_days(factories, orders, rows) - np.log(orders.days[rows])[:, None], 0.0)
    wanted = orders.region[rows][:, None]
    far = (wanted != ANYWHERE) & (wanted != factories.region)
    strength = factories.strength[:, orders.group[rows]].T

    product = parameters.miss_category * missing["category"]
    process = parameters.miss_process * missing["process"]
    material = parameters.miss_material * missing["material"]
    papers = parameters.miss_certificate * missing["certificate"]
    dear, slow, odd = parameters.slope_price * price, parameters.slope_time * late, parameters.slope_size * size
    other = 0.5 * papers + np.full_like(papers, 0.35)
    blame = np.stack([product, process, material, odd, 0.5 * dear, 0.5 * slow, other])
    willing = factories.willingness + factories.drift[:, week - 1]
    accept = parameters.base_accept + willing + strength - blame[:-1].sum(axis=0) - 0.5 * papers
    win = parameters.base_win + factories.reliability + 0.5 * strength
    win = win - 0.3 * product - 0.4 * (process + material) - papers - 0.3 * odd - dear - slow
    return Chances(_share(accept), _share(win - parameters.cost_region * far), blame)


def _log_days(factories: Factories, orders: Orders, rows: Ints) -> Floats:
    """Log of the true days to make the order: the lead time, and the weeks beyond one that the pieces fill."""
    capacity = np.exp(factories.size + factories.half_width)
    weeks = np.maximum(orders.quantity[rows][:, None] / capacity - 1.0, 0.0)
    return np.asarray(np.log(np.exp(factories.lead) + 7.0 * weeks))


def _unknowable(parameters: Parameters, rows: Ints, factories: int) -> Chances:
    random = np.random.default_rng([parameters.seed, 4, int(rows[0])])
    shape = (len(rows), factories)
    accept, win = random.normal(0.3, _NOISE, shape), random.normal(0.0, _NOISE, shape)
    return Chances(_share(accept), _share(win), np.ones((len(REASONS), *shape)))


def _share(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))
