"""What orders must have in common to share the set-up that causes a factory's minimum."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from matching.records import OrderRecord
from matching.verticals.pack import Kind, Language, MinimumCause, Vocabulary

_TERM_FIELDS: Final[dict[str, Kind]] = {
    "category": "category",
    "process": "process",
    "material": "material",
    "colour": "colour",
}


@dataclass(frozen=True, slots=True)
class SharedConstraint:
    """The cause of a minimum, and the values that every order of one run has in common.

    key: (field, value) in the order of the pack's shared_by; orders with equal cause_id and key can share a run. An
    empty value stands for a colour that is still to be agreed among the members. typical_minimum: pieces.
    setup_share: part of the unit price at that minimum which is set-up.
    """

    cause_id: str
    vertical: str
    key: tuple[tuple[str, str], ...]
    typical_minimum: int
    setup_share: float
    name_en: str
    name_zh: str

    def name(self, language: Language) -> str:
        return self.name_zh if language == "zh" else self.name_en

    @property
    def id(self) -> str:
        """One text for the cause and its key, equal exactly when they are."""
        return ":".join([self.cause_id, *(f"{field}={value}" for field, value in self.key)])


def shared_constraint(order: OrderRecord, vocabulary: Vocabulary) -> SharedConstraint | None:
    """The constraint that decides with whom an order can be pooled; None when too little is known of it.

    Among the causes of its minimum (by its processes, else those usual for its category, else those of its trade) the
    one with the highest typical minimum whose shared values are all known. A colour may be open; nothing else may.
    Fields hold ids or names; processes that do not cause the minimum take no part in the key.
    """
    category = vocabulary.resolve("category", order.category) if order.category else None
    processes = tuple(_resolved(vocabulary, "process", order.processes))
    verticals = [category.vertical] if category is not None else _trades(vocabulary, processes)
    for vertical in verticals:
        causes = vocabulary.minimum_causes(vertical, processes, None if category is None else category.id)
        general = vocabulary.minimum_causes(vertical)
        for cause in (*causes, *(other for other in general if other not in causes)):
            key = _key(order, cause, vocabulary)
            if key is not None:
                return SharedConstraint(
                    cause.id, vertical, key, cause.typical_minimum, cause.setup_share, cause.name_en, cause.name_zh
                )
    return None


def _key(order: OrderRecord, cause: MinimumCause, vocabulary: Vocabulary) -> tuple[tuple[str, str], ...] | None:
    key = tuple((field, _value(order, field, cause, vocabulary)) for field in cause.shared_by)
    known = all(value or field == "colour" for field, value in key)
    return key if known and any(value for _, value in key) else None


def _value(order: OrderRecord, field: str, cause: MinimumCause, vocabulary: Vocabulary) -> str:
    """The order's value of one shared field: ids, or the words themselves, sorted and joined; "" when unknown."""
    if field == "category":
        words: tuple[str, ...] = () if order.category is None else (order.category,)
    elif field == "process":
        words = tuple(_causing(order.processes or _usual_processes(order, vocabulary), cause, vocabulary))
    elif field == "material":
        words = order.materials
    else:
        wanted = field.removeprefix("attribute:")
        words = tuple(value for name, value in order.attributes if name == wanted)
    kind = _TERM_FIELDS.get(field)
    values = {_folded(vocabulary, kind, word) for word in words}
    return ";".join(sorted(values - {""}))


def _causing(words: tuple[str, ...], cause: MinimumCause, vocabulary: Vocabulary) -> Iterator[str]:
    """The processes that this cause is about; all of them when it is about the whole trade."""
    for word in words:
        term = vocabulary.resolve("process", word)
        if term is not None and (not cause.processes or {term.id, *term.broader} & set(cause.processes)):
            yield term.id


def _usual_processes(order: OrderRecord, vocabulary: Vocabulary) -> tuple[str, ...]:
    category = None if order.category is None else vocabulary.resolve("category", order.category)
    return () if category is None else vocabulary.implied_processes(category.id)


def _folded(vocabulary: Vocabulary, kind: Kind | None, word: str) -> str:
    term = None if kind is None else vocabulary.resolve(kind, word)
    return " ".join(word.casefold().split()) if term is None else term.id


def _resolved(vocabulary: Vocabulary, kind: Kind, words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        term = vocabulary.resolve(kind, word)
        if term is not None:
            yield term.id


def _trades(vocabulary: Vocabulary, processes: tuple[str, ...]) -> list[str]:
    found = (vocabulary.term("process", process) for process in processes)
    return sorted({term.vertical for term in found if term is not None and term.vertical in vocabulary.packs})
