"""Reading ranker versions and index snapshots, as frozen rows."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

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


def live_ranker_id(session: Session) -> str | None:
    """The id of the version that ranks now; None before the first one was published."""
    return session.scalar(select(RankerVersion.id).where(RankerVersion.live))


def ranker_version(session: Session, version_id: str) -> PublishedRanker | None:
    """One version with its parameters."""
    row = session.scalars(select(RankerVersion).where(RankerVersion.id == version_id)).one_or_none()
    return None if row is None else _frozen(row)


def ranker_versions(session: Session) -> list[PublishedRanker]:
    """All versions, newest first."""
    rows = session.scalars(select(RankerVersion).order_by(RankerVersion.published_at.desc(), RankerVersion.id))
    return [_frozen(row) for row in rows]


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
