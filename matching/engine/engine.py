"""The door of the ranking engine."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Final, TypeVar

import numpy as np

from matching.engine.columns import Rows
from matching.engine.counterfactual import changes_that_would_win
from matching.engine.explanation import UNEXPLAINED, explanations_of, leads_of
from matching.engine.exploration import ALTERNATIVES_A_LEAD, Choice, explore_around
from matching.engine.feasibility import able_among, makers_of
from matching.engine.index import FactoryIndex, FactoryTable, TablePart
from matching.engine.lessons import Lesson, learned_from
from matching.engine.limits import MOST_CANDIDATES, Candidates, found_candidates
from matching.engine.model import PRIOR, Floats, RankerModel
from matching.engine.questions import Demand, questions_worth_asking
from matching.engine.reading import FactoryReader, OrderReader, ReadOrder
from matching.engine.requirements import Window, window_of
from matching.engine.said import Say, parser_of
from matching.engine.shortlist import Fit, Shortlist, fit_of, shortlist
from matching.engine.wording import WordingIndex
from matching.index import FaissIndex
from matching.learning.contest import Contest, hold_contest
from matching.ports import Embedder, VectorIndex
from matching.records import FactoryRecord, OrderRecord, Outcome, Question, RankedLead, Ranking
from matching.verticals.pack import Vocabulary

Item = TypeVar("Item")

_BATCH: Final = 1024
_OFFERED_TO: Final = 5
"""An order has these best factories anyway; who is to win it must be better than the last of them."""
_CELLS_AT_ONCE: Final = 2_000_000
"""Orders x factories whose words are compared in one go: about 24 MB."""


class Engine:
    """Ranks factories for orders. Holds no state of the market: the index, the model and the day are arguments.

    Rules. What a factory says against a hard requirement filters it, what it does not say never does (see
    `matching.engine.feasibility`). The rest is ranked by the probability of a deal; whoever plainly misses a wish
    appears only where nothing better is left, with the miss shown. Factories that were filtered are never used to fill
    up a short list.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        embedder: Embedder,
        say: Say | None = None,
        vector_index: Callable[[int], VectorIndex] = FaissIndex,
    ) -> None:
        """say: how free words are read; the parser of `matching.understanding` unless told.

        vector_index: makes an empty index for so many dimensions.
        """
        self._vocabulary = vocabulary
        self._embedder = embedder
        self._vector_index = vector_index
        say = parser_of(vocabulary) if say is None else say
        self._orders = OrderReader(vocabulary, say)
        self._factories = FactoryReader(vocabulary, say)

    def index(self, factories: Sequence[FactoryRecord], snapshot_id: str = "") -> FactoryIndex:
        """The factories, ready to be ranked and changed one at a time. The last of two with the same id wins."""
        table = FactoryTable(self._vocabulary)
        wording = WordingIndex(self._embedder, self._vector_index(self._embedder.dimensions))
        index = FactoryIndex(table, self._factories, wording, snapshot_id)
        index.add_all(factories)
        return index

    def adopt(self, index: FactoryIndex) -> FactoryIndex:
        """The factories of an index of the same vocabulary, with their texts encoded by this engine's embedder.

        Their reading is shared, so only one of the two indexes may be changed from here on.
        """
        wording = WordingIndex(self._embedder, self._vector_index(self._embedder.dimensions))
        rows = sorted(index.table.rows.values())
        wording.write(rows, [index.table.at(row).text for row in rows])
        return FactoryIndex(index.table, self._factories, wording, index.snapshot_id)

    def rank(
        self,
        orders: Sequence[OrderRecord],
        factories: FactoryIndex,
        *,
        as_of: date,
        top: int = 5,
        explore: float = 0.0,
        seed: int = 0,
        model: RankerModel | None = None,
        exclude: Mapping[str, set[str]] | None = None,
        respect_limits: bool = False,
        choices: Mapping[str, Sequence[Choice]] | None = None,
        explain: bool = True,
        would_win: bool = False,
        watch: Callable[[Iterator[Shortlist]], Iterable[Shortlist]] = iter,
    ) -> Ranking:
        """At most `top` leads for each order, by order id and rank.

        as_of: the day of the offer; work starts then, or on posted_on if that is later. explore: share of the leads
        given to learning; the propensities are then below 1 and true. exclude: factories not to be offered, by order.
        respect_limits: no factory gets more than its leads_per_week in this call, and the sum of deal probabilities is
        as large as can be. choices: for each order the leads to give, when they were chosen before. explain: with
        verdicts and signals. would_win: adds to each lead what the factory could change. watch: sees each order pass,
        for a progress bar. Raises ValueError for two orders with one id, a quantity below 1, a negative top or an
        explore outside 0 to 1.
        """
        _check(orders, top, explore)
        model = PRIOR if model is None else model
        limited = MOST_CANDIDATES if respect_limits or choices is not None else 0
        size = max(top, limited, top * (1 + ALTERNATIVES_A_LEAD) if explore > 0.0 else 0)
        found_lists = self.shortlists(orders, factories, as_of=as_of, size=size, model=model, exclude=exclude)
        lists = {found.order.record.order_id: found for found in watch(found_lists)}
        if choices is None:
            choices = _choose(lists, factories.table, top, explore, seed, respect_limits)
        leads = [
            lead
            for order_id in sorted(lists)
            for lead in self._leads(lists[order_id], choices.get(order_id, []), factories, model, explain, would_win)
        ]
        offered = {lead.order_id for lead in leads}
        return Ranking(tuple(leads), tuple(order_id for order_id in sorted(lists) if order_id not in offered))

    def shortlists(
        self,
        orders: Sequence[OrderRecord],
        factories: FactoryIndex,
        *,
        as_of: date,
        size: int,
        model: RankerModel | None = None,
        exclude: Mapping[str, set[str]] | None = None,
    ) -> Iterator[Shortlist]:
        """For each order the `size` best possible factories with their features, in the order of `orders`.

        Says too how many factories are possible; `matching.engine.feasibility.refusals` tells why the others are not.
        """
        model = PRIOR if model is None else model
        exclude = {} if exclude is None else exclude
        for batch in _batches(orders, _BATCH):
            found: dict[int, Shortlist] = {}
            for place, order, window, fitted in self._fits(batch, factories, as_of, model):
                withheld = exclude.get(order.record.order_id, ())
                found[place] = shortlist(order, window, fitted, factories.table, model, size, withheld)
            yield from (found[place] for place in range(len(batch)))

    def learn(
        self, orders: Sequence[OrderRecord], factories: FactoryIndex, outcomes: Sequence[Outcome], *, as_of: date
    ) -> RankerModel:
        """A model that rests on the closed outcomes; `PRIOR` when there are none.

        orders: those of the outcomes, at least. Open outcomes, and those of factories that are not in the index, are
        left out. Raises ValueError for an outcome of or after as_of, and for one whose order is missing.
        """
        by_order = {order.order_id: order for order in orders}
        answered: dict[str, dict[str, Outcome]] = {}
        for outcome in outcomes:
            if outcome.offered_on >= as_of:
                raise ValueError(f"the outcome of {outcome.order_id} and {outcome.factory_id} is not before {as_of}")
            if outcome.order_id not in by_order:
                raise ValueError(f"the order {outcome.order_id} of an outcome is missing")
            if outcome.accepted is not None and outcome.factory_id in factories:
                answered.setdefault(outcome.order_id, {})[outcome.factory_id] = outcome
        taught = {factory_id for found in answered.values() for factory_id in found}
        part = factories.table.part(np.array([factories.table.rows[one] for one in sorted(taught)], dtype=np.int64))
        return learned_from(list(self._lessons(by_order, answered, factories.wording, part)), part, as_of)

    def forecast(
        self,
        orders: Sequence[OrderRecord],
        factories: FactoryIndex,
        offers: Sequence[Outcome],
        *,
        model: RankerModel,
    ) -> Floats:
        """P(accepted and won) for each offer on its day, whatever became of it, without ranking anything.

        orders: those of the offers, at least. NaN for a factory that is not in the index. Raises ValueError for an
        offer whose order is missing.
        """
        by_order = {order.order_id: order for order in orders}
        found = np.full(len(offers), np.nan)
        by_day: dict[date, dict[str, list[int]]] = {}
        for place, offer in enumerate(offers):
            if offer.order_id not in by_order:
                raise ValueError(f"the order {offer.order_id} of an offer is missing")
            if offer.factory_id in factories:
                by_day.setdefault(offer.offered_on, {}).setdefault(offer.order_id, []).append(place)
        for day, places in sorted(by_day.items()):
            rows = {
                order_id: np.array([factories.table.rows[offers[place].factory_id] for place in chosen])
                for order_id, chosen in places.items()
            }
            asked = [by_order[order_id] for order_id in sorted(places)]
            for order, window, part, text in self._seen(asked, factories, dict.fromkeys(places, day), rows):
                fitted = fit_of(order, part, window, text, model)
                scores = model.scores(model.outlook(fitted.fits))
                found[places[order.record.order_id]] = model.probabilities(scores)
        return found

    def contest(
        self,
        orders: Sequence[OrderRecord],
        factories: FactoryIndex,
        outcomes: Sequence[Outcome],
        *,
        as_of: date,
        live: RankerModel,
    ) -> Contest[RankerModel]:
        """Whether a model that learns from these outcomes forecasts later leads better than the live one does.

        Outcomes of factories that are not in the index are left out. Raises ValueError as `learn` does.
        """
        known = [outcome for outcome in outcomes if outcome.factory_id in factories]
        return hold_contest(
            known,
            live,
            as_of=as_of,
            learn=lambda some, day: self.learn(orders, factories, some, as_of=day),
            forecast=lambda model, offers: self.forecast(orders, factories, offers, model=model),
            marked=lambda model, calibrated: replace(model, calibrated=calibrated),
        )

    def questions(
        self,
        factories: FactoryIndex,
        factory_ids: Sequence[str],
        orders: Sequence[OrderRecord],
        *,
        as_of: date,
        model: RankerModel | None = None,
    ) -> dict[str, tuple[Question, ...]]:
        """What each factory should be asked, the most worthwhile first: terms that it neither confirmed nor denied.

        orders: recent demand, taken as the demand to come. Raises KeyError for a factory that is not in the index.
        """
        model = PRIOR if model is None else model
        rows = [factories.table.rows[factory_id] for factory_id in factory_ids]
        read = [self._orders.read(order, as_of) for order in orders]
        wordings = factories.wording.read([order.text for order in read])
        texts = factories.wording.values(wordings, np.array(rows, dtype=np.int64))
        found = self.shortlists(orders, factories, as_of=as_of, size=_OFFERED_TO, model=model)
        otherwise = {one.order.record.order_id: one.weakest for one in found}
        demand = [
            Demand(order, window_of(order, as_of), text, otherwise[order.record.order_id])
            for order, text in zip(read, texts, strict=True)
        ]
        asked = [factories.table.at(row) for row in rows]
        return dict(zip(factory_ids, questions_worth_asking(asked, demand, model, self._vocabulary), strict=True))

    def _lessons(
        self,
        orders: Mapping[str, OrderRecord],
        answered: Mapping[str, dict[str, Outcome]],
        words: WordingIndex,
        part: TablePart,
    ) -> Iterator[Lesson]:
        """Each past order as it stood when it was first offered, with its answered leads by factory."""
        places = {factory.record.factory_id: place for place, factory in enumerate(part.factories())}
        for batch in _batches(sorted(answered), min(_BATCH, max(1, _CELLS_AT_ONCE // max(1, len(part))))):
            days = [min(one.offered_on for one in answered[order_id].values()) for order_id in batch]
            read = [self._orders.read(orders[order_id], day) for order_id, day in zip(batch, days, strict=True)]
            texts = words.values(words.read([order.text for order in read]), part.rows)
            for order, day, text in zip(read, days, texts, strict=True):
                outcomes = [outcome for _, outcome in sorted(answered[order.record.order_id].items())]
                chosen = np.array([places[outcome.factory_id] for outcome in outcomes])
                near = None if text is None else text[chosen]
                yield Lesson(order, window_of(order, day), chosen, near, tuple(outcomes))

    def _seen(
        self,
        orders: Sequence[OrderRecord],
        factories: FactoryIndex,
        days: Mapping[str, date],
        rows: Mapping[str, Rows],
    ) -> Iterator[tuple[ReadOrder, Window, TablePart, Floats | None]]:
        """Each order beside given rows. days, rows: for each order id the day of its offer and the rows."""
        for batch in _batches(orders, _BATCH):
            read = [self._orders.read(order, days[order.order_id]) for order in batch]
            wordings = factories.wording.read([order.text for order in read])
            for order, wording in zip(read, wordings, strict=True):
                part = factories.table.part(rows[order.record.order_id])
                (text,) = factories.wording.values([wording], part.rows)
                yield order, window_of(order, days[order.record.order_id]), part, text

    def _fits(
        self, orders: Sequence[OrderRecord], factories: FactoryIndex, as_of: date, model: RankerModel
    ) -> Iterator[tuple[int, ReadOrder, Window, Fit]]:
        """Each order, by its place, against the factories that may be offered: orders of one trade together."""
        table = factories.table
        batch = [self._orders.read(order, as_of) for order in orders]
        wordings = factories.wording.read([order.text for order in batch])
        trades = [tuple(sorted(order.verticals)) for order in batch]
        for trade, group in groupby(sorted(range(len(batch)), key=trades.__getitem__), trades.__getitem__):
            makers = makers_of(frozenset(trade), table)
            for some in _batches(list(group), max(1, _CELLS_AT_ONCE // max(1, len(makers)))):
                windows = [window_of(batch[place], as_of) for place in some]
                able = [
                    np.flatnonzero(able_among(batch[place], makers, window, model))
                    for place, window in zip(some, windows, strict=True)
                ]
                texts = factories.wording.values_at([wordings[place] for place in some], makers, able)
                for place, window, text, chosen in zip(some, windows, texts, able, strict=True):
                    yield place, batch[place], window, fit_of(batch[place], makers, window, text, model, chosen)

    def _leads(
        self,
        found: Shortlist,
        choices: Sequence[Choice],
        factories: FactoryIndex,
        model: RankerModel,
        explain: bool,
        would_win: bool,
    ) -> Sequence[RankedLead]:
        propensities = {choice.factory_id: choice.propensity for choice in choices}
        places = [place for place, factory_id in enumerate(found.factory_ids) if factory_id in propensities]
        explanations = [UNEXPLAINED] * len(places)
        if explain:
            explanations = explanations_of(found, places, factories.table, model, self._vocabulary)
        chances = [propensities[found.factory_ids[place]] for place in places]
        leads = leads_of(found, places, chances, model, explanations)
        if would_win:
            leads = [
                replace(lead, would_win=changes_that_would_win(found, place, factory, model, self._vocabulary))
                for lead, place in zip(leads, places, strict=True)
                for factory in [factories.table.at(int(found.rows[place]))]
            ]
        return leads


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _check(orders: Sequence[OrderRecord], top: int, explore: float) -> None:
    if top < 0:
        raise ValueError(f"top is {top}; accepted is 0 or more")
    if not 0.0 <= explore <= 1.0:
        raise ValueError(f"explore is {explore}; accepted is 0 to 1")
    seen: set[str] = set()
    for order in orders:
        if order.order_id in seen:
            raise ValueError(f"order {order.order_id} stands twice; accepted is each order once")
        if order.quantity < 1:
            raise ValueError(f"order {order.order_id} is for {order.quantity} pieces; accepted is 1 or more")
        seen.add(order.order_id)


def _choose(
    lists: Mapping[str, Shortlist], table: FactoryTable, top: int, explore: float, seed: int, respect_limits: bool
) -> Mapping[str, Sequence[Choice]]:
    """Which factories are shown for each order, and with which probability."""
    if respect_limits:
        candidates = Candidates()
        for found in found_candidates(lists.values(), table):
            candidates.add(found)
        return candidates.choices(table, top, explore, seed)
    ranked = {order_id: found.factory_ids for order_id, found in lists.items()}
    choices: dict[str, list[Choice]] = {}
    for choice in explore_around({name: found[:top] for name, found in ranked.items()}, ranked, explore, seed, {}):
        choices.setdefault(choice.order_id, []).append(choice)
    return choices
