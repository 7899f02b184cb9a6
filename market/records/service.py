"""What changes a factory's record: it is counted anew, and an operator vouches for it or takes that back."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from market.factories.queries import profile
from market.kit import history, live, notices
from market.kit.errors import Conflict, NotFound, invalid_field
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.records.counting import FactoryCounts, count_factories
from market.records.models import STEP_TRANSITIONS, FactoryRecord
from market.records.steps import Deed, Event, StepName, points, step_at, step_named

LONGEST_REASON: Final = 500
COUNTED_EVERY: Final = timedelta(days=1)
COUNTED_AT_ONCE: Final = 200
STALE = text("""
    SELECT factory.id FROM factories factory
    LEFT JOIN factory_records record ON record.organisation_id = factory.organisation_id
    WHERE record.counted_at IS NULL OR record.counted_at < :before
    ORDER BY record.counted_at NULLS FIRST, factory.id LIMIT :most
""")


def count_records(work: Work, factory_ids: Iterable[UUID], *, tell: bool = True) -> None:
    """Count the records of these factories anew and move those whose step changed, which are told unless `tell` is
    False. Said again it changes nothing. Needs a session of the market."""
    wanted = sorted(set(factory_ids))
    found = count_factories(work.session, wanted)
    for factory_id in wanted:
        _keep(work, _locked(work, factory_id), *found[factory_id], tell=tell)


def count_stale_records(work: Work) -> int:
    """The sweep: count again what was not counted for a day, and what was never counted; returns how many."""
    values = {"before": work.now - COUNTED_EVERY, "most": COUNTED_AT_ONCE}
    stale = list(work.session.scalars(STALE, values))
    count_records(work, stale)
    return len(stale)


def vouch(work: Work, factory_id: UUID, why: str, *, tell: bool = True) -> None:
    """An operator stands for a factory, whose limits rise at once and from then on follow its deeds.

    Raises Invalid without a reason, Conflict when somebody does already, NotFound.
    """
    row = _for_operator(work, factory_id)
    if row.vouched_at is not None:
        raise Conflict("An operator vouches for this factory already.")
    row.vouched_at = work.now
    _note(work, row, "vouched for", why)
    count_records(work, [factory_id], tell=tell)


def stop_vouching(work: Work, factory_id: UUID, why: str) -> None:
    """An operator's word is taken back: only deeds count again. Raises as `vouch`."""
    row = _for_operator(work, factory_id)
    if row.vouched_at is None:
        raise Conflict("Nobody vouches for this factory.")
    row.vouched_at = None
    _note(work, row, "no longer vouched for", why)
    count_records(work, [factory_id])


def _for_operator(work: Work, factory_id: UUID) -> FactoryRecord:
    if profile(work.session, factory_id) is None:
        raise NotFound
    return _locked(work, factory_id)


def _note(work: Work, row: FactoryRecord, what: str, why: str) -> None:
    reason = why.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        problem = _("is empty") if not reason else _("is %(count)s characters long", count=len(reason))
        raise invalid_field("A reason is needed.", "why", problem, _("1 to %(most)s characters", most=LONGEST_REASON))
    work.session.flush()
    history.record(work, row, what=what, why=reason)


def _locked(work: Work, factory_id: UUID) -> FactoryRecord:
    """The row of a factory, made when there is none, held until the end of the transaction."""
    work.session.execute(
        insert(FactoryRecord)
        .values(
            organisation_id=factory_id,
            id=factory_id,
            state=StepName.TRIAL,
            points=0,
            parts={},
            counted_at=work.now,
        )
        .on_conflict_do_nothing()
    )
    statement = select(FactoryRecord).where(FactoryRecord.organisation_id == factory_id).with_for_update()
    return work.session.scalars(statement.execution_options(populate_existing=True)).one()


def _keep(work: Work, row: FactoryRecord, counts: FactoryCounts, events: list[Event], *, tell: bool) -> None:
    if row.vouched_at is not None:
        events = [*events, Event(row.vouched_at, Deed.VOUCHED)]
    row.points, row.parts, row.counted_at = points(events), counts.as_json(), work.now
    work.session.flush()
    before, after = step_named(row.state), step_at(row.points)
    if after is before:
        return
    rose = after.needs > before.needs
    details = {"points": row.points, "deals": counts.deals}
    history.move(work, row, after.name, STEP_TRANSITIONS, why="rose" if rose else "fell", details=details)
    if tell:
        kind = "limits_rose" if rose else "limits_fell"
        notices.notify(work, row.id, kind, {"step": after.name.value}, link="/factory/record")
        live.announce(work.session, row.id, "record", row.id)
