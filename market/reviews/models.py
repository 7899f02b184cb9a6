"""Exchanges of reviews, the reviews and the answers to them. Imported by this folder alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions

LONGEST_WORDS = 1_000


class Side(StrEnum):
    SHOP = "shop"
    FACTORY = "factory"


class ExchangeState(StrEnum):
    OPEN = "open"
    PUBLISHED = "published"
    LAPSED = "lapsed"


EXCHANGE_TRANSITIONS: Transitions = {
    ExchangeState.OPEN: frozenset({ExchangeState.PUBLISHED, ExchangeState.LAPSED}),
    ExchangeState.PUBLISHED: frozenset(),
    ExchangeState.LAPSED: frozenset(),
}


class ReviewExchange(TenantRow, Base):
    """The time in which the shop and the factory of one share review each other. organisation_id is the shop's.

    It tells neither side whether the other has written. closes_at: None while a dispute about the share is open.
    category: of the goods, by which a reader of a public page knows the buyer.
    """

    __tablename__ = "review_exchanges"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "share_id"], ["deal_shares.organisation_id", "deal_shares.id"]),
        Index("ix_review_exchanges_id", "id", unique=True),
        Index("uq_review_exchanges_share", "share_id", unique=True),
        Index("ix_review_exchanges_deal", "deal_id"),
        Index("ix_review_exchanges_state", "state", "closes_at"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    share_id: Mapped[UUID]
    award_id: Mapped[UUID]
    code: Mapped[str]
    category: Mapped[str | None]
    state: Mapped[ExchangeState]
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Review(TenantRow, Base):
    """What one side says of the other. organisation_id is its author's, about_id the other's.

    No factory stands in it, so that its history is its author's alone until it is published. marks: what is marked ->
    1 to 5, for what the author marked. published_at: from then on it is read by others and changed by nobody. hidden:
    an operator took it off the pages.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        ForeignKeyConstraint(["exchange_id"], ["review_exchanges.id"]),
        UniqueConstraint("exchange_id", "side"),
        Index("ix_reviews_id", "id", unique=True),
        Index("ix_reviews_about", "about_id", "id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_one_to_five"),
        CheckConstraint(f"length(words) <= {LONGEST_WORDS}", name="words_short"),
    )
    exchange_id: Mapped[UUID]
    share_id: Mapped[UUID]
    side: Mapped[Side]
    about_id: Mapped[UUID]
    category: Mapped[str | None]
    stars: Mapped[int]
    marks: Mapped[dict[str, Any]]
    words: Mapped[str]
    written_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    hidden_why: Mapped[str] = mapped_column(default="")


class ReviewAnswer(TenantRow, Base):
    """What the reviewed side says to a published review, once. organisation_id is the answering side's."""

    __tablename__ = "review_answers"
    __table_args__ = (
        ForeignKeyConstraint(["review_id"], ["reviews.id"]),
        UniqueConstraint("review_id"),
        CheckConstraint(f"length(words) BETWEEN 1 AND {LONGEST_WORDS}", name="words_short"),
    )
    review_id: Mapped[UUID]
    words: Mapped[str]
    answered_at: Mapped[datetime]
