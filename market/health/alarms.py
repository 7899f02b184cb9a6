"""What fell silent: seen whenever somebody looks, and told to the operators once, by whichever process sees it first.

A dead worker cannot say that it is dead. So the alarms are computed at reading, from what the workers last left behind,
by web processes (`health_alarms` on the operators' pages) as well as by the sweep of whatever worker still lives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from market.health import queries
from market.health.models import RaisedAlarm
from market.identity.service import MARKET_ID
from market.kit.heartbeat import heartbeats
from market.kit.notices import notify
from market.kit.work import Work

EVENT_WAITS: Final = timedelta(minutes=5)
JOB_WAITS: Final = timedelta(minutes=10)
LINK: Final = "/operator/health"


class Kind(StrEnum):
    NO_WORKER = "no_worker"
    WORKER_SILENT = "worker_silent"
    SWEEP_SILENT = "sweep_silent"
    EVENTS_WAIT = "events_wait"
    QUEUE_WAITS = "queue_waits"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is silent now. since: from when on. names: the sweeps or queues. count: how many workers."""

    kind: Kind
    since: datetime | None
    names: tuple[str, ...] = ()
    count: int = 0


def health_alarms(session: Session, now: datetime) -> list[Alarm]:
    """Everything that is silent at this moment, the gravest first. Changes nothing. Needs the operators' scope."""
    return [*_workers(session), *_sweeps(session, now), *_events(session, now), *_queues(session, now)]


def watch_health(work: Work) -> int:
    """Tell the operators of what fell silent, and of what is well again; each of them once, whoever looks first.
    Returns how many alarms there are. The sweep, and what the operators' pages do when they are read."""
    found = health_alarms(work.session, work.now)
    standing = {alarm.kind.value for alarm in found}
    for alarm in found:
        raised = {
            "organisation_id": MARKET_ID,
            "id": work.new_id(),
            "kind": alarm.kind.value,
            "since": alarm.since,
            "raised_at": work.now,
        }
        statement = insert(RaisedAlarm).values(raised).on_conflict_do_nothing().returning(RaisedAlarm.id)
        if work.session.execute(statement).first() is not None:
            notify(work, MARKET_ID, "health_alarm", {"alarm": alarm.kind.value}, link=LINK)
    cleared = (
        update(RaisedAlarm)
        .where(RaisedAlarm.organisation_id == MARKET_ID, RaisedAlarm.cleared_at.is_(None))
        .where(RaisedAlarm.kind.not_in(standing))
        .values(cleared_at=work.now)
        .returning(RaisedAlarm.kind)
        .execution_options(synchronize_session=False)
    )
    for kind in work.session.scalars(cleared).all():
        notify(work, MARKET_ID, "health_recovered", {"alarm": kind}, link=LINK)
    return len(found)


def past_alarms(session: Session, count: int = 20) -> list[RaisedAlarm]:
    """The alarms that were raised last, the newest first."""
    statement = select(RaisedAlarm).order_by(RaisedAlarm.raised_at.desc(), RaisedAlarm.id.desc()).limit(count)
    return list(session.scalars(statement))


def _workers(session: Session) -> Iterator[Alarm]:
    seen = queries.workers(session)
    if not seen.alive:
        yield Alarm(Kind.NO_WORKER, seen.last_beat)
    elif seen.silent:
        yield Alarm(Kind.WORKER_SILENT, None, count=seen.silent)


def _sweeps(session: Session, now: datetime) -> Iterator[Alarm]:
    silent = [seen for seen in heartbeats(session, now) if seen.silent]
    if silent:
        yield Alarm(Kind.SWEEP_SILENT, min(seen.last_ran_at for seen in silent), tuple(seen.name for seen in silent))


def _events(session: Session, now: datetime) -> Iterator[Alarm]:
    seen = queries.waiting_events(session)
    if seen.oldest is not None and now - seen.oldest > EVENT_WAITS:
        yield Alarm(Kind.EVENTS_WAIT, seen.oldest, count=seen.waiting)


def _queues(session: Session, now: datetime) -> Iterator[Alarm]:
    late = [seen for seen in queries.queues(session) if (seen.oldest_seconds or 0) > JOB_WAITS.total_seconds()]
    if late:
        longest = max(seen.oldest_seconds or 0 for seen in late)
        yield Alarm(Kind.QUEUE_WAITS, now - timedelta(seconds=longest), tuple(seen.name for seen in late))
