"""The operators' page of shadow rankers: candidates beside the live one, what they would have brought, and
promoting."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.experiments import service
from market.experiments.forms import CandidateForm, DecisionForm
from market.experiments.queries import candidates, comparison
from market.experiments.reading import read_ranker
from market.experiments.wording import fault_in_words
from market.kit.edge import allow, part, read_id, work
from market.kit.errors import Conflict, NotFound
from market.ranking.queries import version_lines
from market.ranking.ranker import Ranker
from market.ranking.service import NotCalibrated, roll_back

bp = Blueprint("shadows", __name__, template_folder="templates", url_prefix="/operator/shadows")
Answer = Response | str | tuple[str, int]
MOST_SHOWN = 8


@bp.get("")
@allow("operator")
def index() -> Answer:
    """Every candidate with what its shadow tells, and the versions that can be gone back to."""
    return _page(CandidateForm())


@bp.post("")
@allow("operator")
def add() -> Answer:
    """Let a kept version, or the ranker of a file, rank in shadow. A file with faults changes nothing."""
    form = CandidateForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        if form.file.data:
            model, faults = read_ranker(form.file.data.read())
            if model is None:
                form.file.errors = [fault_in_words(fault) for fault in faults]
                return _page(form, 422)
            service.add_candidate(work(), model, part(Ranker).encoder, form.why.data, from_file=True)
        else:
            service.add_kept(work(), form.version.data or "", form.why.data)
    except NotFound:
        form.version.errors = [_("Choose a kept version, or a file.")]
        return _page(form, 422)
    except Conflict:
        form.version.errors = [_("This version is live, or ranks in shadow already.")]
        return _page(form, 409)
    flash(_("Done. It ranks every new request from now on; the worker ranks those of the past year."), "ok")
    return redirect(url_for("shadows.index"), 303)


@bp.post("/<candidate_id>/<action>")
@allow("operator")
def decide(candidate_id: str, action: str) -> Response:
    """Let a candidate rank, or no longer in shadow; with a reason."""
    if action not in {"promote", "end"}:
        raise NotFound
    form = DecisionForm()
    if not form.validate_on_submit():
        flash(_("Nothing was done: say why; the history keeps it."), "bad")
        return redirect(url_for("shadows.index"), 303)
    try:
        with work().session.begin_nested():
            if action == "promote":
                service.promote(work(), read_id(candidate_id), form.why.data)
            else:
                service.end_candidate(work(), read_id(candidate_id), form.why.data)
        flash(_("Done. The history keeps the reason."), "ok")
    except NotCalibrated:
        flash(_("Nothing was done: it has learned from outcomes and is not calibrated, so it cannot rank."), "bad")
    except Conflict:
        flash(_("Nothing was done: it does not rank in shadow any more."), "bad")
    return redirect(url_for("shadows.index"), 303)


@bp.post("/roll-back")
@allow("operator")
def go_back() -> Response:
    """Let the version that was live before rank again; with a reason."""
    form = DecisionForm()
    before = [line for line in version_lines(work().session) if not line.live and line.was_live]
    if not form.validate_on_submit():
        flash(_("Nothing was done: say why; the history keeps it."), "bad")
    elif not before:
        flash(_("There is no earlier version."), "bad")
    else:
        roll_back(work(), before[0].id, form.why.data)
        flash(_("Done. New leads are ranked by this version from now on."), "ok")
    return redirect(url_for("shadows.index"), 303)


def _page(form: CandidateForm, status: int = 200) -> tuple[str, int]:
    session = work().session
    lines = version_lines(session)
    kept = [line for line in lines if not line.live and line.was_live]
    form.version.choices = [("", _("none"))] + [(line.id, line.id) for line in kept]
    page = render_template(
        "experiments/shadows.html",
        form=form,
        live=next((line for line in lines if line.live), None),
        before=kept[0] if kept else None,
        found=[comparison(session, row, work().now) for row in candidates(session)[:MOST_SHOWN]],
    )
    return page, status
