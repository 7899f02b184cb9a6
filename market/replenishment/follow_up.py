"""What became of earlier suggestions: what they expected beside what came. Reads alone, as frozen rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forecasting.replenishment.what_if import band_until, expected_until
from market.orders.queries import OrderRow, order_rows
from market.replenishment.models import DailySale
from market.replenishment.queries import SuggestionRow, paths_of, sales_days, versions_of

SHORTEST: Final = 7
LONGEST: Final = 56
"""Days that a suggestion is followed for at least and at most."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One earlier suggestion and what came after it.

    order: what was ordered because of it. days: how many have passed since, LONGEST at most. expected, low, high: mean
    and 80 % band of what would sell in them; sold: what did. days_out: days on which it could not be bought.
    left: pieces that would be there after those days had exactly the suggestion been ordered and come; below zero they
    would lack. left_without: the same without any order.
    """

    suggestion: SuggestionRow
    order: OrderRow | None
    days: int
    expected: float
    low: float
    high: float
    sold: int
    days_out: int

    @property
    def held(self) -> bool:
        """Whether what sold lies inside the band, to the piece."""
        return round(self.low) <= self.sold <= round(self.high)

    @property
    def left_without(self) -> int:
        return self.suggestion.position - self.sold

    @property
    def left(self) -> int:
        return self.left_without + self.suggestion.quantity


def follow_ups(session: Session, organisation_id: UUID, item_id: UUID) -> list[FollowUp]:
    """Earlier suggestions of an item that at least a week of sales came after, newest first; one for each day."""
    _began, last = sales_days(session, organisation_id)
    if last is None:
        return []
    versions = _one_a_day(versions_of(session, organisation_id, item_id), last - timedelta(days=SHORTEST))
    paths = paths_of(session, organisation_id, [version.id for version in versions])
    orders = order_rows(session, organisation_id, [version.order_id for version in versions if version.order_id])
    sold = _days_sold(session, organisation_id, item_id, min((version.as_of for version in versions), default=last))
    told = []
    for version in versions:
        days = min((last - version.as_of).days, LONGEST)
        coming = [sold.get(version.as_of + timedelta(days=day + 1), (0, False)) for day in range(days)]
        low, high = band_until(paths[version.id], days)
        told.append(
            FollowUp(
                version,
                orders.get(version.order_id) if version.order_id else None,
                days,
                expected_until(paths[version.id], days),
                low,
                high,
                sum(pieces for pieces, _out in coming),
                sum(out for _pieces, out in coming),
            )
        )
    return told


def held_share(followed: Sequence[FollowUp]) -> tuple[int, int]:
    """How many of how many bands held what came; days out of stock say nothing, so those rows are left out."""
    fair = [each for each in followed if not each.days_out]
    return sum(each.held for each in fair), len(fair)


def _one_a_day(versions: Sequence[SuggestionRow], latest: date) -> list[SuggestionRow]:
    """The last version of each day up to `latest`; an ordered one stands for its day."""
    chosen: dict[date, SuggestionRow] = {}
    for version in versions:
        if version.as_of <= latest and (version.as_of not in chosen or version.order_id is not None):
            chosen[version.as_of] = version
    return [chosen[day] for day in sorted(chosen, reverse=True)]


def _days_sold(session: Session, organisation_id: UUID, item_id: UUID, since: date) -> dict[date, tuple[int, bool]]:
    """Pieces sold on each day over all channels, and whether it could be bought in none of them."""
    statement = (
        select(DailySale.day, func.sum(DailySale.quantity), func.bool_and(DailySale.in_stock.is_(False)))
        .where(DailySale.organisation_id == organisation_id, DailySale.item_id == item_id, DailySale.day > since)
        .group_by(DailySale.day)
    )
    return {day: (int(pieces), bool(out)) for day, pieces, out in session.execute(statement)}
