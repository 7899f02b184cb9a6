"""The part of disputes on the page of a deal."""

from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from market.disputes import queries
from market.disputes.grounds import ground_of
from market.kit.edge import work
from market.production import queries as production


def deal_section(deal_id: UUID, share_id: UUID | None, **_subject: Any) -> Markup | str:
    """Disputes about a deal that the reader sees, and the way to open one where that is possible. share_id None: the
    factory reads, and may open one about each order of the run."""
    session = work().session
    shares = production.shares_of_deal(session, deal_id)
    own = [row for row in shares if share_id in (None, row.id)]
    rows = queries.disputes_of_deal(session, deal_id)
    disputed = {row.share_id for row in rows if row.is_alive}
    open_to = [row for row in own if row.id not in disputed and _can_open(row.id)]
    if not rows and not open_to:
        return ""
    page = render_template("disputes/_deal.html", rows=rows, open_to=open_to, several=len(own) > 1)
    return Markup(page)  # noqa: S704 (our template)


def _can_open(share_id: UUID) -> bool:
    ground = ground_of(work().session, share_id)
    return bool(ground.paid.minor) and ground.is_open_at(work().now)
