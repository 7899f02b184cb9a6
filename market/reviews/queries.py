"""Reading reviews, as frozen rows. Row-level security keeps what is not published from everybody but its author."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from market.kit.clock import market_day
from market.kit.errors import NotFound
from market.kit.paging import Page, make_page
from market.reviews.models import ExchangeState as ExchangeState
from market.reviews.models import Review, ReviewAnswer, ReviewExchange
from market.reviews.models import Side as Side

FEWEST: Final = 3
"""How many published reviews an average needs before it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRow:
    """When one share is reviewed; fields as in models.ReviewExchange. It does not say who has written."""

    organisation_id: UUID
    id: UUID
    deal_id: UUID
    factory_id: UUID
    share_id: UUID
    award_id: UUID
    code: str
    state: ExchangeState
    opened_at: datetime
    closes_at: datetime | None
    closed_at: datetime | None

    def side_of(self, organisation_id: UUID | None) -> Side | None:
        """On which side an organisation stands; None for everybody else."""
        return {self.organisation_id: Side.SHOP, self.factory_id: Side.FACTORY}.get(organisation_id)  # type: ignore[arg-type]  # None stands nowhere

    def is_open_at(self, now: datetime) -> bool:
        """Whether both sides may write."""
        return self.state is ExchangeState.OPEN and self.closes_at is not None and now < self.closes_at

    @property
    def waits(self) -> bool:
        """Whether it waits for the end of a dispute."""
        return self.state is ExchangeState.OPEN and self.closes_at is None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    id: UUID
    words: str
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One review; fields as in models.Review. answer: what the reviewed side said to it."""

    organisation_id: UUID
    id: UUID
    exchange_id: UUID
    share_id: UUID
    side: Side
    about_id: UUID
    category: str | None
    stars: int
    marks: Mapping[str, int]
    words: str
    written_at: datetime
    published_at: datetime | None
    hidden_at: datetime | None
    hidden_why: str
    answer: AnswerRow | None

    @property
    def month(self) -> str:
        """The market's month in which it was published, which tells less than the day; "" before."""
        return f"{market_day(self.published_at):%Y-%m}" if self.published_at else ""


@dataclass(frozen=True, slots=True)
class Rating:
    """What published reviews say on average. count: of how many; stars and marks are not shown below FEWEST."""

    count: int
    stars: float
    marks: Mapping[str, float]

    @property
    def is_shown(self) -> bool:
        return self.count >= FEWEST


_EXCHANGE_FIELDS = tuple(ExchangeRow.__slots__)
_FIELDS = tuple(name for name in ReviewRow.__slots__ if name != "answer")


def exchange_of_share(session: Session, share_id: UUID) -> ExchangeRow | None:
    """The exchange about a share, as far as the session may see it; None before it is opened."""
    row = session.scalars(select(ReviewExchange).where(ReviewExchange.share_id == share_id)).one_or_none()
    return None if row is None else _exchange(row)


def exchanges_of_deal(session: Session, deal_id: UUID) -> tuple[ExchangeRow, ...]:
    """The exchanges of a deal that the session may see: a member of a pool finds its own alone."""
    statement = select(ReviewExchange).where(ReviewExchange.deal_id == deal_id).order_by(ReviewExchange.code)
    return tuple(map(_exchange, session.scalars(statement)))


def open_exchanges(session: Session, organisation_id: UUID, now: datetime) -> tuple[ExchangeRow, ...]:
    """Where an organisation may still write, and has not, the first to close first."""
    written = select(Review.exchange_id).where(Review.organisation_id == organisation_id)
    statement = (
        select(ReviewExchange)
        .where(
            (ReviewExchange.organisation_id == organisation_id) | (ReviewExchange.factory_id == organisation_id),
            ReviewExchange.state == ExchangeState.OPEN,
            ReviewExchange.closes_at > now,
            ReviewExchange.id.not_in(written),
        )
        .order_by(ReviewExchange.closes_at, ReviewExchange.id)
    )
    return tuple(map(_exchange, session.scalars(statement)))


def reviews_of_exchange(session: Session, exchange_id: UUID) -> Mapping[Side, ReviewRow]:
    """Side -> what it said, as far as the session may see: before publication its own alone."""
    statement = _with_answers().where(Review.exchange_id == exchange_id)
    return {row.side: _review(row, answer) for row, answer in session.execute(statement)}


def review(session: Session, review_id: UUID) -> ReviewRow:
    """One review as the session may see it. Raises NotFound."""
    found = session.execute(_with_answers().where(Review.id == review_id)).one_or_none()
    if found is None:
        raise NotFound
    return _review(*found)


def reviews_about(session: Session, about_id: UUID, *, after: UUID | None = None, size: int = 10) -> Page[ReviewRow]:
    """One page of the published reviews of an organisation, newest first."""
    return _page(session, _with_answers().where(Review.about_id == about_id, Review.hidden_at.is_(None)), after, size)


def published_reviews(session: Session, *, after: UUID | None = None, size: int = 50) -> Page[ReviewRow]:
    """One page of all published reviews, hidden ones among them, newest first. For operators."""
    return _page(session, _with_answers(), after, size)


def rating_of(session: Session, about_id: UUID) -> Rating:
    """The average of the published reviews of an organisation, as far as the session may see them."""
    statement = select(Review.stars, Review.marks).where(
        Review.about_id == about_id, Review.published_at.is_not(None), Review.hidden_at.is_(None)
    )
    rows = session.execute(statement).all()
    marked: dict[str, list[int]] = {}
    for _stars, marks in rows:
        for name, mark in marks.items():
            marked.setdefault(name, []).append(mark)
    stars = sum(row.stars for row in rows) / len(rows) if rows else 0.0
    return Rating(len(rows), stars, {name: sum(all_) / len(all_) for name, all_ in marked.items()})


def _with_answers() -> Select[Review, ReviewAnswer]:
    return select(Review, ReviewAnswer).outerjoin(ReviewAnswer, ReviewAnswer.review_id == Review.id)


def _page(session: Session, statement: Select[Review, ReviewAnswer], after: UUID | None, size: int) -> Page[ReviewRow]:
    statement = statement.where(Review.published_at.is_not(None)).order_by(Review.id.desc()).limit(size + 1)
    if after is not None:
        statement = statement.where(Review.id < after)
    return make_page([_review(row, answer) for row, answer in session.execute(statement)], size, lambda row: row.id)


def _exchange(row: ReviewExchange) -> ExchangeRow:
    return ExchangeRow(**{name: getattr(row, name) for name in _EXCHANGE_FIELDS})


def _review(row: Review, answer: ReviewAnswer | None) -> ReviewRow:
    plain = {name: getattr(row, name) for name in _FIELDS}
    return ReviewRow(**plain, answer=None if answer is None else AnswerRow(answer.id, answer.words, answer.answered_at))
