"""States and their history.

A state machine is an enum with one transition table. Every move is a conditional UPDATE (so of two rivals one wins)
and a row that says who, when, why, from and to, chained by hash per aggregate so that a changed past shows.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, UniqueConstraint, select, text, tuple_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.errors import Conflict
from market.kit.work import Work

Transitions = Mapping[StrEnum, frozenset[Any]]


class HistoryEntry(TenantRow, Base):
    """One thing that happened to one aggregate. `hash` covers what is told and the hash before it.

    counterparty_id: the factory of a lead or quote, which may read this entry too.
    """

    __tablename__ = "history"
    __table_args__ = (
        UniqueConstraint("organisation_id", "aggregate", "aggregate_id", "sequence"),
        Index("ix_history_at", "at"),
    )
    aggregate: Mapped[str]
    aggregate_id: Mapped[UUID]
    counterparty_id: Mapped[UUID | None]
    sequence: Mapped[int]
    what: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
    previous_hash: Mapped[str]
    hash: Mapped[str]


class IllegalMove(Conflict):
    """A move that the transition table does not allow from the state that was found."""

    code = "illegal_move"


def move(
    work: Work,
    row: Any,
    to: StrEnum,
    transitions: Transitions,
    *,
    why: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Move `row.state` to `to` and write the history; raises IllegalMove, changing nothing, when the table forbids it
    or a rival moved the row first."""
    found = row.state
    if to not in transitions[found]:
        raise IllegalMove(f"This {row.__tablename__[:-1]} is {found.value} and cannot become {to.value}.")
    kind = type(row)
    work.session.flush()
    moved = work.session.scalars(
        update(kind)
        .where(kind.organisation_id == row.organisation_id, kind.id == row.id, kind.state == found)
        .values(state=to)
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    ).first()
    work.session.refresh(row, ["state"])
    if moved is None:
        raise IllegalMove(f"This {row.__tablename__[:-1]} has just become {row.state.value}.")
    record(work, row, what=f"became {to.value}", from_state=found, to_state=to, why=why, details=details)


def record(
    work: Work,
    row: Any,
    *,
    what: str,
    from_state: StrEnum | None = None,
    to_state: StrEnum | None = None,
    why: str = "",
    details: Mapping[str, Any] | None = None,
) -> HistoryEntry:
    """Append one entry to the chain of `row`'s aggregate."""
    # Rows cannot be locked by a role that may not change them, so rivals for the next place wait here.
    work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 1))"), {"id": str(row.id)})
    last = work.session.scalars(_chain(row.organisation_id, row.__tablename__, row.id).limit(1)).first()
    entry = HistoryEntry(
        organisation_id=row.organisation_id,
        id=work.new_id(),
        aggregate=row.__tablename__,
        aggregate_id=row.id,
        counterparty_id=getattr(row, "factory_id", None),
        sequence=last.sequence + 1 if last else 1,
        what=what,
        from_state=from_state.value if from_state else None,
        to_state=to_state.value if to_state else None,
        actor_id=work.actor.user_id,
        actor_name=work.actor.name,
        why=why,
        details=dict(details or {}),
        at=work.now,
        previous_hash=last.hash if last else "",
    )
    entry.hash = entry_hash(entry)
    work.session.add(entry)
    work.session.flush()
    return entry


def entry_hash(entry: HistoryEntry) -> str:
    """sha256 over the canonical JSON of everything but the hash itself."""
    content = [
        str(entry.organisation_id), entry.aggregate, str(entry.aggregate_id), entry.sequence, entry.what,
        entry.from_state, entry.to_state, str(entry.actor_id), entry.actor_name, entry.why, entry.details,
        entry.at.timestamp(), entry.previous_hash,
    ]  # fmt: skip
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def chain_is_whole(entries: list[HistoryEntry]) -> bool:
    """Whether entries of one aggregate, oldest first, follow each other by hash with nothing changed or missing."""
    before = ""
    for place, entry in enumerate(entries, start=1):
        if entry.sequence != place or entry.previous_hash != before or entry.hash != entry_hash(entry):
            return False
        before = entry.hash
    return True


def _chain(organisation_id: UUID, aggregate: str, aggregate_id: UUID) -> Select[HistoryEntry]:
    return (
        select(HistoryEntry)
        .where(
            HistoryEntry.organisation_id == organisation_id,
            HistoryEntry.aggregate == aggregate,
            HistoryEntry.aggregate_id == aggregate_id,
        )
        .order_by(HistoryEntry.sequence.desc())
    )


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One entry as pages show it."""

    at: datetime
    actor_name: str
    what: str
    from_state: str | None
    to_state: str | None
    why: str
    details: dict[str, Any]
    aggregate: str


def history_of(session: Session, organisation_id: UUID, aggregate: str, aggregate_id: UUID) -> list[HistoryLine]:
    """The history of one aggregate, newest first."""
    return [_line(row) for row in session.scalars(_chain(organisation_id, aggregate, aggregate_id))]


def histories_of(session: Session, aggregates: Collection[tuple[UUID, str, UUID]]) -> list[HistoryLine]:
    """The histories of several aggregates (owner, table, id) as one, newest first."""
    if not aggregates:
        return []
    key = tuple_(HistoryEntry.organisation_id, HistoryEntry.aggregate, HistoryEntry.aggregate_id)
    statement = select(HistoryEntry).where(key.in_(list(aggregates)))
    return [_line(row) for row in session.scalars(statement.order_by(HistoryEntry.at.desc(), HistoryEntry.id.desc()))]


def _line(row: HistoryEntry) -> HistoryLine:
    return HistoryLine(
        row.at, row.actor_name, row.what, row.from_state, row.to_state, row.why, row.details, row.aggregate
    )
