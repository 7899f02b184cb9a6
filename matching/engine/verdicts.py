"""One order held against one factory, wish by wish, as a person may read it. Ranks nothing."""

from collections.abc import Iterator
from typing import Final

from matching.engine.attributes import attribute_value
from matching.engine.coverage import MEETS, NEAR, PROPERTIES_OF_GOODS, coverage
from matching.engine.reading import TERM_KINDS, ReadFactory, ReadOrder
from matching.engine.regions import region_value
from matching.engine.requirements import Window
from matching.engine.thresholds import CAPACITY_NEAR, LATE_NEAR_DAYS, PRICE_NEAR, QUANTITY_NEAR
from matching.records import RequirementVerdict, Verdict
from matching.verticals.pack import Kind, Vocabulary

_MOST_TOLD: Final = 5


class Wanted:
    """What an order wants, prepared for several factories. terms: by kind what the buyer put in words."""

    def __init__(self, order: ReadOrder, window: Window, vocabulary: Vocabulary) -> None:
        self.order = order
        self.window = window
        self.vocabulary = vocabulary
        stated = ((kind, [wish.id for wish in order.stated(kind)]) for kind in TERM_KINDS)
        self.terms: dict[Kind, list[str]] = {kind: wanted for kind, wanted in stated if wanted}


def verdicts_of(wanted: Wanted, factory: ReadFactory) -> tuple[RequirementVerdict, ...]:
    """A verdict for each wish that the order has, in a fixed order. A wish read only from free words counts too."""
    order, window, vocabulary = wanted.order, wanted.window, wanted.vocabulary
    found: list[RequirementVerdict | None] = [_terms(wanted, kind, factory) for kind in wanted.terms]
    found += _attributes(order, factory, vocabulary)
    found += [
        _quantity(order, factory),
        _capacity(order, factory, window),
        _due(factory, window),
        _price(order, factory),
        _region(order, factory, vocabulary),
    ]
    return tuple([verdict for verdict in found if verdict is not None])


def _terms(wanted: Wanted, kind: Kind, factory: ReadFactory) -> RequirementVerdict:
    """All wished terms of a kind together: meets when each is met, near when on the whole they nearly are. Of
    certificates none may be lacking for that, but tests that can be made for the order do not count as lacking.

    A factory that names no process is known by the usual ones of its goods, which tell nothing of processes that the
    buyer wants beyond the usual ones of the order's goods.
    offered names the factory's nearest term for each wish, or its own terms when none of them comes near.
    """
    ids = wanted.terms[kind]
    told, offered = ";".join(ids), [identifier for identifier, _ in factory.terms[kind]]
    if factory.record.denied and not set(factory.denied(kind)).isdisjoint(ids):
        return RequirementVerdict(kind, told, ";".join(offered[:_MOST_TOLD]) or None, Verdict.MISSES)
    if not offered:
        return RequirementVerdict(kind, told, None, Verdict.UNKNOWN)
    nearest = [_nearest(wanted.vocabulary, kind, identifier, offered) for identifier in ids]
    degrees = [degree for degree, _ in nearest]
    if kind == "process" and not factory.names_processes:
        lacking = {identifier for identifier, degree in zip(ids, degrees, strict=True) if degree < NEAR}
        if lacking and lacking.isdisjoint(wanted.order.usual_processes):
            return RequirementVerdict(kind, told, None, Verdict.UNKNOWN)
    if kind == "certification":
        required = [degree for one, degree in zip(ids, degrees, strict=True) if one not in PROPERTIES_OF_GOODS]
        verdict = _graded(min(degrees), min(required, default=NEAR))
    else:
        verdict = _graded(min(degrees), _mean(degrees))
    near = [identifier for degree, identifier in nearest if degree >= NEAR] or offered[:_MOST_TOLD]
    return RequirementVerdict(kind, told, ";".join(dict.fromkeys(near)), verdict)


def _nearest(vocabulary: Vocabulary, kind: Kind, wanted: str, offered: list[str]) -> tuple[float, str]:
    """The term of those offered that covers the most, the first of equal ones."""
    degrees = [coverage(vocabulary, kind, wanted, identifier) for identifier in offered]
    most = max(degrees)
    return most, offered[degrees.index(most)]


def _mean(degrees: list[float]) -> float:
    return sum(degrees) / len(degrees)


def _graded(least: float, overall: float) -> Verdict:
    if least >= MEETS:
        return Verdict.MEETS
    return Verdict.NEAR if overall >= NEAR else Verdict.MISSES


