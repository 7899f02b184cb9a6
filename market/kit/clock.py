"""Time as an argument: services are told what time it is, so tests and replays can say so."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FrozenClock:
    """A clock that moves only when told to."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


def market_day(moment: datetime) -> date:
    """The calendar day of the market, which counts days in China Standard Time (UTC+8, no summer time)."""
    return (moment.astimezone(UTC) + timedelta(hours=8)).date()
