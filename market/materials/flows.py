"""What materials do when something happened elsewhere: the handlers that the worker calls, `(work, event)` each."""

from typing import Protocol
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from market.kit.work import Work
from market.materials.events import DemandShared, MaterialPrepared, PreparationEnded, RecipesChanged
from market.materials.models import KnownMaker
from market.materials.outlooks import make_outlook, tell_for_the_first_time
from market.materials.preparing import settle_preparation, split_preparation
from market.orders.queries import order_row
from market.replenishment.events import SuggestionsMade


class Awarded(Protocol):
    """The award of an order, told from above (market.quotes.events.QuoteAwarded)."""

    @property
    def organisation_id(self) -> UUID: ...
    @property
    def order_id(self) -> UUID: ...
    @property
    def factory_id(self) -> UUID: ...


def remember_maker(work: Work, event: Awarded) -> None:
    """A shop is offered first to share with factories that made for it."""
    order = order_row(work.session, event.organisation_id, event.order_id)
    statement = insert(KnownMaker).values(
        organisation_id=event.organisation_id,
        order_id=event.order_id,
        maker_id=event.factory_id,
        category=order.category,
        awarded_at=work.now,
    )
    work.session.execute(statement.on_conflict_do_nothing())


def tell_of_shared_demand(work: Work, event: DemandShared | SuggestionsMade) -> None:
    """A group of which nothing was told is told of as soon as it may be; every other one waits for the night."""
    tell_for_the_first_time(work, event.organisation_id)


def follow_recipes(work: Work, event: RecipesChanged) -> None:
    make_outlook(work, event.organisation_id)


def split_among_shops(work: Work, event: MaterialPrepared) -> None:
    split_preparation(work, event.organisation_id, event.preparation_id)


def settle_among_shops(work: Work, event: PreparationEnded) -> None:
    settle_preparation(work, event.organisation_id, event.preparation_id)
