"""The page of health: what fell silent is seen by whoever looks, told once, and taken back when it is well again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from market.health.alarms import Kind, health_alarms, watch_health
from market.health.backup import BackupFault, dump_database
from market.health.queries import failed_jobs, last_backup
from market.health.service import forget_faults, note_fault, try_job_again
from market.identity.service import MARKET_ID
from market.kit.databases import DatabaseAccess
from market.kit.errors import Conflict, Invalid
from market.kit.heartbeat import beat
from market.kit.i18n import LANGUAGE_COOKIE
from market.kit.ids import new_id
from market.kit.outbox import defer
from market.kit.postgres import bundled_programs
from tests.market.site import Person, Web
from tests.market.town import Town


@pytest.fixture(autouse=True)
def empty_queue(town: Town) -> Iterator[None]:
    """No job and no worker of an earlier test."""
    run(town, "DELETE FROM procrastinate_jobs", "DELETE FROM procrastinate_workers")
    yield
    run(town, "DELETE FROM procrastinate_jobs", "DELETE FROM procrastinate_workers")


@pytest.fixture
def operator(web: Web) -> Person:
    """One who reads English."""
    person = web.person("operator", "the operator")
    person.client.set_cookie(LANGUAGE_COOKIE, "en")
    return person


def run(town: Town, *statements: str) -> None:
    with town.work("system") as work:
        for statement in statements:
            work.session.execute(text(statement))


def kinds(town: Town) -> list[Kind]:
    with town.work("operator", MARKET_ID) as work:
        return [alarm.kind for alarm in health_alarms(work.session, work.now)]


def live_worker(town: Town, seconds_ago: int = 0) -> None:
    run(
        town,
        f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '{seconds_ago} seconds')",
    )


def fail_job(town: Town, task: str = "suggest") -> int:
    with town.work("system") as work:
        defer(work.session, task, {"organisation_id": "x"}, queue="long")
        statement = "UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = :task RETURNING id"
        job: int = work.session.scalars(text(statement), {"task": task}).one()
        work.session.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = :id"), {"id": job})
        note_fault(work, job, "ValueError: no such shop")
        return job


def test_each_silence_is_an_alarm_and_its_end_is_none(town: Town) -> None:
    assert kinds(town) == [Kind.NO_WORKER], "nobody ever worked"
    live_worker(town)
    assert kinds(town) == []
    live_worker(town, 40)
    assert kinds(town) == [Kind.WORKER_SILENT]
    run(town, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '40 seconds'")
    assert kinds(town) == [Kind.NO_WORKER]
    run(town, "UPDATE procrastinate_workers SET last_heartbeat = now()")
    with town.work("system") as work:
        beat(work.session, MARKET_ID, "expire_due_leads", timedelta(minutes=1), work.now)
    town.clock.advance(timedelta(minutes=5))
    assert kinds(town) == []
    town.clock.advance(timedelta(seconds=1))
    assert kinds(town) == [Kind.SWEEP_SILENT]
    with town.work("system") as work:
        beat(work.session, MARKET_ID, "expire_due_leads", timedelta(minutes=1), work.now)
    event = f"""INSERT INTO outbox_events (organisation_id, id, name, payload, occurred_at)
        VALUES ('{MARKET_ID}', '{new_id()}', 'OrderPosted', '{{}}', '{town.clock.now() - timedelta(minutes=6)}')"""
    run(town, event)
    assert kinds(town) == [Kind.EVENTS_WAIT]
    run(town, "DELETE FROM outbox_events")
    with town.work("system") as work:
        defer(work.session, "suggest", {}, queue="long")
    assert kinds(town) == []
    run(town, "UPDATE procrastinate_events SET at = now() - interval '11 minutes'")
    assert kinds(town) == [Kind.QUEUE_WAITS]
    run(town, "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
    assert kinds(town) == [], "what is planned for later does not wait"


def test_an_alarm_is_told_once_by_whoever_looks_first_and_taken_back_once(town: Town, operator: Person) -> None:
    for _ in range(2):
        assert "No worker is alive" in operator.get("/operator/health").text
    assert "No worker is alive" in operator.get("/operator/health/now").text
    with town.work("system") as work:
        assert watch_health(work) == 1
    assert town.notices(MARKET_ID) == ["health_alarm"]
    live_worker(town)
    page = operator.get("/operator/health").text
    assert "Everything runs." in page and "no worker alive" in page
    assert town.notices(MARKET_ID) == ["health_alarm", "health_recovered"]
    run(town, "DELETE FROM procrastinate_workers")
    operator.get("/operator/health")
    assert town.notices(MARKET_ID) == ["health_alarm", "health_recovered", "health_alarm"]
    assert "No worker is alive" in operator.get("/notices").text


def test_a_failed_job_says_why_and_is_tried_again_once_with_a_reason(town: Town, operator: Person) -> None:
    job = fail_job(town)
    page = operator.get("/operator/health").text
    assert "ValueError: no such shop" in page and "<code>suggest</code>" in page
    address = f"/operator/health/jobs/{job}/again"
    assert operator.post(address, {"why": " "}).status_code == 303
    with town.work("operator", MARKET_ID) as work:
        assert [found.id for found in failed_jobs(work.session)] == [job]
        with pytest.raises(Invalid):
            try_job_again(work, job, "")
    operator.post(address, {"why": "the shop is back"})
    with town.work("operator", MARKET_ID) as work:
        assert failed_jobs(work.session) == []
        with pytest.raises(Conflict):
            try_job_again(work, job, "twice")
    operator.post(address, {"why": "twice"})
    page = operator.get("/operator/health").text
    assert page.count("a job was tried again") == 1 and "the shop is back" in page and "twice" not in page
    run(town, "DELETE FROM procrastinate_jobs")
    with town.work("system") as work:
        assert forget_faults(work) == 1


def test_nobody_else_gets_in(web: Web) -> None:
    for kind in ("seller", "factory"):
        person = web.person(kind, f"a {kind}")
        assert person.get("/operator/health").status_code == 403
        assert person.post("/operator/health/jobs/1/again", {"why": "x"}).status_code == 403
    assert web.visitor().get("/operator/health").status_code == 302


def test_a_backup_is_made_noted_and_shown(
    web: Web, operator: Person, app_of_site: Flask, access: DatabaseAccess, tmp_path: Path, owner_engine: Engine
) -> None:
    assert "No backup is known" in operator.get("/operator/health").text
    runner = app_of_site.test_cli_runner()
    assert runner.invoke(args=["note-backup", " "]).exit_code != 0
    noted = runner.invoke(args=["note-backup", "tape 12 in the safe"])
    assert noted.exit_code == 0, noted.output
    page = operator.get("/operator/health").text
    assert "tape 12 in the safe" in page and "the command line" in page and "No backup is known" not in page
    file = tmp_path / "market.dump"
    with owner_engine.connect() as connection:
        version = str(connection.scalar(text("SHOW server_version")))
    try:
        size = dump_database(access.owner_url, version, file, bundled_programs())
    except BackupFault as fault:
        pytest.skip(str(fault))
    assert size == file.stat().st_size > 10_000 and file.read_bytes()[:5] == b"PGDMP"
    with pytest.raises(BackupFault, match="exists already"):
        dump_database(access.owner_url, version, file)
    with pytest.raises(BackupFault, match="no folder"):
        dump_database(access.owner_url, version, tmp_path / "none" / "x")
    with pytest.raises(BackupFault, match="pg_dump"):
        dump_database(access.owner_url, "99.1", tmp_path / "later.dump")
    with pytest.raises(BackupFault, match="pg_dump ended"):
        dump_database("postgresql://nobody@127.0.0.1:1/none", version, tmp_path / "no.dump", bundled_programs())
    assert [path.name for path in tmp_path.iterdir()] == ["market.dump"]


def test_the_last_backup_of_several_is_told(town: Town) -> None:
    with town.work("operator", MARKET_ID) as work:
        assert last_backup(work.session) is None
