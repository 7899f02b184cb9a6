"""The operators' queue of requests to look at."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, NotFound
from market.moderation import queries
from market.moderation.forms import DecisionForm
from market.moderation.service import VERBS

bp = Blueprint("moderation", __name__, template_folder="templates", url_prefix="/operator/moderation")


@bp.get("")
@allow("operator")
def index() -> str:
    """What waits, the weightiest first; or what was decided last. With the share of false alarms."""
    decided = request.args.get("show") == "decided"
    read = queries.decided_cases if decided else queries.waiting_cases
    return render_template(
        "moderation/index.html",
        rows=read(work().session, work().now),
        waiting=queries.moderation_count(work().session),
        false_alarms=queries.false_alarms(work().session),
        decided=decided,
        most=queries.SHOWN,
    )


@bp.post("/<case_id>/<verb>")
@allow("operator")
def decide(case_id: str, verb: str) -> Response:
    """One press and its reason."""
    found, form = read_id(case_id), DecisionForm()
    if verb not in VERBS:
        raise NotFound
    if not form.validate_on_submit():
        flash(_("Nothing was done: say why; the other side reads it."), "bad")
        return redirect(url_for("moderation.index"), 303)
    try:
        with work().session.begin_nested():
            VERBS[verb](work(), found, form.why.data or "")
    except Conflict:
        flash(_("Nothing was done: the request, or its shop, is no longer as you saw it."), "warn")
    else:
        flash(_("Done. The history keeps the reason."), "ok")
    return redirect(url_for("moderation.index"), 303)
