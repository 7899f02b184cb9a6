"""The part that quotes have on pages of lower capabilities: the comparison on a seller's order, a factory's record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from market.factories.queries import profiles
from market.kit.edge import part, work
from market.kit.work import Work
from market.leads.queries import LeadRow, lead_card, leads_of_offering, offering_of_order
from market.orders.queries import OrderRow, order_row
from market.pooling.queries import PoolView, pool_of_order
from market.quotes import queries
from market.quotes.comparison import Column, Comparison, compare
from market.quotes.models import QuoteState
from market.quotes.pricing import LEAST_DEALS, price_band
from market.quotes.queries import AwardRow
from matching.verticals.pack import Vocabulary

SHOWN_WHEN_DECIDED = frozenset({QuoteState.AWARDED, QuoteState.LOST})


@dataclass(frozen=True, slots=True)
class OrderQuotes:
    """The quotes on one order as its seller compares them. void_count: quotes that fell with changed terms.

    leads: lead id -> the lead that a quote stands on, with the chance that it had when it was ranked.
    """

    order: OrderRow
    comparison: Comparison
    pool: PoolView | None
    award: AwardRow | None
    void_count: int
    leads: Mapping[UUID, LeadRow]

    @property
    def chance_rests_on(self) -> int:
        """How many closed leads the chances of the compared quotes rest on; 0 while none is shown."""
        shown = [self.leads[column.quote.lead_id] for column in self.comparison.columns if self._chance_of(column)]
        return max((lead.evidence for lead in shown), default=0)

    def _chance_of(self, column: Column) -> float | None:
        found = self.leads.get(column.quote.lead_id)
        return None if found is None or found.low is None else found.deal_probability


def quotes_of_order(work: Work, organisation_id: UUID, order_id: UUID) -> OrderQuotes | None:
    """What the comparison of an order shows; None while it was never offered. Raises NotFound for a foreign order."""
    row = order_row(work.session, organisation_id, order_id)
    offering = offering_of_order(work.session, organisation_id, order_id)
    if offering is None:
        return None
    award = queries.award_of_order(work.session, organisation_id, order_id)
    every = queries.quotes_of_offering(work.session, offering.id, only_open=False)
    if award is None:
        shown = [quote for quote in every if quote.state is QuoteState.OPEN and quote.valid_until > work.now]
    else:
        shown = [quote for quote in every if quote.state in SHOWN_WHEN_DECIDED]
    pool = pool_of_order(work.session, organisation_id, order_id)
    comparison = compare(
        shown,
        profiles(work.session, {quote.factory_id for quote in shown}),
        quantity=row.quantity if pool is None else pool.yours,
        pool_quantity=None if pool is None else max(pool.minimum, pool.quantity),
        due_on=row.due_on,
        grace_days=row.grace_days,
        today=work.today,
        won=queries.won_counts(work.session, {quote.factory_id for quote in shown}),
    )
    void = sum(quote.state is QuoteState.VOID for quote in every)
    leads = {entry.lead.id: entry.lead for entry in leads_of_offering(work.session, offering.id)}
    return OrderQuotes(row, comparison, pool, award, void, leads)


def order_section(order_id: UUID, organisation_id: UUID, **_subject: Any) -> Markup | str:
    """The comparison on the page of an order; empty until a factory could quote."""
    found = quotes_of_order(work(), organisation_id, order_id)
    if found is None:
        return ""
    may_act = work().actor.organisation_id == organisation_id
    return Markup(render_template("quotes/_comparison.html", found=found, may_act=may_act))  # noqa: S704 (our template)


def factory_section(factory_id: UUID, **_subject: Any) -> Markup | str:
    """What a factory did here, on its own profile, each figure with its n."""
    won = queries.won_counts(work().session, {factory_id}).get(factory_id, 0)
    quoted = queries.open_quote_count(work().session, factory_id)
    return Markup(render_template("quotes/_record.html", won=won, quoted=quoted))  # noqa: S704 (our template)


def lead_section(lead_id: UUID, **_subject: Any) -> Markup | str:
    """What a factory last quoted on a lead of its own; empty before it quoted."""
    versions = queries.quotes_of_lead(work().session, work().organisation_id, lead_id)
    if not versions:
        return ""
    return Markup(render_template("quotes/_own_quote.html", versions=versions))  # noqa: S704 (our template)


def price_section(lead_id: UUID, **_subject: Any) -> Markup | str:
    """What deals like a lead of the reading factory paid; empty for a request without a category."""
    asking = work().organisation_id
    band = price_band(work(), lead_card(work().session, asking, lead_id).offering, part(Vocabulary), asking)
    if band is None:
        return ""
    return Markup(render_template("quotes/_price_band.html", band=band, least=LEAST_DEALS))  # noqa: S704 (our template)
