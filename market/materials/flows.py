"""What materials do when something happened elsewhere: the handlers that the worker calls, `(work, event)` each."""

from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from market.kit.outbox import LONG_JOBS, defer, is_job_open, newest_job
from market.kit.work import Work
from market.materials.events import DemandShared, MaterialPrepared, PreparationEnded, RecipesChanged
from market.materials.models import KnownMaker
from market.materials.outlooks import make_outlook, renew_outlooks, tell_for_the_first_time
from market.materials.preparing import settle_preparation, split_preparation
from market.orders.queries import order_row
from market.replenishment.events import SuggestionsMade
from market.replenishment.flows import SUGGEST_TASK

RENEW_TASK: Final = "renew_outlooks"
_LOOKS_AGAIN: Final = timedelta(minutes=5)
_PATIENCE: Final = timedelta(hours=6)


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


def ask_to_renew(work: Work) -> None:
    """Enqueue the night's renewal of outlooks behind the suggestions that were asked for by then."""
    until = work.now + _PATIENCE
    defer(work.session, RENEW_TASK, {"newest": newest_job(work.session), "until": until.isoformat()}, queue=LONG_JOBS)


def renew_behind_suggestions(work: Work, newest: int, until: datetime) -> bool:
    """Renew the outlooks once no suggestion asked for by the job `newest` is open, at the latest at `until`; whether
    they were. Else the same is asked again some minutes later, so that no outlook is a night behind its forecasts."""
    if work.now < until and is_job_open(work.session, SUGGEST_TASK, newest):
        told = {"newest": newest, "until": until.isoformat()}
        defer(work.session, RENEW_TASK, told, due=work.now + _LOOKS_AGAIN, queue=LONG_JOBS)
        return False
    renew_outlooks(work)
    return True
