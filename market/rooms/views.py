"""Pages of rooms: the list, one room with what is said in it, and what comes to it while it is open."""

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from market.kit import edge
from market.kit.downloads import download
from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, Forbidden, Invalid
from market.kit.i18n import current_language, say_fault
from market.kit.paging import decode_cursor
from market.kit.uploads import UploadedFile
from market.rooms import alarm_queries, queries, service
from market.rooms.forms import WhyForm
from market.rooms.queries import MessageRow, RoomRow
from market.rooms.wording import award_of, names_of, title_of_room
from matching.verticals.pack import Language, Vocabulary

bp = Blueprint("rooms", __name__, template_folder="templates", url_prefix="/rooms")

EVERYBODY: Final = ("seller", "factory", "operator")
PAGE_OF_MESSAGES: Final = 60
LOOK_LASTS: Final = timedelta(hours=1)
Answer = BaseResponse | str | tuple[str, int]


@bp.get("")
@allow(*EVERYBODY)
def room_list() -> str:
    """The rooms one takes part in, the newest word first; operators see first which rooms are raised."""
    own, session = work().organisation_id, work().session
    page = queries.rooms_of(session, own, after=decode_cursor(request.args.get("cursor")))
    desk = work().actor.role == "operator"
    raised = alarm_queries.raised_rooms(session) if desk else []
    rooms = [line.room for line in page.rows] + [row.room for row in raised]
    return render_template(
        "rooms/list.html",
        page=page,
        names=names_of(session, own, rooms),
        titles={room.id: _title(room) for room in rooms},
        desk=desk,
        raised=raised,
        records=alarm_queries.reply_records(session, work().now) if desk else [],
        measured_days=alarm_queries.MEASURED.days,
    )


@bp.get("/<room_id>")
@allow(*EVERYBODY)
def show(room_id: str) -> Answer:
    """One room. Opening it marks it read; an operator who takes no part is asked for a reason first."""
    found = _readable(room_id)
    if found is None:
        return _ask_why(queries.room(work().session, read_id(room_id)), WhyForm(formdata=None), 200)
    before = _place("before")
    shown = queries.messages(work().session, found.id, before=before or None, size=PAGE_OF_MESSAGES)
    if found.member(work().organisation_id):
        service.mark_read(work(), found.id, found.last_sequence)
    return _page(found, shown, before=before)


@bp.get("/<room_id>/news")
@allow(*EVERYBODY)
def news(room_id: str) -> str:
    """What came after a place, and how far the others have read: fetched by an open page when it hears of news."""
    found = queries.member_room(work().session, work().organisation_id, read_id(room_id))
    after = _place("after")
    fresh = queries.messages(work().session, found.id, after=after)
    return render_template("rooms/news.html", **_talk(found, fresh, after))


@bp.post("/<room_id>/say")
@allow(*EVERYBODY)
def say(room_id: str) -> Answer:
    """Say something, with files. A page with scripts gets a fresh line to write on, another one the room again."""
    found = queries.room(work().session, read_id(room_id))
    typed = request.form.get("text", "")
    files = [UploadedFile(each.filename or "", each.read()) for each in request.files.getlist("files") if each.filename]
    try:
        said = service.say(work(), found.id, typed, files, key=request.form.get("key", "")[:80])
    except Invalid as refusal:
        return _refused(found, typed, refusal)
    if edge.is_fragment_request():
        return render_template("rooms/compose.html", room=found, key=uuid4(), said=True, **_limits())
    return redirect(url_for("rooms.show", room_id=found.id) + f"#m{said.sequence}", 303)


@bp.post("/<room_id>/read")
@allow(*EVERYBODY)
def read(room_id: str) -> tuple[str, int]:
    """A page that stands open before somebody has shown everything up to a place."""
    service.mark_read(work(), read_id(room_id), _place("upto"))
    return "", 204


@bp.get("/<room_id>/files/<file_id>")
@allow(*EVERYBODY)
def file(room_id: str, file_id: str) -> Response:
    """A file of a room, always as a download: nothing that somebody uploaded runs in a browser."""
    found = _readable(room_id)
    if found is None:
        raise Forbidden("Give a reason to read this room first.")
    row, content = queries.file_content(work().session, found.id, read_id(file_id))
    return download(row.name, row.media_type, content)


