"""The import of sales and stock: a file, what its columns mean, what the worker found in it, taken in or left alone."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from market.kit import edge
from market.kit.edge import allow, takes_upload, work
from market.kit.errors import Invalid
from market.kit.history import IllegalMove
from market.kit.i18n import current_language, say, say_fault
from market.kit.table_pages import faults_by_column, faulty_rows_answer, spoken_faults
from market.kit.uploads import UploadedFile, is_chinese
from market.replenishment import import_queries, imports
from market.replenishment.import_columns import CHANNELS, FIELDS, kind_of
from market.replenishment.import_queries import SalesImportRow
from market.replenishment.import_sample import sample_file
from market.replenishment.models import SalesImportState

bp = Blueprint("sales_imports", __name__, template_folder="templates", url_prefix="/restock/import")


@bp.get("")
@allow("seller")
def start() -> ResponseReturnValue:
    """Choose a file; the latest imports stand below."""
    return _start_page()


@bp.post("")
@allow("seller")
@takes_upload(imports.MOST_BYTES)
def upload() -> ResponseReturnValue:
    """Take the file and guess its columns; its rows the worker checks."""
    chosen = request.files.get("file")
    if chosen is None or not chosen.filename:
        return _start_page(_("Choose a file first.")), 422
    file = UploadedFile(chosen.filename, chosen.read())
    try:
        import_id = imports.open_import(work(), file)
    except Invalid as refusal:
        return _start_page(" ".join(say_fault(fault) for fault in refusal.faults), file.name), 422
    return redirect(url_for("sales_imports.check", import_id=import_id), 303)


@bp.get("/sample.csv")
@allow("seller")
def sample() -> Response:
    """A small file to look at, in the reader's language."""
    answer = Response(sample_file(current_language(), work().today), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="weft-sales.csv")
    return answer


@bp.get("/<import_id>")
@allow("seller")
def check(import_id: str) -> ResponseReturnValue:
    """How far the worker is, then what it found; after that, what came of it. htmx asks for the changing part alone."""
    row = _row(import_id)
    shop = work().organisation_id
    page = "replenishment/import_body.html" if edge.is_fragment_request() else "replenishment/import_check.html"
    return render_template(
        page,
        row=row,
        kind=kind_of(row.mapping),
        fields=[("", _("Leave out")), *((name, field_words(name)) for name in FIELDS)],
        channels=channel_choices(import_queries.channels_of(work().session, shop), row.channel),
        channel=channel_words(row.channel),
        problems=[mapping_words(code) for code in row.problems],
        failure=" ".join(say(sentence) for sentence in row.failure),
        faults=spoken_faults(row.faults),
        by_column=faults_by_column(row.faults),
        chinese=is_chinese(row.headers),
    )


@bp.post("/<import_id>/columns")
@allow("seller")
def choose_columns(import_id: str) -> ResponseReturnValue:
    """Say anew what the columns mean and which channel sold, and have every row checked again."""
    row = _row(import_id)
    mapping = {header: request.form.get(f"column_{place}", "") for place, header in enumerate(row.headers)}
    channel = request.form.get("channel_name", "").strip() or request.form.get("channel", row.channel)
    try:
        imports.choose_columns(work(), row.id, mapping, channel)
    except Invalid as refusal:
        work().session.rollback()
        flash(" ".join(say_fault(fault) for fault in refusal.faults), "error")
    return _back(import_id)


@bp.post("/<import_id>/gap")
@allow("seller")
def answer_gap(import_id: str) -> ResponseReturnValue:
    """Say what a stretch without rows means."""
    first_day = request.form.get("first", "")
    imports.answer_gap(work(), edge.read_id(import_id), first_day, request.form.get("meaning", ""))
    return _back(import_id, f"gap-{first_day}")


@bp.post("/<import_id>/code")
@allow("seller")
def answer_code(import_id: str) -> ResponseReturnValue:
    """Say whether a doubtful code is another writing of one that is known."""
    same = request.form.get("same") == "yes"
    imports.answer_near_miss(work(), edge.read_id(import_id), request.form.get("sku", ""), same)
    return _back(import_id, "codes")


