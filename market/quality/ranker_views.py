"""The operators' page of ranker versions: how each did on weeks it had not seen, which is live, and the way back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.identity.service import MARKET_ID
from market.kit.edge import allow, work
from market.kit.errors import Conflict
from market.quality import queries
from market.quality.forms import ReasonForm
from market.ranking.encoder_queries import encoder_states
from market.ranking.exposure import explore_percent
from market.ranking.queries import version_lines
from market.ranking.service import MarketRanker, roll_back

bp = Blueprint("rankers", __name__, template_folder="templates", url_prefix="/operator/rankers")


@bp.get("")
@allow("operator")
def ranker_list() -> str:
    """Every version, the newest first, what happened to them, and which encoder reads the words."""
    return render_template(
        "quality/rankers.html",
        versions=version_lines(work().session),
        encoders=encoder_states(work().session),
        history=queries.object_history(work().session, MarketRanker.__tablename__, MARKET_ID),
        explore_percent=explore_percent(work().session, work().settings.explore_percent),
    )


@bp.post("/roll-back")
@allow("operator")
def roll_back_to() -> Response:
    """Let an earlier version rank again, with a reason."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            roll_back(work(), request.form.get("version", ""), form.why.data)
            flash(_("Done. New leads are ranked by this version from now on."), "ok")
        except Conflict:
            flash(_("This version is live already."), "bad")
    else:
        flash(_("Nothing was done: say why; the history keeps it."), "bad")
    return redirect(url_for("rankers.ranker_list"), 303)
