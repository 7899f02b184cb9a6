"""The factory's pages of leads: the live inbox, one lead, and its answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from market.factories.queries import profile
from market.factories.question_views import question_card
from market.kit.edge import allow, part, read_id, sections, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import current_language
from market.leads import queries, service
from market.leads.forms import CounterForm, DeclineForm
from market.leads.queries import LeadCard, LeadDetail
from market.leads.wording import reasons, title_of
from market.orders.queries import FileRow, file_content, order_files
from matching.verticals.pack import Language, Vocabulary

bp = Blueprint("leads", __name__, template_folder="templates")

WEEK: Final = timedelta(days=7)
"""What the weekly limit of leads counts."""

CARDS_AT_ONCE: Final = 20
PARTS: Final = ("waiting", "held", "ended")
PAYMENT_DAYS: Final = 17
"""Ten days in which the buyer accepts, and seven in which the money is paid out."""

Answer = BaseResponse | str | tuple[str, int]


def language() -> Language:
    return "en" if current_language() == "en" else "zh"


def face(card: LeadCard | LeadDetail) -> dict[str, Any]:
    """What a card of a lead shows."""
    met, missed = reasons(card.lead)
    title = title_of(card.offering, part(Vocabulary), language())
    return {"lead": card.lead, "offering": card.offering, "title": title, "met": met, "missed": missed}


def faces(cards: Sequence[LeadCard]) -> list[dict[str, Any]]:
    return [face(card) for card in cards]


@bp.get("/leads")
@allow("factory")
def inbox() -> str:
    """The leads of the factory. A fragment request with `since` answers only what came after that moment."""
    own = work().organisation_id
    wanted = request.args.get("part", "waiting")
    shown = wanted if wanted in PARTS else "waiting"
    since = _moment(request.args.get("since"))
    page = queries.inbox(work().session, own, part=shown, cursor=request.args.get("after"), size=CARDS_AT_ONCE)
    cards = sorted(page.rows, key=lambda card: card.lead.offered_at, reverse=True) if shown == "waiting" else page.rows
    counts = queries.inbox_counts(work().session, own)
    if since is not None and request.headers.get("HX-Request"):
        fresh = [card for card in cards if card.lead.offered_at > since]
        return render_template("leads/fresh.html", cards=faces(fresh), counts=counts, loaded_at=work().now)
    older = url_for("leads.inbox", part=shown, after=page.next_cursor) if page.next_cursor else None
    return render_template(
        "leads/inbox.html",
        cards=faces(cards),
        part=shown,
        counts=counts,
        older=older,
        week=queries.offered_since(work().session, own, work().now - WEEK),
        factory=profile(work().session, own),
        question=question_card("inbox"),
        loaded_at=work().now,
    )


@bp.get("/leads/news")
@allow("factory")
def news() -> str:
    """How many leads came since the list was loaded, as the pill that loads them; nothing when none did."""
    since = _moment(request.args.get("since")) or work().now
    waiting = queries.inbox(work().session, work().organisation_id, part="waiting")
    count = sum(card.lead.offered_at > since for card in waiting.rows)
    return render_template("leads/pill.html", count=count, since=since)


@bp.get("/leads/<lead_id>")
@allow("factory")
def show(lead_id: str) -> str:
    """One lead: why it came, what it asks, who pays. Opening it is remembered as viewed."""
    service.view_lead(work(), read_id(lead_id))
    detail = queries.lead_detail(work().session, work().organisation_id, read_id(lead_id))
    return _lead_page(detail, DeclineForm())


def _lead_page(detail: LeadDetail, form: DeclineForm) -> str:
    waiting = queries.inbox(work().session, work().organisation_id, part="waiting", size=10)
    files = _files(detail)
    paid_by = detail.offering.due_on + timedelta(days=PAYMENT_DAYS) if detail.offering.due_on else None
    return render_template(
        "leads/show.html",
        **face(detail),
        buyer=detail.buyer,
        buyer_name=detail.buyer_name,
        files=files,
        paid_by=paid_by,
        others=faces([card for card in waiting.rows if card.id != detail.lead.id]),
        attributes=_attributes(detail),
        form=form,
        record=sections("lead_buyer", lead_id=detail.lead.id),
        more=sections("lead", lead_id=detail.lead.id),
    )


@bp.get("/leads/<lead_id>/news")
@allow("factory")
def lead_news(lead_id: str) -> str:
    """A pill when the lead has moved on since the page was loaded, nothing otherwise."""
    card = queries.lead_card(work().session, work().organisation_id, read_id(lead_id))
    seen = (request.args.get("state"), request.args.get("round"))
    moved = seen != (card.lead.state.value, str(card.offering.round))
    return render_template("leads/moved.html", lead=card.lead, moved=moved)


@bp.post("/leads/<lead_id>/accept")
@allow("factory")
def accept(lead_id: str) -> Answer:
    """Take a place and go on to the quote, which a repeat has already; the loser of a race gets a page that says what
    now."""
    try:
        service.accept_lead(work(), read_id(lead_id))
    except Conflict as fault:
        return _over(fault, read_id(lead_id))
    if queries.lead_row(work().session, read_id(lead_id)).repeats is not None:
        return redirect(url_for("leads.show", lead_id=read_id(lead_id)), 303)
    return redirect(url_for("quotes.submit", lead_id=read_id(lead_id)))


@bp.route("/leads/<lead_id>/decline", methods=["GET", "POST"])
@allow("factory")
def decline(lead_id: str) -> Answer:
    """Say no with a reason; the lead goes on to the next factory."""
    card = queries.lead_card(work().session, work().organisation_id, read_id(lead_id))
    form = DeclineForm()
    if not form.validate_on_submit():
        page = render_template("leads/decline.html", form=form, **face(card))
        return page, 422 if form.is_submitted() else 200
    try:
        service.decline_lead(work(), card.id, form.reason.data, form.note.data or "")
    except Conflict as fault:
        return _over(fault, card.id)
    flash(_("Declined. Fewer leads of this kind come to you, and this one goes on to the next factory."), "ok")
    return redirect(url_for("leads.inbox"))


@bp.route("/leads/<lead_id>/counter", methods=["GET", "POST"])
@allow("factory")
def counter(lead_id: str) -> Answer:
    """Propose a later date or another minimum; the buyer sees the difference and answers."""
    card = queries.lead_card(work().session, work().organisation_id, read_id(lead_id))
    form = CounterForm()
    if not form.validate_on_submit():
        return _counter_page(form, card, 422 if form.is_submitted() else 200)
    try:
        service.counter_lead(work(), card.id, form.due_on.data, form.minimum_quantity.data, form.note.data or "")
    except Invalid as fault:
        _show_counter_faults(form, fault)
        return _counter_page(form, card, 422)
    except Conflict as fault:
        return _over(fault, card.id)
    flash(_("Your counter-offer is with the buyer, who sees the difference and answers."), "ok")
    return redirect(url_for("leads.show", lead_id=card.id))


def _counter_page(form: CounterForm, card: LeadCard, status: int) -> Answer:
    today = work().today
    page = render_template("leads/counter.html", form=form, tomorrow=today + timedelta(days=1), **face(card))
    return page, status


def _show_counter_faults(form: CounterForm, fault: Invalid) -> None:
    words = {
        "due_on": _("Choose a day after today, within two years."),
        "minimum_quantity": _("Write a whole number of pieces, 1 or more."),
        "note": _("At most 500 characters."),
    }
    for found in fault.faults:
        if found.field in words:
            form[found.field].errors = [words[found.field]]
        else:
            form.form_errors.append(found.problem)


@bp.get("/leads/<lead_id>/files/<file_id>")
@allow("factory")
def file(lead_id: str, file_id: str) -> Response:
    """A file of the buyer's, once the lead is accepted; always as a download."""
    detail = queries.lead_detail(work().session, work().organisation_id, read_id(lead_id))
    if not detail.may_see_files or detail.lead.order_id is None:
        raise NotFound
    row, content = file_content(work().session, detail.lead.organisation_id, detail.lead.order_id, read_id(file_id))
    answer = current_app.response_class(content, mimetype=row.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=row.name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _files(detail: LeadDetail) -> tuple[FileRow, ...]:
    if not detail.may_see_files or detail.lead.order_id is None:
        return ()
    return order_files(work().session, detail.lead.organisation_id, detail.lead.order_id)


def _over(fault: Conflict, lead_id: UUID) -> Answer:
    """The friendly page of somebody who came too late. The transaction is rolled back: nothing of theirs changed."""
    work().session.rollback()
    card = queries.lead_card(work().session, work().organisation_id, lead_id)
    return render_template("leads/over.html", code=fault.code, **face(card)), 409


def _attributes(detail: LeadDetail) -> list[tuple[str, str]]:
    lines = []
    for name, value in dict(detail.offering.brief.get("attributes", {})).items():
        attribute = part(Vocabulary).attribute(name)
        if attribute is not None:
            names = {choice.id: choice.name(language()) for choice in attribute.choices}
            lines.append((attribute.name(language()), f"{names.get(str(value), value)} {attribute.unit}".strip()))
    return lines


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else None
