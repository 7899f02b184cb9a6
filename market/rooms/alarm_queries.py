"""Reading alarms: which rooms are raised, why, and how long each side took to its first word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from market.rooms import queries
from market.rooms.models import MessageKind, RoomAlarm, RoomMessage, RoomRole
from market.rooms.queries import RoomRow

MEASURED: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why a room was raised; fields as in models.RoomAlarm. replies: side -> when its first person answered."""

    id: UUID
    room_id: UUID
    why: str
    details: dict[str, Any]
    raised_at: datetime
    ended_at: datetime | None
    ended_why: str
    replies: dict[RoomRole, datetime]

    def time_to_reply(self, role: RoomRole) -> timedelta | None:
        """How long one side took to its first word; None while it has said nothing."""
        replied = self.replies.get(role)
        return None if replied is None else replied - self.raised_at


@dataclass(frozen=True, slots=True)
class RaisedRoom:
    alarm: Alarm
    room: RoomRow


@dataclass(frozen=True, slots=True)
class ReplyRecord:
    """How fast one side first answered: the median over the n alarms that it answered, and how many it did not."""

    role: RoomRole
    median: timedelta | None
    n: int
    unanswered: int


def alarms_of(session: Session, room_id: UUID) -> list[Alarm]:
    """The alarms of a room, the newest first, open ones before those that ended."""
    return _alarms(session, select(RoomAlarm).where(RoomAlarm.room_id == room_id))


def raised_rooms(session: Session, *, size: int = 50) -> list[RaisedRoom]:
    """Rooms with an open alarm, the longest waiting first; for operators."""
    statement = select(RoomAlarm).where(RoomAlarm.ended_at.is_(None)).order_by(RoomAlarm.raised_at).limit(size)
    found = _alarms(session, statement)
    rooms = {row.id: row for row in queries.rooms_by_id(session, {alarm.room_id for alarm in found})}
    return sorted((RaisedRoom(alarm, rooms[alarm.room_id]) for alarm in found), key=lambda row: row.alarm.raised_at)


def reply_records(session: Session, now: datetime) -> list[ReplyRecord]:
    """How fast shops and factories first answered alarms of the last MEASURED days."""
    found = _alarms(session, select(RoomAlarm).where(RoomAlarm.raised_at > now - MEASURED))
    return [_record(found, role) for role in (RoomRole.SELLER, RoomRole.FACTORY, RoomRole.OPERATOR)]


def _record(found: Sequence[Alarm], role: RoomRole) -> ReplyRecord:
    times = [time for alarm in found if (time := alarm.time_to_reply(role)) is not None]
    seconds = median(time.total_seconds() for time in times) if times else None
    return ReplyRecord(
        role, None if seconds is None else timedelta(seconds=seconds), len(times), len(found) - len(times)
    )


def _alarms(session: Session, statement: Select[RoomAlarm]) -> list[Alarm]:
    ordered = statement.order_by(RoomAlarm.ended_at.is_(None).desc(), RoomAlarm.id.desc())
    found = session.scalars(ordered).all()
    replies = _first_replies(session, [alarm.id for alarm in found])
    return [
        Alarm(
            alarm.id, alarm.room_id, alarm.why, alarm.details, alarm.raised_at, alarm.ended_at, alarm.ended_why,
            replies.get(alarm.id, {}),
        )
        for alarm in found
    ]  # fmt: skip


def _first_replies(session: Session, alarm_ids: Sequence[UUID]) -> dict[UUID, dict[RoomRole, datetime]]:
    statement = (
        select(RoomAlarm.id, RoomMessage.author_role, func.min(RoomMessage.at))
        .join(RoomMessage, RoomMessage.room_id == RoomAlarm.room_id)
        .where(
            RoomAlarm.id.in_(alarm_ids),
            RoomMessage.kind == MessageKind.SAID,
            RoomMessage.sequence > RoomAlarm.sequence,
        )
        .group_by(RoomAlarm.id, RoomMessage.author_role)
    )
    found: dict[UUID, dict[RoomRole, datetime]] = {}
    for alarm_id, role, at in session.execute(statement):
        if role is not None:
            found.setdefault(alarm_id, {})[role] = at
    return found
