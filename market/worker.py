"""The worker door: runs jobs (`python -m market.worker`). Delivery is at least once, so every job is idempotent.

Jobs: `deliver` hands one event to its handlers, each in a transaction of its own that also notes that it was handled;
the sweeps hold the clocks of the market; by night the ranker learns; `embed_ahead` keeps vectors and changes the
encoder in the background, and `encode_asked` makes those that a web process waits for; `suggest` forecasts what
changed in one shop; `sales_import` checks files of sales and takes them in; `gateway_call` and `gateway_news` speak
with the payment provider; `rescue` puts back jobs whose worker was killed.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from procrastinate import JobContext
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from market.config import SettingFault, Settings
from market.health.service import note_fault
from market.identity.service import MARKET_ID
from market.kit.databases import psycopg_url
from market.kit.db import SYSTEM, act_as
from market.kit.heartbeat import beat
from market.kit.outbox import FILES, LONG_JOBS, OUTSIDE, HandledEvent, Handler, OutboxEvent, defer, read_event
from market.materials.flows import RENEW_TASK, ask_to_renew, renew_behind_suggestions
from market.payments.calls import TASK as CALL_TASK
from market.payments.inbox import TASK as NEWS_TASK
from market.payments.inbox import handle_news
from market.payments.performing import perform_call
from market.ranking.asking import ENCODE_TASK
from market.ranking.embedding import begin_serving, embed_ahead, encode_asked
from market.replenishment.flows import SUGGEST_TASK, defer_suggestions
from market.replenishment.import_work import OUR_FAULT, give_up, work_on_import
from market.replenishment.imports import TASK as IMPORT_TASK
from market.replenishment.suggesting import shops_with_changes, suggest_for_shop
from market.wiring import NIGHTLY, SWEEPS, Market, assemble, forecast_workers

STALLED_SECONDS = 20
IMPORT_TRIES = 3
NIGHT = "10 {hour} * * *"
"""Ten past three in China; the queue counts in UTC."""

QUEUES = {"default": 2, FILES: 1, LONG_JOBS: 2, OUTSIDE: 2}
"""How many jobs of each queue run at once."""
HOW_TO_WORK: Any = {
    "fetch_job_polling_interval": 2.0,
    "listen_notify": True,
    "delete_jobs": "successful",
    "shutdown_graceful_timeout": 3.0,
    "install_signal_handlers": False,
}
UNHANDLED_AFTER = timedelta(seconds=60)
EVERY_MINUTE = timedelta(minutes=1)
Middleware = Callable[[Callable[[], Awaitable[Any]], JobContext, Any], Awaitable[Any]]
log = structlog.get_logger(__name__)


def main() -> int:
    """Work until told to stop. Returns 2 when the settings cannot be used."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        market = assemble(Settings.from_environment(os.environ))
    except SettingFault as fault:
        print(f"The worker cannot run: {fault}", file=sys.stderr, flush=True)
        return 2
    begin_serving(market.unit, market.ranker)
    asyncio.run(work_until_stopped(make_jobs(market), faults_of(market)))
    return 0


async def work_until_stopped(jobs: procrastinate.App, note: "Middleware") -> None:
    """Work off each queue beside the other, so that no order waits behind a forecast, until a signal says stop."""
    async with jobs.open_async(), asyncio.TaskGroup() as group:
        working = [group.create_task(jobs.run_worker_async(
                       queues=[name], concurrency=jobs_at_once, worker_middleware=[note], **HOW_TO_WORK))
                   for name, jobs_at_once in QUEUES.items()]  # fmt: skip
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop_all, working)


def faults_of(market: Market) -> "Middleware":
    """Keeps why a job failed, for the operators' page; the queue itself forgets it."""

    async def noting(call: Callable[[], Awaitable[Any]], context: JobContext, _worker: Any) -> Any:
        try:
            return await call()
        except Exception as fault:  # Whatever it is, the operators read why; the queue sees it too.
            told = f"{type(fault).__name__}: {fault}"
            await asyncio.to_thread(keep_fault, market, int(context.job.id or 0), told)
            raise

    return noting


def keep_fault(market: Market, job_id: int, told: str) -> None:
    """Note the fault of a job in a transaction of its own; where even that fails, the log has it."""
    try:
        with market.unit() as work:
            note_fault(work, job_id, told)
    except SQLAlchemyError as fault:
        log.error("fault_not_kept", job=job_id, exc_info=fault)


