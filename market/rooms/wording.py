"""What a room and those in it are called, as far as the reader may know."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from market.identity.queries import organisation_names
from market.leads.queries import offering_row
from market.leads.wording import title_of
from market.orders.queries import order_row
from market.quotes import queries as quotes
from market.quotes.queries import AwardRow
from market.rooms.models import RoomRole
from market.rooms.queries import RoomRow
from matching.verticals.pack import Language, Vocabulary


@dataclass(frozen=True, slots=True)
class Names:
    """Who is who for one reader. A name that row-level security keeps from the reader is not in `known`."""

    reader_id: UUID
    known: Mapping[UUID, str]

    def is_reader(self, organisation_id: UUID | None) -> bool:
        return organisation_id == self.reader_id

    def of(self, organisation_id: UUID | None, role: RoomRole | None) -> str:
        """The organisation's name, "" where the reader may not know it or it is the market."""
        if organisation_id is None or role is RoomRole.OPERATOR:
            return ""
        return self.known.get(organisation_id, "")


def names_of(session: Session, reader_id: UUID, rooms: Iterable[RoomRow]) -> Names:
    members = {member.organisation_id for room in rooms for member in room.members}
    return Names(reader_id, organisation_names(session, members))


def award_of(session: Session, room: RoomRow) -> AwardRow | None:
    """The purchase order that a room of an order is about."""
    if room.subject_kind != "order":
        return None
    return quotes.award_of_order(session, room.organisation_id, room.subject_id)


def title_of_room(session: Session, room: RoomRow, reader_id: UUID, vocabulary: Vocabulary, language: Language) -> str:
    """What a room is called: the order's title; for a share of a pool its owner reads that too, others what the pool
    is of."""
    if room.title:
        return room.title
    if room.organisation_id == reader_id:
        return order_row(session, room.organisation_id, room.subject_id).title
    award = award_of(session, room)
    quote = None if award is None else quotes.quote(session, award.quote_id)
    return room.code if quote is None else title_of(offering_row(session, quote.offering_id), vocabulary, language)
