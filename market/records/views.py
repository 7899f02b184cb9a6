"""The factory's own record with its limits, and the operator's word for a factory."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.factories.queries import profile
from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, NotFound
from market.records import queries, service
from market.records.forms import VouchForm
from market.records.steps import STEPS, WORTH, most_pieces, next_step

bp = Blueprint("records", __name__, template_folder="templates")


@bp.get("/factory/record")
@allow("factory")
def show() -> str:
    """On which step the factory stands, what the next one needs, and every part of its record."""
    own = profile(work().session, work().organisation_id)
    if own is None:
        raise NotFound
    found = queries.standing_now(work().session, own.id)
    above = next_step(found.step)
    return render_template(
        "records/show.html",
        factory=own,
        standing=found,
        steps=STEPS,
        above=above,
        worth={deed.value: count for deed, count in WORTH.items()},
        pieces={step.name: most_pieces(step, own.minimum_quantity) for step in STEPS},
    )


@bp.post("/operator/factories/<factory_id>/<any('vouch', 'stop-vouching'):action>")
@allow("operator")
def change_word(factory_id: str, action: str) -> Response:
    """An operator vouches for a factory, or takes that back."""
    found, form = read_id(factory_id), VouchForm()
    verb = service.vouch if action == "vouch" else service.stop_vouching
    if not form.validate_on_submit():
        flash(_("Nothing was done: say why; the history keeps it."), "bad")
    else:
        try:
            verb(work(), found, form.why.data or "")
            flash(_("Done. The history keeps the reason."), "ok")
        except Conflict:
            flash(_("Nothing was done: somebody was faster."), "warn")
    return redirect(url_for("quality.factory_detail", factory_id=found))
