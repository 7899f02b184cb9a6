"""By night outlooks follow the suggestions that they are made from, however long those take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from market.config import Settings
from market.materials.figures import two_digits
from market.materials.flows import RENEW_TASK, ask_to_renew, renew_behind_suggestions
from market.replenishment.flows import SUGGEST_TASK, defer_suggestions
from market.wiring import assemble
from market.worker import ask_by_night, make_jobs
from tests.market.materials.conftest import Valley


@dataclass(frozen=True)
class Night:
    """A night in which shops wait for suggestions, and the queue behind it."""

    valley: Valley

    def asked(self, *shops: UUID) -> None:
        with self.valley.town.work("system") as work:
            work.session.execute(text("DELETE FROM procrastinate_jobs"))
            for shop in shops:
                defer_suggestions(work, shop)
            ask_to_renew(work)

    def renewals(self) -> list[tuple[int, datetime, datetime | None]]:
        """Those that wait: the newest job that they wait for, until when they wait, and when they look again."""
        statement = text(
            "SELECT args, scheduled_at FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'"
        )
        with self.valley.town.work("system") as work:
            found = work.session.execute(statement, {"task": RENEW_TASK}).all()
        return [(args["newest"], datetime.fromisoformat(args["until"]), due) for args, due in found]

    def take(self) -> bool:
        """Do the one renewal that waits."""
        (newest, until, _due) = self.renewals()[0]
        with self.valley.town.work("system") as work:
            work.session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = :task"), {"task": RENEW_TASK})
            return renew_behind_suggestions(work, newest, until)

    def end(self, status: str) -> None:
        """The suggestions of the shop that was asked for first come to this."""
        statement = text(
            "UPDATE procrastinate_jobs SET status = CAST(:status AS procrastinate_job_status) "
            "WHERE id = (SELECT min(id) FROM procrastinate_jobs WHERE task_name = :task)"
        )
        with self.valley.town.work("system") as work:
            work.session.execute(statement, {"status": status, "task": SUGGEST_TASK})


@pytest.fixture
def night(valley: Valley) -> Night:
    return Night(valley)


def test_outlooks_wait_for_the_suggestions_of_their_night(night: Night, three: tuple[UUID, ...]) -> None:
    valley = night.valley
    (before,) = valley.outlook()
    valley.town.clock.advance(timedelta(days=1))
    night.asked(three[0])
    for status in ("todo", "doing"):
        night.end(status)
        assert not night.take(), status
        assert valley.outlook() == [before]
    ((_newest, until, again),) = night.renewals()
    assert again is not None and valley.town.clock.now() < again < until
    valley.need(three[0], 300)
    night.end("succeeded")
    assert night.take()
    assert valley.outlook()[0].p50 == two_digits(0.3 * 670), "what came in the same night is in it"
    assert night.renewals() == []


def test_suggestions_asked_for_later_are_not_waited_for(night: Night, three: tuple[UUID, ...]) -> None:
    night.asked()
    with night.valley.town.work("system") as work:
        defer_suggestions(work, three[0])
    assert night.take(), "a busy day of imports must not keep outlooks back"


def test_a_forecast_that_never_ends_keeps_nobody_waiting_all_day(night: Night, three: tuple[UUID, ...]) -> None:
    night.asked(three[0])
    night.end("doing")
    night.valley.need(three[0], 300)
    night.valley.town.clock.advance(timedelta(hours=7))
    assert night.take()
    assert night.valley.outlook()[0].p50 == two_digits(0.3 * 670)


def test_the_worker_asks_for_both_in_this_order(night: Night, settings: Settings, three: tuple[UUID, ...]) -> None:
    with night.valley.town.work("system") as work:
        work.session.execute(text("DELETE FROM procrastinate_jobs"))
        work.session.execute(text("UPDATE items SET planned_at = changed_at - interval '1 day'"))
    market = assemble(settings)
    assert ask_by_night(market) == 3
    with night.valley.town.work("system") as work:
        statement = text("SELECT task_name, id FROM procrastinate_jobs ORDER BY id")
        asked = work.session.execute(statement).all()
    assert [task for task, _id in asked] == [SUGGEST_TASK] * 3 + [RENEW_TASK]
    assert night.renewals()[0][0] == asked[2][1], "it waits for all three"
    assert RENEW_TASK in make_jobs(market).tasks
