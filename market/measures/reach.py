"""Who is reached: coverage and the time to the first quote, how leads are spread, how factories start."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.measures.columns import WAIT_EDGES, WAITS
from market.measures.slices import Asked
from market.measures.statistics import Share, binned_quantile, gini
from market.measures.sums import by_week, exposure, factories_by, sums

COVERAGE_DAYS: Final = 2
"""A run is ripe for its coverage once the day after the one on which it was offered is over."""
COUNTS: Final = ("offered", "quoted", "quoted_in_a_day", *WAITS)


@dataclass(frozen=True, slots=True)
class Coverage:
    """coverage: runs with at least one quote within 24 hours, of those offered at least that long ago. half, most:
    within how many minutes half, and nine of ten, of the runs with a quote had their first one (p50, p90)."""

    coverage: Share
    quoted: int
    half: float | None
    most: float | None

    def as_row(self) -> dict[str, Any]:
        minutes = {"quoted": self.quoted, "first_quote_minutes_p50": self.half, "first_quote_minutes_p90": self.most}
        return {**self.coverage.as_row(), **minutes}


def coverage(session: Session, asked: Asked) -> Coverage:
    ripe = asked.span.until(asked.today - timedelta(days=COVERAGE_DAYS - 1))
    ripe_row = sums(session, "measure_runs", ("offered", "quoted_in_a_day"), ripe, asked.part.of_requests)[0]
    row = sums(session, "measure_runs", COUNTS, asked.span, asked.part.of_requests)[0]
    counts = [row[name] for name in WAITS]
    return Coverage(
        Share(ripe_row["quoted_in_a_day"], ripe_row["offered"]),
        row["quoted"],
        binned_quantile(counts, WAIT_EDGES, 0.5),
        binned_quantile(counts, WAIT_EDGES, 0.9),
    )


@dataclass(frozen=True, slots=True)
class Week:
    """Leads of one whole week over the factories that had joined by its end. gini: 0 when all got as many."""

    week: date
    leads: int
    factories: int
    asked: int
    gini: float | None
    new: Share
    small: Share

    def as_row(self) -> dict[str, Any]:
        return {
            "week": self.week.isoformat(), "leads": self.leads, "factories": self.factories,
            "factories_with_leads": self.asked, "gini": self.gini, "share_new_factories": self.new.value,
            "share_small_factories": self.small.value,
        }  # fmt: skip


def weeks_of_exposure(session: Session, asked: Asked) -> list[Week]:
    """Each whole week of the days, oldest first. Narrowed by the trade alone."""
    keys = asked.part.of_trade
    spread: dict[date, dict[int, int]] = defaultdict(dict)
    for row in exposure(session, asked.span, keys):
        spread[row["week"]][row["leads"]] = row["factories"]
    joined = factories_by(session, [week + timedelta(days=6) for week in spread], keys)
    offered, new, small = (
        {row["week"]: row["offered"] for row in by_week(session, "measure_leads", ("offered",), asked.span, wanted)}
        for wanted in (keys, {**keys, "newcomer": "new"}, {**keys, "size": "small"})
    )
    found = []
    for week, histogram in sorted(spread.items()):
        reached = sum(histogram.values())
        known = max(joined[week + timedelta(days=6)], reached)
        all_leads = sum(leads * factories for leads, factories in histogram.items())
        shares = (Share(part.get(week, 0), offered.get(week, 0)) for part in (new, small))
        found.append(Week(week, all_leads, known, reached, gini({**histogram, 0: known - reached}), *shares))
    return found


ACTIVATION: Final = """
    SELECT count(*) AS registered, count(*) FILTER (WHERE lead) AS first_lead,
        count(*) FILTER (WHERE reply) AS first_reply, count(*) FILTER (WHERE quote) AS first_quote,
        count(*) FILTER (WHERE deal) AS first_deal
    FROM factories factory CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM leads WHERE leads.factory_id = factory.id) AS lead,
            EXISTS (SELECT FROM leads WHERE leads.factory_id = factory.id AND first_reply_at IS NOT NULL) AS reply,
            EXISTS (SELECT FROM quotes WHERE quotes.factory_id = factory.id) AS quote,
            EXISTS (SELECT FROM awards WHERE awards.factory_id = factory.id) AS deal
        OFFSET 0) AS came
    WHERE joined_on >= :first AND joined_on < :end
    AND (CAST(:vertical AS text) IS NULL OR vertical = :vertical)"""
ACTIVATION_STEPS: Final = ("registered", "first_lead", "first_reply", "first_quote", "first_deal")


def activation(session: Session, asked: Asked) -> list[tuple[str, Share]]:
    """How far the factories that joined in these days have come: (step, share of those that joined)."""
    told = {"first": asked.span.first, "end": asked.span.end, "vertical": asked.part.vertical}
    row = session.execute(text(ACTIVATION), told).mappings().one()
    return [(step, Share(row[step], row["registered"])) for step in ACTIVATION_STEPS]
