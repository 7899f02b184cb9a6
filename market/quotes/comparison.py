"""Quotes side by side: what each costs at the quantities that matter, when it delivers, and which is lowest. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from market.factories.queries import FactoryProfile
from market.kit.money import Money
from market.quotes.queries import QuoteRow

USUAL_QUANTITIES: Final = (100, 300, 1_000)
PRICE: Final = "price"
TIME: Final = "time"
OTHER: Final = "another_factory"


@dataclass(frozen=True, slots=True)
class PriceRow:
    """Unit prices at one quantity, one a column; None where a factory does not take so few.

    own: the order's quantity. pooled: the pool's. applies: the row whose prices count.
    """

    quantity: int
    prices: tuple[Money | None, ...]
    own: bool
    pooled: bool
    applies: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One factory's quote. late_days: after the due date, 0 when in time. won: orders it won here.

    total: the order's own pieces at the price that applies; None when the factory does not take so few.
    """

    quote: QuoteRow
    factory: FactoryProfile
    delivers_on: date
    late_days: int
    won: int
    total: Money | None
    lowest: bool
    fastest: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """The table: one column a quote, the lowest price first; rows of prices by rising quantity."""

    columns: tuple[Column, ...]
    rows: tuple[PriceRow, ...]
    quantity: int
    priced_at: int
    due_on: date | None
    grace_days: int


def delivers_on(quote: QuoteRow, start: date) -> date:
    return start + timedelta(days=quote.lead_time_days)


def compare(
    quotes: Sequence[QuoteRow],
    factories: Mapping[UUID, FactoryProfile],
    *,
    quantity: int,
    pool_quantity: int | None,
    due_on: date | None,
    grace_days: int,
    today: date,
    won: Mapping[UUID, int],
) -> Comparison:
    """Lay quotes side by side for `quantity` pieces, priced at the pool's pieces where the order is in one.

    Quotes of factories that are not in `factories` are left out.
    """
    priced_at = pool_quantity or quantity
    known = [quote for quote in quotes if quote.factory_id in factories]
    known.sort(key=lambda quote: (_cost(quote.price_at(priced_at)), quote.lead_time_days, quote.submitted_at))
    able = [quote for quote in known if quote.price_at(priced_at) is not None]
    lowest = min((_cost(quote.price_at(priced_at)) for quote in able), default=None)
    fastest = min((quote.lead_time_days for quote in able), default=None)
    several = len(known) > 1
    columns = tuple(
        Column(
            quote=quote,
            factory=factories[quote.factory_id],
            delivers_on=delivers_on(quote, today),
            late_days=0 if due_on is None else max((delivers_on(quote, today) - due_on).days, 0),
            won=won.get(quote.factory_id, 0),
            total=quote.total_at(quantity, priced_at),
            lowest=several and quote in able and _cost(quote.price_at(priced_at)) == lowest,
            fastest=several and quote in able and quote.lead_time_days == fastest,
        )
        for quote in known
    )
    wanted = sorted({*USUAL_QUANTITIES, quantity, priced_at})
    rows = tuple(
        PriceRow(
            quantity=count,
            prices=tuple(quote.price_at(count) for quote in known),
            own=count == quantity,
            pooled=pool_quantity is not None and count == pool_quantity,
            applies=count == priced_at,
        )
        for count in wanted
    )
    return Comparison(columns, rows, quantity, priced_at, due_on, grace_days)


def losing_reasons(winner: QuoteRow, others: Sequence[QuoteRow], quantity: int) -> dict[UUID, str]:
    """Why each other quote lost against the winner, by quote id: a higher price, a longer time, or neither."""
    reasons = {}
    for other in others:
        if _cost(other.price_at(quantity)) > _cost(winner.price_at(quantity)):
            reasons[other.id] = PRICE
        elif other.lead_time_days > winner.lead_time_days:
            reasons[other.id] = TIME
        else:
            reasons[other.id] = OTHER
    return reasons


def _cost(price: Money | None) -> tuple[bool, int]:
    """Sorts prices from low to high, and what cannot be had last."""
    return (price is None, 0 if price is None else price.minor)
