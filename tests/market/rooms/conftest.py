"""A shop and a factory whose order was awarded, and the room that the worker opened for it."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from market.rooms import queries
from market.rooms.queries import RoomRow
from tests.market.quotes.test_award import award, ladder, quote
from tests.market.town import Town


@dataclass(frozen=True)
class Deal:
    """Who takes part in a room, and which order it is about."""

    shop: UUID
    factory: UUID
    order_id: UUID
    room_id: UUID


def room_of_order(town: Town, shop: UUID, order_id: UUID) -> RoomRow:
    with town.work("system") as work:
        found = queries.room_of(work.session, shop, "order", order_id)
        assert found is not None
        return found


def strike_deal(town: Town, shop: UUID, factory: UUID) -> Deal:
    """One order, quoted and awarded, with its room."""
    order_id = town.post(shop, town.sweaters(800))
    award(town, shop, order_id, quote(town, factory, ladder((200, 13_400), (800, 11_800))))
    town.deliver()
    return Deal(shop, factory, order_id, room_of_order(town, shop, order_id).id)


@pytest.fixture
def deal(town: Town) -> Deal:
    factory = town.add_factory("Near Knit")
    return strike_deal(town, town.add_shop("North Shop"), factory)
