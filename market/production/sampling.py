"""The sample: asked when the deal opens, made with photos, then approved or rejected by whoever holds most pieces."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from market.kit import history
from market.kit.errors import NotFound
from market.kit.uploads import UploadedFile
from market.kit.work import Work
from market.production.attachments import keep_files
from market.production.deals import (
    WrongState,
    advance,
    as_buyer,
    checked_text,
    count_or_leave,
    lock_as_factory,
    need,
    pieces_by_choice,
    show,
    speak,
)
from market.production.ending import end_deal
from market.production.models import SAMPLE_TRANSITIONS, Choice, Deal, DealState, Sample, SampleState
from market.production.paying import ask_deposits
from market.production.telling import tell_factory, tell_shops

MOST_VERSIONS: Final = 3


def ask_sample(work: Work, deal: Deal, version: int) -> None:
    """Ask the factory for the next version of the sample."""
    sample = Sample(
        organisation_id=deal.organisation_id,
        id=work.new_id(),
        deal_id=deal.id,
        factory_id=deal.factory_id,
        version=version,
        state=SampleState.ASKED,
        note="",
        asked_at=work.now,
        due_at=work.now + timedelta(days=deal.sample_days),
    )
    work.session.add(sample)
    work.session.flush()
    history.record(work, sample, what="asked", to_state=SampleState.ASKED, details={"version": version})
    tell_factory(work, deal, "sample_asked", version=version, due=sample.due_at.isoformat())


def make_sample(work: Work, deal_id: UUID, files: Sequence[UploadedFile], note: str = "") -> None:
    """The acting factory made the sample that was asked for, shows photos, and sends it on.

    Raises FileRefused without a photo, WrongState, IllegalMove when it is made already, Invalid, NotFound.
    """
    deal = lock_as_factory(work, deal_id)
    need(deal, DealState.SAMPLING)
    sample = latest_sample(work, deal)
    told = checked_text(note, "note")
    history.move(work, sample, SampleState.MADE, SAMPLE_TRANSITIONS)
    sample.note, sample.made_at, sample.nudged_at = told, work.now, None
    keep_files(work, deal, sample.id, files, required=True)
    work.session.flush()
    tell_shops(work, deal, "sample_made", version=sample.version)
    show(work, deal)


def approve_sample(work: Work, deal_id: UUID, sample_id: UUID, comments: str = "") -> None:
    """The acting shop approves a version of the sample, for its pieces; more than half of all approve it for the deal.

    Raises WrongState when the deal or the sample is not waiting for it, AlreadySaid, NotFound.
    """
    _judge(work, deal_id, sample_id, Choice.APPROVE, checked_text(comments, "comments"))


def reject_sample(work: Work, deal_id: UUID, sample_id: UUID, comments: str) -> None:
    """The acting shop rejects a version of the sample, and says what is to be changed.

    Raises Invalid without comments, and what approve_sample raises.
    """
    _judge(work, deal_id, sample_id, Choice.REJECT, checked_text(comments, "comments", required=True))


def count_sample(work: Work, deal: Deal) -> None:
    """Decide the sample that waits, once more than half of the pieces approve it, or no longer can."""
    sample = latest_sample(work, deal)
    if deal.state is not DealState.SAMPLING or sample.state is not SampleState.MADE:
        return
    spoken = pieces_by_choice(work, deal, sample.id)
    if 2 * spoken[Choice.APPROVE] > deal.pieces:
        _close(work, deal, sample, SampleState.APPROVED)
        advance(work, deal, DealState.DEPOSIT_DUE, why="the sample is approved")
        tell_factory(work, deal, "sample_approved", version=sample.version)
        ask_deposits(work, deal)
    elif 2 * spoken[Choice.REJECT] >= deal.pieces:
        _close(work, deal, sample, SampleState.REJECTED)
        if sample.version == MOST_VERSIONS:
            end_deal(work, deal, "third_rejection")
            return
        tell_factory(work, deal, "sample_rejected", version=sample.version)
        ask_sample(work, deal, sample.version + 1)
        show(work, deal)


def latest_sample(work: Work, deal: Deal) -> Sample:
    """The newest version of a deal's sample. Raises NotFound while none is asked for."""
    statement = (
        select(Sample)
        .where(Sample.deal_id == deal.id)
        .order_by(Sample.version.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    sample = work.session.scalars(statement).one_or_none()
    if sample is None:
        raise NotFound
    return sample


def start_clock(work: Work, deal: Deal) -> None:
    """The factory's clock goes on; its due day moves by the days for which it stood still."""
    if deal.clock_stopped_on is None:
        return
    days = max((work.today - deal.clock_stopped_on).days, 0)
    deal.due_on += timedelta(days=days)
    deal.clock_stopped_on = None
    work.session.flush()
    history.record(work, deal, what="clock started", details={"days": days, "due_on": deal.due_on.isoformat()})


def _judge(work: Work, deal_id: UUID, sample_id: UUID, choice: Choice, comments: str) -> None:
    deal, _own = as_buyer(work, deal_id)
    need(deal, DealState.SAMPLING)
    sample = latest_sample(work, deal)
    if sample.id != sample_id:
        raise WrongState(f"This version was decided; version {sample.version} of the sample is {sample.state.value}.")
    if sample.state is not SampleState.MADE:
        raise WrongState(f"Version {sample.version} of the sample is {sample.state.value}; it is decided once made.")
    speak(work, deal, sample.id, choice, comments)
    count_or_leave(work, deal, count_sample)


def _close(work: Work, deal: Deal, sample: Sample, to: SampleState) -> None:
    history.move(work, sample, to, SAMPLE_TRANSITIONS)
    sample.decided_at = work.now
    work.session.flush()
    start_clock(work, deal)