def _attributes(order: ReadOrder, factory: ReadFactory, vocabulary: Vocabulary) -> Iterator[RequirementVerdict]:
    """Of what the factory says nothing about, only attributes that are always asked for are worth a line."""
    for identifier, wanted in order.attributes:
        offered = factory.attributes.get(identifier, ())
        name = f"attribute:{identifier}"
        if not offered:
            attribute = vocabulary.attribute(identifier)
            if attribute is not None and attribute.asked_for:
                yield RequirementVerdict(name, wanted, None, Verdict.UNKNOWN)
            continue
        value = attribute_value(wanted, offered)
        verdict = Verdict.MEETS if value >= MEETS else Verdict.NEAR if value >= NEAR else Verdict.MISSES
        yield RequirementVerdict(name, wanted, ";".join(offered), verdict)


def _quantity(order: ReadOrder, factory: ReadFactory) -> RequirementVerdict:
    """difference: pieces above (or, negative, below) the factory's minimum."""
    minimum, wanted = factory.minimum_quantity, str(order.quantity)
    if minimum is None:
        return RequirementVerdict("quantity", wanted, None, Verdict.UNKNOWN)
    if minimum <= order.quantity:
        verdict = Verdict.MEETS
    elif minimum <= QUANTITY_NEAR * order.quantity:
        verdict = Verdict.NEAR
    else:
        verdict = Verdict.MISSES
    return RequirementVerdict("quantity", wanted, _number(minimum), verdict, order.quantity - minimum)


def _capacity(order: ReadOrder, factory: ReadFactory, window: Window) -> RequirementVerdict:
    """offered: pieces the factory can make in the weeks there are. difference: pieces of room beyond the order."""
    wanted = str(order.quantity)
    if factory.capacity_per_week is None:
        return RequirementVerdict("capacity", wanted, None, Verdict.UNKNOWN)
    room = int(factory.capacity_per_week * window.weeks)
    if order.quantity <= CAPACITY_NEAR * factory.capacity_per_week * window.weeks:
        verdict = Verdict.MEETS
    elif order.quantity <= factory.capacity_per_week * window.weeks:
        verdict = Verdict.NEAR
    else:
        verdict = Verdict.MISSES
    return RequirementVerdict("capacity", wanted, str(room), verdict, room - order.quantity)


def _due(factory: ReadFactory, window: Window) -> RequirementVerdict | None:
    """difference: days early, negative when late."""
    if window.due_on is None or window.days is None:
        return None
    wanted = window.due_on.isoformat()
    if factory.lead_time_days is None:
        return RequirementVerdict("due", wanted, None, Verdict.UNKNOWN)
    early = window.days - factory.lead_time_days
    if early >= 0:
        verdict = Verdict.MEETS
    elif -early <= max(window.grace_days, LATE_NEAR_DAYS):
        verdict = Verdict.NEAR
    else:
        verdict = Verdict.MISSES
    return RequirementVerdict("due", wanted, window.ready_on(factory.lead_time_days).isoformat(), verdict, early)


def _price(order: ReadOrder, factory: ReadFactory) -> RequirementVerdict | None:
    """offered: the factory's range "low-high" or its one known bound. difference: target above the lower price."""
    target = order.target_unit_price
    if target is None:
        return None
    wanted = _number(target)
    low, high = factory.unit_price_low, factory.unit_price_high
    bounds = [bound for bound in (low, high) if bound is not None]
    offered = "-".join(dict.fromkeys(_number(bound) for bound in bounds)) or None
    lowest = min(bounds, default=None)
    other_currency = order.currency and factory.record.currency and order.currency != factory.record.currency
    if lowest is None or other_currency or (low is None and lowest > target):
        return RequirementVerdict("price", wanted, offered, Verdict.UNKNOWN)
    if target >= lowest:
        verdict = Verdict.MEETS
    elif lowest <= PRICE_NEAR * target:
        verdict = Verdict.NEAR
    else:
        verdict = Verdict.MISSES
    return RequirementVerdict("price", wanted, offered, verdict, round(target - lowest, 4))


def _region(order: ReadOrder, factory: ReadFactory, vocabulary: Vocabulary) -> RequirementVerdict | None:
    if order.region is None:
        return None
    if factory.region is None:
        return RequirementVerdict("region", order.region, None, Verdict.UNKNOWN)
    value = region_value(vocabulary, order.region, factory.region)
    verdict = Verdict.MEETS if value >= MEETS else Verdict.NEAR if value >= NEAR else Verdict.MISSES
    return RequirementVerdict("region", order.region, factory.region, verdict)


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
