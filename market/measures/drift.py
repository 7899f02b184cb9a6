"""Alarms of drift: a slice whose probabilities are surely off is told to the operators once, until it is fine again.

Every minute many slices are looked at, so a plain 95 % interval would be left by chance every day. A slice is raised
when it lies beyond the limit by more than an interval that holds at all times and for all slices together
(`always_valid_reach`, at ALPHA shared among them); it ends when a plain 95 % interval holds what it says again.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit import notices
from market.kit.work import Work
from market.measures.chances import LEAST_LEADS, LIMIT, Told, all_slices, calibration
from market.measures.slices import PERIODS, Asked, Slice, Span
from market.measures.statistics import always_valid_reach

ALPHA: Final = 0.05
PARTS_OF_A_MARKET: Final = 64
"""Among how many slices ALPHA is shared, whatever their number today, so that no threshold moves with them."""
WATCHED: Final[frozenset[tuple[str, ...]]] = frozenset(
    {*((key,) for key in ("vertical", "language", "size", "newcomer", "buyer")), ("newcomer", "vertical")}
)
"""The keys of the slices that are watched, beside the whole market."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A slice that was raised, as it stood then. ended_at: None while it is open."""

    id: UUID
    slice: dict[str, str]
    raised_at: datetime
    ended_at: datetime | None
    leads: int
    deals: int
    says: float

    @property
    def closes(self) -> float:
        return self.deals / self.leads if self.leads else 0.0

    @property
    def address(self) -> dict[str, str]:
        """The arguments of an address that shows the slice."""
        return Slice(**self.slice).address


def watch_drift(work: Work) -> int:
    """Raise what is surely off, end what is fine again; returns how many alarms were raised. Needs the system scope."""
    found = {told.keys: told for told in watched_slices(work.session, this_month(work))}
    standing = {tuple(sorted(alarm.slice.items())): alarm for alarm in open_alarms(work.session)}
    raised = 0
    for keys, told in found.items():
        if keys not in standing and is_surely_off(told):
            _raise(work, told)
            raised += 1
    for keys, alarm in standing.items():
        if keys not in found or not found[keys].surely_off:
            work.session.execute(
                text("UPDATE measure_alarms SET ended_at = :now WHERE organisation_id = :market AND id = :id"),
                {"now": work.now, "market": MARKET_ID, "id": alarm.id},
            )
    return raised


def this_month(work: Work) -> Asked:
    """The whole market in the last 28 days up to today."""
    end = work.today + timedelta(days=1)
    return Asked(Slice(), Span(end - timedelta(days=PERIODS[0]), end), work.today)


def watched_slices(session: Session, asked: Asked) -> list[Told]:
    """The whole market and its watched slices, with their keys in order of names."""
    whole = calibration(session, asked)
    found = [] if whole.says is None else [Told((), whole.says, whole.share)]
    for told in all_slices(session, asked):
        if tuple(sorted(key for key, _value in told.keys)) in WATCHED:
            found.append(Told(tuple(sorted(told.keys)), told.says, told.closes))
    return found


def is_surely_off(told: Told) -> bool:
    """Whether says and closes lie farther apart than the limit and chance together, however often one looks."""
    n = told.closes.of
    if n < LEAST_LEADS or told.closes.value is None:
        return False
    reach = always_valid_reach(n * told.says * (1 - told.says), n, ALPHA / PARTS_OF_A_MARKET)
    return abs(told.says - told.closes.value) > LIMIT + reach


def open_alarms(session: Session) -> list[Alarm]:
    """Alarms that stand, the oldest first."""
    return _alarms(session, "ended_at IS NULL ORDER BY raised_at, id")


def latest_alarms(session: Session, most: int = 20) -> list[Alarm]:
    """The last alarms, whether they stand or have ended, newest first."""
    return _alarms(session, f"true ORDER BY raised_at DESC, id LIMIT {int(most)}")


def _alarms(session: Session, rest: str) -> list[Alarm]:
    rows = session.execute(
        text(
            "SELECT id, slice, raised_at, ended_at, leads, deals, says FROM measure_alarms "
            f"WHERE organisation_id = :market AND {rest}"
        ),
        {"market": MARKET_ID},
    ).mappings()
    return [Alarm(**row) for row in rows]


def _raise(work: Work, told: Told) -> None:
    keys = dict(told.keys)
    row: dict[str, Any] = {
        "market": MARKET_ID, "id": work.new_id(), "now": work.now, "leads": told.closes.of, "deals": told.closes.hits,
        "says": told.says,
    }  # fmt: skip
    work.session.execute(
        text(
            "INSERT INTO measure_alarms (organisation_id, id, slice, raised_at, leads, deals, says) "
            "VALUES (:market, :id, CAST(:slice AS jsonb), :now, :leads, :deals, :says)"
        ),
        {**row, "slice": json.dumps(keys, sort_keys=True)},
    )
    details = {"slice": keys, "says": told.says, "closes": told.closes.value, "leads": told.closes.of}
    link = "/operator/quality" + ("?" + urlencode(Slice(**keys).address) if keys else "")
    notices.notify(work, MARKET_ID, "drift", details, link=link)
