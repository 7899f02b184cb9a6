"""The import wizard: a file, what its columns mean, every row checked, taken in or left alone."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from market.kit import edge
from market.kit.edge import allow, work
from market.kit.errors import Invalid
from market.kit.history import IllegalMove
from market.kit.i18n import say_fault
from market.kit.table_pages import faults_by_column, faulty_rows_answer, spoken_faults
from market.kit.uploads import UploadedFile, is_chinese
from market.orders import import_queries, imports
from market.orders.import_columns import FIELDS, mapping_faults
from market.orders.models import ImportState
from market.orders.posting import language
from matching.verticals.pack import Vocabulary

bp = Blueprint("order_imports", __name__, template_folder="templates", url_prefix="/orders/import")


@bp.get("")
@allow("seller")
def start() -> ResponseReturnValue:
    """Choose a file; the latest imports stand below."""
    return _start_page()


@bp.post("")
@allow("seller")
def upload() -> ResponseReturnValue:
    """Take the file, guess its columns and check its rows."""
    chosen = request.files.get("file")
    if chosen is None or not chosen.filename:
        return _start_page(_("Choose a file first.")), 422
    file = UploadedFile(chosen.filename, chosen.read())
    try:
        import_id = imports.open_import(work(), file, edge.part(Vocabulary))
    except Invalid as refusal:
        return _start_page(" ".join(say_fault(fault) for fault in refusal.faults), file.name), 422
    return redirect(url_for("order_imports.check", import_id=import_id), 303)


@bp.get("/<import_id>")
@allow("seller")
def check(import_id: str) -> ResponseReturnValue:
    """What the columns mean and which rows cannot be taken in; after that, what came of it."""
    row = import_queries.import_row(work().session, work().organisation_id, edge.read_id(import_id))
    vocabulary = edge.part(Vocabulary)
    return render_template(
        "orders/import_check.html",
        row=row,
        fields=field_choices(vocabulary),
        problems=[mapping_words(code) for code in mapping_faults(row.mapping, vocabulary)],
        faults=spoken_faults(row.faults),
        by_column=faults_by_column(row.faults),
        chinese=is_chinese(row.headers),
    )


@bp.post("/<import_id>/columns")
@allow("seller")
def choose_columns(import_id: str) -> ResponseReturnValue:
    """Say anew what the columns mean, and check every row again."""
    found = edge.read_id(import_id)
    row = import_queries.import_row(work().session, work().organisation_id, found)
    mapping = {header: request.form.get(f"column_{place}", "") for place, header in enumerate(row.headers)}
    try:
        imports.choose_columns(work(), found, mapping, edge.part(Vocabulary))
    except Invalid as refusal:
        work().session.rollback()
        flash(" ".join(say_fault(fault) for fault in refusal.faults), "error")
    return redirect(url_for("order_imports.check", import_id=found), 303)


@bp.post("/<import_id>/take")
@allow("seller")
def take(import_id: str) -> ResponseReturnValue:
    """Take in the good rows that the person saw, all at once; a second press shows what the first one did."""
    found = edge.read_id(import_id)
    expected = request.form.get("expected", "")
    try:
        imports.take_in(
            work(), found, int(expected) if expected.isascii() and expected.isdigit() else 0, edge.part(Vocabulary)
        )
    except IllegalMove:
        work().session.rollback()
        return redirect(url_for("order_imports.check", import_id=found), 303)
    return redirect(url_for("order_imports.check", import_id=found), 303)


@bp.post("/<import_id>/discard")
@allow("seller")
def discard(import_id: str) -> ResponseReturnValue:
    imports.discard_import(work(), edge.read_id(import_id))
    return redirect(url_for("order_imports.start"), 303)


@bp.get("/<import_id>/faulty.csv")
@allow("seller")
def faulty_rows(import_id: str) -> Response:
    """The rows that cannot be taken in, with one more column that says why, in the language of the file."""
    header, rows = imports.faulty_rows(work(), edge.read_id(import_id), edge.part(Vocabulary))
    return faulty_rows_answer(header, ((row.cells, row.faults) for row in rows), import_field_words)


def field_choices(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """What a column can mean, in the reader's language: the fields of an order, then the attributes of the packs."""
    packs = (*vocabulary.packs.values(), vocabulary.common)
    attributes = {each.id: each.name(language()) for pack in packs for each in pack.attributes}
    return [
        ("", _("Leave out")),
        *((name, import_field_words(name)) for name in FIELDS),
        *((f"attributes.{name}", words) for name, words in attributes.items()),
    ]


def import_field_words(name: str) -> str:
    words: dict[str, str] = {
        "reference": _("Your own number"),
        "title": _("Name of the order"),
        "description": _("More about it"),
        "category": _("Product"),
        "processes": _("Processes"),
        "materials": _("Material"),
        "certifications": _("Certificates"),
        "colours": _("Colours"),
        "quantity": _("Quantity"),
        "target_price": _("Target price"),
        "currency": _("Currency"),
        "due_on": _("Due"),
        "grace_days": _("Grace, days"),
        "region": _("Region of the factory"),
        "vertical": _("Trade"),
        "inspection": _("Inspection"),
    }
    return words.get(name, name)


def mapping_words(code: str) -> str:
    words: dict[str, str] = {
        "no_quantity": _("Say which column holds the quantity."),
        "no_subject": _("Say which column holds the product, a name or a description."),
        "twice": _("Two columns mean the same: leave one of them out."),
        "unknown": _("A column means something that no longer exists: choose again."),
    }
    return words.get(code, code)


def _start_page(problem: str = "", file_name: str = "") -> str:
    return render_template(
        "orders/import_start.html",
        problem=problem,
        file_name=file_name,
        recent=import_queries.recent_imports(work().session, work().organisation_id),
        done=ImportState.DONE,
        upload_limit=work().settings.upload_limit_bytes,
    )
