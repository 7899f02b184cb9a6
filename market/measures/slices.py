"""Which part of the market is looked at, and when: what the filters of a page, of a file and of the interface say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, Final

from market.kit.errors import FieldFault, Invalid
from market.measures.columns import LEAD_KEYS, REQUEST_KEYS

PERIODS: Final = (28, 84, 365)
EARLIEST: Final = date(2000, 1, 1)
CLOSED_SETS: Final = {
    "language": ("zh", "en", "pool"),
    "buyer": ("new", "returning", "pool"),
    "size": ("small", "medium", "large", "unknown"),
    "newcomer": ("new", "old"),
}
NOT_SAID: Final = "-"
"""How an address says that a request named no trade or region; the tables hold an empty text."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the market; None means all. vertical, region: of the request, "" where it names none. language: of
    the request's title, "pool" for a pool. buyer: new until its second order, "pool" for a pool. size: of the factory
    by its people. newcomer: "new" in a factory's first four weeks."""

    vertical: str | None = None
    region: str | None = None
    language: str | None = None
    buyer: str | None = None
    size: str | None = None
    newcomer: str | None = None

    @property
    def chosen(self) -> dict[str, str]:
        """What it is narrowed to, as the tables say it."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def of_requests(self) -> dict[str, str]:
        """The part of it that is known of a request before any factory is."""
        return {name: value for name, value in self.chosen.items() if name in REQUEST_KEYS}

    @property
    def of_trade(self) -> dict[str, str]:
        return {name: value for name, value in self.chosen.items() if name == "vertical"}

    @property
    def address(self) -> dict[str, str]:
        """The same as the arguments of an address."""
        return {name: value or NOT_SAID for name, value in self.chosen.items()}

    def narrowed(self, **changes: str) -> "Slice":
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of the market from `first` up to the day before `end`."""

    first: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.first).days

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def before(self) -> "Span":
        """As many days right before these."""
        return Span(self.first - (self.end - self.first), self.first)

    def earlier(self, days: int) -> "Span":
        return Span(self.first - timedelta(days=days), self.end - timedelta(days=days))

    def until(self, end: date) -> "Span":
        """Without the days from `end` on; it may become empty."""
        return Span(self.first, max(self.first, min(self.end, end)))

    def pieces(self) -> Iterator[tuple[str, date, date]]:
        """(grain, first, end) of the rows that make it up: whole months where there are any, days for the rest."""
        month = self.first if self.first.day == 1 else _next_month(self.first)
        last = self.end.replace(day=1)
        if month >= last:
            yield "day", self.first, self.end
            return
        yield "day", self.first, month
        yield "month", month, last
        yield "day", last, self.end


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to know of: a part of the market, the days, and today."""

    part: Slice
    span: Span
    today: date

    @property
    def address(self) -> dict[str, Any]:
        """The arguments of an address that shows the same."""
        days = {} if self.span.days == PERIODS[0] else {"days": self.span.days}
        until = {} if self.span.last == self.today else {"until": self.span.last.isoformat()}
        return {**self.part.address, **days, **until}

    def within(self, **changes: str) -> "Asked":
        return replace(self, part=self.part.narrowed(**changes))


def read_asked(arguments: Mapping[str, str], today: date, verticals: list[str]) -> Asked:
    """What the arguments of an address ask for; nothing means the whole market and the last 28 days up to today.

    Raises Invalid with every argument that is none.
    """
    faults: list[FieldFault] = []
    accepted: dict[str, tuple[str, ...]] = {"vertical": (*verticals, NOT_SAID), **CLOSED_SETS}
    chosen = {}
    for name in LEAD_KEYS:
        said = arguments.get(name, "").strip()
        if not said:
            continue
        if name in accepted and said not in accepted[name]:
            faults.append(FieldFault(name, f"{said[:40]!r} is unknown", ", ".join(accepted[name])))
        chosen[name] = "" if said == NOT_SAID else said[:60]
    days = _read_days(arguments.get("days", ""), faults)
    until = _read_day(arguments.get("until", ""), today, faults)
    if faults:
        raise Invalid("These figures cannot be narrowed so.", tuple(faults))
    end = until + timedelta(days=1)
    return Asked(Slice(**chosen), Span(end - timedelta(days=days), end), today)


def _read_days(said: str, faults: list[FieldFault]) -> int:
    if said in {"", *map(str, PERIODS)}:
        return int(said or PERIODS[0])
    faults.append(FieldFault("days", f"{said[:40]!r} is no period", ", ".join(map(str, PERIODS))))
    return PERIODS[0]


def _read_day(said: str, today: date, faults: list[FieldFault]) -> date:
    if not said:
        return today
    try:
        day = date.fromisoformat(said)
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= today:
        faults.append(FieldFault("until", f"{said[:40]!r} is no day up to today", "2026-11-30"))
        return today
    return day


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
