"""Ask instead of guess: which one capability of a factory, once known for certain, would move its deals most."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from matching.engine.coverage import MEETS, coverage
from matching.engine.feasibility import able_among, makers_of
from matching.engine.index import FactoryTable
from matching.engine.misfits import standing_of
from matching.engine.model import Floats, RankerModel
from matching.engine.reading import DECLARED, TERM_KINDS, ReadFactory, ReadOrder
from matching.engine.requirements import Window
from matching.engine.shortlist import beliefs_of, fit_of
from matching.records import Question
from matching.verticals.pack import Kind, Vocabulary

_MOST_TERMS: Final = 24
"""Only the terms that are wished for most often are tried; rarer ones can move little."""

_LEAST_WORTH: Final = 1e-9

Term = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Demand:
    """One order of the demand, with what the ranking knows of the factory's words for it (NaN: unknown)."""

    order: ReadOrder
    window: Window
    text: float


def questions_worth_asking(
    factory: ReadFactory, demand: Sequence[Demand], model: RankerModel, vocabulary: Vocabulary
) -> tuple[Question, ...]:
    """What to ask, the most worthwhile first.

    worth is the mean distance between the expected deals before and after the answer: with a chance p of a yes that is
    2 p (1 - p) (deals after a yes - deals after a no). A term that is declared or denied is no question.
    """
    open_terms = _open_terms(factory, demand, vocabulary)
    if not open_terms:
        return ()
    variants = [_after(factory, term, yes) for term in open_terms for yes in (True, False)]
    deals = _expected_deals(variants, demand, _knowing(model, factory, variants), vocabulary)
    chances = _chances(factory, open_terms, model, vocabulary)
    found = [
        Question(kind, identifier, worth)
        for place, (kind, identifier) in enumerate(open_terms)
        if (worth := _worth(chances[place], deals[2 * place], deals[2 * place + 1])) > _LEAST_WORTH
    ]
    return tuple(sorted(found, key=lambda question: (-question.worth, question.kind, question.id)))


def _worth(chance: float, deals_after_yes: float, deals_after_no: float) -> float:
    return float(2.0 * chance * (1.0 - chance) * (deals_after_yes - deals_after_no))


def _knowing(model: RankerModel, factory: ReadFactory, variants: Sequence[ReadFactory]) -> RankerModel:
    """The model with what it believes of the factory also believed of its variants."""
    belief = model.beliefs.get(factory.record.factory_id)
    return replace(model, beliefs={} if belief is None else {one.record.factory_id: belief for one in variants})


def _open_terms(factory: ReadFactory, demand: Iterable[Demand], vocabulary: Vocabulary) -> list[Term]:
    """The terms in demand that the factory neither declares nor denies, most wanted first."""
    wanted: Counter[Term] = Counter()
    for one in demand:
        if factory.verticals and one.order.verticals and not factory.verticals & one.order.verticals:
            continue
        wanted.update((kind, wish.id) for kind in TERM_KINDS for wish in one.order.wishes[kind])
    unclear = [
        term
        for term in sorted(wanted, key=lambda term: (-wanted[term], term))
        if term[1] not in factory.denied(term[0]) and not _is_declared(factory, term, vocabulary)
    ]
    return unclear[:_MOST_TERMS]


def _is_declared(factory: ReadFactory, term: Term, vocabulary: Vocabulary) -> bool:
    kind, identifier = term
    listed = [offered for offered, evidence in factory.terms[kind] if evidence >= DECLARED]
    return any(coverage(vocabulary, kind, identifier, offered) >= MEETS for offered in listed)


def _after(factory: ReadFactory, term: Term, yes: bool) -> ReadFactory:
    """The factory once it has answered, under a name of its own so that all answers stand in one table."""
    kind, identifier = term
    name = f"{kind}:{identifier}:{yes}"
    if not yes:
        record = replace(factory.record, factory_id=name, denied=(*factory.record.denied, term))
        kept = tuple(pair for pair in factory.terms[kind] if pair[0] != identifier)
        return replace(factory, record=record, terms={**factory.terms, kind: kept})
    offered = tuple(pair for pair in factory.terms[kind] if pair[0] != identifier)
    terms = {**factory.terms, kind: ((identifier, DECLARED), *offered)}
    names_processes = factory.names_processes or kind == "process"
    record = replace(factory.record, factory_id=name)
    return replace(factory, record=record, terms=terms, names_processes=names_processes)


def _chances(factory: ReadFactory, terms: Sequence[Term], model: RankerModel, vocabulary: Vocabulary) -> list[float]:
    """How likely the factory is to answer yes to each, by its own words and its outcomes."""
    table = FactoryTable(vocabulary)
    part = table.part(np.array([table.write(factory)]))
    beliefs = beliefs_of(part, model)
    return [float(beliefs.able(kind, term, standing_of(part, kind, term))[0]) for kind, term in terms]


def _expected_deals(
    variants: Sequence[ReadFactory], demand: Sequence[Demand], model: RankerModel, vocabulary: Vocabulary
) -> Floats:
    """For each variant the sum of its deal probabilities over the demand; none where it could not be offered."""
    table = FactoryTable(vocabulary)
    places = {table.write(variant): place for place, variant in enumerate(variants)}
    deals = np.zeros(len(variants))
    for one in demand:
        makers = makers_of(one.order.verticals, table)
        text = None if np.isnan(one.text) else np.full(len(makers), one.text)
        able = able_among(one.order, makers, one.window, model)
        fit = fit_of(one.order, makers, one.window, text, model).only(able)
        scores = model.scores(model.outlook(fit.fits))
        deals[[places[row] for row in fit.rows.tolist()]] += model.probabilities(scores)
    return deals