def stop_all(working: Sequence["asyncio.Task[None]"]) -> None:
    """Let every queue end its jobs within seconds; what it cannot end, the next worker begins again."""
    for task in working:
        task.cancel()


def make_jobs(market: Market) -> procrastinate.App:
    """The job queue over the market's own database, with every task registered."""
    jobs = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=psycopg_url(market.database_url)))

    @jobs.task(name="deliver", retry=procrastinate.RetryStrategy(max_attempts=8, exponential_wait=2))
    def deliver(organisation_id: str, event_id: str) -> None:
        deliver_event(market, UUID(organisation_id), UUID(event_id))

    @jobs.task(name=ENCODE_TASK)
    def encode(encoder: str, texts: list[str]) -> None:
        encode_asked(market.unit, market.ranker, encoder, texts)

    # One at a time in the whole market: a second one would make the same vectors again.
    @jobs.periodic(cron="* * * * *")
    @jobs.task(name="embed_ahead", lock="embed_ahead")
    def embed(timestamp: int) -> None:  # noqa: ARG001 (the queue passes it)
        embed_ahead(market.unit, market.ranker)

    register_long_jobs(jobs, market)
    register_gateway_jobs(jobs, market)
    for sweep in SWEEPS:
        register_sweep(jobs, market, sweep)
    for task in NIGHTLY:
        register_nightly(jobs, market, task)

    @jobs.periodic(cron="* * * * *")
    @jobs.task(name="deliver_forgotten")
    def deliver_forgotten(timestamp: int) -> None:  # noqa: ARG001 (the queue passes it)
        redeliver(market)

    @jobs.periodic(cron="* * * * * */10")
    @jobs.task(name="rescue", pass_context=True)
    async def rescue(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 (the queue passes it)
        manager = context.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            await manager.retry_job(job)

    return jobs


def register_long_jobs(jobs: procrastinate.App, market: Market) -> None:
    """Whatever reads a whole file or fits models, and the night that asks for it."""

    @jobs.task(
        name=IMPORT_TASK,
        queue=FILES,
        retry=procrastinate.RetryStrategy(max_attempts=IMPORT_TRIES),
        pass_context=True,
    )
    def sales_import(context: JobContext, organisation_id: str, import_id: str) -> None:
        take_sales(market, UUID(organisation_id), UUID(import_id), tries=context.job.attempts)

    @jobs.task(name=SUGGEST_TASK, queue=LONG_JOBS, retry=procrastinate.RetryStrategy(max_attempts=3, wait=10))
    def suggest(organisation_id: str) -> None:
        with forecast_workers(market.settings.forecast_workers) as workers:
            suggest_for_shop(market.unit, workers, UUID(organisation_id))

    @jobs.periodic(cron=NIGHT.format(hour=market.settings.night_hour))
    @jobs.task(name="suggest_by_night", queueing_lock="suggest_by_night")
    def suggest_by_night(timestamp: int) -> None:  # noqa: ARG001 (the queue passes it)
        ask_by_night(market)

    @jobs.task(name=RENEW_TASK, queue=LONG_JOBS)
    def renew(newest: int, until: str) -> None:
        with market.unit() as work:
            log.info(RENEW_TASK, outcome=renew_behind_suggestions(work, newest, datetime.fromisoformat(until)))


def register_gateway_jobs(jobs: procrastinate.App, market: Market) -> None:
    """What waits for the payment provider. A job that fails is enqueued again by its sweep, until it is given up."""

    @jobs.task(name=CALL_TASK, queue=OUTSIDE)
    def gateway_call(organisation_id: str, call_id: str) -> None:
        perform_call(market.unit, market.gateway, UUID(organisation_id), UUID(call_id))

    @jobs.task(name=NEWS_TASK, queue=OUTSIDE)
    def gateway_news(news_id: str) -> None:
        handle_news(market.unit, market.gateway, UUID(news_id))


def take_sales(market: Market, organisation_id: UUID, import_id: UUID, tries: int) -> None:
    """Do what an import of sales waits for. tries: how often that was begun before; a file that no try gets through,
    or that ends the worker itself, is given up, so that its shop does not wait for ever."""
    try:
        if tries <= IMPORT_TRIES:
            work_on_import(market.unit, market.vocabulary, organisation_id, import_id)
            return
    except Exception as fault:  # Whatever it is, the shop hears of it once no further try is left.
        log.error("sales_import_failed", tries=tries, exc_info=fault)
        if tries < IMPORT_TRIES:
            raise
    with market.unit() as work:
        give_up(work, organisation_id, import_id, OUR_FAULT)


def register_sweep(jobs: procrastinate.App, market: Market, sweep: Callable[[Any], Any]) -> None:
    def run(timestamp: int) -> None:  # noqa: ARG001 (the queue passes it)
        with market.sessions() as session:
            sweep(market.system_work(session))
            beat(session, MARKET_ID, sweep.__name__, EVERY_MINUTE, market.clock.now())
            session.commit()

    jobs.periodic(cron="* * * * *")(jobs.task(name=sweep.__name__)(run))


def register_nightly(jobs: procrastinate.App, market: Market, task: Callable[[Any, Any], Any]) -> None:
    def run(timestamp: int) -> None:  # noqa: ARG001 (the queue passes it)
        with market.sessions() as session:
            log.info(task.__name__, outcome=task(market.system_work(session), market.ranker))
            session.commit()

    nightly = jobs.task(name=task.__name__, queue=LONG_JOBS, queueing_lock=task.__name__)(run)
    jobs.periodic(cron=NIGHT.format(hour=market.settings.night_hour))(nightly)


def deliver_event(market: Market, organisation_id: UUID, event_id: UUID) -> None:
    """Hand an event to every handler that has not had it. One handler's failure does not keep it from the others."""
    with market.sessions() as session:
        act_as(session, SYSTEM)
        row = session.get(OutboxEvent, (organisation_id, event_id))
        if row is None or row.handled_at is not None:
            return
        event = read_event(row, {kind.__name__: kind for kind in market.handlers})
    failures = []
    for handler in market.handlers[type(event)]:
        name = handler.__name__
        try:
            handle_once(market, organisation_id, event_id, name, handler, event)
        except Exception as fault:  # The queue must see that this delivery is not complete, after the others ran.
            log.error("handler_failed", handler=name, about=type(event).__name__, exc_info=fault)
            failures.append(fault)
    if failures:
        raise ExceptionGroup(f"{len(failures)} handlers of {type(event).__name__} failed", failures)
    with market.sessions() as session:
        act_as(session, SYSTEM)
        session.get_one(OutboxEvent, (organisation_id, event_id)).handled_at = market.clock.now()
        session.commit()


def handle_once(
    market: Market, organisation_id: UUID, event_id: UUID, name: str, handler: Handler, event: object
) -> None:
    """Run a handler in one transaction with the note that it ran: a second delivery finds the note and does nothing."""
    with market.sessions() as session:
        work = market.system_work(session)
        if claim(session, organisation_id, event_id, name, market):
            handler(work, event)
            session.commit()


def claim(session: Session, organisation_id: UUID, event_id: UUID, name: str, market: Market) -> bool:
    statement = (
        insert(HandledEvent)
        .values(organisation_id=organisation_id, event_id=event_id, handler=name, handled_at=market.clock.now())
        .on_conflict_do_nothing()
        .returning(HandledEvent.handler)
    )
    return session.execute(statement).first() is not None


def ask_by_night(market: Market) -> int:
    """Enqueue a job for every shop with an item that no suggestion knows as it is, and what follows their suggestions;
    returns how many shops."""
    with market.unit() as work:
        shops = shops_with_changes(work.session)
        for organisation_id in shops:
            defer_suggestions(work, organisation_id)
        ask_to_renew(work)
    return len(shops)


def redeliver(market: Market) -> int:
    """Enqueue again every event that nobody handled for a minute: its job failed for good or was lost."""
    with market.sessions() as session:
        act_as(session, SYSTEM)
        late = select(OutboxEvent.organisation_id, OutboxEvent.id).where(
            OutboxEvent.handled_at.is_(None), OutboxEvent.occurred_at < market.clock.now() - UNHANDLED_AFTER
        )
        found = session.execute(late.limit(500)).all()
        for organisation_id, event_id in found:
            defer(session, "deliver", {"organisation_id": str(organisation_id), "event_id": str(event_id)})
        session.commit()
    return len(found)


if __name__ == "__main__":
    raise SystemExit(main())
