"""Reads orders and factories: given fields win, free words complete them, and what is unknown stays unknown."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from matching.engine.factory_numbers import factory_numbers
from matching.engine.regions import region_key
from matching.engine.said import Said, Say
from matching.records import FactoryRecord, OrderRecord
from matching.understanding.nearest import NEAR, nearest_words
from matching.verticals.pack import COMMON, Kind, Vocabulary

TERM_KINDS: Final[tuple[Kind, ...]] = ("category", "process", "material", "certification")
Evidence = tuple[tuple[str, float], ...]
"""Pairs of a term id and how surely it is offered (0 to 1), surest first."""

Source = Literal["given", "read", "implied"]

# How much a term weighs by where it was found: a list is a statement, words inside a longer entry of a list nearly
# one, and so is a description, also beside a list: people put what is new to them into words first.
DECLARED: Final = 1.0
DECLARED_IN_WORDS: Final = 0.9
READ: Final = 0.8
USUAL_FOR_ITS_GOODS: Final = 0.6

COLOUR: Final = "colour"
"""The attribute under which the colours of an order travel."""

_LIST_MARKS: Final = re.compile("[;；]")
_CURRENCY_SYNONYMS: Final = {"RMB": "CNY", "CNH": "CNY"}

WISH_WEIGHTS: Final[dict[Source, float]] = {"given": 1.0, "read": 0.9, "implied": 0.3}


@dataclass(frozen=True, slots=True)
class Wish:
    """One term that an order wants. source: a field, free words, or only usual for its category."""

    id: str
    source: Source

    @property
    def weight(self) -> float:
        return WISH_WEIGHTS[self.source]


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """An order as the engine sees it. wishes: for each of TERM_KINDS the wanted terms, surest first.

    usual_processes: those that its category implies, whether they are wished for or not.
    """

    record: OrderRecord
    wishes: dict[Kind, tuple[Wish, ...]]
    attributes: tuple[tuple[str, str], ...]
    quantity: int
    target_unit_price: float | None
    currency: str | None
    due_on: date | None
    region: str | None
    verticals: frozenset[str]
    usual_processes: tuple[str, ...]
    text: str

    def stated(self, kind: Kind) -> tuple[Wish, ...]:
        """The wishes that the buyer put in words."""
        return tuple(wish for wish in self.wishes[kind] if wish.source != "implied")


@dataclass(frozen=True, slots=True)
class ReadFactory:
    """A factory as the engine sees it. terms: for each of TERM_KINDS pairs of term id and evidence (0 to 1).

    lists_certificates: its list of certificates is there and wholly understood, so what it leaves out is not held.
    names_processes: it tells at least one process itself; else its processes are only the usual ones of its goods.
    """

    record: FactoryRecord
    terms: dict[Kind, Evidence]
    attributes: dict[str, tuple[str, ...]]
    minimum_quantity: float | None
    capacity_per_week: float | None
    lead_time_days: float | None
    unit_price_low: float | None
    unit_price_high: float | None
    currency: str | None
    region: str | None
    lists_certificates: bool
    names_processes: bool
    verticals: frozenset[str]
    text: str

    def denied(self, kind: Kind) -> tuple[str, ...]:
        """The terms that it firmly said it cannot do."""
        return tuple(identifier for denied_kind, identifier in self.record.denied if denied_kind == kind)

    def confirmed(self, kind: Kind) -> tuple[str, ...]:
        """The terms that it can do, as it said when it was asked."""
        return tuple(identifier for known_kind, identifier in self.record.confirmed if known_kind == kind)


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a list of a field came to. ids: resolved as they stand. worded: found inside longer entries."""

    ids: tuple[str, ...] = ()
    worded: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


