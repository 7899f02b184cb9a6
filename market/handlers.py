"""What the worker does about events that concern several capabilities at once.

Every function may run again: the verbs that it calls are idempotent.
"""

from dataclasses import replace
from uuid import UUID

from market.factories.queries import profile
from market.factories.service import pause_with_organisation, resume_with_organisation
from market.identity.events import OrganisationPaused, OrganisationResumed
from market.kit import notices
from market.kit.paging import LARGEST_PAGE
from market.kit.work import Work
from market.orders.queries import OrderRow, orders_page
from market.orders.service import withdraw_order
from market.production.events import MilestoneLate
from market.production.queries import shares_of_deal
from market.rooms.flows import room_of_order
from market.rooms.service import raise_room


def withdraw_everything(work: Work, event: OrganisationPaused) -> None:
    """What a paused shop has open is taken back; a paused factory gets no more leads."""
    acting = replace(work, actor=replace(work.actor, organisation_id=event.organisation_id))
    for row in every_open_order(work, event.organisation_id):
        withdraw_order(acting, row.id, event.why)
    if profile(work.session, event.organisation_id) is not None:
        pause_with_organisation(work, event.organisation_id, event.why)


def open_again(work: Work, event: OrganisationResumed) -> None:
    """A factory that was paused with its organisation takes leads again; whoever may come in again is told how it
    stands. What was taken back stays so: a shop posts it again when it still wants it."""
    is_factory = profile(work.session, event.organisation_id) is not None
    takes_leads = is_factory and resume_with_organisation(work, event.organisation_id, event.why)
    told = {"why": event.why, "factory": ("open" if takes_leads else "paused") if is_factory else ""}
    link = "/factory/profile" if is_factory else "/orders"
    notices.notify(work, event.organisation_id, "organisation_resumed", told, link=link)


def raise_late_rooms(work: Work, event: MilestoneLate) -> None:
    """A run is predicted late: the room of each share is raised, and its shop, the factory and the market look into it.

    A shop that stands in a pooled run reads of the run alone, never of another share.
    """
    told = {"due_on": event.due.isoformat(), "expected_on": event.predicted.isoformat(), "parts": event.why}
    for share in shares_of_deal(work.session, event.deal_id):
        raise_room(work, room_of_order(work, share.organisation_id, share.order_id).id, "predicted_late", told)


def every_open_order(work: Work, organisation_id: UUID) -> list[OrderRow]:
    rows: list[OrderRow] = []
    cursor = None
    while True:
        page = orders_page(work.session, organisation_id, (), cursor, LARGEST_PAGE)
        rows.extend(row for row in page.rows if row.is_open)
        if page.next_cursor is None:
            return rows
        cursor = page.next_cursor
