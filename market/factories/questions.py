"""Ask instead of guess: one capability at a time, at most three a week, and never the same twice.

A yes is declared and confirmed from then on, a no is firmly denied and listed no longer; either makes the next version
of the profile. "Not sure" changes nothing and is not asked again.
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
from market.factories.queries import FactoryProfile, profile
from market.factories.service import change_profile, draft_of
from market.kit.errors import Conflict, Invalid, NotFound, invalid_field
from market.kit.outbox import publish
from market.kit.work import Work
from matching.verticals.pack import Vocabulary

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
    listed: bool
    asked_at: datetime


def open_question(session: Session, factory_id: UUID) -> OpenQuestion | None:
    """What the factory is asked now; None when nothing waits, or when its profile says it meanwhile."""
    row, found = _open_row(session, factory_id), profile(session, factory_id)
    if row is None or found is None or _is_settled(draft_of(found), row):
        return None
    return OpenQuestion(row.id, row.kind, row.term, row.wanted, row.demand, row.listed, row.asked_at)


def may_ask(work: Work, factory_id: UUID) -> bool:
    """Whether the factory may be asked now: nothing waits, and it was asked fewer than MOST_A_WEEK in seven days.

    A question that the profile has answered meanwhile is closed.
    """
    row, found = _open_row(work.session, factory_id), profile(work.session, factory_id)
    if found is None:
        return False
    if row is not None and _is_settled(draft_of(found), row):
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


def may_be_asked(vocabulary: Vocabulary, profile: FactoryProfile, kind: str, term: str) -> bool:
    """Whether a factory may be asked about this: its answer is not plain from its profile, and a no leaves that whole.

    Of what it lists only materials and special processes are a question. It is found by its goods, their usual
    processes go with them, and a certificate is shown by its file.
    """
    if not _lists(draft_of(profile), kind, term):
        return True
    usual = {process for category in profile.categories for process in vocabulary.implied_processes(category)}
    return kind == "material" or (kind == "process" and bool(profile.categories) and term not in usual)


def ask_question(work: Work, factory_id: UUID, kind: str, term: str, *, wanted: int, demand: int) -> UUID:
    """Put a question before a factory. The keys of the table hold that it is the only open one, and was never asked."""
    found = profile(work.session, factory_id)
    row = FactoryQuestion(
        organisation_id=factory_id,
        id=work.new_id(),
        kind=kind,
        term=term,
        wanted=wanted,
        demand=demand,
        listed=found is not None and _lists(draft_of(found), kind, term),
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


def _lists(draft: FactoryDraft, kind: str, term: str) -> bool:
    return term in getattr(draft, FIELD_OF_KIND[kind])


def _is_settled(draft: FactoryDraft, row: FactoryQuestion) -> bool:
    """Whether a profile says it without the answer: it denies or confirms it, or lists what it did not list before."""
    name = f"{row.kind}:{row.term}"
    return name in draft.denied or name in draft.confirmed or (_lists(draft, row.kind, row.term) and not row.listed)


def _take_over(work: Work, row: FactoryQuestion, answer: Answer) -> None:
    found = profile(work.session, row.organisation_id)
    if found is None or answer is Answer.UNSURE:
        return
    draft, field, name = draft_of(found), FIELD_OF_KIND[row.kind], f"{row.kind}:{row.term}"
    listed: tuple[str, ...] = getattr(draft, field)
    if answer is Answer.YES:
        changes = {field: (*listed, row.term), "confirmed": (*draft.confirmed, name)}
    else:
        changes = {field: tuple(term for term in listed if term != row.term), "denied": (*draft.denied, name)}
    change_profile(work, changes, found.version)


def _open_row(session: Session, factory_id: UUID) -> FactoryQuestion | None:
    statement = select(FactoryQuestion).where(
        FactoryQuestion.organisation_id == factory_id, FactoryQuestion.answer.is_(None)
    )
    return session.scalars(statement).one_or_none()


def _no_answer(answer: str) -> Invalid:
    accepted = ", ".join(known.value for known in ANSWERS)
    return invalid_field("This is no answer.", "answer", f"{answer[:40]!r} is unknown", accepted)
