"""Time as an argument: services are told what time it is, so tests and replays can say so."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
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


class SkippingClock:
    """The system's clock, ahead by what was skipped. The file holds the seconds, for every process of one machine."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @property
    def ahead(self) -> timedelta:
        try:
            return timedelta(seconds=int(self._file.read_text(encoding="ascii")))
        except FileNotFoundError:
            return timedelta()

    def skip(self, by: timedelta) -> None:
        """Let time go by at once; it never comes back. The file is changed in one step."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(int((self.ahead + max(by, timedelta())).total_seconds())), encoding="ascii")
        fresh.replace(self._file)


def market_day(moment: datetime) -> date:
    """The calendar day of the market, which counts days in China Standard Time (UTC+8, no summer time)."""
    return (moment.astimezone(UTC) + timedelta(hours=8)).date()


def day_begins(day: date) -> datetime:
    """The moment at which a calendar day of the market begins."""
    return datetime.combine(day, time(), UTC) - timedelta(hours=8)
