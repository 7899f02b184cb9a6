"""The factory's page of materials: what its buyers' forecasts take, what it prepares, and what became of that."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.factories.queries import profile
from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.materials import preparing, queries
from market.materials.forms import PrepareForm, UsedForm
from market.materials.queries import OutlookRow, PreparationRow, PreparationState
from market.materials.wording import sellers_in_words

bp = Blueprint("materials", __name__, template_folder="templates")
Answer = Response | str | tuple[str, int]


@bp.get("/factory/materials")
@allow("factory")
def index() -> Answer:
    """Materials to prepare, and what is prepared."""
    return _page({})


def _page(sent: Mapping[UUID, PrepareForm | UsedForm], status: int = 200) -> Answer:
    own = work().organisation_id
    outlook = queries.outlook_rows(work().session, own)
    made = queries.preparation_rows(work().session, own)
    still_open = [row for row in made if row.state is PreparationState.PREPARED]
    page = render_template(
        "materials/index.html",
        factory=profile(work().session, own),
        materials=[(row, sent.get(row.id) or _prepare_form(row)) for row in outlook],
        prepared=[(row, sent.get(row.id) or _used_form(row)) for row in still_open],
        ended=[row for row in made if row.state is not PreparationState.PREPARED],
        withheld=queries.withheld_categories(work().session, own),
        has_recipes=bool(queries.recipe_rows(work().session, own)),
        sellers_in_words=sellers_in_words,
        today=work().today,
    )
    return page, status


def _prepare_form(row: OutlookRow) -> PrepareForm:
    return PrepareForm(formdata=None, prefix=str(row.id), key=str(work().new_id()), quantity=row.still or row.most)


def _used_form(row: PreparationRow) -> UsedForm:
    return UsedForm(formdata=None, prefix=str(row.id), used=row.used)


@bp.post("/factory/materials/<outlook_id>/prepare")
@allow("factory")
def prepare(outlook_id: str) -> Answer:
    """Prepare so much of a material; a second press finds the first."""
    found = read_id(outlook_id)
    form = PrepareForm(prefix=outlook_id)
    if not form.validate():
        return _page({found: form}, 422)
    key = f"prepare:{form.key.data or work().new_id()}"
    earlier = claim_key(work().session, work().organisation_id, key, request_hash("materials", b""), work().now)
    if earlier is None:
        try:
            made = preparing.prepare(work(), found, form.quantity.data)
        except Invalid as fault:
            work().session.rollback()
            form.quantity.errors = [_prepare_fault(fault, found)]
            return _page({found: form}, 422)
        except NotFound:
            work().session.rollback()
            flash(_("The forecast of this material has just changed. Look again."), "warn")
            return redirect(url_for("materials.index"), 303)
        store_answer(work().session, work().organisation_id, key, 303, {"preparation_id": str(made)})
        flash(_("Noted. The shops whose forecast it is for are told, each of its own part."), "ok")
    return redirect(url_for("materials.index", _anchor="prepared"), 303)


def _prepare_fault(fault: Invalid, outlook_id: UUID) -> str:
    rows = {row.id: row for row in queries.outlook_rows(work().session, work().organisation_id)}
    row = rows.get(outlook_id)
    if row is not None and fault.faults[0].problem.startswith("above"):
        return str(_("At most %(most)s: nobody shares the risk of more.", most=f"{row.most.normalize():f}"))
    return str(_("Write a number above 0; pieces and sheets are whole."))


@bp.post("/factory/materials/preparations/<preparation_id>/used")
@allow("factory")
def used(preparation_id: str) -> Answer:
    """How much went into orders so far; the last word once its time is over."""
    found = read_id(preparation_id)
    form = UsedForm(prefix=preparation_id)
    if not form.validate():
        return _page({found: form}, 422)
    try:
        preparing.say_used(work(), found, form.used.data)
    except Invalid:
        work().session.rollback()
        form.used.errors = [_("No more can be used than was prepared.")]
        return _page({found: form}, 422)
    except Conflict:
        work().session.rollback()
        flash(_("This account is closed already."), "warn")
    else:
        flash(_("Noted."), "ok")
    return redirect(url_for("materials.index", _anchor="prepared"), 303)


@bp.post("/factory/materials/preparations/<preparation_id>/release")
@allow("factory")
def release(preparation_id: str) -> Answer:
    """The factory keeps what is left for something else."""
    try:
        preparing.release(work(), read_id(preparation_id))
    except Conflict:
        work().session.rollback()
        flash(_("This account is closed already."), "warn")
    else:
        flash(_("Noted: what is left is yours, and no shop bears anything of it."), "ok")
    return redirect(url_for("materials.index", _anchor="prepared"), 303)
