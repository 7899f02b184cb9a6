"""The verbs of quotes, in one place: a quote's own life stands in `submitting`, awards in `awarding`."""

from market.quotes.awarding import (
    AlreadyAwarded,
    QuoteNotOpen,
    award_chosen,
    award_pool,
    award_quote,
    best_pool_quote,
    choose_quote,
    count_choice,
    decide_pool,
)
from market.quotes.holding import HeldTooLong
from market.quotes.ladder import QuoteDraft
from market.quotes.submitting import (
    QuoteRefused,
    StaleTerms,
    expire_due_quotes,
    note_quote,
    submit_quote,
    void_pool_quotes,
    void_quotes,
    withdraw_quote,
)

__all__ = [
    "AlreadyAwarded",
    "HeldTooLong",
    "QuoteDraft",
    "QuoteNotOpen",
    "QuoteRefused",
    "StaleTerms",
    "award_chosen",
    "award_pool",
    "award_quote",
    "best_pool_quote",
    "choose_quote",
    "count_choice",
    "decide_pool",
    "expire_due_quotes",
    "note_quote",
    "submit_quote",
    "void_pool_quotes",
    "void_quotes",
    "withdraw_quote",
]