class OrderReader:
    """Reads orders against one vocabulary."""

    def __init__(self, vocabulary: Vocabulary, say: Say) -> None:
        self._vocabulary = vocabulary
        self._say = say

    def read(self, order: OrderRecord, as_of: date) -> ReadOrder:
        """Completes the order's fields from its title and description; dates like "in three weeks" count from as_of."""
        said = self._say(_joined([order.title, order.description]), order.posted_on or as_of)
        lists = _lists(self._vocabulary, self._say, _order_lists(order), said)
        wishes = {kind: self._narrowest(kind, tuple(_wishes(lists[kind], said.terms[kind]))) for kind in TERM_KINDS}
        wishes["category"] = _one_category(wishes["category"])
        usual = self._usual_processes(wishes["category"])
        if not wishes["process"]:
            wishes["process"] = tuple(Wish(identifier, "implied") for identifier in usual)
        priced = order.target_unit_price is not None
        return ReadOrder(
            record=order,
            wishes=wishes,
            attributes=_comparable(self._vocabulary, _attributes(order.attributes, said.attributes)),
            quantity=order.quantity,
            target_unit_price=order.target_unit_price if priced else said.unit_price_high,
            currency=_currency(order.currency if priced else (order.currency or said.currency)),
            due_on=order.due_on or said.due_on,
            region=region_key(self._vocabulary, order.region or said.region),
            verticals=self._verticals(wishes),
            usual_processes=usual,
            text=_joined([order.title, order.description, *_all_unresolved(lists), *self._names(wishes)]),
        )

    def completed(self, order: OrderRecord, as_of: date) -> OrderRecord:
        """The order with every field filled that its words tell, as ids; given fields stay, unresolved words go."""
        read = self.read(order, as_of)
        said = self._say(_joined([order.title, order.description]), order.posted_on or as_of)
        ids = {kind: tuple(wish.id for wish in read.stated(kind)) for kind in TERM_KINDS}
        attributes = _attributes(order.attributes, said.attributes)
        if not any(name == COLOUR for name, _ in attributes):
            attributes += tuple((COLOUR, colour) for colour in said.terms["colour"])
        return replace(
            order,
            category=next(iter(ids["category"]), None),
            processes=ids["process"],
            materials=ids["material"],
            certifications=ids["certification"],
            attributes=attributes,
            target_unit_price=read.target_unit_price,
            currency=read.currency,
            due_on=read.due_on,
            region=read.region,
        )

    def _narrowest(self, kind: Kind, wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
        """Leaves out what free words say more broadly than another wish does ("printing" beside screen printing)."""
        terms = [term for wish in wishes if (term := self._vocabulary.term(kind, wish.id)) is not None]
        broader = {identifier for term in terms for identifier in term.broader}
        return tuple(wish for wish in wishes if wish.source == "given" or wish.id not in broader)

    def _usual_processes(self, category: tuple[Wish, ...]) -> tuple[str, ...]:
        return self._vocabulary.implied_processes(category[0].id) if category else ()

    def _verticals(self, wishes: dict[Kind, tuple[Wish, ...]]) -> frozenset[str]:
        for kind in ("category", "process"):
            found = verticals_of(self._vocabulary, kind, [wish.id for wish in wishes[kind]])
            if found:
                return found
        return frozenset()

    def _names(self, wishes: dict[Kind, tuple[Wish, ...]]) -> Iterator[str]:
        stated = ((kind, wish.id) for kind in TERM_KINDS for wish in wishes[kind] if wish.source != "implied")
        return _both_names(self._vocabulary, stated)


class FactoryReader:
    """Reads factories against one vocabulary."""

    def __init__(self, vocabulary: Vocabulary, say: Say) -> None:
        self._vocabulary = vocabulary
        self._say = say

    def read(self, factory: FactoryRecord) -> ReadFactory:
        """Completes the factory's lists and numbers from its name and description."""
        factory = replace(factory, denied=self._ids(factory.denied), confirmed=self._ids(factory.confirmed))
        said = self._say(_joined([factory.name, factory.description]), factory.joined_on)
        lists = _lists(self._vocabulary, self._say, _factory_lists(factory), said)
        confirmed = {kind: [term for known, term in factory.confirmed if known == kind] for kind in TERM_KINDS}
        terms = {kind: _evidence(lists[kind], said.terms[kind], confirmed[kind]) for kind in TERM_KINDS}
        names_processes = bool(terms["process"])
        terms["process"] = self._with_usual(terms["process"], terms["category"])
        terms = {kind: tuple(pair for pair in terms[kind] if (kind, pair[0]) not in factory.denied) for kind in terms}
        numbers = factory_numbers(factory.description)
        priced = factory.unit_price_low is not None or factory.unit_price_high is not None
        return ReadFactory(
            record=factory,
            terms=terms,
            attributes=_by_name((*factory.attributes, *said.attributes)),
            minimum_quantity=_known(factory.minimum_quantity, numbers.minimum_quantity),
            capacity_per_week=_known(factory.capacity_per_week, numbers.capacity_per_week),
            lead_time_days=_known(factory.lead_time_days, numbers.lead_time_days),
            unit_price_low=factory.unit_price_low if priced else said.unit_price_low,
            unit_price_high=factory.unit_price_high if priced else said.unit_price_high,
            currency=_currency(factory.currency if priced else (factory.currency or said.currency)),
            region=region_key(self._vocabulary, factory.region or said.region),
            lists_certificates=bool(factory.certifications) and not lists["certification"].unresolved,
            names_processes=names_processes,
            verticals=self._verticals(terms),
            text=self._text(factory, lists, terms),
        )

    def completed(self, factory: FactoryRecord) -> FactoryRecord:
        """The factory with every list and number filled that its words tell, as ids; unresolved words go."""
        read = self.read(factory)
        ids = {kind: tuple(identifier for identifier, _ in read.terms[kind]) for kind in TERM_KINDS}
        return replace(
            factory,
            categories=ids["category"],
            processes=ids["process"],
            materials=ids["material"],
            certifications=ids["certification"],
            minimum_quantity=_whole(read.minimum_quantity),
            capacity_per_week=_whole(read.capacity_per_week),
            lead_time_days=_whole(read.lead_time_days),
            unit_price_low=read.unit_price_low,
            unit_price_high=read.unit_price_high,
            currency=read.currency,
            region=read.region,
        )

    def _ids(self, answers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """What it denies or confirms, by id where a word of the packs names it."""
        found = []
        for kind, word in answers:
            known = next((one for one in TERM_KINDS if one == kind), None)
            term = None if known is None else self._vocabulary.resolve(known, word)
            found.append((kind, word if term is None else term.id))
        return tuple(found)

    def _verticals(self, terms: dict[Kind, Evidence]) -> frozenset[str]:
        """The trades of its goods; only a factory that names no goods is placed by its processes."""
        kinds: tuple[Kind, ...] = ("category",) if terms["category"] else ("process",)
        return frozenset().union(*(verticals_of(self._vocabulary, kind, [i for i, _ in terms[kind]]) for kind in kinds))

    def _with_usual(self, processes: Evidence, categories: Evidence) -> Evidence:
        """Adds the usual processes of the goods to those that are named."""
        found = dict(processes)
        for category, evidence in categories:
            for process in self._vocabulary.implied_processes(category):
                found[process] = max(found.get(process, 0.0), USUAL_FOR_ITS_GOODS * evidence)
        return tuple(sorted(found.items(), key=lambda pair: -pair[1]))

    def _text(self, factory: FactoryRecord, lists: dict[Kind, _Listed], terms: dict[Kind, Evidence]) -> str:
        offered = ((kind, identifier) for kind in TERM_KINDS for identifier, _ in terms[kind])
        names = _both_names(self._vocabulary, offered)
        return _joined([factory.name, factory.description, *_all_unresolved(lists), *names])


def verticals_of(vocabulary: Vocabulary, kind: Kind, identifiers: Iterable[str]) -> frozenset[str]:
    """The trades that terms belong to; a term that all trades share names none."""
    found: set[str] = set()
    for identifier in identifiers:
        term = vocabulary.term(kind, identifier)
        if term is not None:
            found.update(term.verticals if term.vertical == COMMON else (term.vertical,))
    return frozenset(found)


def _order_lists(order: OrderRecord) -> dict[Kind, tuple[str, ...]]:
    category = (
        () if order.category is None else tuple(part for part in _LIST_MARKS.split(order.category) if part.strip())
    )
    return {
        "category": category,
        "process": order.processes,
        "material": order.materials,
        "certification": order.certifications,
    }


def _factory_lists(factory: FactoryRecord) -> dict[Kind, tuple[str, ...]]:
    return {
        "category": factory.categories,
        "process": factory.processes,
        "material": factory.materials,
        "certification": factory.certifications,
    }


def _lists(vocabulary: Vocabulary, say: Say, given: dict[Kind, tuple[str, ...]], said: Said) -> dict[Kind, _Listed]:
    """Resolves the entries of all lists. The category comes first, because it tells the trade of ambiguous words."""
    trade = next(iter(sorted(verticals_of(vocabulary, "category", said.terms["category"]))), None)
    lists: dict[Kind, _Listed] = {}
    for kind in TERM_KINDS:
        lists[kind] = _listed(vocabulary, say, kind, given[kind], trade)
        if kind == "category":
            found = verticals_of(vocabulary, kind, lists[kind].ids)
            trade = min(found) if found else trade
    return lists


def _listed(vocabulary: Vocabulary, say: Say, kind: Kind, entries: Sequence[str], trade: str | None) -> _Listed:
    ids: list[str] = []
    worded: list[str] = []
    unresolved: list[str] = []
    for entry in entries:
        term = vocabulary.resolve(kind, entry, trade)
        if term is not None:
            ids.append(term.id)
            continue
        inside = say(entry, None).terms[kind] or _nearest(vocabulary, kind, entry, trade)
        worded += inside
        if not inside:
            unresolved.append(entry)
    return _Listed(tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(worded)), tuple(unresolved))


def _nearest(vocabulary: Vocabulary, kind: Kind, entry: str, trade: str | None) -> tuple[str, ...]:
    """The term whose word lies nearest to an entry that no word of the packs is in."""
    found = nearest_words(vocabulary).find((kind,), entry, trade)
    return (found[0].id,) if found is not None and found[1] >= NEAR else ()


def _wishes(listed: _Listed, said: Sequence[str]) -> Iterator[Wish]:
    given = dict.fromkeys((*listed.ids, *listed.worded))
    yield from (Wish(identifier, "given") for identifier in given)
    yield from (Wish(identifier, "read") for identifier in said if identifier not in given)


def _one_category(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """An order is for one kind of goods: the given one, else the one that its words name first."""
    return wishes[:1]


def _evidence(listed: _Listed, said: Sequence[str], confirmed: Sequence[str]) -> Evidence:
    evidence = dict.fromkeys(said, READ)
    evidence.update(dict.fromkeys(listed.worded, DECLARED_IN_WORDS))
    evidence.update(dict.fromkeys((*listed.ids, *confirmed), DECLARED))
    return tuple(sorted(evidence.items(), key=lambda pair: -pair[1]))


def _attributes(given: tuple[tuple[str, str], ...], said: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    names = {name for name, _ in given}
    return given + tuple(pair for pair in said if pair[0] not in names)


def _comparable(vocabulary: Vocabulary, pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Numbers and choices, which a factory either can do or cannot; free texts and colours are made to order."""
    return tuple(
        (name, value)
        for name, value in dict.fromkeys(pairs)
        if (attribute := vocabulary.attribute(name)) is not None and attribute.kind != "text"
    )


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        parts = tuple(part.strip() for part in value.replace("；", ";").split(";") if part.strip())
        grouped[name] = tuple(dict.fromkeys(grouped.get(name, ()) + parts))
    return grouped


def _known(given: float | None, said: float | None) -> float | None:
    return said if given is None else given


def _currency(code: str | None) -> str | None:
    return code if code is None else _CURRENCY_SYNONYMS.get(code.upper(), code.upper())


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _all_unresolved(lists: dict[Kind, _Listed]) -> list[str]:
    return [entry for kind in TERM_KINDS for entry in lists[kind].unresolved]


def _both_names(vocabulary: Vocabulary, terms: Iterable[tuple[Kind, str]]) -> Iterator[str]:
    """Names in both languages, so that a Chinese order and an English profile share words."""
    for kind, identifier in terms:
        yield vocabulary.name(kind, identifier, "en")
        yield vocabulary.name(kind, identifier, "zh")


def _joined(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)
