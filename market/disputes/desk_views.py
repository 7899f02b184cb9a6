"""The operators' desk of disputes: what waits for them by its clock, and the decision with its preview."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from market.disputes import queries, service
from market.disputes.boards import board_of
from market.disputes.forms import DecideForm
from market.disputes.queries import DisputeRow, Side
from market.disputes.wording import conflict_in_words, put_faults
from market.identity import queries as identity
from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, Invalid
from market.production import queries as production

bp = Blueprint("dispute_desk", __name__, template_folder="templates", url_prefix="/operator/disputes")
Answer = BaseResponse | str | tuple[str, int]


@bp.get("")
@allow("operator")
def index() -> str:
    """Disputes that are open, those that wait for a decision first; or the last that ended."""
    ended = request.args.get("show") == "ended"
    rows = queries.desk(work().session, ended=ended)
    names = identity.organisation_names(
        work().session, {owner for row in rows for owner in (row.organisation_id, row.factory_id)}
    )
    deals = {row.deal_id: production.deal(work().session, row.deal_id) for row in rows}
    return render_template("disputes/desk.html", rows=rows, names=names, deals=deals, ended=ended, now=work().now)


@bp.route("/<dispute_id>", methods=["GET", "POST"])
@allow("operator")
def show(dispute_id: str) -> Answer:
    """One dispute with everything that both sides said. A decision is shown with every line that it writes in the
    ledger, and done when it is confirmed as it was shown."""
    row = queries.dispute(work().session, read_id(dispute_id))
    form = DecideForm()
    form.refund.currency = row.amount.currency
    if request.method == "GET":
        return _page(row, form)
    if not form.validate():
        return _page(row, form, status=422)
    decision = service.Decision(form.outcome.data, form.why.data, form.refund.data, form.remake_by.data)
    try:
        with work().session.begin_nested():
            if request.form.get("do") == "decide":
                service.decide(work(), row.id, decision, form.seen.data or "")
                flash(_("Decided. Both sides have been told."), "ok")
                return redirect(url_for("dispute_desk.show", dispute_id=row.id), 303)
            preview = service.preview_decision(work(), row.id, decision)
    except service.PreviewChanged as changed:
        return _page(row, form, preview=changed.preview, changed=True, status=409)
    except Conflict as fault:
        form.form_errors = [conflict_in_words(fault)]
        return _page(queries.dispute(work().session, row.id), form, status=409)
    except Invalid as refusal:
        put_faults(form, refusal)
        return _page(row, form, status=422)
    return _page(row, form, preview=preview)


def _page(row: DisputeRow, form: DecideForm, *, status: int = 200, **shown: Any) -> Answer:
    names = identity.organisation_names(work().session, {row.organisation_id, row.factory_id})
    board = board_of(work(), row, Side.MARKET)
    return render_template("disputes/decide.html", board=board, form=form, names=names, **shown), status
