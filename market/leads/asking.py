"""Which capability a factory is asked about next: the one whose answer would win most deals.

The demand that it is weighed against are the latest requests of its trade. Asking is the worker's, because it ranks.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from market.factories.declaration import FIELD_OF_KIND
from market.factories.events import FactoryChanged, QuestionAnswered
from market.factories.queries import profile
from market.factories.questions import WEEK, ask_question, asked_terms, may_ask, may_be_asked
from market.kit.work import Work
from market.leads.freezing import record_of_json
from market.leads.models import Lead, Offering
from market.ranking.service import Ranker
from market.verticals.live import live_vocabulary
from matching.records import OrderRecord

LATEST_REQUESTS: Final = 40
MOST_A_NIGHT: Final = 500


def ask_factory(work: Work, ranker: Ranker, factory_id: UUID) -> UUID | None:
    """Ask a factory what is most worth knowing; None while it may not be asked or nothing is. Needs the system scope.

    Only what somebody lately asked for is worth a question, and nothing is asked twice.
    """
    found = profile(work.session, factory_id)
    if found is None or not may_ask(work, factory_id):
        return None
    demand = latest_requests(work.session, found.vertical)
    asked, vocabulary = asked_terms(work.session, factory_id), live_vocabulary(work.session)
    for question in ranker.questions(work.session, factory_id, demand, today=work.today):
        wanted = sum(question.id in _named(order, question.kind) for order in demand)
        term = (question.kind, question.id)
        if wanted and term not in asked and may_be_asked(vocabulary, found, *term):
            return ask_question(work, factory_id, question.kind, question.id, wanted=wanted, demand=len(demand))
    return None


def ask_changed_factory(work: Work, ranker: Ranker, event: FactoryChanged) -> None:
    if event.state == "open":
        ask_factory(work, ranker, event.organisation_id)


def ask_after_answer(work: Work, ranker: Ranker, event: QuestionAnswered) -> None:
    ask_factory(work, ranker, event.organisation_id)


def ask_factories(work: Work, ranker: Ranker) -> int:
    """Ask the factories that had leads this week, by night; returns how many have a new question."""
    statement = (
        select(Lead.factory_id)
        .where(Lead.offered_at > work.now - WEEK)
        .group_by(Lead.factory_id)
        .order_by(func.max(Lead.offered_at).desc(), Lead.factory_id)
        .limit(MOST_A_NIGHT)
    )
    return sum(
        ask_factory(work, ranker, factory_id) is not None for factory_id in work.session.scalars(statement).all()
    )


def latest_requests(session: Session, vertical: str) -> list[OrderRecord]:
    """What was asked for last in a trade, each request once, as it was ranked."""
    newest = (
        select(Offering.id)
        .where(Offering.vertical == vertical)
        .order_by(Offering.id.desc())
        .limit(LATEST_REQUESTS)
        .scalar_subquery()
    )
    first = select(Lead.features).where(Lead.offering_id.in_(newest)).ext(distinct_on(Lead.offering_id))
    statement = first.order_by(Lead.offering_id, Lead.rank, Lead.id)
    return [record_of_json(features["order"]) for features in session.scalars(statement)]


def _named(order: OrderRecord, kind: str) -> Sequence[str]:
    if kind == "category":
        return () if order.category is None else (order.category,)
    named: tuple[str, ...] = getattr(order, FIELD_OF_KIND[kind])
    return named
