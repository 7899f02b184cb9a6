"""What factories may be like, given their outcomes: a sampler that walks many chains for every factory at once.

Factories are independent of each other once the market's numbers are given, so one step proposes a change for every
factory in every chain and each is taken or left by itself (Metropolis et al. 1953). Normal quantities move by the
preconditioned Crank-Nicolson proposal and capability bits are drawn anew from their prior; both keep the prior, so only
the likelihood decides (Cotter et al. 2013).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.learning import shapes
from matching.learning.cases import REASONS, UNKNOWN, Cases, Whole
from matching.learning.market import Market

Singles = NDArray[np.float32]
Parts = Callable[[Singles], dict[str, Singles]]

_MOVE: Final = np.float32(0.5)
_BOLD_MOVE: Final = np.float32(0.8)
_REDRAWN: Final = np.float32(0.35)
_REASON_CHANCE: Final = np.float32(0.15)
"""The weight of a reason without any misfit behind it: people also give reasons that no column shows."""

_WIN: Final = "_win"
"""How the names of parts end that only cases have which were won or lost."""

_FACES: Final = {name: REASONS.index(name) for name in ("quantity", "capacity", "price", "time", "region")}


@dataclass(slots=True)
class State:
    """The hidden quantities: willing, reliable, price, size, lead: F x chains. ability: groups x chains. able: bits x
    chains, 1 where the factory really can. price, size, lead are shifts of the declared logs."""

    willing: Singles
    reliable: Singles
    ability: Singles
    price: Singles
    size: Singles
    lead: Singles
    able: Singles


class Chains:
    """Walks the chains. `market` may be replaced between sweeps by `follow`."""

    def __init__(self, cases: Cases, market: Market, chains: int, seed: int) -> None:
        self.cases = cases
        self.chains = chains
        self._random = np.random.default_rng(seed)
        self._starts = np.flatnonzero(np.r_[True, np.diff(cases.factory) > 0])
        self._present = cases.factory[self._starts]
        self._sign = np.where(cases.accepted, 1.0, -1.0).astype(np.float32)[:, None]
        self._decided = np.flatnonzero(cases.won != UNKNOWN)
        self._quoted = cases.quoted_gap[self._decided, None].astype(np.float32)
        self._won = np.where(cases.won[self._decided] == 1, 1.0, -1.0).astype(np.float32)[:, None]
        self._reasoned = np.flatnonzero(cases.reason >= 0)
        self._of_reason = [np.flatnonzero(cases.reason[self._reasoned] == reason) for reason in range(len(REASONS))]
        self._weight = cases.weight.astype(np.float32)[:, None]
        orders = int(cases.order.max()) + 1
        self._target_draw = self._normal(orders)[cases.order]
        self._days_draw = self._normal(orders)[cases.order]
        self._wishes = [self._wishes_of(kind) for kind in range(len(shapes.TERMS))]
        self._told_columns = self._columns_told()
        self._untold = np.isnan(self._told_columns)
        self.market = market
        self.state = self._first_state()
        self._parts: dict[str, Singles] = {}
        self._likelihood: Singles = np.zeros(0, dtype=np.float32)
        self.follow(market)

    def follow(self, market: Market) -> None:
        """Takes over other numbers of the market; the hidden quantities stay where they are."""
        self.market = market
        self._set_priors()
        self._set_fixed()
        self._set_known()
        state = self.state
        self._parts = self._effect_parts(state.willing, state.reliable, state.ability)
        self._parts |= self._price_parts(state.price) | self._size_parts(state.size) | self._lead_parts(state.lead)
        self._parts |= self._term_parts(state.able)
        self._likelihood = self._likelihoods(self._parts)

    def sweep(self) -> None:
        """One proposal of each kind for every factory in every chain."""
        self._move_effects()
        self._move("price", self._price_mean, self._price_spread, self._price_parts)
        self._move("size", *self._size_prior, self._size_parts)
        self._move("lead", *self._lead_prior, self._lead_parts)
        self._redraw_bits()

    def columns(self, chains: slice, rows: Whole) -> NDArray[np.float64]:
        """The misfit columns of some cases under the present state: cases x chosen chains x columns."""
        state = self.state
        found = np.repeat(self._fixed_columns[rows, None, :], len(range(*chains.indices(self.chains))), axis=1)
        found[:, :, shapes.TERM_PLACES] = np.moveaxis(self._parts["misses"][:, rows, chains], 0, 2)
        size = self._sizes(state.size)[rows, chains]
        found[:, :, shapes.SMALL] = shapes.cut(size, shapes.SMALL)
        found[:, :, shapes.LARGE] = shapes.cut(-size, shapes.LARGE)
        gap = self._gaps(state.price)[rows, chains]
        found[:, :, shapes.GAP], found[:, :, shapes.CHEAP] = _gap_columns(gap)
        found[:, :, shapes.LATE] = shapes.cut(self._lates(state.lead)[rows, chains], shapes.LATE)
        return found

    def won_columns(self, chains: slice, rows: Whole) -> NDArray[np.float64]:
        """As `columns`, with the price gap of the quote where there was one."""
        found = self.columns(chains, rows)
        quoted = self.cases.quoted_gap[rows, None]
        gap = np.where(np.isnan(quoted), self._gaps(self.state.price)[rows, chains], quoted)
        found[:, :, shapes.GAP], found[:, :, shapes.CHEAP] = _gap_columns(gap)
        return found

    def _first_state(self) -> State:
        cases = self.cases
        self._set_priors()
        bits = self._random.random((len(cases.bit_factory), self.chains), dtype=np.float32) < self._bit_rate[:, None]
        return State(
            willing=self._normal(cases.factories) * np.float32(self.market.willing),
            reliable=self._normal(cases.factories) * np.float32(self.market.reliable),
            ability=self._normal(len(cases.group_factory)) * np.float32(self.market.ability),
            price=self._price_mean + self._price_spread * self._normal(cases.factories),
            size=self._size_prior[0] + self._size_prior[1] * self._normal(cases.factories),
            lead=self._lead_prior[0] + self._lead_prior[1] * self._normal(cases.factories),
            able=bits.astype(np.float32),
        )

    def _set_priors(self) -> None:
        """Quotes tell a price level directly: a normal prior and normal noise, so the prior is replaced at once."""
        market, cases = self.market, self.cases
        self._bit_rate = market.rates[cases.bit_kind, cases.bit_standing].astype(np.float32)
        self._size_prior = _columns_of(market.size[cases.size_way])
        self._lead_prior = _columns_of(market.lead[cases.lead_way])
        shift, spread = market.price[cases.price_way].T
        quoted = np.flatnonzero(np.isfinite(cases.quote))
        counts = np.bincount(cases.factory[quoted], minlength=cases.factories)
        sums = np.bincount(cases.factory[quoted], weights=cases.quote[quoted], minlength=cases.factories)
        precision = spread**-2.0 + counts * market.quote**-2.0
        mean = (shift * spread**-2.0 + sums * market.quote**-2.0) / precision
        self._price_mean, self._price_spread = _columns_of(np.column_stack([mean, precision**-0.5]))

    def _set_fixed(self) -> None:
        """The part of both logits that no hidden quantity touches, and what each reason has of it."""
        market = self.market
        found = np.where(self._untold, market.typical, self._told_columns)
        self._fixed_columns = found
        costs = found * market.accept
        self._fixed_accept = costs.sum(axis=1).astype(np.float32)[:, None]
        fixed_win = (found[self._decided] @ market.win).astype(np.float32)[:, None]
        self._fixed_win = np.float32(market.base_win) - fixed_win
        of_reason = np.zeros(len(self._reasoned))
        for place, column in enumerate(shapes.COLUMNS):
            chosen = self._of_reason[REASONS.index(column.reason)]
            of_reason[chosen] += costs[self._reasoned[chosen], place]
        self._fixed_reason = of_reason.astype(np.float32)[:, None] + _REASON_CHANCE

    def _columns_told(self) -> NDArray[np.float64]:
        """The columns that no hidden quantity touches; NaN where nothing is known."""
        cases = self.cases
        found = np.zeros((len(cases), shapes.WIDTH))
        found[:, shapes.PLAIN_PLACES] = cases.plain
        found[:, shapes.OVERLOAD] = shapes.cut(cases.overload, shapes.OVERLOAD)
        found[:, shapes.SHORTFALL] = shapes.cut(cases.shortfall, shapes.SHORTFALL)
        return found

    def _set_known(self) -> None:
        """Numbers of each case before the shifts of its factory. What a buyer does not tell is drawn, alike for all
        factories of an order."""
        market, cases = self.market, self.cases
        size = np.where(np.isnan(cases.size), market.usual_size, cases.size)[cases.factory] - cases.quantity
        self._known_size = size.astype(np.float32)[:, None]
        gap, days = (values.astype(np.float32)[:, None] for values in (cases.gap, cases.days))
        mean, spread = market.target.astype(np.float32)
        self._known_gap = np.where(np.isnan(gap), mean + spread * self._target_draw, gap)
        mean, spread = market.days.astype(np.float32)
        lead = np.where(np.isnan(cases.lead), market.usual_lead, cases.lead).astype(np.float32)[cases.factory, None]
        self._known_late = lead - np.where(np.isnan(days), mean + spread * self._days_draw, days)

    def _likelihoods(self, parts: dict[str, Singles]) -> Singles:
        """Log likelihood of every factory's outcomes: factories x chains. Arrays are long, so they are reused."""
        logit = self._fixed_accept + parts["terms_accept"]
        for name in ("size_accept", "price_accept", "lead_accept"):
            logit += parts[name]
        reasoned = np.take(logit, self._reasoned, axis=0)
        np.subtract(np.float32(self.market.base_accept), logit, out=logit)
        logit += parts["effect_accept"]
        logit *= self._sign
        found = _log_sigmoid(logit)
        won = self._fixed_win + parts["effect_win"]
        for name in ("terms_win", "size_win", "price_win", "lead_win"):
            won -= parts[name]
        won *= self._won
        found[self._decided] += _log_sigmoid(won)
        if len(self._reasoned):
            reasoned += len(REASONS) * _REASON_CHANCE
            found[self._reasoned] += np.log((self._fixed_reason + self._reason_costs(parts)) / reasoned)
        found *= self._weight
        by_factory = np.zeros((self.cases.factories, self.chains), dtype=np.float32)
        by_factory[self._present] = np.add.reduceat(found, self._starts, axis=0)
        return by_factory

    def _reason_costs(self, parts: dict[str, Singles]) -> Singles:
        """What the hidden quantities add to the reason that was given."""
        found = np.zeros((len(self._reasoned), self.chains), dtype=np.float32)
        for kind in range(len(shapes.TERMS)):
            chosen = self._of_reason[kind]
            cost = np.float32(self.market.accept[shapes.TERM_PLACES[kind]])
            found[chosen] = cost * np.take(parts["misses"][kind], self._reasoned[chosen], axis=0)
        for reason, part in (("price", "price_accept"), ("quantity", "size_accept"), ("time", "lead_accept")):
            chosen = self._of_reason[_FACES[reason]]
            found[chosen] = np.take(parts[part], self._reasoned[chosen], axis=0)
        return found

    def _move_effects(self) -> None:
        state, market, owner = self.state, self.market, self.cases.group_factory
        willing = self._moved(state.willing, np.float32(0), np.float32(market.willing), _MOVE)
        reliable = self._moved(state.reliable, np.float32(0), np.float32(market.reliable), _MOVE)
        ability = self._moved(state.ability, np.float32(0), np.float32(market.ability), _MOVE)
        taken = self._taken(self._effect_parts(willing, reliable, ability))
        np.copyto(state.willing, willing, where=taken)
        np.copyto(state.reliable, reliable, where=taken)
        np.copyto(state.ability, ability, where=taken[owner])

    def _move(self, name: str, mean: Singles, spread: Singles, parts_of: Parts) -> None:
        present: Singles = getattr(self.state, name)
        proposed = self._moved(present, mean, spread, _BOLD_MOVE)
        np.copyto(present, proposed, where=self._taken(parts_of(proposed)))

    def _redraw_bits(self) -> None:
        present = self.state.able
        if not len(present):
            return
        draw = self._random.random(present.shape, dtype=np.float32)
        proposed = np.where(draw < _REDRAWN, draw < _REDRAWN * self._bit_rate[:, None], present)
        taken = self._taken(self._term_parts(proposed))
        np.copyto(present, proposed, where=taken[self.cases.bit_factory])

    def _taken(self, changed: dict[str, Singles]) -> NDArray[np.bool_]:
        """Decides every proposal: factories x chains. Those that are taken replace the parts."""
        likelihood = self._likelihoods({**self._parts, **changed})
        draw = np.log(self._random.random(likelihood.shape, dtype=np.float32) + np.float32(1e-12))
        taken = np.asarray(draw < likelihood - self._likelihood)
        np.copyto(self._likelihood, likelihood, where=taken)
        rows = taken[self.cases.factory]
        decided = rows[self._decided]
        for name, part in changed.items():
            np.copyto(self._parts[name], part, where=decided if name.endswith(_WIN) else rows)
        return taken

    def _moved(
        self, present: Singles, mean: Singles | np.float32, spread: Singles | np.float32, step: np.float32
    ) -> Singles:
        kept = np.float32(np.sqrt(1.0 - step * step))
        return np.asarray(mean + kept * (present - mean) + step * spread * self._normal(len(present)))

    def _normal(self, rows: int) -> Singles:
        return self._random.standard_normal((rows, self.chains), dtype=np.float32)

    def _effect_parts(self, willing: Singles, reliable: Singles, ability: Singles) -> dict[str, Singles]:
        rows, strength = self.cases.factory, ability[self.cases.group]
        share = np.float32(self.market.ability_in_win)
        return {
            "effect_accept": willing[rows] + strength,
            "effect_win": reliable[rows[self._decided]] + share * strength[self._decided],
        }

    def _price_parts(self, price: Singles) -> dict[str, Singles]:
        market, gap = self.market, self._gaps(price)
        quoted = np.where(np.isnan(self._quoted), gap[self._decided], self._quoted)
        return {
            "price_accept": _priced(gap, shapes.GAP, market.accept) + _priced(-gap, shapes.CHEAP, market.accept),
            "price_win": _priced(quoted, shapes.GAP, market.win) + _priced(-quoted, shapes.CHEAP, market.win),
        }

    def _size_parts(self, size: Singles) -> dict[str, Singles]:
        market, over = self.market, self._sizes(size)
        decided = over[self._decided]
        return {
            "size_accept": _priced(over, shapes.SMALL, market.accept) + _priced(-over, shapes.LARGE, market.accept),
            "size_win": _priced(decided, shapes.SMALL, market.win) + _priced(-decided, shapes.LARGE, market.win),
        }

    def _lead_parts(self, lead: Singles) -> dict[str, Singles]:
        market, late = self.market, self._lates(lead)
        return {
            "lead_accept": _priced(late, shapes.LATE, market.accept),
            "lead_win": _priced(late[self._decided], shapes.LATE, market.win),
        }

    def _term_parts(self, able: Singles) -> dict[str, Singles]:
        """The wishes that are missed, by kind, and what they cost."""
        cases, market = self.cases, self.market
        misses = np.zeros((len(shapes.TERMS), len(cases), self.chains), dtype=np.float32)
        for kind, (bits, weights, starts, rows) in enumerate(self._wishes):
            if len(bits):
                lacking = np.take(able, bits, axis=0)
                np.subtract(np.float32(1.0), lacking, out=lacking)
                lacking *= weights
                misses[kind, rows] = np.add.reduceat(lacking, starts, axis=0)
        accept, win = (costs[shapes.TERM_PLACES].astype(np.float32) for costs in (market.accept, market.win))
        return {
            "misses": misses,
            "terms_accept": np.tensordot(accept, misses, 1),
            "terms_win": np.tensordot(win, misses[:, self._decided], 1),
        }

    def _wishes_of(self, kind: int) -> tuple[Whole, Singles, Whole, Whole]:
        """The bits and weights of the wishes of a kind, where each case begins among them, and those cases."""
        places = np.flatnonzero(self.cases.wish_kind == kind)
        cases = self.cases.wish_case[places]
        starts = np.flatnonzero(np.r_[True, np.diff(cases) > 0]) if len(places) else places
        weights = self.cases.wish_weight[places, None].astype(np.float32)
        return self.cases.wish_bit[places], weights, starts, cases[starts]

    def _sizes(self, size: Singles) -> Singles:
        """Log of the suited size over the quantity."""
        return np.asarray(self._known_size + size[self.cases.factory])

    def _gaps(self, price: Singles) -> Singles:
        """Log of the factory's price over the target."""
        return np.asarray(self._known_gap + price[self.cases.factory])

    def _lates(self, lead: Singles) -> Singles:
        """Log of the lead time over the days there are."""
        return np.asarray(self._known_late + lead[self.cases.factory])


def _columns_of(pairs: NDArray[np.float64]) -> tuple[Singles, Singles]:
    mean, spread = pairs.astype(np.float32).T
    return mean[:, None], spread[:, None]


def _gap_columns(gap: Singles) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    return shapes.cut(gap, shapes.GAP), shapes.cut(-gap, shapes.CHEAP)


def _priced(values: Singles, where: Whole, costs: NDArray[np.float64]) -> Singles:
    """The cost of all pieces of a number together."""
    found = np.zeros_like(values)
    for place in where:
        low, high = np.float32(shapes.LOW[place]), np.float32(shapes.HIGH[place])
        found += np.float32(costs[place]) * (np.clip(values, low, high) - low)
    return found


def _log_sigmoid(logits: Singles) -> Singles:
    """Log of the sigmoid, in the place of the logits."""
    beyond = np.abs(logits)
    np.negative(beyond, out=beyond)
    np.exp(beyond, out=beyond)
    beyond += np.float32(1.0)
    np.log(beyond, out=beyond)
    np.minimum(logits, np.float32(0.0), out=logits)
    logits -= beyond
    return logits
