"""Reviews as JSON: what both sides of a share said, writing, answering, and a factory's published ones."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from market.factories.queries import profile
from market.kit.api import Answer, PageQuery, Record, api_blueprint, needs, once
from market.kit.edge import read_id, work
from market.kit.errors import NotFound
from market.kit.paging import decode_cursor
from market.production import queries as production
from market.reviews import queries, service
from market.reviews.queries import ReviewRow, Side
from market.reviews.service import Verdict

bp = api_blueprint("reviews", "Reviews")
BOTH = ("seller", "factory")


class ReviewOutput(Record):
    """What one side said: stars and marks from 1 to 5. published_at: null while its author alone reads it."""

    id: UUID
    stars: int
    marks: dict[str, int]
    words: str
    published_at: datetime | None
    answer: str | None
    answered_at: datetime | None


class ExchangeOutput(Record):
    """The reviews of one share. state: open, published or lapsed; null before the goods are accepted. closes_at: null
    while a dispute is open. other: null until it is published, whether it is written or not."""

    share_id: UUID
    state: str | None
    closes_at: datetime | None
    own: ReviewOutput | None
    other: ReviewOutput | None


class ReviewInput(Record):
    """marks: of what you mark, 1 to 5. A shop marks as_agreed, on_time and communication; a factory requirements,
    quick_answers and pays_on_time."""

    stars: int = Field(strict=True)
    marks: dict[str, int] = Field(default_factory=dict)
    words: str = ""


class AnswerInput(Record):
    words: str


class PublicReview(Record):
    """A published review of a factory. goods: a category of the packs; month: in which it was published."""

    id: UUID
    stars: int
    marks: dict[str, int]
    words: str
    goods: str | None
    month: str
    answer: str | None


class FactoryReviews(Record):
    """average: null below three reviews."""

    count: int
    average: float | None
    reviews: list[PublicReview]
    next_cursor: str | None


@bp.get("/shares/<share_id>/reviews")
@needs("deals:read", *BOTH)
@bp.output(ExchangeOutput)
@bp.doc(summary="Read the reviews of a share", security="key")
def read_reviews(share_id: str) -> dict[str, Any]:
    return exchange_json(read_id(share_id))


@bp.post("/shares/<share_id>/reviews")
@needs("deals:write", *BOTH)
@bp.input(ReviewInput, arg_name="review")
@bp.output(ExchangeOutput)
@bp.doc(summary="Review the other side of a share, or change your review", security="key")
@once
def write_review(share_id: str, review: ReviewInput) -> Answer:
    """Possible for 14 days from acceptance, or from the end of a dispute, until both are in."""
    service.write_review(work(), read_id(share_id), Verdict(review.stars, review.marks, review.words))
    return exchange_json(read_id(share_id)), 200


@bp.post("/reviews/<review_id>/answer")
@needs("deals:write", *BOTH)
@bp.input(AnswerInput, arg_name="answer")
@bp.output(ReviewOutput)
@bp.doc(summary="Answer a published review about you, once", security="key")
@once
def answer_review(review_id: str, answer: AnswerInput) -> Answer:
    service.answer_review(work(), read_id(review_id), answer.words)
    return _review(queries.review(work().session, read_id(review_id))).model_dump(mode="json"), 200


@bp.get("/factories/<factory_id>/reviews")
@needs("factories:read")
@bp.input(PageQuery, location="query", arg_name="query")
@bp.output(FactoryReviews)
@bp.doc(summary="Read what buyers said of a factory", security="key")
def factory_reviews(factory_id: str, query: PageQuery) -> dict[str, Any]:
    """The newest first, without the names of buyers."""
    session, asked = work().session, read_id(factory_id)
    if profile(session, asked) is None:
        raise NotFound
    page = queries.reviews_about(session, asked, after=decode_cursor(query.cursor), size=query.limit)
    rating = queries.rating_of(session, asked)
    output = FactoryReviews(
        count=rating.count,
        average=round(rating.stars, 1) if rating.is_shown else None,
        reviews=[_public(row) for row in page.rows],
        next_cursor=page.next_cursor,
    )
    return output.model_dump(mode="json")


def exchange_json(share_id: UUID) -> dict[str, Any]:
    """The reviews of a share as the acting side may read them. Raises NotFound for a foreign share."""
    session, own = work().session, work().organisation_id
    share = production.share(session, share_id)
    row = queries.exchange_of_share(session, share.id)
    side = {share.organisation_id: Side.SHOP, share.factory_id: Side.FACTORY}.get(own)
    if side is None:
        raise NotFound
    said = {} if row is None else queries.reviews_of_exchange(session, row.id)
    output = ExchangeOutput(
        share_id=share.id,
        state=None if row is None else row.state.value,
        closes_at=None if row is None else row.closes_at,
        own=_review(said[side]) if side in said else None,
        other=next((_review(review) for whose, review in said.items() if whose is not side), None),
    )
    return output.model_dump(mode="json")


def _review(row: ReviewRow) -> ReviewOutput:
    return ReviewOutput(
        id=row.id,
        stars=row.stars,
        marks=dict(row.marks),
        words=row.words,
        published_at=row.published_at,
        answer=row.answer.words if row.answer else None,
        answered_at=row.answer.answered_at if row.answer else None,
    )


def _public(row: ReviewRow) -> PublicReview:
    return PublicReview(
        id=row.id,
        stars=row.stars,
        marks=dict(row.marks),
        words=row.words,
        goods=row.category,
        month=row.month,
        answer=row.answer.words if row.answer else None,
    )
