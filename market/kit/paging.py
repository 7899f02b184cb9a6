"""Cursor paging: a page is the rows after a cursor, and the cursor is the key of the last row, newest first."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from market.kit.errors import invalid_field

T = TypeVar("T")
PAGE_SIZE = 50
LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    rows: tuple[T, ...]
    next_cursor: str | None


def make_page(rows: Sequence[T], size: int, key: Callable[[T], UUID]) -> Page[T]:
    """Build a page of `size` from up to size + 1 rows that a query returned."""
    shown = tuple(rows[:size])
    return Page(shown, encode_cursor(key(shown[-1])) if len(rows) > size else None)


def encode_cursor(last: UUID) -> str:
    return base64.urlsafe_b64encode(last.bytes).decode().rstrip("=")


def decode_cursor(text: str | None) -> UUID | None:
    """Read a cursor; raises Invalid when it was not made by encode_cursor."""
    if not text:
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(text + "=="))
    except (ValueError, binascii.Error):
        raise invalid_field(
            "The cursor cannot be read.",
            "cursor",
            "it is not one this market gave out",
            "the `next_cursor` of an earlier page",
        ) from None


def page_size(text: str | None) -> int:
    """Read a page size of 1 to LARGEST_PAGE; absent means PAGE_SIZE."""
    if not text:
        return PAGE_SIZE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LARGEST_PAGE:
        raise invalid_field(
            "The page size cannot be used.",
            "limit",
            f"{text[:20]!r} is not a page size",
            f"a whole number from 1 to {LARGEST_PAGE}",
        )
    return int(text)
