"""Rivals: two who do something about one thing at the same moment, each in a connection of their own.

A duel is a row of a table: what moves, at which moment of a deal's life, who moves it, who else could act just then,
and what becomes of the one that comes second. It is played from the same moment in five ways. One after the other, each
first: that says what may come of it, and what comes of the other ways must be one of the two. Then each holds what it
did until the other waits for it, or is through; and both go step by step, a statement each in turn, which finds locks
that are taken in different orders.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from market.identity.service import MARKET_ID
from market.kit.errors import Conflict
from market.kit.work import Work
from tests.conftest import AS_SYSTEM, MONDAY, USED_TABLES
from tests.market.disputes.bench import broken
from tests.market.production.yard import Run
from tests.market.settlement.books import UNBROKEN
from tests.market.town import Town

DONE, TOLD, IDLE = "done", "told", "idle"
"""What became of somebody's act. idle: a clock or a worker found nothing left to do, and said so by its answer."""

LONGEST: Final = 20.0
MAKES = text(
    "SELECT aggregate || ' ' || CASE WHEN from_state IS NULL THEN what ELSE from_state || '>' || to_state END "
    "FROM history UNION ALL SELECT 'inspections ' || decision FROM inspections WHERE decision IS NOT NULL"
)
PICTURE = (
    "SELECT state, round, pieces, factory_cancels, disputed_from FROM deals",
    "SELECT pieces, allocated, discount_minor, accepted_by, left_at IS NULL, reminders FROM deal_shares",
    "SELECT version, state, nudged_at IS NULL FROM samples",
    "SELECT round, stage FROM stage_reports",
    "SELECT passed, decision FROM inspections",
    "SELECT purpose, state, minor, authorised_at IS NULL, stored_since IS NULL FROM payment_asks",
    "SELECT pieces, delivered_at IS NULL FROM shipments",
    "SELECT purpose, state, held_minor, frozen_minor, released_minor, refunding_minor, refunded_minor FROM dues",
    "SELECT state, minor FROM remittances",
    "SELECT state, drop_asked, refunded_minor FROM payments",
    "SELECT state, minor FROM refunds",
    "SELECT state, outcome, refund_minor, frozen_minor, halts FROM disputes",
    "SELECT side, state, outcome FROM dispute_proposals",
    "SELECT kind, balance_minor FROM ledger_accounts WHERE balance_minor <> 0",
)
STATES = text(
    "SELECT to_state FROM history WHERE to_state IS NOT NULL UNION SELECT decision FROM inspections "
    "WHERE decision IS NOT NULL"
)
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@dataclass(frozen=True)
class Act:
    """Somebody does something. who: shop | other shop | factory | operator | system (a clock, the worker, news of the
    provider). prepare: looks up what it needs before the start; what it gives is done in one unit of work."""

    who: str
    does: str
    prepare: Callable[[Run], Callable[[Work], object]]


@dataclass(frozen=True)
class Duel:
    """makes: the moves that `mover` makes, as "table from>to" or "table what", with commas between. then: what becomes
    of the rival that comes second; turned: of the mover that comes second. why: needed where both are done."""

    makes: str
    moment: str
    mover: Act
    rival: Act
    then: str
    turned: str
    why: str = ""

    @property
    def moves(self) -> set[str]:
        return set(self.makes.split(", ")) if self.makes else set()

    def __str__(self) -> str:
        return f"{self.moment}: {self.mover.does} | {self.rival.does}"


@dataclass(frozen=True)
class Moment:
    """A moment in the life of a deal: what is done after an earlier one; the first begins the life."""

    name: str
    after: str | None
    make: Callable[[Town, Any], Run | None]


