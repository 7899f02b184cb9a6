"""What a seller does about a pool: leave it, and see it fresh while its order page is open."""

from flask import Blueprint, flash, redirect
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.kit.edge import allow, read_id, work
from market.orders.queries import order_row
from market.pooling.sections import order_section
from market.pooling.service import ask_to_leave

bp = Blueprint("pooling", __name__, template_folder="templates")


@bp.get("/orders/<order_id>/pool")
@allow("seller")
def fresh_section(order_id: str) -> str:
    """The pool's card alone, fetched when the live stream says that the order changed."""
    row = order_row(work().session, work().organisation_id, read_id(order_id))
    return order_section(order_id=row.id, organisation_id=row.organisation_id) or '<div id="pool"></div>'


@bp.post("/orders/<order_id>/leave-pool")
@allow("seller")
def leave(order_id: str) -> Response:
    row = order_row(work().session, work().organisation_id, read_id(order_id))
    ask_to_leave(work(), row.id)
    flash(_("The order leaves the pool and is offered to factories by itself, within seconds."), "success")
    return redirect(f"/orders/{row.id}", 303)
