"""A population of requests whose every chance is known, shown by the product's own exploration.

Each factory shown wants the deal with a chance of its own; the request makes one deal when any does. Requests are drawn
from the population with replacement, so its mean is the exact truth.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.exploration import ALTERNATIVES_A_LEAD, places_around
from matching.evaluation.log import HEAVY, STEP, Floats, Log, Place, Request, level, rate_scale

PLACES: Final = 5
NAMES: Final = [f"factory {place:02d}" for place in range(40)]
_BASE, _SPREAD = -3.6, 1.1


@dataclass(frozen=True)
class Population:
    """Requests x factories. wants: the chance that a factory wants the deal when shown. scores: by name of a ranker."""

    wants: Floats
    scores: dict[str, Floats]

    @property
    def size(self) -> int:
        return len(self.wants)


@dataclass(frozen=True)
class Policy:
    """places: what is shown for each request. drawn: requests x places x (the best factory, then its alternatives)."""

    share: float
    places: list[list[Place]]
    drawn: NDArray[np.int64]

    @property
    def chances(self) -> Floats:
        """Of each place: that it shows its best factory, and each alternative."""
        return np.array([1.0 - self.share] + [self.share / ALTERNATIVES_A_LEAD] * ALTERNATIVES_A_LEAD)

    @cached_property
    def shows(self) -> Floats:
        """Requests x factories: the chance of being shown."""
        chances = np.broadcast_to(self.chances, self.drawn.shape)
        found = np.zeros((len(self.drawn), len(NAMES)))
        np.put_along_axis(found, self.drawn.reshape(len(found), -1), chances.reshape(len(found), -1), axis=1)
        return found

    def none_of(self, left: Floats) -> Floats:
        """For each request the mean over what is shown of the product of `left` (requests x factories)."""
        kept = np.take_along_axis(left[:, None, :], self.drawn, axis=2)
        return np.asarray((kept * self.chances).sum(axis=2).prod(axis=1))


def populate(seed: int, size: int) -> Population:
    """Rankers see the logit of a factory's chance through noise of their own, of which they share a part."""
    random = np.random.default_rng(seed)
    logits = _BASE + _SPREAD * random.standard_normal((size, len(NAMES)))
    shared = random.standard_normal(logits.shape)
    own = {name: random.standard_normal(logits.shape) for name in ("live", "better", "worse", "stranger")}
    scores = {
        "live": logits + 0.8 * shared + 0.3 * own["live"],
        "better": logits + 0.5 * shared + 0.2 * own["better"],
        "worse": logits + 1.1 * shared + 0.7 * own["worse"],
        "stranger": own["stranger"],
    }
    return Population(1.0 / (1.0 + np.exp(-logits)), scores)


def policy(population: Population, ranker: str, share: float) -> Policy:
    """What a ranker shows with this share of exploration, by the product's own draws."""
    order = np.argsort(-population.scores[ranker], axis=1, kind="stable")
    below = order[:, PLACES : PLACES * (1 + ALTERNATIVES_A_LEAD)]
    alternatives = below.reshape(population.size, ALTERNATIVES_A_LEAD, PLACES).transpose(0, 2, 1)
    drawn = np.concatenate([order[:, :PLACES, None], alternatives], axis=2)
    places = []
    for row in order:
        ranked = [NAMES[one] for one in row]
        places.append(list[Place](places_around(ranked[:PLACES], ranked, share)))
    return Policy(share, places, drawn)


def truth(population: Population, shown: Policy) -> float:
    """Deals per request of a policy, exactly."""
    return float(1.0 - shown.none_of(1.0 - population.wants).mean())


@dataclass(frozen=True)
class Seen:
    """What was logged: for each drawn request its row, the factories shown, and which of them
    made the deal: its place among them, -1 when none did."""

    rows: NDArray[np.int64]
    shown: NDArray[np.int64]
    winners: NDArray[np.int64]


def observe(population: Population, logged: Policy, requests: int, seed: int) -> Seen:
    random = np.random.default_rng(seed)
    rows = random.integers(population.size, size=requests)
    explored = random.random((requests, PLACES)) < logged.share
    chosen = np.where(explored, 1 + random.integers(ALTERNATIVES_A_LEAD, size=explored.shape), 0)
    shown = np.take_along_axis(logged.drawn[rows], chosen[:, :, None], axis=2)[:, :, 0]
    wants = random.random(shown.shape) < population.wants[rows[:, None], shown]
    first = np.where(wants, random.random(shown.shape), 2.0)
    return Seen(rows, shown, np.where(wants.any(axis=1), first.argmin(axis=1), -1))


def reward_model(population: Population, knows: bool = True) -> Floats:
    """Forecasts of a deal: right on the whole and wrong on every single pair, or the same for all."""
    if not knows:
        return np.full(population.wants.shape, 0.1)
    noise = np.random.default_rng(3).standard_normal(population.wants.shape)
    logits = 0.6 * np.log(population.wants / (1 - population.wants)) - 0.9 + 0.3 * noise
    return np.asarray(0.75 / (1 + np.exp(-logits)))


def read(seen: Seen, logged: Policy, target: Policy, forecast: Floats) -> Log:
    """What was logged as the estimators read it, without any true chance: as `log_of` makes it, all at once."""
    rows, shown, each = seen.rows, seen.shown, seen.rows[:, None]
    rates = rate_scale((logged.shows * forecast).sum(axis=1))[:, None] * forecast
    scale = level(rates[each, shown].sum(axis=1), seen.winners >= 0)
    weight = target.shows[each, shown] / logged.shows[each, shown]
    seldom = (logged.shows > 0.0) & (target.shows > HEAVY * logged.shows)
    won = np.arange(PLACES) == seen.winners[:, None]

    def words(scale: float) -> tuple[Floats, Floats, Floats]:
        own = scale * rates[each, shown]
        foreseen = -np.expm1(-own.sum(axis=1))
        none = target.none_of(np.exp(-scale * rates))[rows]
        missed = none * (weight * ((own.sum(axis=1) / foreseen)[:, None] * won - own)).sum(axis=1)
        return 1.0 - none, foreseen, missed

    (expected, foreseen, missed), raised = words(scale), words(scale * (1.0 + STEP))
    return Log(
        deal=(seen.winners >= 0).astype(float),
        weight=1.0 + weight.sum(axis=1) - (target.shows * (logged.shows > 0.0)).sum(axis=1)[rows],
        cut=np.zeros(len(rows)),
        leads=np.full(len(rows), float(PLACES)),
        wanted=target.shows.sum(axis=1)[rows],
        unsupported=(target.shows * (logged.shows == 0.0)).sum(axis=1)[rows],
        seldom_wanted=(target.shows * seldom).sum(axis=1)[rows],
        seldom_shown=(logged.shows * seldom).sum(axis=1)[rows],
        expected=expected,
        foreseen=foreseen,
        missed=missed,
        moved=(raised[0] + raised[2] - expected - missed) / STEP,
        moved_foreseen=(raised[1] - foreseen) / STEP,
        each=weight.sum(axis=1),
        squares=(weight**2).sum(axis=1),
    )


def requests_of(seen: Seen, logged: Policy, target: Policy, forecast: Floats) -> list[Request]:
    """The same as single requests."""
    found = []
    for row, shown, winner in zip(seen.rows, seen.shown, seen.winners, strict=True):
        places = logged.places[row], target.places[row]
        names = {name for policy in places for place in policy for name in place}
        words = {name: float(forecast[row, NAMES.index(name)]) for name in names}
        won = None if winner < 0 else NAMES[shown[winner]]
        found.append(Request([NAMES[one] for one in shown], won, *places, words))
    return found
