"""The orders of a file in blocks: checked whole before the first is handed out, and never all in memory."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final

from matching.commands.market_files import iterate_orders
from matching.records import OrderRecord
from matching.tables import Faults

BLOCK: Final = 2000
"""Orders in one block: enough to share the work on the same goods, few enough for eight blocks to be small."""


class OrderStream:
    """Reads the file once to find every fault and to count, and once more for each time its orders are asked for.

    A pipe can be read only once, so its orders are kept. count: how many orders there are. first_posted: the earliest
    day on which one was posted, None when no order tells.
    """

    def __init__(self, path: Path, faults: Faults) -> None:
        self._path = path
        self._kept: list[OrderRecord] | None = None if path.is_file() else []
        self.count = 0
        self.first_posted: date | None = None
        for order in iterate_orders(path, faults):
            self.count += 1
            if order.posted_on is not None:
                self.first_posted = min(order.posted_on, self.first_posted or order.posted_on)
            if self._kept is not None:
                self._kept.append(order)

    def blocks(self, size: int | None = None) -> Iterator[Sequence[OrderRecord]]:
        """All orders in the order of the file, BLOCK at a time unless told.

        Raises BadInput when the file has changed and is faulty by now.
        """
        told_before: list[str] = []
        faults = Faults(warn=told_before.append)
        coming = iter(self._kept) if self._kept is not None else iterate_orders(self._path, faults)
        while block := list(islice(coming, size or BLOCK)):
            yield block
        faults.refuse_if_any()
