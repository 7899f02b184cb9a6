"""Turns answered leads into the arrays that the model learns from, and what it learned into a ranker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np

from matching.engine.columns import Floats, Rows
from matching.engine.index import TablePart
from matching.engine.misfits import Sight, goods_path, sight_of
from matching.engine.model import PRIOR, RankerModel
from matching.engine.reading import ReadOrder
from matching.engine.requirements import Window
from matching.learning.beliefs import Belief
from matching.learning.cases import UNKNOWN, Cases, reason_number
from matching.learning.check import is_closed, ripe_until
from matching.learning.fitting import Posterior
from matching.learning.learn import learn
from matching.learning.market import Market
from matching.learning.prices import Seen, UsualPrices, usual_prices
from matching.learning.shapes import TERMS
from matching.records import Outcome

_HALF_LIFE_DAYS: Final = 180.0
"""What was answered half a year ago counts half, because people, machines and prices change."""

_SUREST: Final = 0.997

Bit = tuple[int, int, str]
"""Whether one factory (its number) really can do one term of a kind (its number)."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One order with its answered leads: outcomes[k] is of the row at chosen[k] of the part. text: as in `sight_of`."""

    order: ReadOrder
    window: Window
    part: TablePart
    chosen: Rows
    text: Floats | None
    outcomes: tuple[Outcome, ...]


def learned_from(lessons: Sequence[Lesson], as_of: date) -> RankerModel:
    """The ranker after these lessons, with the digits that are stored; the same whatever their order."""
    lessons = sorted(lessons, key=lambda lesson: lesson.order.record.order_id)
    outcomes = [outcome for lesson in lessons for outcome in lesson.outcomes]
    evidence = sum(is_closed(outcome) for outcome in outcomes)
    if not evidence:
        return PRIOR
    priced = replace(PRIOR, id="learned", prices=_prices(lessons), evidence=evidence, learned_until=as_of)
    school = _School(lessons, priced, as_of)
    ripe = ripe_until(outcomes)
    learned = learn(school.cases, as_of.toordinal() if ripe is None else ripe.toordinal())
    calibrated = learned.check is not None and learned.check.passed
    beliefs = school.beliefs(learned.market, learned.posterior)
    model = replace(priced, market=learned.market, beliefs=beliefs, calibrated=calibrated)
    return RankerModel.from_json(model.to_json())


def _prices(lessons: Iterable[Lesson]) -> UsualPrices:
    return usual_prices(seen for lesson in lessons for seen in _seen(lesson))


def _seen(lesson: Lesson) -> Iterable[Seen]:
    """What was asked and what was quoted for the goods of an order."""
    order, vocabulary = lesson.order, lesson.part.vocabulary
    if not order.wishes["category"]:
        return
    path = goods_path(vocabulary, order.wishes["category"][0].id)
    quantity = float(np.log(order.quantity))
    if order.target_unit_price is not None and order.currency is not None:
        yield Seen(order.currency, path, float(np.log(order.target_unit_price)), quantity)
    for place, outcome in zip(lesson.chosen.tolist(), lesson.outcomes, strict=True):
        if outcome.quoted_unit_price is not None:
            currency = order.currency or lesson.part.factory(place).currency or ""
            yield Seen(currency, path, float(np.log(outcome.quoted_unit_price)), quantity)


