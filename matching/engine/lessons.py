"""Turns answered leads into the arrays that the model learns from, and what it learned into a ranker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np

from matching.engine.columns import Floats, Rows
from matching.engine.declared import lead_of, size_of, ways_of
from matching.engine.goods import goods_path
from matching.engine.index import TablePart
from matching.engine.model import PRIOR, RankerModel
from matching.engine.reading import ReadOrder
from matching.engine.requirements import Window
from matching.engine.sights import Sights, sights_of
from matching.engine.unsaid import told_by
from matching.learning.beliefs import Belief
from matching.learning.cases import UNKNOWN, Cases, reason_number
from matching.learning.check import is_closed, ripe_until
from matching.learning.fitting import Posterior
from matching.learning.learn import learn
from matching.learning.market import Market
from matching.learning.needs import UsualNeeds, usual_needs
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
    """One order with its answered leads: outcomes[k] is of the row at chosen[k] of a part. text: as in `sight_of`."""

    order: ReadOrder
    window: Window
    chosen: Rows
    text: Floats | None
    outcomes: tuple[Outcome, ...]


def learned_from(lessons: Sequence[Lesson], part: TablePart, as_of: date) -> RankerModel:
    """The ranker after these lessons, with the digits that are stored; the same whatever their order.

    part: the factories that answered, and no others, to whose places the lessons refer.
    """
    lessons = sorted(lessons, key=lambda lesson: lesson.order.record.order_id)
    outcomes = [outcome for lesson in lessons for outcome in lesson.outcomes]
    evidence = sum(is_closed(outcome) for outcome in outcomes)
    if not evidence:
        return PRIOR
    seen = replace(PRIOR, id="learned", prices=_prices(lessons, part), needs=_needs(lessons, part))
    priced = replace(seen, evidence=evidence, learned_until=as_of)
    school = _School(lessons, part, priced, as_of)
    ripe = ripe_until(outcomes)
    learned = learn(school.cases, as_of.toordinal() if ripe is None else ripe.toordinal())
    calibrated = learned.check is not None and learned.check.passed
    beliefs = school.beliefs(learned.market, learned.posterior)
    model = replace(priced, market=learned.market, beliefs=beliefs, calibrated=calibrated)
    return RankerModel.from_json(model.to_json())


def _prices(lessons: Iterable[Lesson], part: TablePart) -> UsualPrices:
    return usual_prices(seen for lesson in lessons for seen in _seen(lesson, part))


def _needs(lessons: Iterable[Lesson], part: TablePart) -> UsualNeeds:
    told = (told_by(lesson.order, part.vocabulary) for lesson in lessons)
    return usual_needs(one for one in told if one is not None)


def _seen(lesson: Lesson, part: TablePart) -> Iterable[Seen]:
    """What was asked and what was quoted for the goods of an order."""
    order = lesson.order
    if not order.wishes["category"]:
        return
    path = goods_path(part.vocabulary, order.wishes["category"][0].id)
    quantity = float(np.log(order.quantity))
    if order.target_unit_price is not None and order.currency is not None:
        yield Seen(order.currency, path, float(np.log(order.target_unit_price)), quantity)
    for place, outcome in zip(lesson.chosen.tolist(), lesson.outcomes, strict=True):
        if outcome.quoted_unit_price is not None:
            currency = order.currency or part.factory(place).currency or ""
            yield Seen(currency, path, float(np.log(outcome.quoted_unit_price)), quantity)


class _School:
    """All lessons as `Cases`: factories are numbered as in the part, groups and bits as they come first."""

    def __init__(self, lessons: Sequence[Lesson], part: TablePart, model: RankerModel, as_of: date) -> None:
        self._names = [factory.record.factory_id for factory in part.factories()]
        self._ways = ways_of(part)
        sights = sights_of(
            [lesson.order for lesson in lessons],
            [lesson.window for lesson in lessons],
            [lesson.chosen for lesson in lessons],
            [lesson.text for lesson in lessons],
            part,
            model,
        )
        self._groups, group = _grouped(sights)
        self._bits, self._standings, bit = _bits_of(sights)
        outcomes = [outcome for lesson in lessons for outcome in lesson.outcomes]
        columns = _columns(sights, outcomes) | {"group": group}
        by_factory = np.lexsort((columns["order"], columns["factory"]))
        wishes = _wish_columns(sights, bit, by_factory)
        self.cases = Cases(
            factories=len(part),
            group_factory=np.array([factory for factory, _ in self._groups]),
            weight=0.5 ** ((as_of.toordinal() - columns["day"][by_factory]) / _HALF_LIFE_DAYS),
            bit_factory=np.array([factory for factory, _, _ in self._bits], dtype=np.int64),
            bit_kind=np.array([kind for _, kind, _ in self._bits], dtype=np.int64),
            bit_standing=self._standings,
            size=size_of(part),
            lead=lead_of(part),
            size_way=self._ways["size"],
            price_way=self._ways["price"],
            lead_way=self._ways["lead"],
            **wishes,
            **{name: values[by_factory] for name, values in columns.items()},
        )

    def beliefs(self, market: Market, posterior: Posterior) -> dict[str, Belief]:
        """What the posterior says of each factory, by its id."""
        means, variances = posterior.means, posterior.variances
        leads = np.bincount(self.cases.factory, minlength=len(self._names))
        ability: list[dict[str, tuple[float, float]]] = [{} for _ in self._names]
        for number, (factory, group) in enumerate(self._groups):
            ability[factory][group] = float(means["ability"][number]), float(variances["ability"][number])
        able: list[dict[tuple[str, str], float]] = [{} for _ in self._names]
        for number, (factory, kind, term) in enumerate(self._bits):
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
            for number, name in enumerate(self._names)
        }

    def _shift(self, name: str, number: int, posterior: Posterior) -> tuple[int, float, float]:
        way = int(self._ways[name][number])
        return way, float(posterior.means[name][number]), float(posterior.variances[name][number])


def _columns(sights: Sights, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What each case needs of its own, in the order of the outcomes."""
    accepted = np.array([outcome.accepted is True for outcome in outcomes])
    reason = np.array([reason_number(outcome.declined_reason) for outcome in outcomes])
    quoted = np.log([_price_or_unknown(outcome.quoted_unit_price) for outcome in outcomes])
    return {
        "factory": sights.row,
        "order": sights.order,
        "accepted": accepted,
        "won": np.array([_won(outcome) for outcome in outcomes]),
        "reason": np.where(accepted, UNKNOWN, reason),
        "day": np.array([outcome.offered_on.toordinal() for outcome in outcomes]),
        "plain": sights.plain,
        "overload": sights.overload,
        "shortfall": sights.shortfall,
        "quantity": sights.quantity,
        "gap": sights.price - sights.target,
        "days": sights.days,
        "quote": quoted - sights.price,
        "quoted_gap": quoted - sights.target,
    }


