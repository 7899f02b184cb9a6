"""A progress bar for people: only on a terminal, only when the work takes longer than two seconds."""

import sys
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def track(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The items themselves, while a bar on stderr tells how far they are."""
    return iter(tqdm(items, desc=what, total=total, delay=2.0, leave=False, disable=not sys.stderr.isatty()))


Block = TypeVar("Block", bound=Sized)


def track_blocks(blocks: Iterable[Block], what: str, total: int) -> Iterator[Block]:
    """As `track`, for items that come in blocks: the bar counts the items."""
    with tqdm(desc=what, total=total, delay=2.0, leave=False, disable=not sys.stderr.isatty()) as bar:
        for block in blocks:
            yield block
            bar.update(len(block))
