"""What a shop does on the page of its deal. Each form is done once; what cannot be done is said on the page."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.deals.boards import board_of
from market.deals.buyer_forms import APPROVE, REJECT, AgainForm, InspectionForm, ReceivedForm, SampleForm
from market.deals.buyer_views import Forms, empty_forms, page
from market.deals.doing import do_once
from market.deals.reordering import offer_of, reorder
from market.kit.edge import allow, part, read_id, work
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import say_fault
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.orders.service import DraftRefused, TooManyOrders
from market.production import queries as production
from market.production import service
from market.production.queries import DealRow, ShareRow
from market.quotes import queries as quotes
from market.quotes.queries import AwardRow
from matching.verticals.pack import Vocabulary

bp = Blueprint("buying", __name__, url_prefix="/deals")
Answer = Response | tuple[str, int]
CHOICES = ("rework", "sort", "discount", "reject")


@bp.post("/<award_id>/samples/<sample_id>")
@allow("seller")
def judge_sample(award_id: str, sample_id: str) -> Answer:
    """Approve a version of the sample, or reject it with what is to be changed."""
    award, deal, _share = _own(award_id)
    form, asked = SampleForm(), read_id(sample_id)
    if form.choice.data not in (APPROVE, REJECT) or not form.validate():
        return _again(award, deal, replace(empty_forms(), sample=form))
    said = form.comments.data or ""
    if form.choice.data == APPROVE:
        done = _("Noted: you approve this version.")
        refused = do_once(asked, lambda: service.approve_sample(work(), deal.id, asked, said), done, deal_id=deal.id)
    else:
        done = _("Noted: you reject this version. The factory reads your comments.")
        refused = do_once(asked, lambda: service.reject_sample(work(), deal.id, asked, said), done, deal_id=deal.id)
    return _after(award, refused, kept=said)


@bp.post("/<award_id>/inspections/<inspection_id>")
@allow("seller")
def decide_inspection(award_id: str, inspection_id: str) -> Answer:
    """Say what is done about a failed inspection."""
    award, deal, _share = _own(award_id)
    form, asked = InspectionForm(), read_id(inspection_id)
    form.choice.choices = [(choice, choice) for choice in CHOICES]
    if not form.validate():
        return _again(award, deal, replace(empty_forms(), inspection=form))
    choice = form.choice.data
    try:
        refused = do_once(
            asked,
            lambda: service.decide_inspection(work(), deal.id, asked, choice),
            _("Noted: your decision about the inspection."),
            deal_id=deal.id,
        )
    except Invalid:
        form.choice.errors = [_("The factory offers no discount.")]
        return _again(award, deal, replace(empty_forms(), inspection=form))
    return _after(award, refused)


@bp.post("/<award_id>/received")
@allow("seller")
def confirm_delivery(award_id: str) -> Answer:
    """The parcel came, and who took it."""
    award, deal, share = _own(award_id)
    form = ReceivedForm()
    if not form.validate():
        return _again(award, deal, replace(empty_forms(), received=form))
    try:
        refused = do_once(
            share.id,
            lambda: service.confirm_delivery(work(), share.id, form.received_by.data, form.uploaded()),
            _("Noted: the goods arrived. Look at them, then accept them or say what is wrong."),
            deal_id=deal.id,
        )
    except Invalid as fault:
        form.files.errors = [say_fault(each) for each in fault.faults] or [fault.message]
        return _again(award, deal, replace(empty_forms(), received=form))
    return _after(award, refused, kept=form.received_by.data)


@bp.post("/<award_id>/accept")
@allow("seller")
def accept(award_id: str) -> Answer:
    """Accept the goods: what is held is released to the factory."""
    award, deal, share = _own(award_id)
    done = _("You accepted the goods.")
    return _after(award, do_once(share.id, lambda: service.accept_share(work(), share.id), done, deal_id=deal.id))


@bp.post("/<award_id>/cancel")
@allow("seller")
def cancel(award_id: str) -> Answer:
    """Step back from the deal, leave its run, or ask the factory to end it, by the state that it is in."""
    award, deal, share = _own(award_id)
    words = {
        "cancel": _("The deal is cancelled."),
        "leave": _("Noted: you leave the run. What you paid comes back, less the proven materials."),
        "ask": _("Noted: you want to cancel. The deal ends when the factory does, too."),
    }
    done = words.get(request.form.get("kind", ""), words["ask"])
    return _after(award, do_once(share.id, lambda: service.cancel_deal(work(), deal.id), done, deal_id=deal.id))


@bp.post("/<award_id>/again")
@allow("seller")
def order_again(award_id: str) -> Answer:
    """Order the same once more from the same factory, at its agreed price; a second press finds the first order."""
    award, deal, _share = _own(award_id)
    form, own = AgainForm(), work().organisation_id
    if not form.validate():
        return _again(award, deal, replace(empty_forms(), again=form))
    key = f"again:{award.id}:{form.key.data or work().new_id()}"[:200]
    earlier = claim_key(work().session, own, key, request_hash("deals.again", b""), work().now)
    if earlier is not None:
        return redirect(url_for("orders.order_page", order_id=earlier.body["order_id"]), 303)
    offer = offer_of(work(), award, board_of(work(), award.id, deal))
    if offer is None:
        return _not_again(award, _("This can no longer be ordered again at the agreed price. Nothing was ordered."))
    try:
        order = reorder(work(), offer, form.pieces.data, part(Vocabulary))
    except TooManyOrders:
        return _not_again(award, _("Your shop has posted as many orders today as one shop may. Go on tomorrow."))
    except DraftRefused:
        return _not_again(award, _("The order can no longer be posted as it was. Order it again from its own page."))
    except Invalid as fault:
        form.pieces.errors = [say_fault(each) for each in fault.faults]
        work().session.rollback()
        return _again(award, deal, replace(empty_forms(), again=form))
    store_answer(work().session, own, key, 303, {"order_id": str(order.id)})
    flash(_("Ordered again as %(code)s.", code=order.code), "ok")
    return redirect(url_for("orders.order_page", order_id=order.id), 303)


def _not_again(award: AwardRow, why: str) -> Answer:
    work().session.rollback()
    return _after(award, why)


def _own(award_id: str) -> tuple[AwardRow, DealRow, ShareRow]:
    """The award of the acting shop, its deal and its share. Raises NotFound, also before the deal is opened."""
    own = work().organisation_id
    award = quotes.award(work().session, read_id(award_id), own)
    deal = None if award is None else production.deal_of_award(work().session, award.id)
    if award is None or deal is None or award.organisation_id != own:
        raise NotFound
    shares = production.shares_of_deal(work().session, deal.id, with_left=True)
    return award, deal, next(row for row in shares if row.award_id == award.id)


def _after(award: AwardRow, refused: str, kept: str = "") -> Answer:
    """Back to the page; what was refused stands on it, with what was typed."""
    if not refused:
        return redirect(url_for("deals.show", award_id=award.id), 303)
    deal = production.deal_of_award(work().session, award.id)
    if deal is None:
        raise NotFound
    return page(award, deal, refused=refused, kept=kept), 409


def _again(award: AwardRow, deal: DealRow, sent: Forms) -> Answer:
    return page(award, deal, sent=sent), 422
