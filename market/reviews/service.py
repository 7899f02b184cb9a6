"""The verbs of reviews, in one place; each topic stands in a file of its own."""

from market.reviews.exchanges import OPEN_FOR, publish_due_reviews
from market.reviews.hiding import AlreadyHidden, hide_review
from market.reviews.writing import (
    MARKS,
    AlreadyAnswered,
    AlreadyPublished,
    InDispute,
    NotReviewable,
    ReviewRefused,
    TooLate,
    Verdict,
    answer_review,
    write_review,
)

__all__ = [
    "MARKS",
    "OPEN_FOR",
    "AlreadyAnswered",
    "AlreadyHidden",
    "AlreadyPublished",
    "InDispute",
    "NotReviewable",
    "ReviewRefused",
    "TooLate",
    "Verdict",
    "answer_review",
    "hide_review",
    "publish_due_reviews",
    "write_review",
]
