"""A shop's own orders: writing one, the list, the page of one, its terms and files."""

from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from market.kit import edge
from market.kit.downloads import download
from market.kit.edge import allow, work
from market.kit.errors import Conflict, Invalid
from market.kit.history import history_of
from market.kit.i18n import say, say_fault
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.kit.uploads import UploadedFile
from market.orders import forms, posting, queries, service
from market.orders.attachments import attach_file
from market.orders.drafts import OrderDraft
from market.orders.models import OPEN_STATES, OrderState
from market.orders.posting import PostingPage
from market.orders.queries import OrderRow
from matching.verticals.pack import Vocabulary

bp = Blueprint("orders", __name__, template_folder="templates", url_prefix="/orders")
LIST_FILTERS = {
    "open": tuple(sorted(OPEN_STATES)),
    "draft": (OrderState.DRAFT,),
    "awarded": (OrderState.AWARDED, OrderState.CLOSED),
    "over": (OrderState.WITHDRAWN, OrderState.EXPIRED, OrderState.REJECTED),
}


@bp.get("/new")
@allow("seller")
def new_order() -> ResponseReturnValue:
    """The form: empty, with ?text= read into it, with a kept ?draft=, or from an order of the past, ?again=."""
    vocabulary = edge.part(Vocabulary)
    if request.args.get("text", "").strip():
        return _show_form(posting.said_page(work(), vocabulary, request.args["text"]), vocabulary)
    draft, order_id = _starting_draft(request.args.get("draft"), request.args.get("again"))
    page = posting.empty_page(vocabulary, draft)
    page.form.order_id.data = order_id
    return _show_form(page, vocabulary)


@bp.post("/new")
@allow("seller")
def post_new_order() -> ResponseReturnValue:
    """Read the words into the form, keep it for later, or post it; a second press finds the first order."""
    vocabulary = edge.part(Vocabulary)
    page = posting.sent_page(work(), vocabulary)
    if "post" not in request.form and "save" not in request.form:
        return _show_form(page, vocabulary)
    files = posting.sent_files()
    draft = replace(posting.check_page(work(), page, vocabulary), wants_pool=request.form.get("post") != "alone")
    if page.faults:
        return _refuse(page, vocabulary, files)
    token = f"form:{page.form.token.data or work().new_id()}"
    earlier = claim_key(work().session, work().organisation_id, token, request_hash("orders.new", b""), work().now)
    if earlier is not None:
        flash(_("This form was sent already; this is its order. For another one, start a new form."), "message")
        return redirect(url_for("orders.order_page", order_id=earlier.body["order_id"]), 303)
    order_id = edge.read_id(page.form.order_id.data) if page.form.order_id.data else None
    verb = service.save_draft if "save" in request.form else service.post_order
    try:
        row = verb(work(), draft, files, order_id=order_id, vocabulary=vocabulary)
    except (Invalid, service.TooManyOrders) as refusal:
        page.faults.extend(refusal.faults)
        if isinstance(refusal, Conflict):
            page.form.form_errors.append(say(refusal.message))
        work().session.rollback()
        return _refuse(page, vocabulary, files, 409 if isinstance(refusal, Conflict) else 422)
    store_answer(work().session, work().organisation_id, token, 303, {"order_id": str(row.id)})
    flash(
        _("Kept as a draft.") if row.state is OrderState.DRAFT else _("Posted as %(code)s.", code=row.code), "success"
    )
    return redirect(url_for("orders.order_page", order_id=row.id), 303)


@bp.post("/new/read")
@allow("seller")
def read_order() -> ResponseReturnValue:
    """The fields as they are after reading the words anew, and what hangs on them: the pool and what is missing.

    For the page, while somebody types; ?part=aside leaves the fields alone, for when one of them was changed by hand.
    """
    vocabulary = edge.part(Vocabulary)
    page = posting.sent_page(work(), vocabulary)
    return render_template(
        "orders/reading.html", part=request.args.get("part"), **posting.page_context(page, vocabulary)
    )


@bp.get("")
@allow("seller")
def order_list() -> ResponseReturnValue:
    """The shop's orders, newest first; ?show= a group of states, ?q= a number or part of a name."""
    shown = request.args.get("show", "")
    words = request.args.get("q", "")[:100]
    page = queries.orders_page(
        work().session, work().organisation_id, LIST_FILTERS.get(shown, ()), request.args.get("cursor"), words=words
    )
    counts = queries.order_counts(work().session, work().organisation_id)
    groups = [(name, sum(counts.get(state, 0) for state in states)) for name, states in LIST_FILTERS.items()]
    return render_template(
        "orders/list.html", page=page, shown=shown, words=words, groups=groups, total=sum(counts.values())
    )