@bp.post("/<import_id>/months")
@allow("seller")
def answer_months(import_id: str) -> ResponseReturnValue:
    """Say whether sums that look like those of months are those of single days."""
    imports.answer_months(work(), edge.read_id(import_id), request.form.get("days") == "yes")
    return _back(import_id, "months")


@bp.post("/<import_id>/take")
@allow("seller")
def take(import_id: str) -> ResponseReturnValue:
    """Have the good rows that the person saw taken in; a second press shows what the first one did."""
    expected = request.form.get("expected", "")
    count = int(expected) if expected.isascii() and expected.isdigit() else 0
    try:
        imports.ask_take_in(work(), edge.read_id(import_id), count)
    except IllegalMove:
        work().session.rollback()
    return _back(import_id)


@bp.post("/<import_id>/discard")
@allow("seller")
def discard(import_id: str) -> ResponseReturnValue:
    imports.discard_import(work(), edge.read_id(import_id))
    return redirect(url_for("sales_imports.start"), 303)


@bp.get("/<import_id>/faulty.csv")
@allow("seller")
def faulty_rows(import_id: str) -> Response:
    """The rows that cannot be taken in, with one more column that says why, in the language of the file."""
    header, rows = imports.faulty_rows(work(), edge.read_id(import_id))
    return faulty_rows_answer(header, rows, field_words)


def field_words(name: str) -> str:
    words: dict[str, str] = {
        "sku": _("Item code"),
        "name": _("Name of the item"),
        "day": _("Date of the sale"),
        "paid_on": _("Day of payment"),
        "quantity": _("Pieces sold"),
        "price": _("Price of one piece"),
        "amount": _("Money of the row"),
        "currency": _("Currency"),
        "promotion": _("Promotion"),
        "in_stock": _("Could be bought"),
        "order": _("Order number"),
        "status": _("State of the order"),
        "refund_status": _("State of the refund"),
        "refund_amount": _("Money given back"),
        "returned": _("Pieces that came back"),
        "cancelled_on": _("Cancelled on"),
        "on_hand": _("Stock"),
        "on_order": _("On order"),
        "cost": _("Cost of one piece"),
        "lead_time_days": _("Lead time, days"),
        "minimum": _("Minimum order"),
        "pack_size": _("Pieces a pack"),
    }
    return words.get(name, name)


def mapping_words(code: str) -> str:
    words: dict[str, str] = {
        "no_item": _("Say which column holds the code or the name of the item."),
        "no_figures": _("Say which column holds the pieces sold, or the stock."),
        "no_day": _("Say which column holds the date."),
        "twice": _("Two columns mean the same: leave one of them out."),
        "unknown": _("A column means something that no longer exists: choose again."),
    }
    return words.get(code, code)


def channel_words(channel: str) -> str:
    words: dict[str, Callable[[], str]] = {
        "": lambda: _("all channels together"),
        "taobao": lambda: _("Taobao and Tmall"),
        "jd": lambda: _("JD"),
        "pdd": lambda: _("Pinduoduo"),
        "douyin": lambda: _("Douyin"),
        "shopify": lambda: "Shopify",
        "amazon": lambda: "Amazon",
        "store": lambda: _("own shops"),
    }
    return words[channel]() if channel in words else channel


def channel_choices(named: list[str], chosen: str) -> list[tuple[str, str]]:
    """The channels that a file may be of: none in particular, the usual ones, and those that the shop has named."""
    every = dict.fromkeys(("", *CHANNELS, *named, chosen))
    return [(channel, channel_words(channel)) for channel in every]


def _row(import_id: str) -> SalesImportRow:
    return import_queries.sales_import(work().session, work().organisation_id, edge.read_id(import_id))


def _back(import_id: str, anchor: str | None = None) -> Response:
    address = url_for("sales_imports.check", import_id=edge.read_id(import_id), _anchor=anchor)
    return cast(Response, redirect(address, 303))


def _start_page(problem: str = "", file_name: str = "") -> str:
    return render_template(
        "replenishment/import_start.html",
        problem=problem,
        file_name=file_name,
        recent=import_queries.recent_imports(work().session, work().organisation_id),
        states=SalesImportState,
        upload_limit=imports.MOST_BYTES,
    )