class _School:
    """Numbers factories, groups and bits, and lays all lessons out as `Cases`."""

    def __init__(self, lessons: Sequence[Lesson], model: RankerModel, as_of: date) -> None:
        self._as_of = as_of
        names = {outcome.factory_id for lesson in lessons for outcome in lesson.outcomes}
        self._names = sorted(names)
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._groups: dict[tuple[int, str], int] = {}
        self._bits: dict[Bit, int] = {}
        self._standings: list[int] = []
        self._factories: dict[str, Floats] = {
            name: np.full(len(names), np.nan) for name in ("size", "lead", "size_way", "price_way", "lead_way")
        }
        self._columns: dict[str, list[Floats]] = {}
        none = np.zeros(0, dtype=np.int64)
        self._wishes: list[tuple[Rows, Rows, Rows, Floats]] = [(none, none, none, np.zeros(0))]
        self._count = 0
        for number, lesson in enumerate(lessons):
            sight = sight_of(lesson.order, lesson.part, lesson.window, lesson.text, model, lesson.chosen)
            self._lay_out(number, lesson, sight)
        self.cases = self._cases()

    def beliefs(self, market: Market, posterior: Posterior) -> dict[str, Belief]:
        """What the posterior says of each factory, by its id."""
        means, variances = posterior.means, posterior.variances
        leads = np.bincount(self.cases.factory, minlength=len(self._names))
        ability: list[dict[str, tuple[float, float]]] = [{} for _ in self._names]
        for (factory, group), number in self._groups.items():
            ability[factory][group] = float(means["ability"][number]), float(variances["ability"][number])
        able: list[dict[tuple[str, str], float]] = [{} for _ in self._names]
        for (factory, kind, term), number in self._bits.items():
            rate = market.rates[kind, self._standings[number]]
            moved = _log_odds(float(means["able"][number])) - _log_odds(float(rate))
            able[factory][TERMS[kind], term] = moved
        return {
            name: Belief(
                int(leads[number]),
                (float(means["willing"][number]), float(variances["willing"][number])),
                (float(means["reliable"][number]), float(variances["reliable"][number])),
                ability[number],
                self._shift("price", number, posterior),
                self._shift("size", number, posterior),
                self._shift("lead", number, posterior),
                able[number],
            )
            for name, number in self._numbers.items()
        }

    def _shift(self, name: str, number: int, posterior: Posterior) -> tuple[int, float, float]:
        way = int(self._factories[f"{name}_way"][number])
        return way, float(posterior.means[name][number]), float(posterior.variances[name][number])

    def _lay_out(self, number: int, lesson: Lesson, sight: Sight) -> None:
        factories = np.array([self._numbers[outcome.factory_id] for outcome in lesson.outcomes])
        for one in ("size", "lead"):
            self._factories[one][factories] = getattr(sight, one)
        for one, ways in sight.ways.items():
            self._factories[f"{one}_way"][factories] = ways
        gap = sight.price - sight.target
        quoted = np.array([_log_or_nan(outcome.quoted_unit_price) for outcome in lesson.outcomes])
        group = [self._groups.setdefault((f, sight.group), len(self._groups)) for f in factories.tolist()]
        count = len(factories)
        self._put("factory", factories)
        self._put("order", np.full(count, number))
        self._put("group", np.array(group))
        self._put("accepted", np.array([outcome.accepted is True for outcome in lesson.outcomes]))
        self._put("won", np.array([_won(outcome) for outcome in lesson.outcomes]))
        self._put("reason", np.array([reason_number(outcome.declined_reason) for outcome in lesson.outcomes]))
        self._put("day", np.array([outcome.offered_on.toordinal() for outcome in lesson.outcomes]))
        for name in ("plain", "overload", "shortfall"):
            self._put(name, getattr(sight, name))
        self._put("quantity", np.full(count, sight.quantity))
        self._put("gap", gap)
        self._put("days", np.full(count, sight.days))
        self._put("quote", quoted - sight.price)
        self._put("quoted_gap", quoted - sight.target)
        for (kind, term, weight), standing in zip(sight.wishes, sight.standings, strict=True):
            place = TERMS.index(kind)
            bits = [self._bit((f, place, term), int(s)) for f, s in zip(factories.tolist(), standing, strict=True)]
            cases = np.arange(self._count, self._count + count)
            self._wishes.append((cases, np.array(bits), np.full(count, place), np.full(count, weight)))
        self._count += count

    def _put(self, name: str, values: Floats) -> None:
        self._columns.setdefault(name, []).append(values)

    def _bit(self, key: Bit, standing: int) -> int:
        number = self._bits.setdefault(key, len(self._bits))
        if number == len(self._standings):
            self._standings.append(standing)
        return number

    def _cases(self) -> Cases:
        columns: dict[str, Any] = {name: np.concatenate(parts) for name, parts in self._columns.items()}
        order = np.lexsort((columns["order"], columns["factory"]))
        columns = {name: values[order] for name, values in columns.items()}
        columns["reason"] = np.where(columns["accepted"], UNKNOWN, columns["reason"])
        place_of = np.argsort(order)
        case, bit, kind, weight = (np.concatenate(parts) for parts in zip(*self._wishes, strict=True))
        case = place_of[case]
        sorted_wishes = np.argsort(case, kind="stable")
        bits, groups = list(self._bits), list(self._groups)
        ways: dict[str, Any] = {
            name: self._factories[name].astype(np.int64) for name in ("size_way", "price_way", "lead_way")
        }
        return Cases(
            factories=len(self._names),
            group_factory=np.array([factory for factory, _ in groups]),
            weight=0.5 ** ((self._as_of.toordinal() - columns["day"]) / _HALF_LIFE_DAYS),
            wish_case=case[sorted_wishes],
            wish_bit=bit[sorted_wishes],
            wish_kind=kind[sorted_wishes],
            wish_weight=weight[sorted_wishes],
            bit_factory=np.array([factory for factory, _, _ in bits], dtype=np.int64),
            bit_kind=np.array([kind for _, kind, _ in bits], dtype=np.int64),
            bit_standing=np.array(self._standings, dtype=np.int64),
            size=self._factories["size"],
            lead=self._factories["lead"],
            **ways,
            **columns,
        )


def _won(outcome: Outcome) -> int:
    return UNKNOWN if outcome.won is None or not outcome.accepted else int(outcome.won)


def _log_or_nan(value: float | None) -> float:
    return float("nan") if value is None or value <= 0 else float(np.log(value))


def _log_odds(chance: float) -> float:
    kept = min(max(chance, 1.0 - _SUREST), _SUREST)
    return float(np.log(kept / (1.0 - kept)))
