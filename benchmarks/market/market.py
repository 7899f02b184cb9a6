"""One market: what is hidden, what is written, and what becomes of an offered lead."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np

from benchmarks.market.demand import Orders, draw_orders
from benchmarks.market.factory_files import factory_id, write_factory
from benchmarks.market.order_files import Row, order_id, write_order
from benchmarks.market.parameters import Parameters
from benchmarks.market.phrases import REASONS as REASON_WORDS
from benchmarks.market.phrases import pick
from benchmarks.market.population import Factories, Places, draw_factories, draw_places
from benchmarks.market.sharing import Lead
from benchmarks.market.trade import Trade, load_trade
from benchmarks.market.truth import REASONS, Chances, chances_of_week
from benchmarks.market.writing import CNY_PER_USD

OUTCOME_HEADER: Final = (
    "order_id",
    "factory_id",
    "offered_on",
    "rank",
    "propensity",
    "accepted",
    "declined_reason",
    "quoted_unit_price",
    "won",
    "on_time",
    "quality",
)
_QUOTE_NOISE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a lead, with the day on which each part is known. chance: its true P(deal)."""

    lead: Lead
    week: int
    offered_on: date
    chance: float
    accepted: bool
    answered_on: date
    reason: str
    quote: str
    won: bool
    decided_on: date
    on_time: bool
    quality: float
    delivered_on: date

    @property
    def deal(self) -> bool:
        return self.accepted and self.won

    def row(self, as_of: date) -> Row:
        """The line of outcomes.csv as it stands on a morning: what happened before that day."""
        row = dict.fromkeys(OUTCOME_HEADER, "")
        row["order_id"], row["factory_id"] = order_id(self.lead.order), factory_id(self.lead.factory)
        row["offered_on"] = self.offered_on.isoformat()
        row["rank"], row["propensity"] = str(self.lead.rank), f"{self.lead.propensity:.6f}"
        if self.answered_on < as_of:
            row["accepted"] = str(int(self.accepted))
            row["declined_reason"] = "" if self.accepted else self.reason
            row["quoted_unit_price"] = self.quote if self.accepted else ""
        if self.accepted and self.decided_on < as_of:
            row["won"] = str(int(self.won))
        if self.deal and self.delivered_on < as_of:
            row["on_time"], row["quality"] = str(int(self.on_time)), f"{self.quality:.2f}"
        return row


@dataclass(slots=True)
class Market:
    """languages: of each order's text (zh, en, mixed)."""

    parameters: Parameters
    trade: Trade
    places: Places
    factories: Factories
    orders: Orders
    factory_rows: list[Row]
    order_rows: list[Row]
    languages: list[str]
    _chances: dict[int, Chances] = field(default_factory=dict)

    def chances(self, week: int) -> Chances:
        if week not in self._chances:
            self._chances[week] = chances_of_week(self.parameters, self.factories, self.orders, week)
        return self._chances[week]

    def forget(self, week: int) -> None:
        """Frees the chances of a week, which a long history does not look at again."""
        self._chances.pop(week, None)

    def present(self, week: int) -> list[int]:
        """The factories that have joined by the week's Monday."""
        return [int(one) for one in np.flatnonzero(self.factories.joined <= week)]

    def fate(self, lead: Lead, week: int) -> Fate:
        """The same pair meets the same fate under every policy, so that policies are compared with less noise."""
        row = lead.order - int(self.orders.of_week(week)[0])
        chances = self.chances(week)
        random = np.random.default_rng([self.parameters.seed, 7, lead.order, lead.factory])
        accepted = bool(random.random() < chances.accept[row, lead.factory])
        won = bool(random.random() < chances.win[row, lead.factory])
        offered = self.parameters.monday(week)
        answered = offered + timedelta(days=int(random.integers(1, 7) if accepted else 1 + random.geometric(0.45)))
        decided = answered + timedelta(days=int(random.integers(5, 25) if won else random.integers(3, 30)))
        lead_days = float(np.exp(self.factories.lead[lead.factory]))
        reliability = float(self.factories.reliability[lead.factory])
        return Fate(
            lead=lead,
            week=week,
            offered_on=offered,
            chance=float(chances.deal[row, lead.factory]),
            accepted=accepted,
            answered_on=answered,
            reason=self._reason(random, chances, row, lead.factory),
            quote=self._quote(random, lead),
            won=won,
            decided_on=decided,
            on_time=bool(random.random() < 1.0 / (1.0 + np.exp(-1.5 - reliability))),
            quality=float(np.clip(0.86 + 0.05 * reliability + random.normal(0.0, 0.07), 0.0, 1.0)),
            delivered_on=decided + timedelta(days=int(lead_days * random.uniform(0.9, 1.5))),
        )

    def _reason(self, random: np.random.Generator, chances: Chances, row: int, factory: int) -> str:
        """Only some who decline say why, in their own words; what weighs most is named most often."""
        blame = chances.blame[:, row, factory]
        named = REASONS[int(random.choice(len(REASONS), p=blame / blame.sum()))]
        words = pick(random, REASON_WORDS[named])
        return words if random.random() < self.parameters.told_reasons else ""

    def _quote(self, random: np.random.Generator, lead: Lead) -> str:
        """In the currency that the order names, else in the factory's own, else in yuan."""
        level = float(self.factories.price[lead.factory]) + float(random.normal(0.0, _QUOTE_NOISE))
        yuan = float(self.orders.usual_price[lead.order]) * float(np.exp(level))
        dollars = self._currency(lead) == "USD"
        return f"{yuan / CNY_PER_USD if dollars else yuan:.2f}"

    def _currency(self, lead: Lead) -> str:
        row = self.order_rows[lead.order]
        if row["currency"]:
            return row["currency"]
        if "USD" in row["description"] or "$" in row["description"]:
            return "USD"
        spoken_yuan = any(mark in row["description"] for mark in ("元", "块"))
        return "CNY" if spoken_yuan else self.factory_rows[lead.factory]["currency"]


def make_market(parameters: Parameters) -> Market:
    trade = load_trade()
    places = draw_places(parameters, trade)
    factories = draw_factories(parameters, trade, places)
    orders = draw_orders(parameters, trade, places)
    written = [write_order(parameters, trade, orders, number) for number in range(len(orders))]
    return Market(
        parameters=parameters,
        trade=trade,
        places=places,
        factories=factories,
        orders=orders,
        factory_rows=[write_factory(parameters, trade, places, factories, one) for one in range(len(factories))],
        order_rows=[row for row, _ in written],
        languages=[language for _, language in written],
    )
