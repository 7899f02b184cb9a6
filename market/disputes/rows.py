"""What every verb of a dispute stands on: its lock, who acts in it, its faults, and telling of it."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from market.disputes.events import DisputeSettled
from market.disputes.models import DISPUTE_TRANSITIONS, Dispute, DisputeState, Outcome, Side
from market.kit import history
from market.kit.errors import Conflict, Invalid, NotFound, invalid_field
from market.kit.outbox import publish
from market.kit.wording import Sentence as _
from market.kit.work import Work

LONGEST_WORDS: Final = 2_000
NEGOTIATE_FOR: Final = timedelta(days=3)
ESCALATES_AFTER: Final = timedelta(days=7)
DECIDE_WITHIN_WORKING_DAYS: Final = 2
ALIVE: Final = (DisputeState.OPEN, DisputeState.ESCALATED, DisputeState.REMAKING)
TALKING: Final = (DisputeState.OPEN, DisputeState.ESCALATED)


class DisputeMoved(Conflict):
    """The dispute is not in the state that this needs; the message names the state that was found."""

    code = "dispute_moved"


class DisputeRefused(Invalid):
    """What was said of a dispute cannot be taken; every fault is named."""

    code = "dispute_refused"


def lock_dispute(work: Work, dispute_id: UUID) -> Dispute:
    """A dispute, held until the transaction ends. Raises NotFound for a missing or foreign one."""
    statement = select(Dispute).where(Dispute.id == dispute_id).with_for_update()
    row = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound
    return row


def side_of(work: Work, row: Dispute) -> Side:
    """On which side the acting organisation stands. Raises NotFound for one that stands on none."""
    if row.organisation_id == work.actor.organisation_id:
        return Side.SHOP
    if row.factory_id == work.actor.organisation_id:
        return Side.FACTORY
    raise NotFound


def need(row: Dispute, *states: DisputeState) -> None:
    """Raises DisputeMoved, naming the state that was found, unless the dispute is in one of these."""
    if row.state not in states:
        needed = " or ".join(state.value for state in states)
        raise DisputeMoved(f"This dispute is {row.state.value}; this can be done while it is {needed}.")


def checked_words(words: str, field: str = "words", *, required: bool = True) -> str:
    """Words without blanks around them. Raises DisputeRefused when they are too long, or none though required."""
    bare = words.strip()
    if len(bare) > LONGEST_WORDS or (required and not bare):
        problem = _("is %(count)s characters long", count=len(bare)) if bare else _("is empty")
        fault = invalid_field("", field, problem, _("1 to %(most)s characters", most=LONGEST_WORDS))
        raise DisputeRefused("This text cannot be taken.", fault.faults)
    return bare


def move(work: Work, row: Dispute, to: DisputeState, *, why: str = "", **details: Any) -> None:
    """Move a dispute, with its history; one that ends keeps when. Raises IllegalMove, changing nothing."""
    history.move(work, row, to, DISPUTE_TRANSITIONS, why=why, details=details)
    if to not in ALIVE:
        row.ended_at = work.now
    work.session.flush()


def conclude(work: Work, row: Dispute, to: DisputeState, outcome: Outcome, refund_minor: int, *, why: str = "") -> None:
    """A dispute ends, or its goods are made again, which the worker carries out. Raises IllegalMove."""
    row.outcome, row.refund_minor = outcome, refund_minor
    move(work, row, to, why=why, outcome=outcome.value, refund_minor=refund_minor)
    publish(work, DisputeSettled(row.organisation_id, row.id))


def refund_outcome(row: Dispute, refund_minor: int) -> Outcome:
    """What a refund of so much is called."""
    if not refund_minor:
        return Outcome.REJECT
    return Outcome.REFUND if refund_minor == row.amount_minor else Outcome.PART_REFUND