@bp.post("/<room_id>/help")
@allow("seller", "factory")
def ask_for_help(room_id: str) -> BaseResponse:
    """Ask Weft to come in."""
    found = queries.member_room(work().session, work().organisation_id, read_id(room_id))
    form = WhyForm()
    if form.validate_on_submit():
        service.ask_for_help(work(), found.id, form.why.data)
        flash(_("Weft is called and will answer here."), "ok")
    else:
        flash(_("Say in a few words what Weft should help with."), "error")
    return redirect(url_for("rooms.show", room_id=found.id), 303)


@bp.post("/<room_id>/look")
@allow("operator")
def look(room_id: str) -> Answer:
    """An operator reads a room for a reason that the history keeps, without taking part."""
    found = queries.room(work().session, read_id(room_id))
    form = WhyForm()
    if not form.validate_on_submit():
        return _ask_why(found, form, 422)
    if request.form.get("how") == "come_in":
        service.come_in(work(), found.id, form.why.data)
    else:
        service.look_in(work(), found.id, form.why.data)
    return redirect(url_for("rooms.show", room_id=found.id), 303)


@bp.post("/<room_id>/alarms/<alarm_id>/end")
@allow("operator")
def end_alarm(room_id: str, alarm_id: str) -> BaseResponse:
    """What a room was raised for is over; both sides read why."""
    found = queries.member_room(work().session, work().organisation_id, read_id(room_id))
    form = WhyForm()
    if not form.validate_on_submit():
        flash(_("Say why this is over; both sides read it."), "error")
    else:
        try:
            service.end_alarm(work(), found.id, read_id(alarm_id), form.why.data)
        except Conflict:
            flash(_("A colleague has ended this already."), "error")
    return redirect(url_for("rooms.show", room_id=found.id), 303)


def _readable(room_id: str) -> RoomRow | None:
    """The room when the reader may read it now; None for an operator who has yet to say why. Raises NotFound."""
    asked = read_id(room_id)
    if work().actor.role != "operator":
        return queries.member_room(work().session, work().organisation_id, asked)
    found = queries.room(work().session, asked)
    since = work().now - LOOK_LASTS
    if found.member(work().organisation_id):
        return found
    looked = queries.looked_in_since(work().session, found.id, work().actor.user_id, since)
    return found if looked else None


def _page(found: RoomRow, shown: list[MessageRow], *, before: int = 0, typed: str = "", fault: str = "") -> str:
    session = work().session
    award = award_of(session, found)
    first = shown[0].sequence if shown else 0
    return render_template(
        "rooms/room.html",
        title=_title(found),
        order_url=url_for("quotes.purchase_order", award_id=award.id)
        if award and work().actor.role != "operator"
        else None,
        alarms=alarm_queries.alarms_of(session, found.id),
        earlier=first if first > 1 else None,
        later=bool(before),
        takes_part=found.member(work().organisation_id) is not None,
        key=uuid4(),
        typed=typed,
        fault=fault,
        **_limits(),
        **_talk(found, shown, shown[-1].sequence if shown else 0),
    )


def _talk(found: RoomRow, shown: list[MessageRow], after: int) -> dict[str, Any]:
    """What the list of messages reads. own_last: the place of the reader's own words, when nobody answered them."""
    own = work().organisation_id
    newest = queries.last_words(work().session, found.id)
    return {
        "room": found,
        "messages": shown,
        "last": shown[-1].sequence if shown else after,
        "names": names_of(work().session, own, [found]),
        "own_last": newest.sequence if newest and newest.author_id == own else None,
        "others": found.others(own),
    }


def _refused(found: RoomRow, typed: str, refusal: Invalid) -> Answer:
    fault = " ".join(say_fault(each) for each in refusal.faults) or refusal.message
    if edge.is_fragment_request():
        page = render_template("rooms/compose.html", room=found, key=uuid4(), typed=typed, fault=fault, **_limits())
        return page, 422
    shown = queries.messages(work().session, found.id, size=PAGE_OF_MESSAGES)
    return _page(found, shown, typed=typed, fault=fault), 422


def _ask_why(found: RoomRow, form: WhyForm, status: int) -> Answer:
    names = names_of(work().session, work().organisation_id, [found])
    return render_template("rooms/why.html", room=found, form=form, names=names), status


def _limits() -> dict[str, int]:
    return {"most_bytes": work().settings.upload_limit_bytes, "most_files": service.MOST_FILES}


def _place(name: str) -> int:
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _title(room: RoomRow) -> str:
    language: Language = "en" if current_language() == "en" else "zh"
    return title_of_room(work().session, room, work().organisation_id, edge.part(Vocabulary), language)
