"""What both sides do about an open dispute: say and show, propose, answer, withdraw, call for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from market.disputes.events import DisputeEscalated, DisputeTold
from market.disputes.evidence import keep_statement
from market.disputes.models import (
    PROPOSAL_TRANSITIONS,
    Dispute,
    DisputeProposal,
    DisputeState,
    Outcome,
    ProposalState,
    Side,
)
from market.disputes.rows import (
    ALIVE,
    DECIDE_WITHIN_WORKING_DAYS,
    TALKING,
    DisputeMoved,
    DisputeRefused,
    checked_words,
    conclude,
    lock_dispute,
    move,
    need,
    refund_outcome,
    side_of,
)
from market.disputes.working_days import after_working_days
from market.kit import history
from market.kit.errors import FieldFault, NotFound
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.kit.money import Money
from market.kit.outbox import publish
from market.kit.uploads import UploadedFile
from market.kit.wording import Sentence as _
from market.kit.work import Work

LONGEST_REMAKE: Final = timedelta(days=180)


class TooEarly(DisputeMoved):
    """Both sides still have time to settle between themselves."""

    code = "too_early"


class OwnProposal(DisputeMoved):
    """The other side answers a proposal, not the one that made it."""

    code = "own_proposal"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a dispute may end: `refund` back to the buyer (nothing ends it for the factory), or made again by a day."""

    refund: Money
    remake_by: date | None = None
    words: str = ""


def say(work: Work, dispute_id: UUID, words: str, files: Sequence[UploadedFile] = (), *, key: str = "") -> UUID:
    """A side adds words and files to the evidence; returns the statement. key: the same one twice says it once.

    Raises DisputeRefused, DisputeMoved once it has ended, NotFound."""
    row = lock_dispute(work, dispute_id)
    side = side_of(work, row)
    named = f"dispute said {key}"
    if key:
        told = request_hash(f"{row.id}", words.encode() + b"".join(file.content for file in files))
        earlier = claim_key(work.session, work.organisation_id, named, told, work.now)
        if earlier is not None:
            return UUID(earlier.body["id"])
    need(row, *ALIVE)
    said = keep_statement(work, row, side, words, files)
    if key:
        store_answer(work.session, work.organisation_id, named, 201, {"id": str(said)})
    publish(work, DisputeTold(row.organisation_id, row.id, "said", side.value, {"files": len(files)}))
    return said


