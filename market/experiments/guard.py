"""Watches the split that runs, and stops it when the candidate harms.

Two ends of a request are watched: whether a quote came within a week, which is known soon, and whether a deal came
within four weeks, which is what counts. Each is tested so that it may be looked at at any time
(`matching.evaluation.sequential`), with half of the chance of a false alarm: a candidate that does no harm is ever
stopped with at most five in a hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit import notices
from market.kit.work import Work
from market.ranking.encoder_queries import live_encoder
from market.ranking.queries import live_ranker_id, ranker_version
from market.ranking.splits import SplitRow, running_split, stop_split
from matching.evaluation.sequential import ALARM, Trial, Watched, watch

HARMS: Final = "harms"
LIVE_CHANGED: Final = "live_changed"
OTHER_ENCODER: Final = "other_encoder"
UNREADABLE: Final = "unreadable"

TRIALS: Final = """
    SELECT asked.candidate, asked.joined_at,
        EXISTS (SELECT FROM quotes quote WHERE quote.organisation_id = asked.organisation_id
            AND quote.offering_id = asked.offering_id AND quote.submitted_at <= asked.joined_at + :quoted) AS quoted,
        EXISTS (SELECT FROM awards award WHERE award.awarded_at <= asked.joined_at + :awarded
            AND award.organisation_id = offering.organisation_id AND award.order_id = offering.order_id)
        OR EXISTS (SELECT FROM awards award WHERE award.awarded_at <= asked.joined_at + :awarded
            AND award.pool_id = offering.pool_id) AS awarded
    FROM split_requests asked
    JOIN offerings offering
        ON offering.organisation_id = asked.organisation_id AND offering.id = asked.offering_id
    WHERE asked.split_id = :split ORDER BY asked.joined_at, asked.id
"""


@dataclass(frozen=True, slots=True)
class End:
    """An end of a request that is watched. name: a column of TRIALS. within: from when on it is known for good."""

    name: str
    within: timedelta


ENDS: Final = (End("quoted", timedelta(days=7)), End("awarded", timedelta(days=28)))


@dataclass(frozen=True, slots=True)
class Seen:
    """One end of a split's requests. watched: of those whose time has run; waiting: how many are younger."""

    end: End
    watched: Watched
    waiting: int


def seen(session: Session, split: SplitRow, now: datetime) -> list[Seen]:
    """What is known of a split, of a running one until now, of an ended one as far as its requests have become old."""
    told = {"split": split.id, **{end.name: end.within for end in ENDS}}
    rows = session.execute(text(TRIALS), told).all()
    return [_seen(rows, end, split.percent / 100, now) for end in ENDS]


def _seen(rows: Sequence[Row[Any]], end: End, share: float, now: datetime) -> Seen:
    ripe = [row for row in rows if row.joined_at <= now - end.within]
    trials = [Trial(row.candidate, share, getattr(row, end.name)) for row in ripe]
    return Seen(end, watch(trials, ALARM / len(ENDS)), len(rows) - len(ripe))


def watch_split(work: Work) -> int:
    """Stop the split that runs when it harms, or when its candidate cannot rank any more; returns how many ended."""
    split = running_split(work.session)
    if split is None:
        return 0
    why, details = _obstacle(work.session, split), dict[str, Any]()
    if why is None:
        harmful = next((one for one in seen(work.session, split, work.now) if one.watched.harms), None)
        if harmful is None:
            return 0
        why, details = HARMS, figures_of(harmful)
    stop_split(work, split.id, why, details)
    told = {"version": split.version, "why": why, **details}
    notices.notify(work, MARKET_ID, "split_stopped", told, link=f"/operator/splits/{split.id}")
    return 1


def figures_of(found: Seen) -> dict[str, Any]:
    """What the history keeps of a harm: after how many requests, and what both arms brought."""
    watched = found.watched
    return {
        "end": found.end.name,
        "candidate": watched.candidate,
        "candidate_hits": watched.candidate_deals,
        "live": watched.live,
        "live_hits": watched.live_deals,
        "stopped_at": watched.stopped_at,
    }


def _obstacle(session: Session, split: SplitRow) -> str | None:
    """Why the candidate ranks no more, though nobody ended the split."""
    if live_ranker_id(session) != split.live:
        return LIVE_CHANGED
    encoder = live_encoder(session)
    if encoder is not None and encoder.id != split.encoder:
        return OTHER_ENCODER
    try:
        found = ranker_version(session, split.version)
    except (ValueError, TypeError, KeyError):
        found = None
    return UNREADABLE if found is None else None
