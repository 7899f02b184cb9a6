"""What would be suggested if a lead time or a service level were another: from the scenarios that a version keeps."""

from sqlalchemy.orm import Session

from forecasting.replenishment.items import Stock
from forecasting.replenishment.parts import Kind
from forecasting.replenishment.what_if import Supply, Told, WhatIf, what_if
from market.replenishment.queries import SuggestionRow, paths_of
from market.replenishment.service import LEAST_SERVICE, LONGEST_LEAD_DAYS, MOST_SERVICE


def suggest_instead(session: Session, told: SuggestionRow, lead_time_days: int, service: float) -> WhatIf:
    """The order under another lead time (days) or service level (share of review cycles without running out).

    Values outside the possible are taken as the nearest possible one. The terms of the version give its own order.
    """
    terms = told.terms
    lead = float(min(max(lead_time_days, 0), LONGEST_LEAD_DAYS))
    wanted = min(max(service, LEAST_SERVICE), MOST_SERVICE)
    before = Supply(terms["lead_time_days"], terms["review_days"], terms["critical_ratio"])
    expected = sum(part.pieces for part in told.parts if part.kind is Kind.EXPECTED)
    return what_if(
        paths_of(session, told.organisation_id, [told.id])[told.id],
        Told(told.order_up_to, expected, before),
        Supply(lead, terms["review_days"], wanted),
        Stock(float(told.on_hand or 0), float(told.on_order)),
        terms["minimum"],
        terms["pack_size"],
        told.as_of,
    )
