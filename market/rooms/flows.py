"""What rooms do when something happened: the handlers that the worker calls, in the system's scope."""

from uuid import UUID

from market.kit.errors import NotFound
from market.kit.work import Work
from market.leads.queries import offering_row
from market.orders.queries import order_row
from market.quotes import queries as quotes
from market.quotes.events import QuoteAwarded
from market.quotes.queries import AwardRow
from market.rooms import queries, service
from market.rooms.events import HelpAsked
from market.rooms.models import RoomRole
from market.rooms.queries import RoomRow
from market.rooms.service import Subject

OF_AN_ORDER = "order"


def open_awarded_room(work: Work, event: QuoteAwarded) -> None:
    """The shop and its factory get a room. Members of a pool get one each, so that none learns of another."""
    award = _award(work, event.organisation_id, event.order_id)
    told = {
        "award_id": str(award.id),
        "quantity": award.quantity,
        "total_minor": award.total.minor,
        "currency": award.total.currency,
        "lead_time_days": award.lead_time_days,
    }
    service.note_event(work, room_of_order(work, event.organisation_id, event.order_id).id, "awarded", told)


def room_of_order(work: Work, organisation_id: UUID, order_id: UUID) -> RoomRow:
    """The room of an awarded order with its shop and factory, opened when there is none. Raises NotFound."""
    award = _award(work, organisation_id, order_id)
    quote = quotes.quote(work.session, award.quote_id)
    if quote is None:
        raise NotFound
    offering = offering_row(work.session, quote.offering_id)
    order = order_row(work.session, organisation_id, order_id)
    title = "" if offering.pool_id is not None else offering.title
    room = service.open_room(work, Subject(organisation_id, OF_AN_ORDER, order.id, order.code, title))
    service.let_in(work, room.id, organisation_id, RoomRole.SELLER)
    service.let_in(work, room.id, award.factory_id, RoomRole.FACTORY)
    return room


def raise_on_request(work: Work, event: HelpAsked) -> None:
    """A member asked the market to come in."""
    member = queries.member_room(work.session, event.organisation_id, event.room_id).member(event.organisation_id)
    asking = "" if member is None else member.role
    service.raise_room(work, event.room_id, "asked", {"by": asking, "words": event.words})


def _award(work: Work, organisation_id: UUID, order_id: UUID) -> AwardRow:
    award = quotes.award_of_order(work.session, organisation_id, order_id)
    if award is None:
        raise NotFound
    return award