@dataclass
class Shelf:
    """Moments that were made once a run of the tests, and are brought back as often as they are wanted."""

    engine: Engine
    emptying: Callable[[], None]
    kept: dict[str, tuple[str, datetime, Run]] = field(default_factory=dict)

    def bring(self, town: Town, moments: dict[str, Moment], name: str) -> Run:
        """Everything is as it was at this moment, the clock too."""
        if name not in self.kept:
            moment = moments[name]
            if moment.after is None:
                self.emptying()
                town.clock.moment = MONDAY
            before = None if moment.after is None else self.bring(town, moments, moment.after)
            run = moment.make(town, before) or before
            assert run is not None
            self._keep(name, town, run)
        schema, now, run = self.kept[name]
        self._fetch(schema)
        town.clock.moment = now
        return replace(run, town=town)

    def _keep(self, name: str, town: Town, run: Run) -> None:
        schema = f"moment_{len(self.kept)}"
        with self.engine.begin() as connection:
            connection.execute(AS_SYSTEM)
            connection.execute(text(f"CREATE SCHEMA {schema}"))
            for table in self._used(connection):
                connection.execute(text(f"CREATE TABLE {schema}.{table} AS SELECT * FROM public.{table}"))
        self.kept[name] = (schema, town.clock.now(), run)

    def _fetch(self, schema: str) -> None:
        """Rows as they were, with no trigger looking: they stood in this database before."""
        with self.engine.begin() as connection:
            connection.execute(AS_SYSTEM)
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            kept = connection.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = :schema"), {"schema": schema}
            ).all()
            emptied = [f"DELETE FROM public.{table}" for table in self._used(connection)]
            as_kept = "OVERRIDING SYSTEM VALUE SELECT * FROM"
            filled = [f"INSERT INTO public.{table} {as_kept} {schema}.{table}" for table in kept]
            connection.exec_driver_sql("; ".join([*emptied, "DELETE FROM public.procrastinate_jobs", *filled]))

    def _used(self, connection: Any) -> list[str]:
        return [name for name in connection.scalars(USED_TABLES) if "procrastinate" not in name]


