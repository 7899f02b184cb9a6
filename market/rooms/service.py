"""What is done in a room. No verb commits; the edge does.

A message's place is handed out by one statement that locks the room's row, so places follow each other without a gap
whoever speaks at the same time.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from market.identity.service import MARKET_ID
from market.kit import history, live, notices
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound, invalid_field
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.kit.outbox import publish
from market.kit.uploads import UploadedFile, clean_name
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.orders.attachments import check_file
from market.rooms import queries
from market.rooms.events import HelpAsked
from market.rooms.models import (
    LONGEST_TEXT,
    MessageKind,
    Room,
    RoomAlarm,
    RoomFile,
    RoomMember,
    RoomMessage,
    RoomRole,
)
from market.rooms.queries import MessageRow, RoomRow

MOST_FILES = 6
LONGEST_REASON = 500
KEPT = frozenset("\t\u00a0\u3000\u200d")
"""Blanks, and what joins the parts of one sign; no other character without a shape of its own is kept."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a room is about. organisation_id: whose it is; code and title: what every member may read of it."""

    organisation_id: UUID
    kind: str
    id: UUID
    code: str
    title: str


class NotSaid(Invalid):
    """Words or files that cannot be taken; nothing was said."""

    code = "not_said"


def open_room(work: Work, subject: Subject) -> RoomRow:
    """The room of a subject, opened when there is none: asked twice, it is the same room. Nobody is in it yet."""
    opened = work.session.scalars(
        insert(Room)
        .values(
            organisation_id=subject.organisation_id,
            id=work.new_id(),
            subject_kind=subject.kind,
            subject_id=subject.id,
            code=subject.code,
            title=subject.title,
            open_to=[],
            last_sequence=0,
            last_at=work.now,
            opened_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "subject_kind", "subject_id"])
        .returning(Room)
    ).first()
    if opened is not None:
        history.record(work, opened, what="opened", details={"subject": subject.kind, "id": str(subject.id)})
    found = queries.room_of(work.session, subject.organisation_id, subject.kind, subject.id)
    if found is None:
        raise NotFound
    return found


def let_in(work: Work, room_id: UUID, organisation_id: UUID, role: RoomRole, *, why: str = "") -> bool:
    """An organisation takes part from now on and reads all of it. False when it was in already. Raises NotFound."""
    row = _room(work, room_id)
    member = {"organisation_id": row.organisation_id, "room_id": row.id, "member_id": organisation_id}
    added = work.session.scalars(
        insert(RoomMember)
        .values(**member, role=role, let_in_at=work.now, read_upto=0)
        .on_conflict_do_nothing()
        .returning(RoomMember.member_id)
    ).first()
    if added is None:
        return False
    work.session.execute(
        update(Room)
        .where(
            Room.organisation_id == row.organisation_id, Room.id == row.id, ~Room.open_to.contains([organisation_id])
        )
        .values(open_to=func.array_append(Room.open_to, organisation_id))
        .execution_options(synchronize_session=False)
    )
    history.record(work, row, what="let in", why=why, details={"organisation": str(organisation_id), "role": role})
    live.announce(work.session, organisation_id, "room", row.id)
    return True


def say(work: Work, room_id: UUID, text: str, files: Sequence[UploadedFile] = (), *, key: str = "") -> MessageRow:
    """A member says something, with files. key: the same one twice says it once.

    Raises NotSaid for nothing, too much, or a file that cannot be kept; NotFound for who takes no part, as for a
    missing room; Forbidden for an operator who has not come in.
    """
    row = queries.room(work.session, room_id)
    member = row.member(work.organisation_id)
    if member is None:
        raise Forbidden("Come into this room before you speak in it.") if work.actor.role == "operator" else NotFound
    words = clean_words(text)
    media_types = [_checked(work, file) for file in files]
    _refuse_empty(words, files)
    if key:
        earlier = claim_key(work.session, work.organisation_id, f"room {row.id} {key}", _print(words, files), work.now)
        if earlier is not None:
            place = int(earlier.body["sequence"])
            return queries.messages(work.session, row.id, after=place - 1, before=place + 1)[0]
    said = _add(work, row, MessageKind.SAID, text=words)
    work.session.add_all(
        RoomFile(
            organisation_id=row.organisation_id,
            id=work.new_id(),
            room_id=row.id,
            sequence=said,
            name=clean_name(file.name),
            media_type=media_type,
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            content=file.content,
            created_at=work.now,
        )
        for file, media_type in zip(files, media_types, strict=True)
    )
    work.session.flush()
    if key:
        store_answer(work.session, work.organisation_id, f"room {row.id} {key}", 201, {"sequence": said})
    _ring(work, row, said)
    return queries.messages(work.session, row.id, after=said - 1)[0]


