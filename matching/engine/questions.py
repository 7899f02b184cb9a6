"""Ask instead of guess: which capability of a factory, once known for certain, would win the market most deals."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np

from matching.engine.declared import standing_of
from matching.engine.feasibility import able_among, makers_of
from matching.engine.index import FactoryTable
from matching.engine.model import Floats, RankerModel
from matching.engine.reading import DECLARED, TERM_KINDS, ReadFactory, ReadOrder
from matching.engine.requirements import Window
from matching.engine.shortlist import fit_of
from matching.engine.unsaid import beliefs_of
from matching.records import Question
from matching.verticals.pack import Kind, Vocabulary

_MOST_TERMS: Final = 24
"""Only the terms that are wished for most often are tried; rarer ones can move little."""

_LEAST_WORTH: Final = 1e-9

Term = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Demand:
    """One order of the demand. texts: how near its words are to those of each factory that is asked; None: unknown.

    otherwise: the chance of a deal that the order has with those who would be offered it anyway.
    """

    order: ReadOrder
    window: Window
    texts: Floats | None
    otherwise: float


@dataclass(frozen=True, slots=True)
class _Variant:
    """A factory as it would be once it has answered. owner: its place among those that are asked."""

    owner: int
    factory: ReadFactory


def questions_worth_asking(
    factories: Sequence[ReadFactory], demand: Sequence[Demand], model: RankerModel, vocabulary: Vocabulary
) -> list[tuple[Question, ...]]:
    """What to ask each factory, the most worthwhile first.

    worth is the value of the answer (Howard 1966): an order goes to the factory when that is better than what it has
    otherwise, so with a chance p of a yes an answer is worth p max(yes, otherwise) + (1 - p) max(no, otherwise) less
    max(p yes + (1 - p) no, otherwise) in expected deals, summed over the demand. A listed term is a claim and may be
    asked for too; one that is confirmed or denied is no question.
    """
    wanted = _Wanted(demand, vocabulary)
    open_terms = [wanted.open_terms(factory) for factory in factories]
    variants = [
        _Variant(owner, _after(factory, term, yes))
        for owner, factory in enumerate(factories)
        for term in open_terms[owner]
        for yes in (True, False)
    ]
    if not variants:
        return [() for _ in factories]
    chances = _chances(factories, open_terms, model, vocabulary)
    worths = iter(_worths(variants, chances, demand, _knowing(model, factories, variants), vocabulary).tolist())
    return [_questions(terms, worths) for terms in open_terms]


def _questions(terms: Sequence[Term], worths: Iterator[float]) -> tuple[Question, ...]:
    """worths: of these terms first."""
    found = [Question(kind, identifier, worth) for (kind, identifier), worth in zip(terms, worths, strict=False)]
    worthwhile = [question for question in found if question.worth > _LEAST_WORTH]
    return tuple(sorted(worthwhile, key=lambda question: (-question.worth, question.kind, question.id)))


def _knowing(model: RankerModel, factories: Sequence[ReadFactory], variants: Sequence[_Variant]) -> RankerModel:
    """The model with what it believes of each factory also believed of its variants."""
    beliefs = [model.beliefs.get(factory.record.factory_id) for factory in factories]
    known = ((variant.factory.record.factory_id, beliefs[variant.owner]) for variant in variants)
    return replace(model, beliefs={name: belief for name, belief in known if belief is not None})


class _Wanted:
    """What the demand wishes for, by trades of the factory that is asked."""

    def __init__(self, demand: Sequence[Demand], vocabulary: Vocabulary) -> None:
        self._orders = [one.order for one in demand]
        self._vocabulary = vocabulary
        self._by_trades: dict[frozenset[str], list[Term]] = {}

    def open_terms(self, factory: ReadFactory) -> list[Term]:
        """The terms in demand that the factory has neither confirmed nor denied, most wanted first."""
        unclear = (
            term
            for term in self._most_wanted(factory.verticals)
            if term[1] not in factory.denied(term[0]) and term[1] not in factory.confirmed(term[0])
        )
        return list(islice(unclear, _MOST_TERMS))

    def _most_wanted(self, trades: frozenset[str]) -> list[Term]:
        if trades not in self._by_trades:
            wanted: Counter[Term] = Counter()
            for order in self._orders:
                if not trades or not order.verticals or trades & order.verticals:
                    wanted.update((kind, wish.id) for kind in TERM_KINDS for wish in order.wishes[kind])
            self._by_trades[trades] = sorted(wanted, key=lambda term: (-wanted[term], term))
        return self._by_trades[trades]


def _after(factory: ReadFactory, term: Term, yes: bool) -> ReadFactory:
    """The factory once it has answered, under a name of its own so that all answers stand in one table."""
    kind, identifier = term
    name = f"{factory.record.factory_id}:{kind}:{identifier}:{yes}"
    if not yes:
        record = replace(factory.record, factory_id=name, denied=(*factory.record.denied, term))
        kept = tuple(pair for pair in factory.terms[kind] if pair[0] != identifier)
        return replace(factory, record=record, terms={**factory.terms, kind: kept})
    offered = tuple(pair for pair in factory.terms[kind] if pair[0] != identifier)
    terms = {**factory.terms, kind: ((identifier, DECLARED), *offered)}
    names_processes = factory.names_processes or kind == "process"
    record = replace(factory.record, factory_id=name, confirmed=(*factory.record.confirmed, term))
    return replace(factory, record=record, terms=terms, names_processes=names_processes)


def _chances(
    factories: Sequence[ReadFactory], terms: Sequence[Sequence[Term]], model: RankerModel, vocabulary: Vocabulary
) -> Floats:
    """How likely each factory is to answer yes to each of its terms, by its own words and its outcomes."""
    table = FactoryTable(vocabulary)
    part = table.part(np.array([table.write(factory) for factory in factories]))
    beliefs = beliefs_of(part, model)

    def chance(row: int, kind: Kind, term: str) -> float:
        able = part.derived(("able", kind, term), lambda: beliefs.able(kind, term, standing_of(part, kind, term)))
        return float(able[row])

    return np.array([chance(row, *term) for row, some in enumerate(terms) for term in some])


def _worths(
    variants: Sequence[_Variant],
    chances: Floats,
    demand: Sequence[Demand],
    model: RankerModel,
    vocabulary: Vocabulary,
) -> Floats:
    """What each question is worth. variants: for each question the factory after a yes and after a no."""
    table = FactoryTable(vocabulary)
    rows = np.array([table.write(variant.factory) for variant in variants])
    owners, places = np.zeros((2, len(table.alive)), dtype=np.int64)
    owners[rows], places[rows] = [variant.owner for variant in variants], np.arange(len(variants))
    worths = np.zeros(len(chances))
    for one in demand:
        makers = makers_of(one.order.verticals, table)
        text = None if one.texts is None else one.texts[owners[makers.rows]]
        able = able_among(one.order, makers, one.window, model)
        fit = fit_of(one.order, makers, one.window, text, model).only(able)
        deals = np.zeros(len(variants))
        deals[places[fit.rows]] = model.probabilities(model.scores(model.outlook(fit.fits)))
        yes, no = (np.maximum(deals[place::2], one.otherwise) for place in (0, 1))
        guessed = chances * deals[::2] + (1.0 - chances) * deals[1::2]
        worths += chances * yes + (1.0 - chances) * no - np.maximum(guessed, one.otherwise)
    return worths
