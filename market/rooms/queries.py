"""Reading rooms, as frozen rows. Which rooms a session sees is held by row-level security as well."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, undefer

from market.kit.errors import NotFound
from market.kit.history import HistoryEntry
from market.kit.paging import PAGE_SIZE, Page, make_page
from market.rooms.models import MessageKind, Room, RoomFile, RoomMember, RoomMessage, RoomRole

LOOKED_INTO = "looked into"


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Who takes part; fields as in models.RoomMember."""

    organisation_id: UUID
    role: RoomRole
    read_upto: int
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room with its members; fields as in models.Room."""

    organisation_id: UUID
    id: UUID
    subject_kind: str
    subject_id: UUID
    code: str
    title: str
    last_sequence: int
    last_at: datetime
    opened_at: datetime
    members: tuple[MemberRow, ...]

    def member(self, organisation_id: UUID) -> MemberRow | None:
        return next((member for member in self.members if member.organisation_id == organisation_id), None)

    def others(self, organisation_id: UUID) -> tuple[MemberRow, ...]:
        return tuple(member for member in self.members if member.organisation_id != organisation_id)


@dataclass(frozen=True, slots=True)
class RoomFileRow:
    id: UUID
    sequence: int
    name: str
    media_type: str
    size: int

    @property
    def is_photo(self) -> bool:
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What was said or happened; fields as in models.RoomMessage."""

    sequence: int
    kind: MessageKind
    author_id: UUID | None
    author_role: RoomRole | None
    text: str
    what: str
    details: Mapping[str, Any]
    at: datetime
    files: tuple[RoomFileRow, ...]

    @property
    def is_event(self) -> bool:
        return self.kind is MessageKind.EVENT


@dataclass(frozen=True, slots=True)
class RoomLine:
    """A room in a member's list. last: its newest message."""

    room: RoomRow
    unread: int
    last: MessageRow | None


def room(session: Session, room_id: UUID) -> RoomRow:
    """One room that the session may see. Raises NotFound for a missing or foreign one."""
    found = session.scalars(select(Room).where(Room.id == room_id)).one_or_none()
    if found is None:
        raise NotFound
    return _with_members(session, [found])[0]


def member_room(session: Session, member_id: UUID, room_id: UUID) -> RoomRow:
    """A room that the organisation takes part in. Raises NotFound for every other, as for a missing one."""
    found = room(session, room_id)
    if found.member(member_id) is None:
        raise NotFound
    return found


def room_of(session: Session, organisation_id: UUID, subject_kind: str, subject_id: UUID) -> RoomRow | None:
    """The room of a subject; None where none was opened, or the session may not see it."""
    found = session.scalars(
        select(Room).where(
            Room.organisation_id == organisation_id, Room.subject_kind == subject_kind, Room.subject_id == subject_id
        )
    ).one_or_none()
    return None if found is None else _with_members(session, [found])[0]


def rooms_by_id(session: Session, room_ids: Iterable[UUID]) -> list[RoomRow]:
    """Those of the rooms that the session may see."""
    return _with_members(session, session.scalars(select(Room).where(Room.id.in_(room_ids))).all())


def rooms_of(session: Session, member_id: UUID, *, after: UUID | None = None, size: int = PAGE_SIZE) -> Page[RoomLine]:
    """One page of a member's rooms, the one with the newest message first. after: the last room of the page before."""
    statement = (
        select(Room)
        .join(RoomMember, RoomMember.room_id == Room.id)
        .where(RoomMember.member_id == member_id)
        .order_by(Room.last_at.desc(), Room.id.desc())
        .limit(size + 1)
    )
    if after is not None:
        last_at = select(Room.last_at).where(Room.id == after).scalar_subquery()
        statement = statement.where(or_(Room.last_at < last_at, and_(Room.last_at == last_at, Room.id < after)))
    rows = _with_members(session, session.scalars(statement).all())
    return make_page(_lines(session, member_id, rows), size, lambda line: line.room.id)


def room_line(session: Session, member_id: UUID, row: RoomRow) -> RoomLine:
    """One room as it stands in a member's list."""
    return _lines(session, member_id, [row])[0]


def unread_rooms(session: Session, member_id: UUID) -> int:
    """In how many rooms something waits to be read by a member."""
    statement = select(func.count(func.distinct(RoomMessage.room_id))).where(*_unread_by(member_id))
    return session.scalar(statement) or 0


