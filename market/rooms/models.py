"""Rooms, who takes part, what was said and happened, files, and alarms. Imported by this folder alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow

LONGEST_TEXT = 4_000


class RoomRole(StrEnum):
    SELLER = "seller"
    FACTORY = "factory"
    OPERATOR = "operator"


class MessageKind(StrEnum):
    SAID = "said"
    EVENT = "event"


class Room(TenantRow, Base):
    """One conversation. organisation_id is the subject's; a subject has one room.

    code, title: what both sides may read of the subject; title is "" for a share of a pool, whose sides know it by
    other words. open_to: the members, who alone see the room, as row-level security asks for it; room_members says
    more of each. last_sequence: the place of the newest message.
    """

    __tablename__ = "rooms"
    __table_args__ = (
        UniqueConstraint("organisation_id", "subject_kind", "subject_id"),
        Index("uq_rooms_id", "id", unique=True),
        CheckConstraint("last_sequence >= 0", name="sequence_not_negative"),
    )
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    code: Mapped[str]
    title: Mapped[str]
    open_to: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    last_sequence: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
    opened_at: Mapped[datetime]


class RoomMember(Base):
    """An organisation that takes part. read_upto: the place of the last message it has read; it never goes back."""

    __tablename__ = "room_members"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "room_id"], ["rooms.organisation_id", "rooms.id"]),
        Index("ix_room_members_member", "member_id", "room_id"),
        CheckConstraint("read_upto >= 0", name="read_not_negative"),
    )
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[RoomRole]
    let_in_at: Mapped[datetime]
    read_upto: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime | None]


class RoomMessage(Base):
    """What a person said, or a system event that pages put into words. Places count from 1 without a gap.

    author_id, author_role: the organisation that spoke or caused the event, None for the market's own clockwork;
    person_id: the person, where one is known. text: people's words. what, details: the event.
    """

    __tablename__ = "room_messages"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "room_id"], ["rooms.organisation_id", "rooms.id"]),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        CheckConstraint(f"char_length(text) <= {LONGEST_TEXT}", name="text_length"),
        CheckConstraint(
            "kind = 'event' OR (author_id IS NOT NULL AND author_role IS NOT NULL)", name="author_of_words"
        ),
        CheckConstraint("(kind = 'event') = (what <> '')", name="event_has_a_kind"),
    )
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[MessageKind]
    author_id: Mapped[UUID | None]
    author_role: Mapped[RoomRole | None]
    person_id: Mapped[UUID | None]
    text: Mapped[str] = mapped_column(default="")
    what: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]


class RoomFile(TenantRow, Base):
    """A photo or document that came with a message: its content lives in the database, the one truth."""

    __tablename__ = "room_files"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "room_id", "sequence"],
            ["room_messages.organisation_id", "room_messages.room_id", "room_messages.sequence"],
        ),
        Index("ix_room_files_message", "organisation_id", "room_id", "sequence"),
    )
    room_id: Mapped[UUID]
    sequence: Mapped[int]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    created_at: Mapped[datetime]


class RoomAlarm(TenantRow, Base):
    """Why a room was raised. sequence: the place of its event; replies are counted from there. One of a kind is open.

    why: predicted_late | asked, or another capability's own; details: its reason in parts, put into words by pages.
    """

    __tablename__ = "room_alarms"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "room_id"], ["rooms.organisation_id", "rooms.id"]),
        Index(
            "uq_room_alarms_one_open",
            "organisation_id",
            "room_id",
            "why",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_room_alarms_room", "room_id"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
    )
    room_id: Mapped[UUID]
    why: Mapped[str]
    details: Mapped[dict[str, Any]]
    sequence: Mapped[int]
    raised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(default="")