@bp.get("/<order_id>")
@allow("seller")
def order_page(order_id: str) -> ResponseReturnValue:
    """Everything about one order of the shop."""
    row = own_order(order_id)
    session = work().session
    return render_template(
        "orders/order.html",
        order=row,
        files=queries.order_files(session, row.organisation_id, row.id),
        history=history_of(session, row.organisation_id, "orders", row.id),
        sections=edge.sections("order", order_id=row.id, organisation_id=row.organisation_id),
        readings={reading["field"]: reading for reading in row.readings},
        attributes=posting.attribute_rows(row.attributes, edge.part(Vocabulary)),
        upload_limit=work().settings.upload_limit_bytes,
    )


@bp.post("/<order_id>/withdraw")
@allow("seller")
def withdraw(order_id: str) -> ResponseReturnValue:
    row = own_order(order_id)
    reason = request.form.get("reason", "")
    why = request.form.get("why", "").strip() or reason
    if not why:
        flash(_("Say why you take the order back: the factories that looked at it are told."), "error")
    else:
        service.withdraw_order(work(), row.id, why[: service.LONGEST_REASON])
        flash(_("The order is withdrawn."), "success")
    return redirect(url_for("orders.order_page", order_id=row.id), 303)


@bp.post("/<order_id>/answer")
@allow("seller")
def answer(order_id: str) -> ResponseReturnValue:
    row = own_order(order_id)
    text = request.form.get("answer", "").strip()
    if not text or len(text) > service.LONGEST_REASON:
        flash(_("Write an answer of 1 to %(most)s characters.", most=service.LONGEST_REASON), "error")
    else:
        service.answer_clarification(work(), row.id, text)
        flash(_("Thank you. The order goes on."), "success")
    return redirect(url_for("orders.order_page", order_id=row.id), 303)


@bp.post("/<order_id>/files")
@allow("seller")
def add_files(order_id: str) -> ResponseReturnValue:
    """Keep the files that can be kept; each that cannot is named with the reason."""
    row = own_order(order_id)
    kept = 0
    for file in posting.sent_files():
        try:
            attach_file(work(), row.id, file)
            kept += 1
        except Invalid as refusal:
            for fault in refusal.faults:
                flash(say_fault(fault), "error")
    if kept:
        flash(
            ngettext("%(num)s file is kept with the order.", "%(num)s files are kept with the order.", kept), "success"
        )
    return redirect(url_for("orders.order_page", order_id=row.id) + "#files", 303)


@bp.get("/<order_id>/files/<file_id>")
@allow("seller")
def download_file(order_id: str, file_id: str) -> Response:
    """A file of the shop's own order, always as a download: nothing that somebody uploaded runs in a browser."""
    file, content = queries.file_content(
        work().session, work().organisation_id, edge.read_id(order_id), edge.read_id(file_id)
    )
    return download(file.name, file.media_type, content)


def own_order(order_id: str) -> OrderRow:
    """The order of the acting shop; one of another shop reads like a missing one."""
    return queries.order_row(work().session, work().organisation_id, edge.read_id(order_id))


def _starting_draft(kept: str | None, again: str | None) -> tuple[OrderDraft | None, str]:
    if kept:
        row = own_order(kept)
        if row.state is OrderState.DRAFT:
            return queries.draft_of(row), str(row.id)
    if again:
        draft = queries.draft_of(own_order(again))
        return replace(draft, reference=None, due_on=None, readings=(), origin={"again": again}), ""
    return None, ""


def _show_form(page: PostingPage, vocabulary: Vocabulary, status: int = 200) -> ResponseReturnValue:
    limit = work().settings.upload_limit_bytes
    context = posting.page_context(page, vocabulary)
    return render_template("orders/new.html", upload_limit=limit, **context), status


def _refuse(
    page: PostingPage, vocabulary: Vocabulary, files: list[UploadedFile], status: int = 422
) -> ResponseReturnValue:
    """The form again with everything that was typed and what is wrong with it."""
    forms.show_faults(page.form, page.faults)
    posting.remind_of_files(page, files)
    return _show_form(page, vocabulary, status)
