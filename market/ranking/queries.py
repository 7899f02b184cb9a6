"""Reading ranker versions and index snapshots, as frozen rows."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from market.ranking.models import IndexSnapshot, RankerVersion
from matching.engine.model import RankerModel


@dataclass(frozen=True, slots=True)
class PublishedRanker:
    """A version of the ranker. id: the name that leads carry. encoder: id of the embedder it was published for."""

    id: str
    model: RankerModel
    encoder: str
    calibrated: bool
    evidence: int
    live: bool
    published_at: datetime


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version without its parameters; fields as in models.RankerVersion."""

    id: str
    encoder: str
    calibrated: bool
    evidence: int
    live: bool
    was_live: bool
    published_at: datetime
    learned_until: date | None
    trained_at: datetime | None
    data_hash: str
    held_out: dict[str, Any]

    def has_learned(self, offered_on: date, answered_at: datetime) -> bool:
        """Whether an answer to a lead of that day was among the outcomes that this version was trained on."""
        if self.learned_until is None or self.trained_at is None:
            return False
        return offered_on < self.learned_until and answered_at <= self.trained_at


_LINE_FIELDS = tuple(VersionLine.__slots__)


def live_ranker_id(session: Session) -> str | None:
    """The id of the version that ranks now; None before the first one was published."""
    return session.scalar(select(RankerVersion.id).where(RankerVersion.live))


def ranker_version(session: Session, version_id: str) -> PublishedRanker | None:
    """One version with its parameters."""
    row = session.scalars(select(RankerVersion).where(RankerVersion.id == version_id)).one_or_none()
    return None if row is None else _frozen(row)


def live_ranker(session: Session) -> PublishedRanker | None:
    """The version that ranks now, with its parameters; None where the model of the engine itself ranks: before the
    first was published, and in place of one that an older release wrote and this one cannot read."""
    live = live_ranker_id(session)
    try:
        return None if live is None else ranker_version(session, live)
    except ValueError:
        return None


def version_lines(session: Session) -> list[VersionLine]:
    """All versions, newest first."""
    statement = select(RankerVersion).options(load_only(*(getattr(RankerVersion, name) for name in _LINE_FIELDS)))
    rows = session.scalars(statement.order_by(RankerVersion.published_at.desc(), RankerVersion.id))
    return [_line(row) for row in rows]


def live_version(session: Session) -> VersionLine | None:
    """The version that ranks now, without its parameters; None before the first one was published."""
    return next((line for line in version_lines(session) if line.live), None)


def version_line(session: Session, version_id: str) -> VersionLine | None:
    """One version, without its parameters; None for the engine's own model before it was published."""
    return next((line for line in version_lines(session) if line.id == version_id), None)


def snapshot_versions(session: Session, snapshot_id: str) -> dict[UUID, int] | None:
    """Which profile version of which factory stood in the index; None for an unknown snapshot."""
    versions = session.scalar(select(IndexSnapshot.versions).where(IndexSnapshot.id == snapshot_id))
    return None if versions is None else {UUID(factory_id): int(version) for factory_id, version in versions.items()}


def _frozen(row: RankerVersion) -> PublishedRanker:
    return PublishedRanker(
        row.id,
        RankerModel.from_json(json.dumps(row.parameters)),
        row.encoder,
        row.calibrated,
        row.evidence,
        row.live,
        row.published_at,
    )


def _line(row: RankerVersion) -> VersionLine:
    return VersionLine(**{name: getattr(row, name) for name in _LINE_FIELDS})
