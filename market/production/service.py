"""The verbs of deals, in one place; each topic stands in a file of its own."""

from market.production.accepting import accept_share, settle_deal
from market.production.cancelling import NotCancellable, cancel_deal
from market.production.deals import AlreadySaid, WrongState
from market.production.disputing import dispute_deal, end_disputed_deal, hold_share, resume_deal
from market.production.inspecting import (
    InspectionRefused,
    InspectionReport,
    Terms,
    decide_inspection,
    inspection_terms,
    report_inspection,
)
from market.production.opening import open_deal
from market.production.paying import payment_arrived, payment_authorised, payment_failed
from market.production.sampling import approve_sample, make_sample, reject_sample
from market.production.shipping import PackingRefused, Parcel, confirm_delivery, ship
from market.production.stages import begin_production, prove_materials, report_stage, stages_of

__all__ = [
    "AlreadySaid",
    "InspectionRefused",
    "InspectionReport",
    "NotCancellable",
    "PackingRefused",
    "Parcel",
    "Terms",
    "WrongState",
    "accept_share",
    "approve_sample",
    "begin_production",
    "cancel_deal",
    "confirm_delivery",
    "decide_inspection",
    "dispute_deal",
    "end_disputed_deal",
    "hold_share",
    "inspection_terms",
    "make_sample",
    "open_deal",
    "payment_arrived",
    "payment_authorised",
    "payment_failed",
    "prove_materials",
    "reject_sample",
    "report_inspection",
    "report_stage",
    "resume_deal",
    "settle_deal",
    "ship",
    "stages_of",
]
