"""What a shop does in its deals, as JSON: the verbs of its page."""

from market.deals.api import as_it_stands, own_deal
from market.deals.api_fields import MOST_BYTES, DealOutput, DeliveryInput, InspectionDecision, SampleDecision
from market.kit.api import Answer, EmptyInput, api_blueprint, needs, once, uploads
from market.kit.edge import read_id, takes_upload, work
from market.kit.errors import NotFound
from market.production import queries as production
from market.production import service
from market.production.queries import DealRow, ShareRow

bp = api_blueprint("buying", "Deals")


@bp.post("/deals/<award_id>/samples/<sample_id>")
@needs("deals:write", "seller")
@bp.input(SampleDecision, arg_name="decision")
@bp.output(DealOutput)
@bp.doc(summary="Approve or reject a version of the sample", security="key")
@once
def decide_sample(award_id: str, sample_id: str, decision: SampleDecision) -> Answer:
    """Said once for your pieces. In a pool more than half of all pieces decide."""
    deal, share = _own(award_id)
    verb = service.approve_sample if decision.choice == "approve" else service.reject_sample
    verb(work(), deal.id, read_id(sample_id), decision.comments)
    return as_it_stands(share.award_id)


@bp.post("/deals/<award_id>/inspections/<inspection_id>")
@needs("deals:write", "seller")
@bp.input(InspectionDecision, arg_name="decision")
@bp.output(DealOutput)
@bp.doc(summary="Decide about a failed inspection", security="key")
@once
def decide_inspection(award_id: str, inspection_id: str, decision: InspectionDecision) -> Answer:
    deal, share = _own(award_id)
    service.decide_inspection(work(), deal.id, read_id(inspection_id), decision.choice)
    return as_it_stands(share.award_id)


@bp.post("/deals/<award_id>/received")
@needs("deals:write", "seller")
@bp.input(DeliveryInput, arg_name="delivery")
@bp.output(DealOutput)
@bp.doc(summary="Say that your parcel arrived", security="key")
@once
@takes_upload(MOST_BYTES)
def confirm_delivery(award_id: str, delivery: DeliveryInput) -> Answer:
    """Accepts nothing yet; from then on you have 10 days to accept or to dispute."""
    _deal, share = _own(award_id)
    service.confirm_delivery(work(), share.id, delivery.received_by, uploads(delivery.files))
    return as_it_stands(share.award_id)


@bp.post("/deals/<award_id>/accept")
@needs("deals:write", "seller")
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(DealOutput)
@bp.doc(summary="Accept your goods", security="key")
@once
def accept(award_id: str, nothing: EmptyInput) -> Answer:  # noqa: ARG001 (the body says nothing)
    """Releases what is held to the factory; it cannot be taken back."""
    _deal, share = _own(award_id)
    service.accept_share(work(), share.id)
    return as_it_stands(share.award_id)


def _own(award_id: str) -> tuple[DealRow, ShareRow]:
    """The deal of an award of the acting shop, and its share. Raises NotFound."""
    award, deal = own_deal(award_id)
    if award.organisation_id != work().organisation_id:
        raise NotFound
    shares = production.shares_of_deal(work().session, deal.id, with_left=True)
    return deal, next(row for row in shares if row.award_id == award.id)
