"""Is the process alive, is the market ready, and what a monitor may count."""

from flask import Blueprint, Response, g
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from market.kit.db import SYSTEM, act_as
from market.kit.edge import work
from market.kit.heartbeat import heartbeats

bp = Blueprint("health", __name__)

JOBS = text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
WAITING_EVENTS = text(
    "SELECT count(*), coalesce(extract(epoch FROM :now - min(occurred_at)), 0) "
    "FROM outbox_events WHERE handled_at IS NULL"
)


@bp.get("/livez")
def livez() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz() -> Response:
    """200 when the database and its tables answer, 503 otherwise."""
    try:
        g.work.session.execute(text("SELECT 1 FROM organisations LIMIT 1"))
    except (SQLAlchemyError, AttributeError):
        return Response("the database or its tables do not answer\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@bp.get("/metrics")
def metrics() -> Response:
    """Counts of jobs and events and the age of sweeps, read when asked, so that every web process says the same."""
    session = work().session
    act_as(session, SYSTEM)
    registry = CollectorRegistry()
    jobs = Gauge("weft_jobs", "Jobs of the worker by status", ["status"], registry=registry)
    for status, count in session.execute(JOBS):
        jobs.labels(status).set(count)
    waiting, oldest = session.execute(WAITING_EVENTS, {"now": work().now}).one()
    Gauge("weft_events_waiting", "Events not yet handled", registry=registry).set(waiting)
    Gauge("weft_oldest_event_seconds", "Age of the oldest event not yet handled", registry=registry).set(oldest)
    sweeps = Gauge("weft_sweep_age_seconds", "Time since each sweep last ran to its end", ["sweep"], registry=registry)
    for seen in heartbeats(session, work().now):
        sweeps.labels(seen.name).set((work().now - seen.last_ran_at).total_seconds())
    return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)
