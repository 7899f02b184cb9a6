"""A live split: a candidate ranks a share of new requests, the live ranker all others.

A request joins with its first ranking and stays in its arm for as long as the split runs: what is ranked for it later
is ranked by the same version. Once the split is over, or another version went live, the live ranker ranks it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit import history
from market.kit.errors import Conflict, NotFound, invalid_field
from market.kit.work import Work
from market.ranking.models import SPLIT_TRANSITIONS, RankerVersion, Split, SplitRequest, SplitState
from market.ranking.queries import live_ranker_id
from market.ranking.service import lock_publishing
from matching.engine.model import RankerModel

LEAST_PERCENT: Final = 5
MOST_PERCENT: Final = 50


class SplitRuns(Conflict):
    """One split at a time: what two tell at once would be mixed."""

    code = "split_runs"


class NoLiveRanker(Conflict):
    """There is no version that a candidate could be set against."""

    code = "no_live_ranker"


@dataclass(frozen=True, slots=True)
class SplitRow:
    """One split; fields as in models.Split."""

    id: UUID
    version: str
    live: str
    encoder: str
    percent: int
    state: SplitState
    started_at: datetime
    ended_at: datetime | None

    @property
    def runs(self) -> bool:
        return self.state is SplitState.RUNNING


def start_split(work: Work, model: RankerModel, encoder: str, percent: int, why: str) -> UUID:
    """Let a candidate rank this share of new requests from now on; returns the split. Its version is kept, so that what
    it ranks can be made again.

    Raises Invalid for a share out of bounds, SplitRuns, NoLiveRanker.
    """
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        accepted = f"a whole number from {LEAST_PERCENT} to {MOST_PERCENT}"
        raise invalid_field("This share cannot be split off.", "percent", f"it is {percent}", accepted)
    lock_publishing(work)
    if running_split(work.session) is not None:
        raise SplitRuns("A split is running already; end it first.")
    live = live_ranker_id(work.session)
    if live is None:
        raise NoLiveRanker("No version is live yet that a candidate could be set against.")
    _keep_version(work, model, encoder)
    row = Split(
        organisation_id=MARKET_ID,
        id=work.new_id(),
        version=model.name,
        live=live,
        encoder=encoder,
        percent=percent,
        state=SplitState.RUNNING,
        started_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    details = {"version": model.name, "live": live, "percent": percent}
    history.record(work, row, what="started", to_state=SplitState.RUNNING, why=why, details=details)
    return row.id


def stop_split(work: Work, split_id: UUID, why: str, details: Mapping[str, Any]) -> None:
    """The guard, or a candidate that cannot rank, stops a split. Raises NotFound, IllegalMove where it ended before."""
    _move(work, split_id, SplitState.STOPPED, why, details)


def end_split(work: Work, split_id: UUID, why: str) -> None:
    """An operator ends a split. Raises NotFound, IllegalMove where it ended before."""
    _move(work, split_id, SplitState.ENDED, why, {})


def promote_split(work: Work, split_id: UUID, why: str) -> None:
    """The candidate of a split goes live. Raises NotFound, IllegalMove where the split ended before."""
    _move(work, split_id, SplitState.PROMOTED, why, {})


def end_by_promotion(work: Work, version: str, why: str) -> None:
    """A candidate goes live: a split that runs for it ends with that, one of another candidate is over too."""
    split = running_split(work.session)
    if split is not None:
        to = SplitState.PROMOTED if split.version == version else SplitState.ENDED
        _move(work, split.id, to, why, {"live": version})


def _move(work: Work, split_id: UUID, to: SplitState, why: str, details: Mapping[str, Any]) -> None:
    """The live ranker ranks every request again."""
    row = work.session.scalars(select(Split).where(Split.id == split_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    history.move(work, row, to, SPLIT_TRANSITIONS, why=why, details=details)
    row.ended_at = work.now
    work.session.flush()


def running_split(session: Session) -> SplitRow | None:
    row = session.scalars(select(Split).where(Split.state == SplitState.RUNNING)).one_or_none()
    return None if row is None else _frozen(row)


def latest_splits(session: Session, count: int) -> list[SplitRow]:
    """The newest first."""
    return [_frozen(row) for row in session.scalars(select(Split).order_by(Split.started_at.desc()).limit(count))]


def split_row(session: Session, split_id: UUID) -> SplitRow:
    """Raises NotFound."""
    row = session.scalars(select(Split).where(Split.id == split_id)).one_or_none()
    if row is None:
        raise NotFound
    return _frozen(row)


def draws_candidate(split_id: UUID, offering_id: UUID, percent: int) -> bool:
    """The arm of a request: a fair draw that comes out the same each time."""
    drawn = hashlib.sha256(f"{split_id} {offering_id}".encode()).digest()
    return int.from_bytes(drawn[:8]) * 100 < percent * 2**64


def join(work: Work, split: SplitRow, organisation_id: UUID, offering_id: UUID) -> None:
    """Note that a request is part of a split, and in which arm. Said twice, once."""
    values = {
        "organisation_id": organisation_id,
        "id": work.new_id(),
        "split_id": split.id,
        "offering_id": offering_id,
        "candidate": draws_candidate(split.id, offering_id, split.percent),
        "joined_at": work.now,
    }
    work.session.execute(insert(SplitRequest).values(values).on_conflict_do_nothing())


def arm_version(session: Session, offering_id: UUID) -> str | None:
    """The version of the candidate that ranks this request; None where the live ranker does."""
    statement = (
        select(Split.version)
        .join(SplitRequest, SplitRequest.split_id == Split.id)
        .where(
            Split.state == SplitState.RUNNING,
            Split.live == live_ranker_id(session),
            SplitRequest.offering_id == offering_id,
            SplitRequest.candidate,
        )
    )
    return session.scalar(statement)


def _keep_version(work: Work, model: RankerModel, encoder: str) -> None:
    row = {
        "organisation_id": MARKET_ID,
        "id": model.name,
        "parameters": json.loads(model.to_json()),
        "encoder": encoder,
        "calibrated": model.calibrated,
        "evidence": model.evidence,
        "live": False,
        "was_live": False,
        "published_at": work.now,
        "data_hash": "",
        "held_out": {},
    }
    work.session.execute(insert(RankerVersion).values(row).on_conflict_do_nothing())


def _frozen(row: Split) -> SplitRow:
    return SplitRow(**{name: getattr(row, name) for name in SplitRow.__slots__})
