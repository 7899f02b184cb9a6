"""What a seller does about the factories of an order: answers their counter-offers, and sees them fresh."""

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, invalid_field
from market.leads.sections import order_section
from market.leads.service import answer_counter
from market.orders.queries import OrderRow, order_row

bp = Blueprint("offers", __name__, template_folder="templates")


@bp.get("/orders/<order_id>/factories")
@allow("seller")
def fresh_section(order_id: str) -> str:
    """The list of factories alone, fetched when the live stream says that the order changed."""
    row = _own_order(order_id)
    return order_section(order_id=row.id, organisation_id=row.organisation_id) or '<div id="ranked-factories"></div>'


@bp.post("/orders/<order_id>/leads/<lead_id>/counter")
@allow("seller")
def answer(order_id: str, lead_id: str) -> Response:
    """Yes or no to a counter-offer; a stale page is told what happened meanwhile."""
    row = _own_order(order_id)
    said = request.form.get("answer", "")
    if said not in {"accept", "refuse"}:
        raise invalid_field("This answer cannot be read.", "answer", f"{said[:20]!r} is no answer", "accept or refuse")
    try:
        standing = answer_counter(work(), read_id(lead_id), said == "accept", order_id=row.id)
    except Conflict as fault:
        flash(_("This could not be done: it has changed meanwhile. %(what)s", what=fault.message), "error")
        return redirect(f"/orders/{row.id}#ranked-factories", 303)
    if standing.pool_id is not None:
        flash(_("Your answer is in. It counts with the pieces of your order."), "success")
    elif said == "accept":
        flash(_("You agreed. The factory can quote on these terms now."), "success")
    else:
        flash(_("You said no. The factory can still take the order on your terms."), "success")
    return redirect(f"/orders/{row.id}#ranked-factories", 303)


def _own_order(order_id: str) -> OrderRow:
    return order_row(work().session, work().organisation_id, read_id(order_id))
