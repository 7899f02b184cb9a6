"""The profiles of a season in which factories are asked: as they were written, and with every answer since."""

from collections.abc import Iterable, Mapping
from typing import Final

from benchmarks.market.market import Market
from benchmarks.market.owners import Owners

QUESTIONS_A_WEEK: Final = 3
"""To one factory, as on the pages of the product."""

MOST_TRIED: Final = 24
"""Questions of a factory that are looked through for such as were never asked: nothing is asked twice."""


class Answered:
    """rows: of factories.csv by number. A yes stands among what is confirmed, a no among what is denied."""

    def __init__(self, market: Market) -> None:
        self.rows = [dict(row) for row in market.factory_rows]
        self._owners = Owners(market)
        self._numbers = {row["factory_id"]: number for number, row in enumerate(self.rows)}
        self._asked: set[tuple[int, str, str]] = set()

    def ask(self, questions: Iterable[Mapping[str, str]]) -> None:
        """Puts a week's questions, best first for each factory, and writes the answers down."""
        put: dict[int, int] = {}
        for question in questions:
            factory = self._numbers[question["factory_id"]]
            key = (factory, question["kind"], question["id"])
            if key in self._asked or put.get(factory, 0) >= QUESTIONS_A_WEEK:
                continue
            self._asked.add(key)
            put[factory] = put.get(factory, 0) + 1
            words = (question["name_en"], question["name_zh"])
            answer = self._owners.answer(factory, question["kind"], words)
            if answer is not None:
                self._write(factory, question["kind"], question["id"], answer)

    def _write(self, factory: int, kind: str, identifier: str, answer: bool) -> None:
        row, field = self.rows[factory], "confirmed" if answer else "denied"
        row[field] = ";".join(part for part in (row[field], f"{kind}:{identifier}") if part)
