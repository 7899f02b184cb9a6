"""What can be done to a factory. Verbs never commit; the edge does."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from market.factories.declaration import TERM_FIELDS, FactoryDraft, check_profile
from market.factories.events import FactoryChanged
from market.factories.models import FACTORY_TRANSITIONS, Factory, FactoryState, FactoryVersion
from market.factories.queries import FactoryProfile, profile
from market.identity.queries import organisation
from market.kit import history, notices
from market.kit.errors import Conflict, FieldFault, Invalid, NotFound, invalid_field
from market.kit.outbox import publish
from market.kit.work import Work
from market.verticals.live import live_vocabulary
from matching.verticals.pack import Vocabulary

LONGEST_FULL_DAYS: Final = 180
WITH_ORGANISATION: Final = {"with": "organisation"}
"""Kept with a pause that came from the organisation's: it ends with that."""

DRAFT_FIELDS: Final = frozenset(part.name for part in fields(FactoryDraft))


class UnusableProfile(Invalid):
    code = "unusable_profile"


class StaleProfile(Conflict):
    """Somebody changed the profile after this person had read it."""

    code = "stale_profile"


class AlreadyRegistered(Conflict):
    code = "already_registered"


def register_factory(
    work: Work,
    draft: FactoryDraft,
    *,
    vocabulary: Vocabulary | None = None,
    joined_on: date | None = None,
    synthetic: bool = False,
) -> FactoryProfile:
    """Open the profile of the acting organisation, which takes leads from now on.

    vocabulary None: the packs in use. Raises UnusableProfile with every fault, AlreadyRegistered.
    """
    _refuse_faults(work, draft, vocabulary)
    factory_id = work.organisation_id
    if profile(work.session, factory_id) is not None:
        raise AlreadyRegistered("This organisation has a factory profile already.")
    row = Factory(
        organisation_id=factory_id,
        id=factory_id,
        joined_on=joined_on or work.today,
        synthetic=synthetic,
        state=FactoryState.OPEN,
        version=1,
        updated_at=work.now,
        **draft.as_row(),
    )
    work.session.add(row)
    work.session.flush()
    _keep_version(work, row)
    history.record(work, row, what="registered", to_state=FactoryState.OPEN)
    _tell(work, row)
    return _frozen(work, factory_id)


def change_profile(
    work: Work, changes: Mapping[str, Any], seen_version: int, *, vocabulary: Vocabulary | None = None
) -> FactoryProfile:
    """Change fields of FactoryDraft and keep the result as the next version.

    Nothing happens when nothing changes. Raises StaleProfile unless seen_version is the newest, UnusableProfile.
    """
    unknown = set(changes) - DRAFT_FIELDS
    if unknown:
        raise UnusableProfile(
            "The profile cannot be taken.",
            tuple(FieldFault(name, "there is no such field", "a field of the profile") for name in sorted(unknown)),
        )
    row = factory_row(work, work.organisation_id)
    before = draft_of(_frozen(work, row.id))
    draft = replace(before, **changes)
    _refuse_faults(work, draft, vocabulary)
    was, becomes = before.as_row(), draft.as_row()
    changed = sorted(name for name in becomes if becomes[name] != was[name])
    if row.version != seen_version:
        raise _stale(row)
    if not changed:
        return _frozen(work, row.id)
    details = {name: {"from": was[name], "to": becomes[name]} for name in changed}
    keep_next_version(
        work, row, seen_version, {name: becomes[name] for name in changed}, what="changed", details=details
    )
    return _frozen(work, row.id)


def draft_of(profile: FactoryProfile) -> FactoryDraft:
    """The declared part of a profile."""
    return FactoryDraft(**{name: getattr(profile, name) for name in DRAFT_FIELDS})


def next_monday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


def say_full(work: Work, until: date | None = None) -> FactoryProfile:
    """No new leads until a day; None means next Monday. Raises Invalid for a day that is past or far off."""
    opens_on = until or next_monday(work.today)
    if not work.today < opens_on <= work.today + timedelta(days=LONGEST_FULL_DAYS):
        raise invalid_field(
            "The factory cannot be full until that day.",
            "until",
            f"{opens_on.isoformat()} is not after today and within {LONGEST_FULL_DAYS} days",
            f"a day from {work.today + timedelta(days=1)} to {work.today + timedelta(days=LONGEST_FULL_DAYS)}",
        )
    row = factory_row(work, work.organisation_id)
    why = f"full until {opens_on.isoformat()}"
    if row.state is FactoryState.FULL:
        history.record(work, row, what="stays full", why=why)
    else:
        history.move(work, row, FactoryState.FULL, FACTORY_TRANSITIONS, why=why)
    row.full_until = opens_on
    return _told(work, row)


def say_open(work: Work) -> FactoryProfile:
    """Take leads again, ahead of time. Does nothing when open; a paused factory is opened by an operator alone."""
    row = factory_row(work, work.organisation_id)
    if row.state is FactoryState.OPEN:
        return _frozen(work, row.id)
    if row.state is FactoryState.PAUSED:
        raise Conflict("This factory is paused by the market and can be opened again only there.")
    return _open(work, row, "the factory opened itself again")


def reopen_due_factories(work: Work) -> int:
    """Open every factory whose full time is over, for the sweep; returns how many."""
    due = work.session.scalars(
        select(Factory)
        .where(Factory.state == FactoryState.FULL, Factory.full_until <= work.today)
        .order_by(Factory.id)
        .with_for_update(skip_locked=True)
    ).all()
    for row in due:
        _open(work, row, "the time it was full is over")
    return len(due)


