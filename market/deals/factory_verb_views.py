"""What a factory does in a deal. Each verb stands at its address, keeps what was typed, and says who was faster."""

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from market.deals.factory_board import desk_of
from market.deals.factory_forms import (
    BeginForm,
    DeliveryForm,
    SampleForm,
    StageForm,
    inspection_form,
    purchase_form,
    ship_form,
)
from market.deals.factory_views import Answer, own_deal, page
from market.kit.edge import allow, read_id, takes_upload, work
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.production import service
from market.production.queries import DealRow
from market.quotes.queries import AwardRow

bp = Blueprint("factory_verbs", __name__, url_prefix="/factory/deals")
MOST_BYTES = 50 * 1024 * 1024
"""Several photos of a phone come with one form."""


@bp.post("/<award_id>/sample")
@allow("factory")
@takes_upload(MOST_BYTES)
def make_sample(award_id: str) -> Answer:
    """The version that was asked for is made, with photos."""
    award, deal = own_deal(read_id(award_id))
    form = SampleForm(prefix="sample-")
    return _carry_out(
        award,
        deal,
        {"sample": form},
        lambda: service.make_sample(work(), deal.id, form.uploads(), form.note.data or ""),
        done=_("Sent. The buyer looks at it and decides; if that takes longer than 5 days, your clock stops."),
        late=_("This version was sent already."),
    )


@bp.post("/<award_id>/purchase")
@allow("factory")
@takes_upload(MOST_BYTES)
def prove_purchase(award_id: str) -> Answer:
    """A purchase of materials, with its paper; a second press finds the first."""
    award, deal = own_deal(read_id(award_id))
    form = purchase_form(deal.currency)

    def prove() -> None:
        own, key = work().organisation_id, f"purchase:{form.key.data or work().new_id()}"[:200]
        if claim_key(work().session, own, key, request_hash("purchase", deal.id.bytes), work().now) is None:
            service.prove_materials(work(), deal.id, form.amount.data.minor, form.uploads(), form.note.data or "")
            store_answer(work().session, own, key, 303, {"award_id": str(award.id)})

    return _carry_out(
        award,
        deal,
        {"purchase": form},
        prove,
        done=_("Noted. The buyer sees the purchase and its paper."),
        late=_("Materials are proven before the goods are inspected."),
        places={"minor": "amount"},
    )


@bp.post("/<award_id>/begin")
@allow("factory")
def begin(award_id: str) -> Answer:
    """The materials are there; production begins."""
    award, deal = own_deal(read_id(award_id))
    form = BeginForm(prefix="begin-")
    return _carry_out(
        award,
        deal,
        {"begin": form},
        lambda: service.begin_production(work(), deal.id, form.finished_on.data),
        done=_("Noted. Report each stage when it is finished; the buyer reads along."),
        late=_("Production has begun already.") if deal.proven_minor else _("Prove a purchase first, then begin."),
    )


@bp.post("/<award_id>/stages/<stage>")
@allow("factory")
@takes_upload(MOST_BYTES)
def report_stage(award_id: str, stage: str) -> Answer:
    """A stage is finished."""
    award, deal = own_deal(read_id(award_id))
    if stage not in service.stages_of(deal.vertical, deal.round):
        raise NotFound
    form = StageForm(prefix=f"{stage}-")
    return _carry_out(
        award,
        deal,
        {f"stage-{stage}": form},
        lambda: service.report_stage(
            work(), deal.id, stage, form.finished_on.data, form.note.data or "", form.uploads()
        ),
        done=_("Noted. The buyer sees it."),
        late=_("This stage was reported already."),
    )


@bp.post("/<award_id>/inspection")
@allow("factory")
@takes_upload(MOST_BYTES)
def report_inspection(award_id: str) -> Answer:
    """What an inspection found, and the sheet of who gets how many pieces."""
    award, deal = own_deal(read_id(award_id))
    form = inspection_form(desk_of(work(), award, deal))
    return _carry_out(
        award,
        deal,
        {"inspection": form},
        lambda: service.report_inspection(work(), deal.id, form.report(), form.uploads()),
        done=_("Noted. The buyer is told what the inspection found."),
        late=_("This inspection was reported already."),
    )


@bp.post("/<award_id>/shipment")
@allow("factory")
@takes_upload(MOST_BYTES)
def ship(award_id: str) -> Answer:
    """The goods leave, a parcel for each order."""
    award, deal = own_deal(read_id(award_id))
    form = ship_form(desk_of(work(), award, deal))

    def send() -> None:
        parcels = form.parcels()
        service.ship(work(), deal.id, sum(parcel.pieces for parcel in parcels), parcels, form.uploads())

    return _carry_out(
        award,
        deal,
        {"ship": form},
        send,
        done=_("On its way. Each buyer has the number of its waybill."),
        late=_("This cannot be shipped now: a balance is not held yet, or the goods have left already."),
    )


@bp.post("/<award_id>/shares/<share_id>/delivery")
@allow("factory")
@takes_upload(MOST_BYTES)
def confirm_delivery(award_id: str, share_id: str) -> Answer:
    """A parcel arrived, by the proof of its carrier."""
    award, deal = own_deal(read_id(award_id))
    found = read_id(share_id)
    form = DeliveryForm(prefix=f"{found}-")
    return _carry_out(
        award,
        deal,
        {f"delivery-{found}": form},
        lambda: service.confirm_delivery(work(), found, form.received_by.data, form.uploads()),
        done=_("Noted. The buyer has 10 days to accept; then the goods count as accepted."),
        late=_("This parcel is delivered already."),
    )


@bp.post("/<award_id>/cancel")
@allow("factory")
def cancel(award_id: str) -> Answer:
    """Step back from the deal, ask its buyers to end it, or agree to their asking."""
    award, deal = own_deal(read_id(award_id))
    return _carry_out(
        award,
        deal,
        {},
        lambda: service.cancel_deal(work(), deal.id),
        done=_("Noted. The buyer is told."),
        late=_("This deal cannot be cancelled now; where it stands is said below."),
    )


def _carry_out(
    award: AwardRow,
    deal: DealRow,
    sent: Mapping[str, FlaskForm],
    verb: Callable[[], object],
    *,
    done: str,
    late: str,
    places: Mapping[str, str] = {},
) -> Answer:
    """Do what a form asks and show the deal. late: what is said when somebody was faster, or the deal has moved on."""
    forms = list(sent.values())
    if not all(form.validate() for form in forms):
        return page(award, deal, sent, 422)
    try:
        verb()
    except Invalid as fault:
        work().session.rollback()
        for form in forms:
            form.show_fault(fault, places)
        return page(*own_deal(award.id), sent, 422)
    except Conflict:
        work().session.rollback()
        flash(late, "warn")
    else:
        flash(done, "ok")
    return redirect(url_for("deals.show", award_id=award.id, _anchor="now"), 303)
