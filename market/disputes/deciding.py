"""The market's decision: every line that it would write in the ledger is shown before, and what was shown is done."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from market.disputes.models import Dispute, DisputeState, Outcome
from market.disputes.rows import (
    DisputeMoved,
    DisputeRefused,
    checked_words,
    conclude,
    lock_dispute,
    need,
    refund_outcome,
)
from market.disputes.settling import as_far_as_paid, move_money
from market.disputes.talking import Terms, check_terms
from market.kit.errors import Conflict, FieldFault, Forbidden
from market.kit.money import Money
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.settlement.gateway_flows import send_back
from market.settlement.ledger import Posted
from market.settlement.statements import lines_of_share

CHOICES: Final = tuple(outcome.value for outcome in Outcome)


@dataclass(frozen=True, slots=True)
class Decision:
    """What an operator decides. refund: for part_refund alone; remake_by: for remake alone; why: both sides read it."""

    outcome: str
    why: str
    refund: Money | None = None
    remake_by: date | None = None


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """What one account gets (above zero) or gives (below). movement: of which kind; account: of which."""

    movement: str
    account: str
    money: Money


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would do. back: to the buyer. ends_deal: the halted deal ends with it. hash: of all of it."""

    lines: tuple[PreviewLine, ...]
    back: Money
    kept_frozen: Money
    ends_deal: bool
    hash: str


class PreviewChanged(Conflict):
    """The ledger moved since the decision was looked at: it is to be looked at again; nothing was done."""

    code = "preview_changed"

    def __init__(self, preview: Preview) -> None:
        super().__init__("The money moved since this decision was looked at; look at it again.")
        self.preview = preview


def preview_decision(work: Work, dispute_id: UUID, decision: Decision) -> Preview:
    """What a decision would write in the ledger now, line by line, without doing it.

    Raises DisputeRefused with every fault, TooMuch, DisputeMoved, NotFound, Forbidden for who is no operator.
    """
    row = _escalated(work, dispute_id)
    refund_minor = _checked(work, row, decision)
    kept = work.session.begin_nested()
    try:
        preview, _posted = _carry_out(work, row, decision, refund_minor)
    finally:
        kept.rollback()
        work.session.expire_all()
    return preview


def decide(work: Work, dispute_id: UUID, decision: Decision, seen: str) -> Preview:
    """Decide a dispute as it was shown. seen: the hash of the preview.

    Raises as `preview_decision`, and PreviewChanged, with what would happen now, when that is not what was seen. Of two
    operators the second raises DisputeMoved.
    """
    row = _escalated(work, dispute_id)
    refund_minor = _checked(work, row, decision)
    kept = work.session.begin_nested()
    preview, posted = _carry_out(work, row, decision, refund_minor)
    if preview.hash != seen:
        kept.rollback()
        work.session.expire_all()
        raise PreviewChanged(preview)
    kept.commit()
    send_back(work, posted)
    row.why, row.preview_hash, row.remake_by = checked_words(decision.why, "why"), seen, decision.remake_by
    outcome = Outcome(decision.outcome)
    if outcome is Outcome.REMAKE and not row.halts:
        conclude(work, row, DisputeState.REMAKING, outcome, 0, why=row.why)
    else:
        outcome = outcome if outcome is Outcome.REMAKE else refund_outcome(row, refund_minor)
        conclude(work, row, DisputeState.DECIDED, outcome, refund_minor, why=row.why)
    return preview


def decide_by_clock(work: Work, row: Dispute, why: str) -> None:
    """Goods that were to be made again are not there on their day: all that is disputed goes back. The caller holds the
    dispute, in the system's scope."""
    back = as_far_as_paid(work, row, row.amount_minor)
    send_back(work, move_money(work, row, back))
    conclude(work, row, DisputeState.DECIDED, refund_outcome(row, back), back, why=why)


def _escalated(work: Work, dispute_id: UUID) -> Dispute:
    if work.actor.role != "operator":
        raise Forbidden("Operators decide disputes.")
    row = lock_dispute(work, dispute_id)
    need(row, DisputeState.ESCALATED)
    if row.frozen_minor is None:
        raise DisputeMoved("The disputed part is being frozen; try again in a moment.")
    return row


def _checked(work: Work, row: Dispute, decision: Decision) -> int:
    """How much goes back, in minor units. Raises DisputeRefused with every fault."""
    whole = Money(row.amount_minor, row.currency)
    faults: list[FieldFault] = []
    if decision.outcome not in CHOICES:
        problem = _("“%(value)s” is not known", value=decision.outcome[:40])
        raise DisputeRefused(
            "This cannot be decided.",
            (FieldFault("outcome", problem, _("one of %(choices)s", choices=", ".join(CHOICES))),),
        )
    outcome = Outcome(decision.outcome)
    refund = {Outcome.REFUND: whole, Outcome.PART_REFUND: decision.refund}.get(outcome, Money(0, row.currency))
    if refund is None or (outcome is Outcome.PART_REFUND and not refund.minor):
        faults.append(FieldFault("refund", _("is empty"), _("an amount in %(currency)s", currency=row.currency)))
    if outcome is Outcome.REMAKE and decision.remake_by is None:
        faults.append(FieldFault("remake_by", _("is empty"), _("a day after today")))
    remake_by = decision.remake_by if outcome is Outcome.REMAKE else None
    checks = (
        lambda: check_terms(work, row, Terms(refund or whole, remake_by)),
        lambda: checked_words(decision.why, "why"),
    )
    for check in checks:
        try:
            check()
        except DisputeRefused as refusal:
            faults.extend(refusal.faults)
    if faults or refund is None:
        raise DisputeRefused("This cannot be decided.", tuple(faults))
    return refund.minor


def _carry_out(work: Work, row: Dispute, decision: Decision, refund_minor: int) -> tuple[Preview, list[Posted]]:
    """Move the money of a decision, and read what was written."""
    remakes = decision.outcome == Outcome.REMAKE.value
    before = {line.transaction_id for line in lines_of_share(work.session, row.share_id)}
    posted: list[Posted] = []
    if not (remakes and not row.halts):
        posted = move_money(work, row, refund_minor)
    found = [line for line in lines_of_share(work.session, row.share_id) if line.transaction_id not in before]
    lines = tuple(
        PreviewLine(line.kind.value, line.account.value, line.money)
        for line in sorted(found, key=lambda line: (line.transaction_id, line.account.value))
    )
    kept = row.frozen_minor or 0 if remakes and not row.halts else 0
    ends = row.halts and refund_minor == row.amount_minor
    told = _fingerprint(row, decision, refund_minor, lines)
    return Preview(lines, Money(refund_minor, row.currency), Money(kept, row.currency), ends, told), posted


def _fingerprint(row: Dispute, decision: Decision, refund_minor: int, lines: tuple[PreviewLine, ...]) -> str:
    day = decision.remake_by.isoformat() if decision.remake_by else ""
    told = sorted([line.movement, line.account, line.money.minor, line.money.currency] for line in lines)
    content = [str(row.id), decision.outcome, refund_minor, day, told]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
