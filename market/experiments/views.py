"""The operators' page of exposure: what a share of leads given to learning costs and brings, and turning it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.experiments.exposure import logged_requests, preview
from market.experiments.forms import ApplyForm, ShareForm
from market.identity.service import MARKET_ID
from market.kit.edge import allow, work
from market.kit.history import history_of
from market.ranking.exposure import MOST_PERCENT, MarketExposure, explore_percent, set_explore_percent

bp = Blueprint("experiments", __name__, template_folder="templates", url_prefix="/operator/exposure")
Answer = Response | str | tuple[str, int]


@bp.get("")
@allow("operator")
def exposure() -> Answer:
    """The share in force, and with ?percent= what another one would have cost and brought."""
    form = ShareForm(request.args)
    if "percent" not in request.args:
        return _page(None, form, ApplyForm(formdata=None))
    if not form.validate():
        return _page(None, form, ApplyForm(formdata=None), 422)
    return _page(form.percent.data, form, ApplyForm(formdata=None, percent=form.percent.data))


@bp.post("")
@allow("operator")
def apply() -> Answer:
    """Turn the share; the reason is kept. The next ranking of every process follows."""
    form = ApplyForm()
    if not form.validate_on_submit():
        asked = form.percent.data
        wanted = asked if isinstance(asked, int) and 0 <= asked <= MOST_PERCENT else None
        return _page(wanted, ShareForm(formdata=None, percent=wanted), form, 422)
    if set_explore_percent(work(), form.percent.data, form.why.data):
        flash(_("Done. The next ranking gives %(share)s%% of leads to learning.", share=form.percent.data), "ok")
    else:
        flash(_("This share is in force already."), "ok")
    return redirect(url_for("experiments.exposure"), 303)


def _page(percent: int | None, form: ShareForm, applying: ApplyForm, status: int = 200) -> tuple[str, int]:
    session = work().session
    current = explore_percent(session, work().settings.explore_percent)
    told = None if percent is None else preview(logged_requests(session, work().now), percent, current)
    page = render_template(
        "experiments/exposure.html",
        current=current,
        most=MOST_PERCENT,
        told=told,
        form=form,
        applying=applying,
        history=history_of(session, MARKET_ID, MarketExposure.__tablename__, MARKET_ID),
    )
    return page, status
