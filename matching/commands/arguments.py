"""Values of command line options, refused in one line when they make no sense."""

import argparse
from collections.abc import Sequence
from datetime import date, timedelta

from matching.records import Outcome


def day_argument(text: str) -> date:
    """A calendar day written YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no day; accepted: YYYY-MM-DD, for example 2026-11-22") from error


def whole_argument(text: str) -> int:
    """A whole number of 1 or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no count; accepted: a whole number from 1")
    return int(text)


def share_argument(text: str) -> float:
    """A number from 0 to 1."""
    try:
        share = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no number; accepted: 0 to 1") from error
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"'{text}' is no share; accepted: 0 to 1")
    return share


def day_of_offers(first_posted: date | None, outcomes: Sequence[Outcome] = ()) -> date:
    """The day that --as-of means when it is left out: after the newest outcome, else the earliest posting, else today.

    Only the last of these looks at the clock, for files that carry no day of their own.
    """
    if outcomes:
        return max(outcome.offered_on for outcome in outcomes) + timedelta(days=1)
    return first_posted or date.today()  # noqa: DTZ011  # Due dates are local days, as the buyer means them.
