"""A season: twelve weeks of one market under one policy, which sees only what its own leads have taught."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from benchmarks.market.market import Fate, Market
from benchmarks.market.order_files import Row
from benchmarks.market.sharing import Lead


@dataclass(frozen=True, slots=True)
class Week:
    """What a policy is told on a Monday. orders: numbers of the new orders. past: fates of its own earlier leads, to be
    read only through `known`. learning: False in the weeks that are scored."""

    market: Market
    number: int
    as_of: date
    orders: tuple[int, ...]
    factories: tuple[int, ...]
    past: tuple[Fate, ...]
    learning: bool

    def known(self) -> list[Row]:
        return [fate.row(self.as_of) for fate in self.past]


class Policy(Protocol):
    """Chooses the leads of a week. learns: whether the weeks before the scored ones matter to it."""

    @property
    def name(self) -> str: ...

    @property
    def learns(self) -> bool: ...

    def offer(self, week: Week) -> list[Lead]: ...


class RuleBroken(AssertionError):
    """A policy gave an order or a factory more leads than it may have, or a factory that has not joined."""


def play(market: Market, policy: Policy) -> list[Fate]:
    """The fates of all leads of the scored weeks, the learning weeks played before them where the policy learns."""
    parameters = market.parameters
    first = 1 if policy.learns else parameters.learning_weeks + 1
    past: list[Fate] = []
    for number in range(first, parameters.weeks + 1):
        week = Week(
            market=market,
            number=number,
            as_of=parameters.monday(number),
            orders=tuple(int(order) for order in market.orders.of_week(number)),
            factories=tuple(market.present(number)),
            past=tuple(past),
            learning=number <= parameters.learning_weeks,
        )
        leads = policy.offer(week)
        hold_rules(week, leads)
        past.extend(market.fate(lead, number) for lead in leads)
    return [fate for fate in past if fate.week > parameters.learning_weeks]


def hold_rules(week: Week, leads: Sequence[Lead]) -> None:
    """Raises RuleBroken unless every order and factory is within its limit and the factories have joined."""
    orders, factories, limits = set(week.orders), set(week.factories), week.market.factories.limit
    of_order: dict[int, set[int]] = {}
    of_factory: dict[int, int] = {}
    for lead in leads:
        if lead.order not in orders or lead.factory not in factories:
            raise RuleBroken(f"week {week.number}: order {lead.order} or factory {lead.factory} is not there")
        of_order.setdefault(lead.order, set()).add(lead.factory)
        of_factory[lead.factory] = of_factory.get(lead.factory, 0) + 1
    if sum(map(len, of_order.values())) != len(leads):
        raise RuleBroken(f"week {week.number}: a pair was offered twice")
    if any(len(chosen) > week.market.parameters.leads_an_order for chosen in of_order.values()):
        raise RuleBroken(f"week {week.number}: an order has too many leads")
    over = [factory for factory, count in of_factory.items() if 0 < limits[factory] < count]
    if over:
        raise RuleBroken(f"week {week.number}: factories {over} have more leads than they want")
