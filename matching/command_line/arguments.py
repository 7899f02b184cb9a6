"""Values of command line options, refused in one line when they make no sense."""

import argparse
from datetime import date


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
