"""The history looked through by an operator: by kind, organisation, days, and words of what, why or who.

However long the history is, a page looks at no more than MOST_LOOKED entries; where these run out before the page is
full, it says how far back it looked, and the next page goes on from there.
"""

import base64
import struct
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session, aliased

from market.kit.clock import day_begins
from market.kit.errors import invalid_field
from market.kit.history import HistoryEntry
from market.quality.queries import Event, event_of

MOST_LOOKED: Final = 50_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Place = tuple[datetime, UUID]
"""Where a page ended: the moment and the id of its last entry."""

_PACKED: Final = struct.Struct(">q16s")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. organisations: whose things, None for all. first, last: market days, both included."""

    aggregate: str | None = None
    words: str = ""
    organisations: frozenset[UUID] | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page, newest first. looked_back_to: the oldest entry that was looked at, where there are older ones and the
    page is not full; None otherwise."""

    rows: tuple[Event, ...]
    next_cursor: str | None
    looked_back_to: datetime | None = None


def search_history(session: Session, search: Search, cursor: Place | None, size: int, most: int = MOST_LOOKED) -> Found:
    """The entries that fit, after `cursor`."""
    window = _window(search, cursor).limit(most).subquery()
    entry = aliased(HistoryEntry, window)
    statement = select(entry).order_by(entry.at.desc(), entry.id.desc()).limit(size + 1)
    if search.words:
        statement = statement.where(
            entry.what.icontains(search.words, autoescape=True)
            | entry.why.icontains(search.words, autoescape=True)
            | entry.actor_name.icontains(search.words, autoescape=True)
        )
    if search.aggregate:
        statement = statement.where(entry.aggregate == search.aggregate)
    if search.organisations is not None:
        statement = statement.where(_concerns(entry, search.organisations))
    rows = [event_of(row) for row in session.scalars(statement)]
    if len(rows) > size:
        last = rows[size - 1]
        return Found(tuple(rows[:size]), _cursor(last.at, last.id))
    end = session.execute(
        _window(search, cursor).with_only_columns(HistoryEntry.at, HistoryEntry.id).offset(most - 1).limit(1)
    ).first()
    return Found(tuple(rows), _cursor(end.at, end.id), end.at) if end else Found(tuple(rows), None)


def read_cursor(text: str | None) -> Place | None:
    """Raises Invalid for what no page gave out."""
    if not text:
        return None
    try:
        packed = base64.urlsafe_b64decode(text + "==")
        microseconds, key = _PACKED.unpack(packed)
        return EPOCH + timedelta(microseconds=microseconds), UUID(bytes=key)
    except (ValueError, OverflowError, struct.error):
        raise invalid_field(
            "The cursor cannot be read.", "cursor", "it is not one this market gave out", "that of an earlier page"
        ) from None


def _cursor(at: datetime, entry_id: UUID) -> str:
    microseconds = (at - EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(_PACKED.pack(microseconds, entry_id.bytes)).decode().rstrip("=")


def _window(search: Search, cursor: Place | None) -> Select[HistoryEntry]:
    """Everything of the days that are looked for, newest first, after the cursor."""
    statement = select(HistoryEntry).order_by(HistoryEntry.at.desc(), HistoryEntry.id.desc())
    if search.first is not None:
        statement = statement.where(HistoryEntry.at >= day_begins(search.first))
    if search.last is not None:
        statement = statement.where(HistoryEntry.at < day_begins(search.last + timedelta(days=1)))
    if cursor is not None:
        statement = statement.where(tuple_(HistoryEntry.at, HistoryEntry.id) < cursor)
    return statement


def _concerns(entry: type[HistoryEntry], organisations: Collection[UUID]) -> ColumnElement[bool]:
    return entry.organisation_id.in_(organisations) | entry.counterparty_id.in_(organisations)