def note_event(work: Work, room_id: UUID, what: str, details: Mapping[str, Any] | None = None) -> int:
    """Write down what happened, as an event that pages put into words; returns its place. Raises NotFound."""
    return _add(work, queries.room(work.session, room_id), MessageKind.EVENT, what=what, details=dict(details or {}))


def mark_read(work: Work, room_id: UUID, upto: int) -> None:
    """The acting member has read everything up to a place. The mark never goes back, nor past the last message.

    Raises NotFound for who takes no part.
    """
    row = queries.member_room(work.session, work.organisation_id, room_id)
    last = select(Room.last_sequence).where(Room.organisation_id == row.organisation_id, Room.id == row.id)
    reached = func.least(upto, last.scalar_subquery())
    moved = work.session.scalars(
        update(RoomMember)
        .where(
            RoomMember.organisation_id == row.organisation_id,
            RoomMember.room_id == row.id,
            RoomMember.member_id == work.organisation_id,
            RoomMember.read_upto < reached,
        )
        .values(read_upto=reached, read_at=work.now)
        .returning(RoomMember.member_id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is not None:
        _announce(work, row)


def ask_for_help(work: Work, room_id: UUID, words: str) -> None:
    """A member asks the market to come in; the worker raises the room. Raises NotFound, NotSaid without a reason."""
    row = queries.member_room(work.session, work.organisation_id, room_id)
    publish(work, HelpAsked(work.organisation_id, row.id, _reason(words)))


def raise_room(work: Work, room_id: UUID, why: str, details: Mapping[str, Any] | None = None) -> UUID:
    """Call everybody into a room: the market comes in, all are told, and the time to each side's first word starts.

    why, details: as in models.RoomAlarm. While an alarm of this kind is open it stays the one that is measured, and
    only its details change. Returns the alarm's id. Raises NotFound.
    """
    row = queries.room(work.session, room_id)
    told = dict(details or {})
    let_in(work, row.id, MARKET_ID, RoomRole.OPERATOR, why=why)
    place = note_event(work, row.id, "raised", {"why": why, **told})
    alarm = {"organisation_id": row.organisation_id, "room_id": row.id, "why": why, "details": told}
    raised = insert(RoomAlarm).values(**alarm, id=work.new_id(), sequence=place, raised_at=work.now, ended_why="")
    alarm_id = work.session.scalars(
        raised.on_conflict_do_update(
            index_elements=["organisation_id", "room_id", "why"],
            index_where=RoomAlarm.ended_at.is_(None),
            set_={"details": raised.excluded.details},
        ).returning(RoomAlarm.id)
    ).one()
    history.record(work, _room(work, row.id), what="raised", why=why, details=told)
    notice = {"code": row.code, "title": row.title, "why": why, **told}
    for member in queries.room(work.session, row.id).members:
        notices.notify(work, member.organisation_id, "room_raised", notice, link=f"/rooms/{row.id}")
    return alarm_id


def end_alarm(work: Work, room_id: UUID, alarm_id: UUID, why: str) -> None:
    """What a room was raised for is over. Raises NotFound, Conflict when it was ended before, NotSaid without words."""
    row = queries.room(work.session, room_id)
    words = _reason(why)
    ended = work.session.scalars(
        update(RoomAlarm)
        .where(
            RoomAlarm.organisation_id == row.organisation_id,
            RoomAlarm.room_id == row.id,
            RoomAlarm.id == alarm_id,
            RoomAlarm.ended_at.is_(None),
        )
        .values(ended_at=work.now, ended_why=words)
        .returning(RoomAlarm.why)
        .execution_options(synchronize_session=False)
    ).first()
    if ended is None:
        raise Conflict("This alarm has been ended already.")
    history.record(work, _room(work, row.id), what="alarm ended", why=words, details={"alarm": ended})
    note_event(work, row.id, "alarm_ended", {"why": ended, "words": words})


def come_in(work: Work, room_id: UUID, why: str) -> None:
    """An operator takes part in a room; its members read why. Raises NotFound, NotSaid without a reason."""
    reason = _reason(why)
    if let_in(work, room_id, MARKET_ID, RoomRole.OPERATOR, why=reason):
        note_event(work, room_id, "market_came_in", {"words": reason})


def look_in(work: Work, room_id: UUID, why: str) -> RoomRow:
    """An operator reads a room without taking part: who, when and why is kept. Raises NotFound, NotSaid."""
    history.record(work, _room(work, room_id), what=queries.LOOKED_INTO, why=_reason(why))
    return queries.room(work.session, room_id)


def clean_words(text: str) -> str:
    """What was typed, in lines of printable characters, without blanks around it. Raises NotSaid when too long."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    words = "\n".join("".join(filter(_is_text, line)).rstrip() for line in lines).strip()
    if len(words) > LONGEST_TEXT:
        accepted = _("at most %(most)s characters", most=LONGEST_TEXT)
        raise _refused("text", _("this is longer than one message can be"), accepted)
    return words


def _is_text(character: str) -> bool:
    return character.isprintable() or character in KEPT


def _reason(words: str) -> str:
    reason = " ".join(clean_words(words).split())
    if not reason or len(reason) > LONGEST_REASON:
        accepted = _("1 to %(most)s characters", most=LONGEST_REASON)
        raise _refused("why", _("it says no reason") if not reason else _("the reason is too long"), accepted)
    return reason


def _refuse_empty(words: str, files: Sequence[UploadedFile]) -> None:
    if not words and not files:
        raise _refused("text", _("there is nothing to send"), _("words, a photo or a file"))
    if len(files) > MOST_FILES:
        problem = _("%(count)s files are too many for one message", count=len(files))
        raise _refused("files", problem, _("at most %(most)s files", most=MOST_FILES))


def _refused(field: str, problem: Sentence, accepted: Sentence) -> NotSaid:
    fault = invalid_field("Nothing was sent.", field, problem, accepted)
    return NotSaid(fault.message, fault.faults)


def _checked(work: Work, file: UploadedFile) -> str:
    return check_file(file, work.settings.upload_limit_bytes)


def _print(words: str, files: Sequence[UploadedFile]) -> str:
    digests = [hashlib.sha256(file.content).hexdigest() for file in files]
    return request_hash("say", "\n".join([words, *digests]).encode())


def _room(work: Work, room_id: UUID) -> Room:
    found = work.session.scalars(select(Room).where(Room.id == room_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def _add(
    work: Work,
    row: RoomRow,
    kind: MessageKind,
    *,
    text: str = "",
    what: str = "",
    details: Mapping[str, Any] | None = None,
) -> int:
    """Add a message in the next place of a room, and tell the open pages of its members. Returns the place."""
    place = work.session.scalars(
        update(Room)
        .where(Room.organisation_id == row.organisation_id, Room.id == row.id)
        .values(last_sequence=Room.last_sequence + 1, last_at=func.greatest(Room.last_at, work.now))
        .returning(Room.last_sequence)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if place is None:
        raise NotFound
    member = None if work.actor.organisation_id is None else row.member(work.actor.organisation_id)
    work.session.add(
        RoomMessage(
            organisation_id=row.organisation_id,
            room_id=row.id,
            sequence=place,
            kind=kind,
            author_id=None if member is None else member.organisation_id,
            author_role=None if member is None else member.role,
            person_id=None if member is None else work.actor.user_id,
            text=text,
            what=what,
            details=dict(details or {}),
            at=work.now,
        )
    )
    work.session.flush()
    _announce(work, row)
    return place


def _announce(work: Work, row: RoomRow) -> None:
    for member in row.members:
        live.announce(work.session, member.organisation_id, "room", row.id)


def _ring(work: Work, row: RoomRow, place: int) -> None:
    """A notice to each other member that had no unread words in this room: one a conversation, not one a line."""
    waiting = exists().where(
        RoomMessage.room_id == RoomMember.room_id,
        RoomMessage.kind == MessageKind.SAID,
        RoomMessage.sequence > RoomMember.read_upto,
        RoomMessage.sequence < place,
        RoomMessage.author_id.is_distinct_from(RoomMember.member_id),
    )
    others = select(RoomMember.member_id).where(
        and_(RoomMember.room_id == row.id, RoomMember.member_id != work.organisation_id), ~waiting
    )
    for member_id in work.session.scalars(others).all():
        told = {"code": row.code, "title": row.title}
        notices.notify(work, member_id, "room_said", told, link=f"/rooms/{row.id}")
