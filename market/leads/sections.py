"""What leads show on the seller's pages: the ranked factories of an order, and how they would move under new terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _
from flask_babel import pgettext
from markupsafe import Markup

from market.kit.edge import part, work
from market.leads.models import LeadState
from market.leads.queries import LeadRow, OfferingRow, OrderLead, leads_of_offering, offering_of_order
from market.leads.reranking import preview_terms
from market.orders.drafts import OrderDraft
from market.orders.queries import OrderRow, order_row
from market.orders.repeats import repeat_of
from market.pooling.queries import pool_of_order
from market.ranking.ranker import Ranker

TERMS: Final = ("due_on", "grace_days", "quantity", "target_price_minor", "description")
SHOWN_REQUIREMENTS: Final = 9


@dataclass(frozen=True, slots=True)
class CounterDifference:
    """What a factory proposes against what was asked. late_days: after the due date; covered: within the grace."""

    due_on: date | None
    asked_due_on: date | None
    late_days: int | None
    covered: bool
    minimum_quantity: int | None
    asked_quantity: int
    short: int
    note: str


def order_section(*, order_id: UUID, organisation_id: UUID, **_subject: Any) -> Markup:
    """The factories of an order, best fit first, with reasons and states; why there are none yet otherwise."""
    session = work().session
    order = order_row(session, organisation_id, order_id)
    offering = offering_of_order(session, organisation_id, order_id)
    if offering is None and order.state.value not in {"posted", "pooled"}:
        return Markup("")
    found = [] if offering is None else leads_of_offering(session, offering.id)
    standing = [entry for entry in found if _stands(entry.lead)]
    return Markup(  # noqa: S704 (our own template escapes what it shows)
        render_template(
            "leads/section_order.html",
            order=order,
            offering=offering,
            standing=standing,
            ended=[entry for entry in found if not _stands(entry.lead)],
            repeat=repeat_of(order),
            repeated_by=next((entry for entry in found if entry.lead.repeats is not None), None),
            pool=pool_of_order(session, organisation_id, order_id),
            differences=counter_differences(order, offering, standing),
            decline_words=decline_words(),
            lost_words=lost_words(),
            limit=SHOWN_REQUIREMENTS,
        )
    )


def terms_preview_section(*, order_id: UUID, organisation_id: UUID, order: OrderDraft | OrderRow, **_: Any) -> Markup:
    """How the factories of an order would rank under the terms of `order`, which only tries them. Stores nothing."""
    session = work().session
    before = order_row(session, organisation_id, order_id)
    changed = replace(before, **{name: getattr(order, name) for name in TERMS})
    lines = preview_terms(session, part(Ranker), organisation_id, changed, work().today)
    if not lines:
        return Markup("")
    return Markup(  # noqa: S704 (our own template escapes what it shows)
        render_template(
            "leads/section_terms_preview.html",
            lines=lines,
            before=before,
            changed=changed,
            is_changed=any(getattr(before, name) != getattr(changed, name) for name in TERMS),
            verdict_words=verdict_words(),
        )
    )


def counter_differences(
    order: OrderRow, offering: OfferingRow | None, leads: Sequence[OrderLead]
) -> dict[UUID, CounterDifference]:
    """The difference that each waiting counter-offer would make, by lead id."""
    if offering is None:
        return {}
    return {
        entry.lead.id: counter_difference(order, offering, entry.lead.counter)
        for entry in leads
        if entry.lead.counter_waits and entry.lead.counter is not None
    }


def counter_difference(order: OrderRow, offering: OfferingRow, counter: Mapping[str, Any]) -> CounterDifference:
    proposed = counter.get("due_on")
    due_on = None if proposed is None else date.fromisoformat(proposed)
    asked = offering.due_on
    late = None if due_on is None or asked is None else (due_on - asked).days
    grace = timedelta(days=order.grace_days if offering.pool_id is None else 0)
    minimum = counter.get("minimum_quantity")
    return CounterDifference(
        due_on=due_on,
        asked_due_on=asked,
        late_days=late,
        covered=late is not None and timedelta(days=late) <= grace,
        minimum_quantity=minimum,
        asked_quantity=offering.quantity,
        short=0 if minimum is None else max(minimum - offering.quantity, 0),
        note=str(counter.get("note", "")),
    )


def decline_words() -> dict[str, str]:
    """Why factories declined, in the reader's words."""
    return {
        "capacity": _("no room"),
        "price": _("the price"),
        "process": _("the process"),
        "material": _("the material"),
        "quantity": _("the quantity"),
        "time": _("the date"),
        "other": _("another reason"),
    }


def lost_words() -> dict[str, str]:
    return {"another_factory": _("another factory was chosen"), "no_quote": _("had not quoted")}


def verdict_words() -> dict[str, str]:
    return {
        "meets": pgettext("verdict", "meets"),
        "near": pgettext("verdict", "nearly"),
        "misses": pgettext("verdict", "misses"),
        "unknown": pgettext("verdict", "not known"),
    }


def _stands(lead: LeadRow) -> bool:
    return lead.is_live or lead.state is LeadState.WON
