"""Ask instead of guess: one capability at a time, at most three a week, and never the same twice.

A yes is declared from then on, a no is firmly denied; either makes the next version of the profile. "Not sure" changes
nothing and is not asked again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from market.factories.declaration import FIELD_OF_KIND, FactoryDraft
from market.factories.events import QuestionAnswered
from market.factories.models import Answer, FactoryQuestion
from market.factories.queries import profile
from market.factories.service import change_profile, draft_of
from market.kit.errors import Conflict, Invalid, NotFound, invalid_field
from market.kit.outbox import publish
from market.kit.work import Work

MOST_A_WEEK: Final = 3
WEEK: Final = timedelta(days=7)
ANSWERS: Final = (Answer.YES, Answer.NO, Answer.UNSURE)


class AlreadyAnswered(Conflict):
    """The question has been answered, in another window or by the profile itself."""

    code = "already_answered"


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """The question that waits for a factory's answer; fields as in models.FactoryQuestion."""

    id: UUID
    kind: str
    term: str
    wanted: int
    demand: int
    asked_at: datetime


def open_question(session: Session, factory_id: UUID) -> OpenQuestion | None:
    """What the factory is asked now; None when nothing waits, or when its profile says it meanwhile."""
    row, found = _open_row(session, factory_id), profile(session, factory_id)
    if row is None or found is None or says(draft_of(found), row.kind, row.term):
        return None
    return OpenQuestion(row.id, row.kind, row.term, row.wanted, row.demand, row.asked_at)


def may_ask(work: Work, factory_id: UUID) -> bool:
    """Whether the factory may be asked now: nothing waits, and it was asked fewer than MOST_A_WEEK in seven days.

    A question that the profile has answered meanwhile is closed.
    """
    row, found = _open_row(work.session, factory_id), profile(work.session, factory_id)
    if found is None:
        return False
    if row is not None and says(draft_of(found), row.kind, row.term):
        row.answer, row.answered_at = Answer.MOOT, work.now
        work.session.flush()
        row = None
    asked = select(func.count()).where(
        FactoryQuestion.organisation_id == factory_id, FactoryQuestion.asked_at > work.now - WEEK
    )
    return row is None and (work.session.scalar(asked) or 0) < MOST_A_WEEK


def asked_terms(session: Session, factory_id: UUID) -> set[tuple[str, str]]:
    """Every (kind, term) that the factory was ever asked about."""
    statement = select(FactoryQuestion.kind, FactoryQuestion.term).where(FactoryQuestion.organisation_id == factory_id)
    return {(kind, term) for kind, term in session.execute(statement)}


def ask_question(work: Work, factory_id: UUID, kind: str, term: str, *, wanted: int, demand: int) -> UUID:
    """Put a question before a factory. The keys of the table hold that it is the only open one, and was never asked."""
    row = FactoryQuestion(
        organisation_id=factory_id,
        id=work.new_id(),
        kind=kind,
        term=term,
        wanted=wanted,
        demand=demand,
        asked_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row.id


def answer_question(work: Work, question_id: UUID, answer: str) -> Answer:
    """Take the acting factory's answer, and make it part of its profile. Said twice it changes nothing more.

    Raises Invalid for an answer that is none, AlreadyAnswered for another one than before, NotFound.
    """
    chosen = next((known for known in ANSWERS if known.value == answer), None)
    if chosen is None:
        raise _no_answer(answer)
    statement = select(FactoryQuestion).where(
        FactoryQuestion.organisation_id == work.organisation_id, FactoryQuestion.id == question_id
    )
    row = work.session.scalars(statement.with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    if row.answer is not None:
        if row.answer is not chosen:
            raise AlreadyAnswered(f"This question was answered before: {row.answer.value}.")
        return chosen
    row.answer, row.answered_at = chosen, work.now
    work.session.flush()
    _take_over(work, row, chosen)
    publish(work, QuestionAnswered(row.organisation_id, chosen.value))
    return chosen


def says(draft: FactoryDraft, kind: str, term: str) -> bool:
    """Whether a profile lists or denies a term."""
    return term in getattr(draft, FIELD_OF_KIND[kind]) or f"{kind}:{term}" in draft.denied


def _take_over(work: Work, row: FactoryQuestion, answer: Answer) -> None:
    found = profile(work.session, row.organisation_id)
    if found is None or answer is Answer.UNSURE:
        return
    draft = draft_of(found)
    if answer is Answer.YES:
        name = FIELD_OF_KIND[row.kind]
        change_profile(work, {name: (*getattr(draft, name), row.term)}, found.version)
    else:
        change_profile(work, {"denied": (*draft.denied, f"{row.kind}:{row.term}")}, found.version)


def _open_row(session: Session, factory_id: UUID) -> FactoryQuestion | None:
    statement = select(FactoryQuestion).where(
        FactoryQuestion.organisation_id == factory_id, FactoryQuestion.answer.is_(None)
    )
    return session.scalars(statement).one_or_none()


def _no_answer(answer: str) -> Invalid:
    accepted = ", ".join(known.value for known in ANSWERS)
    return invalid_field("This is no answer.", "answer", f"{answer[:40]!r} is unknown", accepted)
