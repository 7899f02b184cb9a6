"""What a factory does in its deals, as JSON: the verbs of its page. Each may name any award of the deal."""

from market.deals.api import as_it_stands, own_deal
from market.deals.api_fields import (
    MOST_BYTES,
    BeginInput,
    DealOutput,
    DeliveryInput,
    InspectionInput,
    PurchaseInput,
    SampleInput,
    ShipInput,
    StageInput,
)
from market.kit.api import Answer, api_blueprint, needs, once, uploads
from market.kit.edge import read_id, takes_upload, work
from market.kit.errors import NotFound, invalid_field
from market.production import queries as production
from market.production import service

bp = api_blueprint("making", "Deals")


@bp.post("/deals/<award_id>/sample")
@needs("deals:write", "factory")
@bp.input(SampleInput, arg_name="sample")
@bp.output(DealOutput)
@bp.doc(summary="Send the version of the sample that was asked for", security="key")
@once
@takes_upload(MOST_BYTES)
def make_sample(award_id: str, sample: SampleInput) -> Answer:
    award, deal = own_deal(award_id)
    service.make_sample(work(), deal.id, uploads(sample.files), sample.note)
    return as_it_stands(award.id)


@bp.post("/deals/<award_id>/purchases")
@needs("deals:write", "factory")
@bp.input(PurchaseInput, arg_name="purchase")
@bp.output(DealOutput)
@bp.doc(summary="Prove a purchase of materials", security="key")
@once
@takes_upload(MOST_BYTES)
def prove_materials(award_id: str, purchase: PurchaseInput) -> Answer:
    award, deal = own_deal(award_id)
    if purchase.amount.currency != deal.currency:
        raise invalid_field(
            "This purchase cannot be kept.",
            "amount",
            f"the amount is in {purchase.amount.currency}",
            f"an amount in {deal.currency}",
        )
    service.prove_materials(work(), deal.id, purchase.amount.minor, uploads(purchase.files), purchase.note)
    return as_it_stands(award.id)


@bp.post("/deals/<award_id>/begin")
@needs("deals:write", "factory")
@bp.input(BeginInput, arg_name="begin")
@bp.output(DealOutput)
@bp.doc(summary="Say that the materials are there and production begins", security="key")
@once
def begin_production(award_id: str, begin: BeginInput) -> Answer:
    award, deal = own_deal(award_id)
    service.begin_production(work(), deal.id, begin.finished_on)
    return as_it_stands(award.id)


@bp.post("/deals/<award_id>/stages/<stage>")
@needs("deals:write", "factory")
@bp.input(StageInput, arg_name="report")
@bp.output(DealOutput)
@bp.doc(summary="Report a stage as finished", security="key")
@once
@takes_upload(MOST_BYTES)
def report_stage(award_id: str, stage: str, report: StageInput) -> Answer:
    """stage: one of the deal's `stages`. After the last one the run is inspected."""
    award, deal = own_deal(award_id)
    if stage not in service.stages_of(deal.vertical, deal.round):
        raise NotFound
    service.report_stage(work(), deal.id, stage, report.finished_on, report.note, uploads(report.files))
    return as_it_stands(award.id)


@bp.post("/deals/<award_id>/inspections")
@needs("deals:write", "factory")
@bp.input(InspectionInput, arg_name="found")
@bp.output(DealOutput)
@bp.doc(summary="Report an inspection, with the sheet of who gets how many pieces", security="key")
@once
@takes_upload(MOST_BYTES)
def report_inspection(award_id: str, found: InspectionInput) -> Answer:
    award, deal = own_deal(award_id)
    report = service.InspectionReport(
        sampled=found.sampled,
        critical=found.critical,
        major=found.major,
        minor=found.minor,
        allocated={each.share_id: each.pieces for each in found.allocated},
        inspector=found.inspector,
        discount_percent=found.discount_percent,
        note=found.note,
    )
    service.report_inspection(work(), deal.id, report, uploads(found.files))
    return as_it_stands(award.id)


@bp.post("/deals/<award_id>/parcels")
@needs("deals:write", "factory")
@bp.input(ShipInput, arg_name="packed")
@bp.output(DealOutput)
@bp.doc(summary="Ship the run, a parcel a share", security="key")
@once
@takes_upload(MOST_BYTES)
def ship(award_id: str, packed: ShipInput) -> Answer:
    award, deal = own_deal(award_id)
    parcels = [service.Parcel(each.share_id, each.pieces, each.carrier, each.waybill) for each in packed.parcels]
    service.ship(work(), deal.id, sum(each.pieces for each in parcels), parcels, uploads(packed.files))
    return as_it_stands(award.id)


@bp.post("/deals/<award_id>/parcels/<share_id>/delivered")
@needs("deals:write", "factory")
@bp.input(DeliveryInput, arg_name="delivery")
@bp.output(DealOutput)
@bp.doc(summary="Show the proof that a parcel was delivered", security="key")
@once
@takes_upload(MOST_BYTES)
def prove_delivery(award_id: str, share_id: str, delivery: DeliveryInput) -> Answer:
    award, deal = own_deal(award_id)
    share = production.share(work().session, read_id(share_id))
    if share.deal_id != deal.id:
        raise NotFound
    service.confirm_delivery(work(), share.id, delivery.received_by, uploads(delivery.files))
    return as_it_stands(award.id)
