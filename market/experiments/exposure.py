"""What another share of leads given to learning would have cost in deals, and whom it would have reached.

Read from the leads themselves: each keeps the propensity with which it was shown. Read-only SQL over other folders'
tables, for operators.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.kit.intervals import Z
from matching.evaluation.estimators import Estimate, difference, self_normalised
from matching.evaluation.log import Place, Request, log_of

RIPE_AFTER: Final = timedelta(days=28)
"""A deal comes weeks after its lead: younger requests would make deals look rare."""
SPAN: Final = timedelta(days=365)
MOST_REQUESTS: Final = 4_000
NEWCOMER_DAYS: Final = 28
SMALL_STAFF: Final = 50
_BEST: Final = 0.5

# The leads of the first ranking of each request; of what was ranked anew the first propensities are gone.
LOGGED: Final = """
    WITH first AS (
        SELECT DISTINCT ON (ranking.offering_id) ranking.organisation_id, ranking.offering_id, ranking.made_at,
            CAST(ranking.terms ->> 'explore' AS float8) AS explored, ranking.leads
        FROM rankings ranking
        WHERE ranking.made_at >= :since AND ranking.made_at < :ripe AND ranking.cause = 'offered'
            AND NOT EXISTS (SELECT FROM rankings other WHERE other.offering_id = ranking.offering_id
                AND other.cause <> 'offered')
        ORDER BY ranking.offering_id, ranking.made_at, ranking.id
    ), latest AS (
        SELECT * FROM first WHERE jsonb_array_length(leads) > 0 ORDER BY made_at DESC, offering_id LIMIT :most
    )
    SELECT latest.offering_id, latest.explored, lead.factory_id, lead.propensity, lead.state = 'won' AS won,
        coalesce(factory.joined_on > CAST(latest.made_at AS date) - :newcomer OR factory.staff_count < :small, false)
            AS new_or_small
    FROM latest
    CROSS JOIN LATERAL jsonb_array_elements(latest.leads) AS shown
    JOIN leads lead ON lead.organisation_id = latest.organisation_id AND lead.id = CAST(shown ->> 'lead_id' AS uuid)
    JOIN factories factory ON factory.id = lead.factory_id
    ORDER BY latest.made_at, latest.offering_id, lead.rank
"""


@dataclass(frozen=True, slots=True)
class Logged:
    """One lead of a ripe request. new_or_small: joined within four weeks before, or fewer than 50 people."""

    factory_id: str
    propensity: float
    won: bool
    new_or_small: bool

    @property
    def explored(self) -> bool:
        """Whether it took the place of a better one, to learn."""
        return self.propensity < _BEST


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """explored: the share given to learning when it was ranked."""

    explored: float
    leads: tuple[Logged, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """The share of leads that go to new and small factories under some share of exploration, with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What a share would bring beside the one in force.

    now, then, change: deals per request, and the paired difference. reach_now, reach_then: None while no lead was given
    to learning, so that nobody knows whom it reaches. explored, leads: how many leads were, of how many. skipped:
    requests of a time in which nothing was given to learning.
    """

    percent: int
    now: Estimate
    then: Estimate
    change: Estimate
    reach_now: Reach | None
    reach_then: Reach | None
    explored: int
    leads: int
    skipped: int


def logged_requests(session: Session, now: datetime) -> list[LoggedRequest]:
    """The ripe requests of the past year, the latest MOST_REQUESTS of them."""
    asked = {
        "since": now - SPAN, "ripe": now - RIPE_AFTER, "most": MOST_REQUESTS,
        "newcomer": NEWCOMER_DAYS, "small": SMALL_STAFF,
    }  # fmt: skip
    found: dict[Any, list[Any]] = {}
    for row in session.execute(text(LOGGED), asked):
        found.setdefault(row.offering_id, []).append(row)
    return [
        LoggedRequest(
            rows[0].explored,
            tuple(Logged(str(row.factory_id), row.propensity, row.won, row.new_or_small) for row in rows),
        )
        for rows in found.values()
    ]


def preview(requests: Sequence[LoggedRequest], percent: int, current: int) -> Preview:
    """percent: the share to try. current: the one in force."""
    told = [request for request in requests if request.explored > 0.0]
    now, then = (
        self_normalised(log_of([_request(request, share / 100) for request in told])) for share in (current, percent)
    )
    leads = [lead for request in told for lead in request.leads]
    return Preview(
        percent=percent,
        now=now,
        then=then,
        change=difference(then, now),
        reach_now=_reach(leads, current / 100),
        reach_then=_reach(leads, percent / 100),
        explored=sum(lead.explored for lead in leads),
        leads=len(leads),
        skipped=len(requests) - len(told),
    )


def _request(request: LoggedRequest, share: float) -> Request:
    """The request as it was shown, and as it would have been with another share: the same places, other chances.

    Who was not shown is nobody by name: it is never asked about.
    """
    winner = next((lead.factory_id for lead in request.leads if lead.won), None)
    places = [(_place(request.explored, at, lead), _place_with(share, request.explored, at, lead))
              for at, lead in enumerate(request.leads)]  # fmt: skip
    logged, target = [place for place, _ in places], [place for _, place in places]
    return Request([lead.factory_id for lead in request.leads], winner, logged, target, {})


def _place(explored: float, at: int, lead: Logged) -> Place:
    return _place_with(explored, explored, at, lead)


def _place_with(share: float, explored: float, at: int, lead: Logged) -> Place:
    """A place of which one factory was seen. Without alternatives it is sure whatever the share."""
    if lead.propensity == 1.0:
        return {lead.factory_id: 1.0}
    best, others = f"best {at}", f"others {at}"
    if not lead.explored:
        chances = {lead.factory_id: 1.0 - share, others: share}
    else:
        part = min(1.0, lead.propensity / explored)
        chances = {best: 1.0 - share, lead.factory_id: share * part, others: share * (1.0 - part)}
    return {name: chance for name, chance in chances.items() if chance > 0.0}


def _reach(leads: Sequence[Logged], share: float) -> Reach | None:
    """The share of new and small factories among best leads and among explored ones, mixed by `share`."""
    best = [lead.new_or_small for lead in leads if not lead.explored]
    others = [lead.new_or_small for lead in leads if lead.explored]
    if not best or not others:
        return None
    value, spread = 0.0, 0.0
    for weight, found in ((1.0 - share, best), (share, others)):
        # Two of each kind more than were seen, so that no share of few is certain (Agresti and Coull).
        middle = (sum(found) + 2.0) / (len(found) + 4.0)
        value += weight * sum(found) / len(found)
        spread += weight**2 * middle * (1.0 - middle) / (len(found) + 4.0)
    half = Z * sqrt(spread)
    return Reach(value, max(0.0, value - half), min(1.0, value + half))