class Steps:
    """Lets two threads execute their statements in turn; one that waits for a lock is passed by."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.places: dict[int, int] = {}
        self.turn = 0
        self.began: list[float | None] = [None, None]
        self.ended = [False, False]

    def before(self, *_told: Any) -> None:
        me = self.places.get(threading.get_ident())
        if me is None:
            return
        with self.condition:
            until = time.monotonic() + LONGEST
            while not (self.turn == me or self.ended[1 - me] or self._waits(1 - me)) and time.monotonic() < until:
                self.condition.wait(0.002)
            self.began[me] = time.monotonic()

    def after(self, *_told: Any) -> None:
        me = self.places.get(threading.get_ident())
        if me is not None:
            with self.condition:
                self.began[me], self.turn = None, 1 - me
                self.condition.notify_all()

    def end(self, me: int) -> None:
        with self.condition:
            self.ended[me] = True
            self.condition.notify_all()

    def _waits(self, other: int) -> bool:
        began = self.began[other]
        return began is not None and time.monotonic() - began > 0.015


def in_step(engine: Engine, *acts: Callable[[], object]) -> None:
    """Two do what they do in threads of their own, a statement each in turn."""
    steps = Steps()

    def do(place: int) -> None:
        steps.places[threading.get_ident()] = place
        try:
            acts[place]()
        finally:
            steps.end(place)

    listeners = {"before_cursor_execute": steps.before, "after_cursor_execute": steps.after}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        threads = [threading.Thread(target=do, args=(place,)) for place in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONGEST)
        assert not any(thread.is_alive() for thread in threads)
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


@dataclass
class Ring:
    """Where duels are fought, over the moments of one table."""

    town: Town
    shelf: Shelf
    moments: dict[str, Moment]
    engine: Engine
    _before: Counter[str] = field(default_factory=Counter)

    def play(self, duel: Duel) -> None:
        """All five ways; raises with the row when one of them does not end as it says."""
        try:
            self._play(duel)
        except Exception as fault:  # whatever it is, the row is named
            fault.add_note(str(duel))
            raise

    def _play(self, duel: Duel) -> None:
        assert duel.why or DONE not in (duel.then, duel.turned), "both are done: the row says why"
        serial: list[tuple[tuple[str, ...], list[Any]]] = []
        for turned, answer in ((False, duel.then), (True, duel.turned)):
            run = self._bring(duel)
            answers = self._after(run, duel, turned=turned, overlaps=False)
            assert answers == ((answer, DONE) if turned else (DONE, answer)), f"turned {turned}: {answers}"
            serial.append((answers, self._look(run, audits=False)))
            made = set(self._moves() - self._before)
            assert turned or duel.moves <= made, f"was not made: {duel.moves - made}; was: {sorted(made)}"
        ways: dict[str, Callable[[Run], tuple[str, str]]] = {
            "the mover ahead": lambda run: self._after(run, duel, turned=False, overlaps=True),
            "the rival ahead": lambda run: self._after(run, duel, turned=True, overlaps=True),
            "in step": lambda run: self._in_step(run, duel.mover, duel.rival),
        }
        for name, way in ways.items():
            run = self._bring(duel)
            answers = way(run)
            picture = self._look(run)
            assert (answers, picture) in serial, f"{name}: {answers}, {[_other(picture, one) for _, one in serial]}"

    def _bring(self, duel: Duel) -> Run:
        run = self.shelf.bring(self.town, self.moments, duel.moment)
        self._before = self._moves()
        return run

    def _after(self, run: Run, duel: Duel, *, turned: bool, overlaps: bool) -> tuple[str, str]:
        """Who leads holds what it did until the other waits for it or is through, or ends before that begins. Returns
        what became of the mover and of the rival."""
        leader, follower = (duel.rival, duel.mover) if turned else (duel.mover, duel.rival)
        lead, follow = leader.prepare(run), follower.prepare(run)
        answers = ["", ""]
        thread = threading.Thread(target=self._do, args=(run, follower, follow, answers, 1))
        with self._unit(run, leader) as work:
            answers[0] = DONE if is_work_done(lead(work)) else IDLE
            if overlaps:
                thread.start()
                self._wait_for(thread)
        if not overlaps:
            thread.start()
        thread.join(LONGEST)
        assert not thread.is_alive()
        return (answers[1], answers[0]) if turned else (answers[0], answers[1])

    def _in_step(self, run: Run, *acts: Act) -> tuple[str, str]:
        answers = ["", ""]
        prepared = [act.prepare(run) for act in acts]
        in_step(
            self.engine,
            lambda: self._do(run, acts[0], prepared[0], answers, 0),
            lambda: self._do(run, acts[1], prepared[1], answers, 1),
        )
        return answers[0], answers[1]

    def _do(self, run: Run, act: Act, verb: Callable[[Work], object], answers: list[str], place: int) -> None:
        """Whatever is no Conflict with words that name what was found is kept as it is, and fails the row."""
        try:
            with self._unit(run, act) as work:
                answer = verb(work)
            answers[place] = DONE if is_work_done(answer) else IDLE
        except Conflict as told:
            answers[place] = TOLD if self._names_what_was_found(told) else f"told only: {told.message}"
        except Exception as fault:  # it is an answer that no row allows
            answers[place] = f"{type(fault).__name__}: {fault}"

    def _names_what_was_found(self, told: Conflict) -> bool:
        with self.town.work("system") as work:
            states = set(work.session.scalars(STATES))
        return any(state in told.message for state in {*states, "already", "failed"})

    @contextmanager
    def _unit(self, run: Run, act: Act) -> Iterator[Work]:
        with self.town.work(*self._actor(run, act.who)) as work:
            yield work

    def _actor(self, run: Run, who: str) -> tuple[str, UUID | None]:
        return {
            "shop": ("seller", run.shops[0]),
            "other shop": ("seller", run.shops[-1]),
            "factory": ("factory", run.factory),
            "operator": ("operator", MARKET_ID),
            "system": ("system", None),
        }[who]

    def _wait_for(self, thread: threading.Thread) -> None:
        """Until the thread waits for a lock, or is through."""
        with self.shelf.engine.connect() as connection:
            until = time.monotonic() + LONGEST
            while thread.is_alive() and not connection.scalar(WAITING):
                assert time.monotonic() < until
                thread.join(0.003)

    def _look(self, run: Run, *, audits: bool = True) -> list[Any]:
        """The worker does what there is to do; then every promise holds. Returns what stands everywhere."""
        self.town.deliver()
        assert not audits or not broken(self.town)
        with self.town.work("system") as work:
            for promise, statement in UNBROKEN.items():
                assert work.session.scalar(text(statement)) == 0, promise
            return [sorted(map(str, work.session.execute(text(statement)))) for statement in PICTURE]

    def _moves(self) -> Counter[str]:
        with self.town.work("system") as work:
            return Counter(work.session.scalars(MAKES))


def _other(found: list[Any], expected: list[Any]) -> list[Any]:
    """What differs of two pictures."""
    return [(one, other) for one, other in zip(found, expected, strict=True) if one != other]


def is_work_done(answer: object) -> bool:
    """Whether a verb's answer says that it did something; a sweep says how many, a handler may say False."""
    return answer is None or bool(answer)


def moves(table: str, transitions: Any) -> set[str]:
    """Every move that a transition table allows, as duels name them."""
    return {f"{table} {before.value}>{to.value}" for before, after in transitions.items() for to in after}


def moments_of(duels: list[Duel]) -> list[Any]:
    """A test for each moment of a table."""
    return [pytest.param(name, id=name.replace(" ", "-")) for name in dict.fromkeys(duel.moment for duel in duels)]
