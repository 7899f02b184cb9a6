"""The operators' list of reviews, and hiding one that breaks the rules."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.identity import queries as identity
from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.paging import decode_cursor
from market.reviews import queries, service
from market.reviews.forms import MARK_NAMES, HideForm, put_faults
from market.reviews.queries import ReviewRow
from market.reviews.wording import conflict_in_words

bp = Blueprint("review_desk", __name__, template_folder="templates", url_prefix="/operator/reviews")
Answer = Response | str | tuple[str, int]


@bp.get("")
@allow("operator")
def index() -> str:
    """All published reviews, newest first, with the names of both sides."""
    after = decode_cursor(request.args.get("after"))
    page = queries.published_reviews(work().session, after=after)
    return render_template(
        "reviews/desk.html",
        reviews=page.rows,
        names=_names(page.rows),
        older=url_for("review_desk.index", after=page.next_cursor) if page.next_cursor else None,
        newest=url_for("review_desk.index") if after else None,
    )


@bp.route("/<review_id>", methods=["GET", "POST"])
@allow("operator")
def show(review_id: str) -> Answer:
    """One review; with a reason it is taken off every page."""
    row = queries.review(work().session, read_id(review_id))
    if row.published_at is None:
        raise NotFound
    form = HideForm()
    if not form.validate_on_submit():
        return _page(row, form, 422 if form.is_submitted() else 200)
    try:
        with work().session.begin_nested():
            service.hide_review(work(), row.id, form.why.data or "")
    except Conflict as fault:
        form.form_errors.append(conflict_in_words(fault))
        return _page(queries.review(work().session, row.id), form, 409)
    except Invalid as refusal:
        put_faults(form, refusal.faults)
        return _page(row, form, 422)
    flash(_("Hidden. Its author has been told why."), "ok")
    return redirect(url_for("review_desk.show", review_id=row.id), 303)


def _page(row: ReviewRow, form: HideForm, status: int) -> tuple[str, int]:
    return render_template("reviews/hide.html", review=row, names=_names((row,)), marks=MARK_NAMES, form=form), status


def _names(rows: tuple[ReviewRow, ...]) -> dict[UUID, str]:
    owners = {owner for row in rows for owner in (row.organisation_id, row.about_id)}
    return identity.organisation_names(work().session, owners)
