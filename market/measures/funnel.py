"""What became of leads: the funnel, by what keys one likes, why they were declined, by place and by ranker version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from market.measures.columns import DECLINES, ENDS, LEAD_KEYS, REASONS, STEPS
from market.measures.slices import Asked
from market.measures.statistics import Share
from market.measures.sums import Row, sums

COUNTS: Final = (*STEPS, *ENDS, *DECLINES)


@dataclass(frozen=True, slots=True)
class Funnel:
    """The leads of one group. name: the value of the key that it is grouped by, "" for all or for none said."""

    name: str
    counts: Mapping[str, int]

    @property
    def offered(self) -> int:
        return self.counts["offered"]

    @property
    def acceptance(self) -> Share:
        """Accepted of offered."""
        return Share(self.counts["accepted"], self.counts["offered"])

    @property
    def conversion(self) -> Share:
        """Won, of the leads of which it is known what became of them."""
        return Share(self.counts["won"], self.counts["closed"])

    @property
    def open(self) -> int:
        """Leads that still run, ended unanswered, or were taken back."""
        return self.counts["offered"] - self.counts["closed"]

    @property
    def steps(self) -> list[tuple[str, int, Share | None]]:
        """(step, leads, share of the step before)."""
        found: list[tuple[str, int, Share | None]] = []
        for place, step in enumerate(STEPS):
            before = self.counts[STEPS[place - 1]] if place else 0
            found.append((step, self.counts[step], Share(self.counts[step], before) if place else None))
        return found

    @property
    def declines(self) -> list[tuple[str, Share]]:
        """(reason, share of the declined leads), the most frequent first; reasons that nobody gave are left out."""
        found = [(reason, Share(self.counts[f"declined_{reason}"], self.counts["declined"])) for reason in REASONS]
        return sorted((row for row in found if row[1].hits), key=lambda row: -row[1].hits)

    def as_row(self, key: str) -> dict[str, Any]:
        acceptance, conversion = self.acceptance, self.conversion
        return {
            key: self.name, **{name: self.counts[name] for name in COUNTS},
            "acceptance": acceptance.value, "acceptance_low": acceptance.low, "acceptance_high": acceptance.high,
            "conversion": conversion.value, "conversion_low": conversion.low, "conversion_high": conversion.high,
        }  # fmt: skip


def funnel(session: Session, asked: Asked) -> Funnel:
    """The leads of a part of the market together."""
    return Funnel("", sums(session, "measure_leads", COUNTS, asked.span, asked.part.chosen)[0])


def funnels(session: Session, asked: Asked, by: str) -> list[Funnel]:
    """The same by one key, the group with most leads first."""
    assert by in LEAD_KEYS
    return _sorted(sums(session, "measure_leads", COUNTS, asked.span, asked.part.chosen, (by,)), by)


def positions(session: Session, asked: Asked) -> list[Funnel]:
    """By the place at which leads stood; the last holds all further ones. Narrowed by the trade alone."""
    found = _facets(session, asked, "rank")
    return sorted(found, key=lambda row: int(row.name))


def rankers(session: Session, asked: Asked) -> list[Funnel]:
    """By the version that ranked, the one with most leads first. Narrowed by the trade alone."""
    return _facets(session, asked, "ranker")


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the closed leads at the first k places, those that became deals."""

    k: int
    share: Share

    def as_row(self) -> dict[str, Any]:
        return {"k": self.k, **self.share.as_row()}


def precision_at(rows: list[Funnel]) -> list[Precision]:
    """Precision at each place that occurs, of what `positions` found."""
    found, won, closed = [], 0, 0
    for row in rows:
        won, closed = won + row.counts["won"], closed + row.counts["closed"]
        found.append(Precision(int(row.name), Share(won, closed)))
    return found


def _facets(session: Session, asked: Asked, facet: str) -> list[Funnel]:
    keys = {**asked.part.of_trade, "facet": facet}
    return _sorted(sums(session, "measure_facets", COUNTS, asked.span, keys, ("value",)), "value")


def _sorted(rows: list[Row], by: str) -> list[Funnel]:
    return [Funnel(row[by], row) for row in sorted(rows, key=lambda row: (-row["offered"], row[by]))]