def pause_factory(work: Work, factory_id: UUID, why: str) -> FactoryProfile:
    """Keep leads from a factory until an operator resumes it; it is told why."""
    row = factory_row(work, factory_id)
    found = _pause(work, row, why, {})
    notify_factory(work, row, "factory_paused", why=why)
    return found


def resume_factory(work: Work, factory_id: UUID, why: str = "") -> FactoryProfile:
    """Let leads reach a paused factory again and tell it. Raises Conflict while its whole organisation is paused,
    since nobody there could answer them."""
    row = factory_row(work, factory_id)
    if organisation(work.session, factory_id).state == "paused":
        raise Conflict("The whole organisation is paused; resume that, and its factory takes leads again.")
    found = _open(work, row, why)
    notify_factory(work, row, "factory_resumed", why=why)
    return found


def pause_with_organisation(work: Work, factory_id: UUID, why: str) -> None:
    """Pause a factory whose organisation was paused. One that an operator paused by itself before stays so after."""
    row = factory_row(work, factory_id)
    if row.state is not FactoryState.PAUSED:
        _pause(work, row, why, WITH_ORGANISATION)


def resume_with_organisation(work: Work, factory_id: UUID, why: str) -> bool:
    """Open a factory that was paused with its organisation; whether it takes leads now."""
    row = factory_row(work, factory_id)
    if was_paused_with_organisation(work, factory_id):
        _open(work, row, why)
    return row.state is not FactoryState.PAUSED


def was_paused_with_organisation(work: Work, factory_id: UUID) -> bool:
    """Whether a factory is paused only because its organisation was."""
    if factory_row(work, factory_id).state is not FactoryState.PAUSED:
        return False
    return _last_pause(work, factory_id).details == WITH_ORGANISATION


def reason_of_pause(work: Work, factory_id: UUID) -> str:
    """Why an operator paused a factory, in the operator's words; empty when it is not paused."""
    paused = factory_row(work, factory_id).state is FactoryState.PAUSED
    return _last_pause(work, factory_id).why if paused else ""


def _refuse_faults(work: Work, draft: FactoryDraft, vocabulary: Vocabulary | None) -> None:
    faults = check_profile(draft, vocabulary or live_vocabulary(work.session))
    if faults:
        raise UnusableProfile("The profile cannot be taken.", faults)


def factory_row(work: Work, factory_id: UUID) -> Factory:
    row = work.session.scalars(select(Factory).where(Factory.organisation_id == factory_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def _frozen(work: Work, factory_id: UUID) -> FactoryProfile:
    found = profile(work.session, factory_id)
    if found is None:
        raise NotFound
    return found


def _last_pause(work: Work, factory_id: UUID) -> history.HistoryLine:
    told = history.history_of(work.session, factory_id, Factory.__tablename__, factory_id)
    return next(line for line in told if line.to_state == FactoryState.PAUSED)


def _pause(work: Work, row: Factory, why: str, details: Mapping[str, str]) -> FactoryProfile:
    history.move(work, row, FactoryState.PAUSED, FACTORY_TRANSITIONS, why=why, details=details)
    row.full_until = None
    return _told(work, row)


def notify_factory(work: Work, row: Factory, kind: str, **told: str) -> None:
    notices.notify(work, row.organisation_id, kind, told, link="/factory/profile")


def _open(work: Work, row: Factory, why: str) -> FactoryProfile:
    history.move(work, row, FactoryState.OPEN, FACTORY_TRANSITIONS, why=why)
    row.full_until = None
    return _told(work, row)


def _told(work: Work, row: Factory) -> FactoryProfile:
    row.updated_at = work.now
    work.session.flush()
    _tell(work, row)
    return _frozen(work, row.id)


def keep_next_version(
    work: Work, row: Factory, seen_version: int, values: Mapping[str, Any], *, what: str, details: Mapping[str, Any]
) -> None:
    changed = work.session.scalars(
        update(Factory)
        .where(Factory.organisation_id == row.organisation_id, Factory.version == seen_version)
        .values(**values, version=Factory.version + 1, updated_at=work.now)
        .returning(Factory.version)
        .execution_options(synchronize_session=False)
    ).first()
    work.session.refresh(row)
    if changed is None:
        raise _stale(row)
    _keep_version(work, row)
    history.record(work, row, what=what, details=details)
    _tell(work, row)


def _stale(row: Factory) -> StaleProfile:
    return StaleProfile(f"The profile was changed meanwhile and is at version {row.version} now; please look again.")


def _keep_version(work: Work, row: Factory) -> None:
    work.session.add(
        FactoryVersion(
            organisation_id=row.organisation_id,
            version=row.version,
            profile={**draft_of(_frozen(work, row.id)).as_row(), "joined_on": row.joined_on.isoformat()},
            valid_from=work.now,
        )
    )
    work.session.flush()


def _tell(work: Work, row: Factory) -> None:
    publish(work, FactoryChanged(row.organisation_id, row.version, row.state.value))


__all__ = [
    "TERM_FIELDS",
    "AlreadyRegistered",
    "FactoryDraft",
    "StaleProfile",
    "UnusableProfile",
    "change_profile",
    "check_profile",
    "draft_of",
    "factory_row",
    "keep_next_version",
    "next_monday",
    "notify_factory",
    "pause_factory",
    "pause_with_organisation",
    "reason_of_pause",
    "register_factory",
    "reopen_due_factories",
    "resume_factory",
    "resume_with_organisation",
    "say_full",
    "say_open",
    "was_paused_with_organisation",
]
