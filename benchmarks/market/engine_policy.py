"""The engine as a policy: files in, `python -m matching rank`, leads.csv out. Nothing else passes between them."""

import contextlib
import csv
import io
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.market import factory_files, order_files
from benchmarks.market.answered import MOST_TRIED, Answered
from benchmarks.market.market import OUTCOME_HEADER
from benchmarks.market.order_files import Row
from benchmarks.market.season import Week
from benchmarks.market.sharing import Lead
from matching.__main__ import main

_RESULT_COLUMNS: Final = ("accepted", "declined_reason", "quoted_unit_price", "won", "on_time", "quality")


class CommandFailed(RuntimeError):
    """The rank command did not end well; the message carries what it said."""


@dataclass(slots=True)
class Engine:
    """name: engine, blind (no outcomes are given) or shuffled (results are exchanged among the leads).

    explore: share given to learning in the weeks that are not scored. in_process: calls the command's own function
    instead of starting a process, with the same arguments and files.
    """

    name: str
    explore: float
    in_process: bool
    answered: Answered | None = None

    @property
    def learns(self) -> bool:
        return self.name != "blind"

    def offer(self, week: Week) -> list[Lead]:
        with tempfile.TemporaryDirectory(prefix="market-") as folder:
            return self._ranked(Path(folder), week)

    def _ranked(self, folder: Path, week: Week) -> list[Lead]:
        market = week.market
        known = self._past(folder, week)
        if self.name == "asking" and week.number > 1:
            self._ask(folder, week, known)
        self._write_factories(folder, week)
        write_rows(folder / "orders.csv", order_files.HEADER, [market.order_rows[one] for one in week.orders])
        arguments = ["rank", "--factories", str(folder / "factories.csv"), "--orders", str(folder / "orders.csv")]
        arguments += ["--out", str(folder / "leads.csv"), "--as-of", week.as_of.isoformat(), "--respect-limits"]
        arguments += ["--top", str(market.parameters.leads_an_order), "--seed", str(market.parameters.seed), *known]
        if self.learns and week.learning:
            arguments += ["--explore", str(self.explore)]
        self._call(arguments)
        return _leads(folder / "leads.csv")

    def _past(self, folder: Path, week: Week) -> list[str]:
        """Writes what is known of earlier leads; returns the options that name these files."""
        if not (self.learns and week.past):
            return []
        past = dict.fromkeys(fate.lead.order for fate in week.past)
        write_rows(folder / "past_orders.csv", order_files.HEADER, [week.market.order_rows[one] for one in past])
        write_rows(folder / "outcomes.csv", OUTCOME_HEADER, self._outcomes(week))
        return ["--past-orders", str(folder / "past_orders.csv"), "--outcomes", str(folder / "outcomes.csv")]

    def _write_factories(self, folder: Path, week: Week) -> None:
        rows = week.market.factory_rows if self.answered is None else self.answered.rows
        write_rows(folder / "factories.csv", factory_files.HEADER, [rows[one] for one in week.factories])

    def _ask(self, folder: Path, week: Week, known: Sequence[str]) -> None:
        """Asks what the orders of the week before make worth knowing; answers stand in the profiles from then on."""
        market = week.market
        if self.answered is None:
            self.answered = Answered(market)
        self._write_factories(folder, week)
        orders = [market.order_rows[int(one)] for one in market.orders.of_week(week.number - 1)]
        write_rows(folder / "recent.csv", order_files.HEADER, orders)
        arguments = ["ask", "--factories", str(folder / "factories.csv"), "--orders", str(folder / "recent.csv")]
        arguments += ["--out", str(folder / "questions.csv"), "--as-of", week.as_of.isoformat(), *known]
        self._call([*arguments, "--most", str(MOST_TRIED)])
        with (folder / "questions.csv").open(encoding="utf-8", newline="") as source:
            self.answered.ask(csv.DictReader(source))

    def _outcomes(self, week: Week) -> list[Row]:
        rows = week.known()
        return shuffled(rows, week.market.parameters.seed) if self.name == "shuffled" else rows

    def _call(self, arguments: Sequence[str]) -> None:
        if self.in_process:
            told = io.StringIO()
            with contextlib.redirect_stderr(told):
                status = main(arguments)
            said = told.getvalue()[-2000:]
        else:
            command = [sys.executable, "-m", "matching", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # Our own words.
            status, said = done.returncode, done.stderr[-2000:]
        if status:
            raise CommandFailed(f"rank ended with {status}: {said}")


def shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    """The same leads and the same results, but each lead with the result of another one of its day.

    The days are kept so that what is still open stays as open as it was.
    """
    random = np.random.default_rng([seed, 11, len(rows)])
    result = [dict(row) for row in rows]
    for day in sorted({row["offered_on"] for row in rows}):
        places = [place for place, row in enumerate(rows) if row["offered_on"] == day]
        for place, other in zip(places, random.permutation(places), strict=True):
            result[place].update({name: rows[int(other)][name] for name in _RESULT_COLUMNS})
    return result


def write_rows(path: Path, header: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(header), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _leads(path: Path) -> list[Lead]:
    with path.open(encoding="utf-8", newline="") as source:
        return [
            Lead(
                order=int(row["order_id"][1:]),
                factory=int(row["factory_id"][1:]),
                forecast=float(row["deal_probability"]),
                propensity=float(row["propensity"]),
                rank=int(row["rank"]),
            )
            for row in csv.DictReader(source)
        ]