def messages(
    session: Session, room_id: UUID, *, after: int = 0, before: int | None = None, size: int = 100
) -> list[MessageRow]:
    """The newest `size` messages of a room between two places, both left out, oldest first."""
    statement = select(RoomMessage).where(RoomMessage.room_id == room_id, RoomMessage.sequence > after)
    if before is not None:
        statement = statement.where(RoomMessage.sequence < before)
    found = session.scalars(statement.order_by(RoomMessage.sequence.desc()).limit(size)).all()
    return _with_files(session, room_id, found[::-1])


def last_words(session: Session, room_id: UUID) -> MessageRow | None:
    """The newest message of a person."""
    statement = select(RoomMessage).where(RoomMessage.room_id == room_id, RoomMessage.kind == MessageKind.SAID)
    found = session.scalars(statement.order_by(RoomMessage.sequence.desc()).limit(1)).first()
    return None if found is None else _message_row(found, ())


def looked_in_since(session: Session, room_id: UUID, person_id: UUID | None, since: datetime) -> bool:
    """Whether an operator gave a reason to read a room after a moment."""
    statement = select(HistoryEntry.id).where(
        HistoryEntry.aggregate == Room.__tablename__,
        HistoryEntry.aggregate_id == room_id,
        HistoryEntry.what == LOOKED_INTO,
        HistoryEntry.actor_id == person_id,
        HistoryEntry.at > since,
    )
    return session.scalar(statement.limit(1)) is not None


def file_content(session: Session, room_id: UUID, file_id: UUID) -> tuple[RoomFileRow, bytes]:
    """A file of a room with its bytes. Raises NotFound."""
    statement = select(RoomFile).where(RoomFile.room_id == room_id, RoomFile.id == file_id)
    found = session.scalars(statement.options(undefer(RoomFile.content))).one_or_none()
    if found is None:
        raise NotFound
    return _file_row(found), found.content


def _unread_by(member_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Which messages, beside their room's mark, a member has not read and did not write."""
    return (
        RoomMember.room_id == RoomMessage.room_id,
        RoomMember.member_id == member_id,
        RoomMessage.sequence > RoomMember.read_upto,
        RoomMessage.author_id.is_distinct_from(member_id),
    )


def _lines(session: Session, member_id: UUID, rows: Sequence[RoomRow]) -> list[RoomLine]:
    unread, newest = _unread(session, member_id, [row.id for row in rows]), _newest(session, rows)
    return [RoomLine(row, unread.get(row.id, 0), newest.get(row.id)) for row in rows]


def _unread(session: Session, member_id: UUID, room_ids: Iterable[UUID]) -> dict[UUID, int]:
    statement = (
        select(RoomMessage.room_id, func.count())
        .where(*_unread_by(member_id), RoomMessage.room_id.in_(room_ids))
        .group_by(RoomMessage.room_id)
    )
    return dict(session.execute(statement).all())


def _newest(session: Session, rows: Sequence[RoomRow]) -> dict[UUID, MessageRow]:
    places = [(row.id, row.last_sequence) for row in rows]
    statement = select(RoomMessage).where(tuple_(RoomMessage.room_id, RoomMessage.sequence).in_(places))
    return {message.room_id: _message_row(message, ()) for message in session.scalars(statement)}


def _with_members(session: Session, found: Sequence[Room]) -> list[RoomRow]:
    members: dict[UUID, list[MemberRow]] = {row.id: [] for row in found}
    statement = select(RoomMember).where(RoomMember.room_id.in_(members))
    for member in session.scalars(statement.order_by(RoomMember.let_in_at, RoomMember.role.desc())):
        row = MemberRow(member.member_id, member.role, member.read_upto, member.read_at)
        members[member.room_id].append(row)
    return [
        RoomRow(
            row.organisation_id, row.id, row.subject_kind, row.subject_id, row.code, row.title, row.last_sequence,
            row.last_at, row.opened_at, tuple(members[row.id]),
        )
        for row in found
    ]  # fmt: skip


def _with_files(session: Session, room_id: UUID, found: Sequence[RoomMessage]) -> list[MessageRow]:
    files: dict[int, list[RoomFileRow]] = {message.sequence: [] for message in found}
    statement = select(RoomFile).where(RoomFile.room_id == room_id, RoomFile.sequence.in_(files)).order_by(RoomFile.id)
    for file in session.scalars(statement):
        files[file.sequence].append(_file_row(file))
    return [_message_row(message, tuple(files[message.sequence])) for message in found]


def _file_row(file: RoomFile) -> RoomFileRow:
    return RoomFileRow(file.id, file.sequence, file.name, file.media_type, file.size)


def _message_row(message: RoomMessage, files: tuple[RoomFileRow, ...]) -> MessageRow:
    return MessageRow(
        message.sequence, message.kind, message.author_id, message.author_role, message.text, message.what,
        message.details, message.at, files,
    )  # fmt: skip
