"""The jobs that the verbs and the inbox enqueue are jobs of the worker, and do what was asked."""

from dataclasses import replace
from typing import Any

from sqlalchemy import text

from market.kit.outbox import OUTSIDE
from market.payments.calls import try_calls_again
from market.payments.inbox import try_news_again
from market.payments.models import PaymentState
from market.payments.silence import look_at_the_silent
from market.wiring import SWEEPS, Market
from market.worker import QUEUES, make_jobs
from tests.market.payments.ground import Till


def test_a_worker_makes_the_calls_and_handles_the_news(till: Till, market_of_site: Market) -> None:
    market = replace(market_of_site, gateway=till.provider.gateway, clock=till.clock)
    row = till.asked()
    run_waiting(till, market)
    opened = till.payment(row)
    assert opened.state is PaymentState.OPEN
    till.provider.fill_form(opened.page, card="4242424242424242")
    for news in till.fetch_news():
        till.receive(news)
    run_waiting(till, market)
    assert till.payment(row).state is PaymentState.TAKEN


def run_waiting(till: Till, market: Market) -> None:
    """Run every waiting job of the queue for other people's servers as the worker would."""
    tasks: dict[str, Any] = dict(make_jobs(market).tasks)
    with till.unit() as work:
        waiting = text("DELETE FROM procrastinate_jobs WHERE queue_name = :queue RETURNING task_name, args")
        jobs = work.session.execute(waiting, {"queue": OUTSIDE}).all()
    assert jobs
    for name, arguments in jobs:
        tasks[name].func(**arguments)


def test_the_worker_holds_the_queue_and_the_sweeps() -> None:
    assert OUTSIDE in QUEUES
    assert {try_calls_again, try_news_again, look_at_the_silent} <= set(SWEEPS)
