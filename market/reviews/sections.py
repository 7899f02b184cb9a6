"""The part of reviews on pages of other capabilities: a deal, the list of deals, a factory, a lead."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import render_template, request, url_for
from markupsafe import Markup

from market.kit.edge import work
from market.kit.paging import decode_cursor
from market.leads import queries as leads
from market.production import queries as production
from market.reviews import queries
from market.reviews.forms import MARK_NAMES
from market.reviews.queries import ExchangeRow, ReviewRow, Side
from market.reviews.service import MARKS
from market.reviews.wording import other_side

SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One exchange as a side reads it. own, other: what both said, as far as that side may read it."""

    exchange: ExchangeRow
    side: Side
    own: ReviewRow | None
    other: ReviewRow | None
    name: str
    now: datetime

    @property
    def can_write(self) -> bool:
        return self.exchange.is_open_at(self.now)

    @property
    def is_asked(self) -> bool:
        """Whether the reader may write and has not."""
        return self.can_write and self.own is None

    @property
    def is_published(self) -> bool:
        return self.exchange.state.value == "published"


def deal_now_section(deal_id: UUID, share_id: UUID | None, **_subject: Any) -> Markup | str:
    """On the page of a deal, among what waits: the reviews that the reader may write and has not."""
    asked = [line for line in _lines(deal_id, share_id) if line.is_asked]
    return _drawn("reviews/_asked.html", lines=asked) if asked else ""


def deal_section(deal_id: UUID, share_id: UUID | None, **_subject: Any) -> Markup | str:
    """On the page of a deal, at its side: what both said, or what the reader said while it is its alone."""
    lines = [line for line in _lines(deal_id, share_id) if not line.is_asked]
    shown = [line for line in lines if line.own or line.is_published or line.exchange.waits]
    return _drawn("reviews/_deal.html", lines=shown) if shown else ""


def deals_section(**_subject: Any) -> Markup | str:
    """On the list of deals: where the reader may still write a review."""
    rows = queries.open_exchanges(work().session, work().organisation_id, work().now)
    return _drawn("reviews/_to_write.html", exchanges=rows) if rows else ""


def factory_section(factory_id: UUID, **_subject: Any) -> Markup | str:
    """On the public page of a factory: its average with n, and the newest reviews, without the names of buyers."""
    session = work().session
    after = decode_cursor(request.args.get("reviews"))
    page = queries.reviews_about(session, factory_id, after=after, size=SHOWN)
    here = f"{url_for('factories.show', factory_id=factory_id)}?reviews="
    return _drawn(
        "reviews/_factory.html",
        rating=queries.rating_of(session, factory_id),
        reviews=page.rows,
        marks=MARKS[Side.SHOP],
        older=f"{here}{page.next_cursor}#reviews-title" if page.next_cursor else None,
        newest=f"{here}#reviews-title" if after else None,
    )


def lead_buyer_section(lead_id: UUID, **_subject: Any) -> Markup | str:
    """On a lead, in the record of its buyer: what factories said of the shop on average; of a pool nothing."""
    offering = leads.offering_row(work().session, leads.lead_row(work().session, lead_id).offering_id)
    if offering.pool_id is not None:
        return ""
    return _drawn("reviews/_buyer.html", rating=queries.rating_of(work().session, offering.organisation_id))


def _lines(deal_id: UUID, share_id: UUID | None) -> list[Line]:
    """share_id: of the shop that reads; None: the factory reads, of all shares."""
    session, own = work().session, work().organisation_id
    lines = []
    for row in queries.exchanges_of_deal(session, deal_id):
        side = row.side_of(own)
        if side is None or share_id not in (None, row.share_id):
            continue
        said = queries.reviews_of_exchange(session, row.id)
        other = said.get(Side.FACTORY if side is Side.SHOP else Side.SHOP)
        name = other_side(production.share(session, row.share_id), side)
        lines.append(Line(row, side, said.get(side), other, name, work().now))
    return lines


def _drawn(template: str, **shown: Any) -> Markup:
    return Markup(render_template(template, names=MARK_NAMES, **shown))  # noqa: S704 (our template)
