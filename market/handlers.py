"""What the worker does about events that concern several capabilities at once.

Every function may run again: the verbs that it calls are idempotent.
"""

from dataclasses import replace
from uuid import UUID

from market.factories.queries import profile
from market.factories.service import pause_factory
from market.identity.events import OrganisationPaused
from market.kit.paging import LARGEST_PAGE
from market.kit.work import Work
from market.orders.queries import OrderRow, orders_page
from market.orders.service import withdraw_order


def withdraw_everything(work: Work, event: OrganisationPaused) -> None:
    """What a paused shop has open is taken back; a paused factory gets no more leads."""
    acting = replace(work, actor=replace(work.actor, organisation_id=event.organisation_id))
    for row in every_open_order(work, event.organisation_id):
        withdraw_order(acting, row.id, event.why)
    found = profile(work.session, event.organisation_id)
    if found is not None and found.state != "paused":
        pause_factory(work, found.id, event.why)


def every_open_order(work: Work, organisation_id: UUID) -> list[OrderRow]:
    rows: list[OrderRow] = []
    cursor = None
    while True:
        page = orders_page(work.session, organisation_id, (), cursor, LARGEST_PAGE)
        rows.extend(row for row in page.rows if row.is_open)
        if page.next_cursor is None:
            return rows
        cursor = page.next_cursor
