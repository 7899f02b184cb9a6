"""The way into a deal from pages of lower capabilities: a shop's order, and the purchase order of both sides."""

from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from market.deals.boards import money_of
from market.kit.edge import work
from market.production import queries as production
from market.production.task_queries import tasks_of_shop
from market.quotes import queries as quotes


def order_section(order_id: UUID, organisation_id: UUID, **_subject: Any) -> Markup | str:
    """The deal of an order, for its shop: where it stands, what waits, what is held; empty before it is opened."""
    session, own = work().session, work().actor.organisation_id
    award = quotes.award_of_order(session, organisation_id, order_id) if own == organisation_id else None
    deal = production.deal_of_award(session, award.id) if award else None
    if award is None or deal is None:
        return ""
    shares = production.shares_of_deal(session, deal.id, with_left=True)
    share = next(row for row in shares if row.award_id == award.id)
    waiting = [
        task
        for task in tasks_of_shop(session, organisation_id)
        if task.deal_id == deal.id and task.share_id in (None, share.id)
    ]
    page = render_template(
        "deals/_way_in.html",
        award=award,
        state="left" if share.left_at else deal.state,
        task=waiting[0] if waiting else None,
        money=money_of(session, share, deal),
    )
    return Markup(page)  # noqa: S704 (our template)


def purchase_order_section(award_id: UUID, **_subject: Any) -> Markup | str:
    """The way from a purchase order to its deal; while the worker has yet to open that, a place that waits for it."""
    is_open = production.deal_of_award(work().session, award_id) is not None
    return Markup(render_template("deals/_to_deal.html", award_id=award_id, is_open=is_open))  # noqa: S704 (ours)
