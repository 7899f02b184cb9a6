"""Writing a review, and answering one: a page each, so that nothing typed is lost when a deal moves."""

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.production import queries as production
from market.production.queries import ShareRow
from market.reviews import queries, service
from market.reviews.forms import MARK_NAMES, AnswerForm, put_faults, review_form
from market.reviews.queries import ExchangeRow, ReviewRow, Side
from market.reviews.wording import conflict_in_words, goods_of, other_side

bp = Blueprint("reviews", __name__, template_folder="templates", url_prefix="/reviews")
Answer = Response | str | tuple[str, int]
BOTH: Final = ("seller", "factory")


@bp.route("/<share_id>", methods=["GET", "POST"])
@allow(*BOTH)
def write(share_id: str) -> Answer:
    """Say how a share was, or change what was said while nobody else reads it."""
    share, side = _own_share(read_id(share_id))
    exchange = queries.exchange_of_share(work().session, share.id)
    own = None if exchange is None else queries.reviews_of_exchange(work().session, exchange.id).get(side)
    form = review_form(side, own)
    if not form.validate_on_submit():
        return _write_page(share, side, exchange, own, form, 422 if form.is_submitted() else 200)
    try:
        with work().session.begin_nested():
            service.write_review(work(), share.id, form.verdict())
    except Conflict as fault:
        form.form_errors.append(conflict_in_words(fault))
        return _write_page(share, side, queries.exchange_of_share(work().session, share.id), own, form, 409)
    except Invalid as refusal:
        form.show_fault(refusal)
        return _write_page(share, side, exchange, own, form, 422)
    flash(_("Noted. The other side reads it once both are in, or the time is over."), "ok")
    return redirect(url_for("deals.show", award_id=share.award_id), 303)


@bp.route("/<review_id>/answer", methods=["GET", "POST"])
@allow(*BOTH)
def answer(review_id: str) -> Answer:
    """Answer a published review about the reader's organisation."""
    review, share = _review_about_us(read_id(review_id))
    form = AnswerForm()
    if not form.validate_on_submit():
        return _answer_page(review, share, form, 422 if form.is_submitted() else 200)
    try:
        with work().session.begin_nested():
            service.answer_review(work(), review.id, form.words.data or "")
    except Conflict as fault:
        form.form_errors.append(conflict_in_words(fault))
        return _answer_page(queries.review(work().session, review.id), share, form, 409)
    except Invalid as refusal:
        put_faults(form, refusal.faults)
        return _answer_page(review, share, form, 422)
    flash(_("Your answer stands under the review."), "ok")
    return redirect(url_for("deals.show", award_id=share.award_id), 303)


def _own_share(share_id: UUID) -> tuple[ShareRow, Side]:
    """A share, and the side on which the reader stands in it. Raises NotFound."""
    share = production.share(work().session, share_id)
    side = {share.organisation_id: Side.SHOP, share.factory_id: Side.FACTORY}.get(work().organisation_id)
    if side is None:
        raise NotFound
    return share, side


def _review_about_us(review_id: UUID) -> tuple[ReviewRow, ShareRow]:
    review = queries.review(work().session, review_id)
    if review.about_id != work().organisation_id or review.published_at is None:
        raise NotFound
    return review, production.share(work().session, review.share_id)


def _write_page(
    share: ShareRow, side: Side, exchange: ExchangeRow | None, own: ReviewRow | None, form: object, status: int
) -> tuple[str, int]:
    page = render_template(
        "reviews/write.html",
        share=share,
        side=side.value,
        goods=goods_of(share, side),
        other=other_side(share, side),
        exchange=exchange,
        can_write=exchange is not None and exchange.is_open_at(work().now),
        own=own,
        form=form,
    )
    return page, status


def _answer_page(review: ReviewRow, share: ShareRow, form: AnswerForm, status: int) -> tuple[str, int]:
    side = Side.FACTORY if review.side is Side.SHOP else Side.SHOP
    page = render_template(
        "reviews/answer.html", review=review, share=share, goods=goods_of(share, side), names=MARK_NAMES, form=form
    )
    return page, status
