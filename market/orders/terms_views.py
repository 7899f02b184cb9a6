"""Moving the terms of an open order: first see what the ranks would be, then do it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from market.kit import edge
from market.kit.cells import Unreadable, read_day, read_price_in, read_whole
from market.kit.edge import allow, work
from market.kit.errors import FieldFault, Invalid
from market.kit.i18n import say_fault
from market.orders import service
from market.orders.cells import read_quantity
from market.orders.drafts import LONGEST_GRACE_DAYS
from market.orders.queries import OrderRow
from market.orders.service import DraftRefused, TermsChange
from market.orders.views import own_order
from matching.verticals.pack import Vocabulary

bp = Blueprint("order_terms", __name__, template_folder="templates", url_prefix="/orders")
MOVES = (3, 5, 10)
TERMS = ("due_on", "grace_days", "quantity", "target_price")


@bp.get("/<order_id>/terms")
@allow("seller")
def show_terms(order_id: str) -> ResponseReturnValue:
    """The form that moves the terms, with what the ranks would be; nothing is changed yet."""
    return _page(own_order(order_id))


@bp.post("/<order_id>/terms")
@allow("seller")
def move_terms(order_id: str) -> ResponseReturnValue:
    """Change the terms that the person saw; when somebody was faster, show what the order asks for now."""
    row = own_order(order_id)
    try:
        service.change_terms(work(), row.id, read_terms(request.form, row), vocabulary=edge.part(Vocabulary))
    except service.StaleTerms:
        return _page(own_order(order_id), stale=True), 409
    except Invalid as refusal:
        return _page(row, refusal.faults), 422
    flash(_("The terms have moved. Factories are ranked and asked anew."), "success")
    return redirect(url_for("orders.order_page", order_id=row.id), 303)


def read_terms(values: Mapping[str, str], row: OrderRow) -> TermsChange:
    """The terms as typed; an empty field leaves its term as it is. Raises DraftRefused with every unreadable field."""
    read: dict[str, Any] = {}
    faults = []
    vocabulary = edge.part(Vocabulary)
    readers: dict[str, Any] = {
        "due_on": read_day,
        "grace_days": lambda text: read_whole(text, LONGEST_GRACE_DAYS),
        "quantity": lambda text: read_quantity(text, vocabulary)[0],
        "target_price": lambda text: read_price_in(text, row.currency),
    }
    for name in TERMS:
        text = values.get(name, "").strip()
        if not text:
            continue
        try:
            read["target_price_minor" if name == "target_price" else name] = readers[name](text)
        except Unreadable as fault:
            faults.append(FieldFault(name, fault.problem, fault.accepted))
    if faults:
        raise DraftRefused("These terms cannot be taken.", tuple(faults))
    seen = values.get("version", "")
    return TermsChange(version=int(seen) if seen.isascii() and seen.isdigit() else row.version, **read)


def _page(row: OrderRow, faults: tuple[FieldFault, ...] = (), *, stale: bool = False) -> str:
    """The terms, with a preview of the ranks as they would be with what was typed so far."""
    preview, moved = [], row
    if row.is_open and not faults and not stale:
        try:
            moved = service.check_terms(work(), row, read_terms(request.values, row), edge.part(Vocabulary))
            preview = edge.sections("terms_preview", order_id=row.id, organisation_id=row.organisation_id, order=moved)
        except Invalid as refusal:
            faults = refusal.faults
    return render_template(
        "orders/terms.html",
        order=row,
        moved=moved,
        typed={} if stale else {name: request.values[name] for name in TERMS if name in request.values},
        errors={fault.field: say_fault(fault) for fault in faults},
        preview=preview,
        stale=stale,
        moves=[] if row.due_on is None else [(days, row.due_on + timedelta(days=days)) for days in MOVES],
        first_day=work().today,
    )
