"""Scoring a posted request, and what an operator decides about a case. Nothing here punishes by itself."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from market.identity.service import pause_organisation
from market.kit import history
from market.kit.errors import NotFound, invalid_field
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.moderation.facts import facts_of
from market.moderation.models import CASE_TRANSITIONS, CaseState, ModerationCase, TextPrint
from market.moderation.signals import ENOUGH, SHORTEST_TEXT, Signal, normalised, signals_of
from market.orders.queries import OrderRow, order_row
from market.orders.service import ask_clarification, reject_order

NOT_LOOKED_AT: Final = frozenset({"demo", "simulated", "reorder"})
"""Sources of requests that the market made itself, or that repeat a deal that was done."""

LONGEST_REASON: Final = 500


def score_order(work: Work, organisation_id: UUID, order_id: UUID) -> UUID | None:
    """Look at a posted request and put it before an operator when enough speaks for it; returns its case, None when
    nobody needs to look. Said again it changes nothing. Signals that were called fine for it do not count again."""
    row = order_row(work.session, organisation_id, order_id)
    if row.source in NOT_LOOKED_AT or not row.is_open:
        return None
    found = signals_of(facts_of(work, row, _keep_print(work, row)))
    case = _case_of_order(work, row)
    counted = [signal for signal in found if case is None or signal.name not in case.cleared]
    if sum(signal.weight for signal in counted) < ENOUGH:
        return None
    if case is None:
        return _open(work, row, counted)
    new = {signal.name for signal in counted} - {str(signal["name"]) for signal in case.signals}
    if case.state is CaseState.WAITING or not new:
        return case.id
    case.signals, case.weight = [signal.as_json() for signal in counted], sum(signal.weight for signal in counted)
    case.raised_at, case.decided_at, case.decision, case.why = work.now, None, "", ""
    history.move(work, case, CaseState.WAITING, CASE_TRANSITIONS, why="signals", details={"signals": sorted(new)})
    return case.id


def dismiss(work: Work, case_id: UUID, why: str) -> None:
    """The request is fine: it leaves the queue, and the same signals do not bring it back."""
    case = _locked(work, case_id)
    case.cleared = sorted({*case.cleared, *(str(signal["name"]) for signal in case.signals)})
    _decide(work, case, CaseState.DISMISSED, "dismiss", _reason(why))


def ask(work: Work, case_id: UUID, why: str) -> None:
    """Ask the shop; its request waits until it answers."""
    case, question = _locked(work, case_id), _reason(why)
    _decide(work, case, CaseState.DECIDED, "ask", question)
    ask_clarification(work, case.organisation_id, case.order_id, question)


def reject(work: Work, case_id: UUID, why: str) -> None:
    """Take the request off the market; the shop reads why."""
    case, reason = _locked(work, case_id), _reason(why)
    _decide(work, case, CaseState.DECIDED, "reject", reason)
    reject_order(work, case.organisation_id, case.order_id, reason)


def pause(work: Work, case_id: UUID, why: str) -> None:
    """Pause the shop: all that it has before factories is taken back, and its other cases are decided with it."""
    case, reason = _locked(work, case_id), _reason(why)
    _decide(work, case, CaseState.DECIDED, "pause", reason)
    statement = select(ModerationCase).where(
        ModerationCase.organisation_id == case.organisation_id, ModerationCase.state == CaseState.WAITING
    )
    for other in work.session.scalars(statement.order_by(ModerationCase.id).with_for_update()).all():
        _decide(work, other, CaseState.DECIDED, "pause", reason)
    pause_organisation(work, case.organisation_id, reason)


VERBS: Final[Mapping[str, Callable[[Work, UUID, str], None]]] = {
    "dismiss": dismiss,
    "ask": ask,
    "reject": reject,
    "pause": pause,
}


def _open(work: Work, row: OrderRow, counted: list[Signal]) -> UUID:
    case = ModerationCase(
        organisation_id=row.organisation_id,
        id=work.new_id(),
        order_id=row.id,
        state=CaseState.WAITING,
        signals=[signal.as_json() for signal in counted],
        weight=sum(signal.weight for signal in counted),
        cleared=[],
        decision="",
        why="",
        raised_at=work.now,
    )
    work.session.add(case)
    work.session.flush()
    names = [signal.name for signal in counted]
    history.record(work, case, what="raised", to_state=CaseState.WAITING, details={"signals": names})
    return case.id


def _decide(work: Work, case: ModerationCase, to: CaseState, decision: str, why: str) -> None:
    """Raises IllegalMove when somebody decided before."""
    case.decision, case.why, case.decided_at = decision, why, work.now
    history.move(work, case, to, CASE_TRANSITIONS, why=why, details={"decision": decision})


def _locked(work: Work, case_id: UUID) -> ModerationCase:
    statement = select(ModerationCase).where(ModerationCase.id == case_id).with_for_update()
    case = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if case is None:
        raise NotFound
    return case


def _case_of_order(work: Work, row: OrderRow) -> ModerationCase | None:
    statement = select(ModerationCase).where(
        ModerationCase.organisation_id == row.organisation_id, ModerationCase.order_id == row.id
    )
    return work.session.scalars(statement.with_for_update()).one_or_none()


def _keep_print(work: Work, row: OrderRow) -> str | None:
    """Remember what was written, so that a copy by another shop is known; None for too few words to tell."""
    plain = normalised(f"{row.words} {row.description}")
    if len(plain) < SHORTEST_TEXT:
        return None
    digest = hashlib.sha256(plain.encode()).hexdigest()
    values = {"organisation_id": row.organisation_id, "id": row.id, "digest": digest, "posted_at": work.now}
    statement = insert(TextPrint).values(**values)
    work.session.execute(
        statement.on_conflict_do_update(index_elements=["organisation_id", "id"], set_={"digest": digest})
    )
    return digest


def _reason(text: str) -> str:
    reason = text.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        problem = _("is empty") if not reason else _("is %(count)s characters long", count=len(reason))
        raise invalid_field("A reason is needed.", "why", problem, _("1 to %(most)s characters", most=LONGEST_REASON))
    return reason
