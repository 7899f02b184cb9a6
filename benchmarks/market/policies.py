"""The policies that do not learn, and popularity, which only counts."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.market.market import Fate
from benchmarks.market.population import Floats
from benchmarks.market.season import Week
from benchmarks.market.sharing import Lead, share_out
from benchmarks.market.views import FEATURES, View

_RULES: Final = {
    "cosine": 0.45,
    "category": 0.20,
    "process": 0.10,
    "material": 0.10,
    "certificate": 0.05,
    "region": 0.02,
}


@dataclass(slots=True)
class Random:
    name: str = "random"
    learns: bool = False

    def offer(self, week: Week) -> list[Lead]:
        random = np.random.default_rng([week.market.parameters.seed, 8, week.number])
        return _shared_out(week, random.random((len(week.orders), len(week.factories))))


@dataclass(slots=True)
class Popularity:
    """Prefers who has closed the most deals so far, whatever is asked for."""

    name: str = "popularity"
    learns: bool = True

    def offer(self, week: Week) -> list[Lead]:
        counts = record(week)
        shares = (counts[:, 0] + 1.0) / (counts[:, 1] + 10.0)
        random = np.random.default_rng([week.market.parameters.seed, 9, week.number])
        return _shared_out(week, shares + 0.001 * random.random((len(week.orders), len(week.factories))))


@dataclass(slots=True)
class Cosine:
    view: View
    name: str = "cosine"
    learns: bool = False

    def offer(self, week: Week) -> list[Lead]:
        return _shared_out(week, self.view.cosine(week.orders, week.factories))


@dataclass(slots=True)
class Rules:
    """Weights by hand over the cosine, words in common and the numbers."""

    view: View
    name: str = "rules"
    learns: bool = False

    def offer(self, week: Week) -> list[Lead]:
        nothing = np.zeros((len(week.factories), 2))
        return _shared_out(week, by_hand(self.view.features(week.orders, week.factories, nothing)))


@dataclass(slots=True)
class Oracle:
    """Knows the true probabilities: no policy can expect more."""

    name: str = "oracle"
    learns: bool = False

    def offer(self, week: Week) -> list[Lead]:
        true = week.market.chances(week.number).deal[:, list(week.factories)]
        places = {order: row for row, order in enumerate(week.orders)}
        columns = {factory: column for column, factory in enumerate(week.factories)}
        return [
            Lead(lead.order, lead.factory, float(true[places[lead.order], columns[lead.factory]]))
            for lead in _shared_out(week, true)
        ]


def by_hand(features: Floats) -> Floats:
    """orders × factories, 0 to 1."""
    score = sum(weight * features[:, :, FEATURES.index(name)] for name, weight in _RULES.items())
    size, price, time = (features[:, :, FEATURES.index(name)] for name in ("size", "price", "time"))
    score = (
        score - 0.06 * np.maximum(size - 1.0, 0.0) - 0.10 * np.clip(price, 0.0, 1.0) - 0.05 * np.clip(time, 0.0, 1.0)
    )
    return np.asarray(np.clip(score + 0.2, 0.0, 1.0))


def record(week: Week) -> Floats:
    """factories of the week × (deals, closed leads), by what is known on its morning."""
    places = {factory: place for place, factory in enumerate(week.factories)}
    counts = np.zeros((len(week.factories), 2))
    for fate in week.past:
        closed = is_closed(fate, week)
        counts[places[fate.lead.factory]] += (float(closed and fate.deal), float(closed))
    return counts


def is_closed(fate: Fate, week: Week) -> bool:
    row = fate.row(week.as_of)
    return row["accepted"] == "0" or row["won"] != ""


def _shared_out(week: Week, scores: Floats) -> list[Lead]:
    market = week.market
    return share_out(scores, week.orders, week.factories, market.factories.limit, market.parameters.leads_an_order)
