"""Whether an order can join a run: the same constraint, dates and regions that go together, room left. Pure rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from market.kit.clock import market_day
from market.pooling.queries import PoolRow
from matching.verticals.pack import Vocabulary

CAPACITY_IN_MINIMUMS: Final = 4
"""A pool holds at most so many times its minimum; what comes later opens the next one."""

CLOSING_TIME: Final = time(10, 0, tzinfo=UTC)
"""18:00 in China."""

GATHERING_SHARE: Final = 4
"""Gathering may take a quarter of the days until an order is due, so that making it keeps the rest."""

DUE_SPREAD: Final = timedelta(days=14)
"""Runs are made at once: whoever needs it much later than the others would pay for storage."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order as pooling reads it. quantity: pieces."""

    quantity: int
    due_on: date | None
    region: str | None


def closing_time(now: datetime, due_on: date | None, pool_days: int) -> datetime | None:
    """When a pool opened now stops gathering: 18:00 in China after pool_days, sooner for an early due date; None when
    the order has no time to wait even a day."""
    today = market_day(now)
    days = pool_days if due_on is None else min(pool_days, (due_on - today).days // GATHERING_SHARE)
    return None if days < 1 else datetime.combine(today + timedelta(days=days), CLOSING_TIME)


def fits(wanted: Wanted, pool: PoolRow, now: datetime, vocabulary: Vocabulary) -> bool:
    """Whether the order may join: the pool gathers, has room, and dates and regions go together."""
    return (
        pool.is_gathering
        and pool.closed_at is None
        and pool.closes_at > now
        and pool.quantity + wanted.quantity <= pool.capacity
        and _can_wait(wanted, pool, now)
        and _dates_go_together(wanted, pool)
        and regions_go_together(vocabulary, wanted.region, pool.region)
    )


def best_fitting(wanted: Wanted, pools: list[PoolRow], now: datetime, vocabulary: Vocabulary) -> list[PoolRow]:
    """The pools that the order may join, best first: the fuller the run it makes, then the sooner it closes."""
    fitting = [pool for pool in pools if fits(wanted, pool, now, vocabulary)]
    return sorted(
        fitting,
        key=lambda pool: (-min((pool.quantity + wanted.quantity) / pool.minimum, 1.0), pool.closes_at, pool.id),
    )


def run_due_on(dates: Iterable[date | None]) -> date | None:
    """The day on which a run must be ready: the earliest that any of its orders needs; None when none says."""
    return min((day for day in dates if day is not None), default=None)


def relaxed_by(due_on: date | None, run_due: date | None) -> list[dict[str, str]]:
    """What an order that is needed on `due_on` gives up in a run that is ready on `run_due`: it comes sooner."""
    if due_on is None or run_due is None or run_due >= due_on:
        return []
    return [{"field": "due_on", "from": due_on.isoformat(), "to": run_due.isoformat()}]


def regions_go_together(vocabulary: Vocabulary, first: str | None, second: str | None) -> bool:
    """Whether one region is or holds the other; no wish goes with every region."""
    if first is None or second is None or first == second:
        return True
    return any(
        term is not None and other in term.broader
        for term, other in ((vocabulary.term("region", first), second), (vocabulary.term("region", second), first))
    )


def narrower_region(vocabulary: Vocabulary, first: str | None, second: str | None) -> str | None:
    """Of two regions that go together the one that meets both wishes."""
    if first is None or second is None:
        return first or second
    term = vocabulary.term("region", first)
    return first if term is not None and second in term.broader else second


def _can_wait(wanted: Wanted, pool: PoolRow, now: datetime) -> bool:
    if wanted.due_on is None:
        return True
    today = market_day(now)
    waits = (market_day(pool.closes_at) - today).days
    return waits * GATHERING_SHARE <= (wanted.due_on - today).days


def _dates_go_together(wanted: Wanted, pool: PoolRow) -> bool:
    if wanted.due_on is None or pool.due_on is None:
        return True
    return abs(wanted.due_on - pool.due_on) <= DUE_SPREAD
