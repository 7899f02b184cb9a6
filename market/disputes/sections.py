"""The part of disputes on the page of a deal."""

from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from market.disputes import queries
from market.disputes.grounds import ground_of
from market.kit.edge import work
from market.production import queries as production


def deal_section(deal_id: UUID, share_id: UUID | None, award_id: UUID, **_subject: Any) -> Markup | str:
    """Disputes about a deal that the reader sees, and the way to open one where that is possible. share_id None: the
    factory reads, by one of the awards of the run."""
    session = work().session
    shares = production.shares_of_deal(session, deal_id)
    own = next((row for row in shares if share_id in (None, row.id) and row.award_id == award_id), None)
    rows = queries.disputes_of_deal(session, deal_id)
    ground = None if own is None else ground_of(session, own.id)
    is_free = own is not None and not any(row.is_alive and row.share_id == own.id for row in rows)
    can_open = is_free and ground is not None and bool(ground.paid.minor) and ground.is_open_at(work().now)
    if not rows and not can_open:
        return ""
    return Markup(  # noqa: S704 (our template)
        render_template("disputes/_deal.html", rows=rows, share=own, can_open=can_open, ground=ground)
    )