def _wish_columns(sights: Sights, bits: Rows, by_factory: Rows) -> dict[str, Any]:
    """The wishes of the cases, sorted by case. by_factory: the place of each sorted case among the pairs."""
    wishes = sights.wishes
    place_of = np.argsort(by_factory)
    case = place_of[wishes.pair]
    order = np.argsort(case, kind="stable")
    return {
        "wish_case": case[order],
        "wish_bit": bits[order],
        "wish_kind": wishes.kind[order],
        "wish_weight": wishes.weight[order],
    }


def _grouped(sights: Sights) -> tuple[list[tuple[int, str]], Rows]:
    """The pairs of a factory and a group of goods, and the number of its pair for each case."""
    names = {group: number for number, group in enumerate(sorted(set(sights.groups)))}
    of_order = np.array([names[group] for group in sights.groups])
    first, numbers = _first_come(sights.row * len(names) + of_order[sights.order])
    return [(int(sights.row[case]), sights.groups[int(sights.order[case])]) for case in first], numbers


def _bits_of(sights: Sights) -> tuple[list[Bit], Rows, Rows]:
    """The bits, the standing of each when it comes first, and the number of its bit for each wish."""
    wishes = sights.wishes
    factory = sights.row[wishes.pair]
    first, numbers = _first_come((factory * len(TERMS) + wishes.kind) * len(wishes.terms) + wishes.term)
    found = zip(factory[first].tolist(), wishes.kind[first].tolist(), wishes.term[first].tolist(), strict=True)
    return [(one, kind, wishes.terms[term]) for one, kind, term in found], wishes.standing[first], numbers


def _first_come(keys: Rows) -> tuple[Rows, Rows]:
    """Where each distinct key stands first, and for every key its number among them as they come first."""
    _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
    return np.sort(first), np.argsort(np.argsort(first))[numbers]


def _won(outcome: Outcome) -> int:
    return UNKNOWN if outcome.won is None or not outcome.accepted else int(outcome.won)


def _price_or_unknown(value: float | None) -> float:
    return float("nan") if value is None or value <= 0 else value


def _log_odds(chance: float) -> float:
    kept = min(max(chance, 1.0 - _SUREST), _SUREST)
    return float(np.log(kept / (1.0 - kept)))
