"""The operators' pages of live splits: starting one, what both arms brought, ending it, and who did what and why."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.experiments import service
from market.experiments.forms import DecisionForm, SplitForm
from market.experiments.guard import seen
from market.experiments.queries import candidates
from market.identity.service import MARKET_ID
from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.history import history_of
from market.kit.intervals import wilson
from market.ranking.service import NotCalibrated
from market.ranking.splits import LEAST_PERCENT, MOST_PERCENT, SplitRow, latest_splits, split_row

bp = Blueprint("splits", __name__, template_folder="templates", url_prefix="/operator/splits")
Answer = Response | str | tuple[str, int]
MOST_SHOWN = 12


@bp.get("")
@allow("operator")
def index() -> Answer:
    """The split that runs, those before it, and the candidates that one can be started with."""
    form = SplitForm()
    form.candidate.data = request.args.get("candidate", "")
    return _index(form)


@bp.post("")
@allow("operator")
def start() -> Answer:
    """Split new requests between the live ranker and a candidate; with a reason."""
    form = SplitForm()
    _offer(form)
    if not form.validate_on_submit():
        return _index(form, 422)
    try:
        split_id = service.split_live(work(), read_id(form.candidate.data), form.percent.data, form.why.data)
    except NotCalibrated:
        form.candidate.errors = [_("It has learned from outcomes and is not calibrated, so it cannot rank.")]
        return _index(form, 422)
    except Invalid:
        form.why.errors = [_("Say why; the history keeps the reason.")]
        return _index(form, 422)
    except Conflict as fault:
        form.candidate.errors = [_conflict(fault)]
        return _index(form, 409)
    flash(_("Done. New requests are split from now on; a guard stops it when it harms."), "ok")
    return redirect(url_for("splits.show", split_id=split_id), 303)


@bp.get("/<split_id>")
@allow("operator")
def show(split_id: str) -> Answer:
    """One split: both arms with n, shares and intervals, how far the guard is, and its history."""
    split = split_row(work().session, read_id(split_id))
    by_version = {row.version: row for row in candidates(work().session)}
    return render_template(
        "experiments/split.html",
        split=split,
        candidate=by_version.get(split.version),
        seen=seen(work().session, split, work().now),
        wilson=wilson,
        history=history_of(work().session, MARKET_ID, "splits", split.id),
    )


@bp.post("/<split_id>/<action>")
@allow("operator")
def decide(split_id: str, action: str) -> Response:
    """End a split, or let its candidate rank everything; with a reason."""
    split = split_row(work().session, read_id(split_id))
    form = DecisionForm()
    if not form.validate_on_submit():
        flash(_("Nothing was done: say why; the history keeps it."), "bad")
        return redirect(url_for("splits.show", split_id=split.id), 303)
    try:
        with work().session.begin_nested():
            _do(split, action, form.why.data)
        flash(_("Done. The history keeps the reason."), "ok")
    except Conflict:
        flash(_("Nothing was done: it is over already."), "bad")
    return redirect(url_for("splits.show", split_id=split.id), 303)


def _do(split: SplitRow, action: str, why: str) -> None:
    if action not in {"end", "promote"}:
        raise NotFound
    if action == "end":
        service.end_running(work(), split.id, why)
        return
    candidate = next(row for row in candidates(work().session) if row.version == split.version)
    service.promote_split(work(), split.id, candidate.id, why)


def _index(form: SplitForm, status: int = 200) -> tuple[str, int]:
    _offer(form)
    splits = latest_splits(work().session, MOST_SHOWN)
    page = render_template(
        "experiments/splits.html",
        form=form,
        splits=splits,
        running=next((split for split in splits if split.runs), None),
        least=LEAST_PERCENT,
        most=MOST_PERCENT,
    )
    return page, status


def _offer(form: SplitForm) -> None:
    """What can be split off: what ranks in shadow."""
    shadows = [row for row in candidates(work().session) if row.state.value == "shadow"]
    form.candidate.choices = [(str(row.id), row.version) for row in shadows]


def _conflict(fault: Conflict) -> str:
    words = {
        "split_runs": _("A split is running already; end it first."),
        "no_live_ranker": _("No version is live yet that it could be set against."),
        "other_encoder": _("It was made for another encoder than the one that is live."),
    }
    return str(words.get(fault.code) or _("It does not rank in shadow any more."))