def propose(work: Work, dispute_id: UUID, terms: Terms) -> UUID:
    """A side says how it would settle; it takes the place of an open proposal. Raises DisputeRefused with every fault,
    DisputeMoved, NotFound."""
    row = lock_dispute(work, dispute_id)
    side = side_of(work, row)
    need(row, *TALKING)
    check_terms(work, row, terms)
    words = checked_words(terms.words, required=False)
    standing = _open_proposal(work, row)
    if standing is not None:
        _answer(work, standing, ProposalState.REPLACED)
    made = DisputeProposal(
        organisation_id=row.organisation_id,
        id=work.new_id(),
        dispute_id=row.id,
        factory_id=row.factory_id,
        side=side,
        state=ProposalState.OPEN,
        outcome=outcome_of(row, terms),
        refund_minor=terms.refund.minor,
        remake_by=terms.remake_by,
        words=words,
        proposed_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    told = {"outcome": made.outcome.value, "minor": made.refund_minor, "currency": row.currency}
    if made.remake_by is not None:
        told["by_day"] = made.remake_by.isoformat()
    history.record(work, row, what="proposed", details={"by": side.value, **told})
    publish(work, DisputeTold(row.organisation_id, row.id, "proposed", side.value, told))
    return made.id


def accept_proposal(work: Work, dispute_id: UUID, proposal_id: UUID) -> None:
    """The other side takes a proposal: the dispute is over, or the goods are made again. Raises DisputeMoved where the
    proposal is open no longer, OwnProposal, NotFound."""
    row, proposal, _side = _answering(work, dispute_id, proposal_id)
    _answer(work, proposal, ProposalState.ACCEPTED)
    remakes = proposal.outcome is Outcome.REMAKE
    row.remake_by = proposal.remake_by
    # Before delivery a deal that goes on makes the goods again itself, and its own steps look at them.
    to = DisputeState.REMAKING if remakes and not row.halts else DisputeState.AGREED
    conclude(work, row, to, proposal.outcome, proposal.refund_minor, why="both sides agreed")


def decline_proposal(work: Work, dispute_id: UUID, proposal_id: UUID) -> None:
    """The other side does not take a proposal. Raises as `accept_proposal`."""
    row, proposal, side = _answering(work, dispute_id, proposal_id)
    _answer(work, proposal, ProposalState.DECLINED)
    history.record(work, row, what="proposal declined", details={"by": side.value})
    publish(work, DisputeTold(row.organisation_id, row.id, "declined", side.value, {}))


def withdraw(work: Work, dispute_id: UUID) -> None:
    """The side that opened a dispute takes it back. Raises DisputeMoved once it is decided, NotFound for the other."""
    row = lock_dispute(work, dispute_id)
    if side_of(work, row) is not row.opened_by:
        raise NotFound
    need(row, *TALKING)
    conclude(work, row, DisputeState.WITHDRAWN, Outcome.REJECT, 0, why="withdrawn")


def ask_for_decision(work: Work, dispute_id: UUID) -> None:
    """A side wants the market to decide. Raises TooEarly while both have time to settle, DisputeMoved, NotFound."""
    row = lock_dispute(work, dispute_id)
    side = side_of(work, row)
    need(row, DisputeState.OPEN)
    if work.now < row.negotiate_until:
        raise TooEarly(f"Both sides have until {row.negotiate_until.isoformat()} to settle between themselves.")
    escalate(work, row, f"asked by the {side.value}")


def escalate(work: Work, row: Dispute, why: str) -> None:
    """A dispute waits for the market from now on. The caller holds it. Raises IllegalMove."""
    row.escalated_at, row.late_told_at = work.now, None
    row.decide_by = after_working_days(work.now, DECIDE_WITHIN_WORKING_DAYS)
    move(work, row, DisputeState.ESCALATED, why=why, decide_by=row.decide_by.isoformat())
    publish(work, DisputeEscalated(row.organisation_id, row.id))


def check_terms(work: Work, row: Dispute, terms: Terms, latest: timedelta = LONGEST_REMAKE) -> None:
    """Raises DisputeRefused, with every fault, for terms on which a dispute cannot end."""
    faults = []
    amount = Money(row.amount_minor, row.currency)
    if terms.refund.currency != row.currency:
        problem = _("the amount is in %(currency)s", currency=terms.refund.currency)
        faults.append(FieldFault("refund", problem, _("an amount in %(currency)s", currency=row.currency)))
    elif not 0 <= terms.refund.minor <= row.amount_minor:
        problem = _("%(amount)s cannot go back", amount=str(terms.refund.major()))
        accepted = _("at most %(most)s, which is what is disputed", most=str(amount.major()))
        faults.append(FieldFault("refund", problem, accepted))
    if terms.remake_by is not None:
        last = (work.today + latest).isoformat()
        if not work.today < terms.remake_by <= work.today + latest:
            problem = _("%(day)s cannot be the day", day=terms.remake_by.isoformat())
            faults.append(FieldFault("remake_by", problem, _("a day after today, until %(last)s", last=last)))
        if terms.refund.minor:
            problem = _("goods that are made again are not paid back")
            faults.append(FieldFault("refund", problem, _("a refund or a remake")))
    if faults:
        raise DisputeRefused("A dispute cannot end like this.", tuple(faults))


def outcome_of(row: Dispute, terms: Terms) -> Outcome:
    """What these terms are called."""
    return Outcome.REMAKE if terms.remake_by is not None else refund_outcome(row, terms.refund.minor)


def _answering(work: Work, dispute_id: UUID, proposal_id: UUID) -> tuple[Dispute, DisputeProposal, Side]:
    row = lock_dispute(work, dispute_id)
    side = side_of(work, row)
    need(row, *TALKING)
    statement = select(DisputeProposal).where(DisputeProposal.dispute_id == row.id, DisputeProposal.id == proposal_id)
    proposal = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if proposal is None:
        raise NotFound
    if proposal.state is not ProposalState.OPEN:
        raise DisputeMoved(f"This proposal is {proposal.state.value}.")
    if proposal.side is side:
        raise OwnProposal("The other side answers this proposal.")
    return row, proposal, side


def _open_proposal(work: Work, row: Dispute) -> DisputeProposal | None:
    statement = select(DisputeProposal).where(
        DisputeProposal.dispute_id == row.id, DisputeProposal.state == ProposalState.OPEN
    )
    return work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def _answer(work: Work, proposal: DisputeProposal, to: ProposalState) -> None:
    proposal.answered_at = work.now
    history.move(work, proposal, to, PROPOSAL_TRANSITIONS)
