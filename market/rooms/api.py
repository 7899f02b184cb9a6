"""Rooms as JSON: the list, what was said and happened, and saying or showing something."""

from datetime import datetime
from html import unescape
from typing import Any
from uuid import UUID

from flask import Response, current_app, url_for
from pydantic import Field

from market.kit.api import (
    Answer,
    FileInput,
    FileOutput,
    PageQuery,
    Record,
    api_blueprint,
    needs,
    once,
    uploads,
)
from market.kit.downloads import download
from market.kit.edge import read_id, takes_upload, work
from market.kit.paging import LARGEST_PAGE, decode_cursor
from market.rooms import queries, service
from market.rooms.models import LONGEST_TEXT
from market.rooms.queries import MessageRow, RoomLine, RoomRow
from market.rooms.wording import names_of

bp = api_blueprint("rooms", "Rooms")
MOST_BYTES = 50 * 1024 * 1024


class MemberOutput(Record):
    """Who takes part: seller | factory | operator. read_upto: the place of the last message that it has read."""

    organisation_id: UUID
    role: str
    read_upto: int
    read_at: datetime | None


class RoomOutput(Record):
    """A room. subject: what it is about, by kind and id. title is empty for a share of a pool."""

    id: UUID
    subject_kind: str
    subject_id: UUID
    code: str
    title: str
    last_sequence: int
    last_at: datetime
    unread: int
    members: list[MemberOutput]


class RoomPage(Record):
    rooms: list[RoomOutput]
    next_cursor: str | None


class MessageOutput(Record):
    """What was said (kind `said`, with text) or happened (kind `event`, with what and its details). words: what
    happened in one sentence, in the language that `Accept-Language` asks for; empty for what was said."""

    sequence: int
    kind: str
    author_id: UUID | None
    author_role: str | None
    text: str
    what: str
    words: str
    details: dict[str, Any]
    files: list[FileOutput]
    at: datetime


class MessageList(Record):
    messages: list[MessageOutput]


class MessagesQuery(Record):
    """after: only messages behind this place; without it, the newest. limit: how many at most, the newest of them."""

    after: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)


class SayInput(Record):
    """What to say, to show, or both."""

    text: str = Field("", max_length=LONGEST_TEXT)
    files: list[FileInput] = Field(default_factory=list)


@bp.get("/rooms")
@needs("rooms:read")
@bp.input(PageQuery, location="query", arg_name="query")
@bp.output(RoomPage)
@bp.doc(summary="List the rooms that you take part in, the newest word first", security="key")
def room_list(query: PageQuery) -> dict[str, Any]:
    after = decode_cursor(query.cursor)
    page = queries.rooms_of(work().session, work().organisation_id, after=after, size=query.limit)
    return {"rooms": [room_json(line) for line in page.rows], "next_cursor": page.next_cursor}


@bp.get("/rooms/<room_id>/messages")
@needs("rooms:read")
@bp.input(MessagesQuery, location="query", arg_name="query")
@bp.output(MessageList)
@bp.doc(summary="Read what was said and happened in a room", security="key")
def message_list(room_id: str, query: MessagesQuery) -> dict[str, Any]:
    """Reading by key marks nothing as read: a person has."""
    found = queries.member_room(work().session, work().organisation_id, read_id(room_id))
    rows = queries.messages(work().session, found.id, after=query.after, size=query.limit)
    return {"messages": [message_json(found, row) for row in rows]}


@bp.get("/rooms/<room_id>/files/<file_id>")
@needs("rooms:read")
@bp.doc(summary="Download a photo or file of a room", security="key")
def read_file(room_id: str, file_id: str) -> Response:
    found = queries.member_room(work().session, work().organisation_id, read_id(room_id))
    row, content = queries.file_content(work().session, found.id, read_id(file_id))
    return download(row.name, row.media_type, content)


@bp.post("/rooms/<room_id>/messages")
@needs("rooms:write")
@bp.input(SayInput, arg_name="words")
@bp.output(MessageOutput, status_code=201)
@bp.doc(summary="Say or show something in a room", security="key")
@once
@takes_upload(MOST_BYTES)
def say(room_id: str, words: SayInput) -> Answer:
    found = queries.member_room(work().session, work().organisation_id, read_id(room_id))
    return message_json(found, service.say(work(), found.id, words.text, uploads(words.files))), 201


def room_json(line: RoomLine) -> dict[str, Any]:
    """A room in the fields of RoomOutput."""
    room = line.room
    output = RoomOutput(
        id=room.id,
        subject_kind=room.subject_kind,
        subject_id=room.subject_id,
        code=room.code,
        title=room.title,
        last_sequence=room.last_sequence,
        last_at=room.last_at,
        unread=line.unread,
        members=[
            MemberOutput(
                organisation_id=member.organisation_id,
                role=member.role.value,
                read_upto=member.read_upto,
                read_at=member.read_at,
            )
            for member in room.members
        ],
    )
    return output.model_dump(mode="json")


def message_json(room: RoomRow, row: MessageRow) -> dict[str, Any]:
    """A message of a room in the fields of MessageOutput."""
    output = MessageOutput(
        sequence=row.sequence,
        kind=row.kind.value,
        author_id=row.author_id,
        author_role=None if row.author_role is None else row.author_role.value,
        text=row.text,
        what=row.what,
        words=_happened(room, row) if row.is_event else "",
        details=dict(row.details),
        files=[
            FileOutput(
                id=file.id,
                name=file.name,
                media_type=file.media_type,
                size=file.size,
                href=url_for("rooms_api.read_file", room_id=room.id, file_id=file.id),
            )
            for file in row.files
        ],
        at=row.at,
    )
    return output.model_dump(mode="json")


def _happened(room: RoomRow, row: MessageRow) -> str:
    """What happened, in the words of the room's page."""
    names = names_of(work().session, work().organisation_id, [room])
    words: Any = current_app.jinja_env.get_template("rooms/_words.html").make_module({"names": names})
    return unescape(str(words.event_words(row))).strip().replace("\u00a0", " ")
