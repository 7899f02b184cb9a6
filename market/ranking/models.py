"""Ranker versions and splits between two, the share of leads given to learning, index snapshots, encoders and the
vectors they made.

Imported by this folder alone.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class RankerVersion(Base):
    """A ranker: engine model parameters under a digest. organisation_id is the market's; one version is live.

    was_live: False for one that was only tried in a split. learned_until: the day before which its outcomes were
    offered.
    trained_at: the moment at which they were read. data_hash: sha256 of everything it was trained on. held_out: the
    contest that it won, on weeks it had not seen.
    """

    __tablename__ = "ranker_versions"
    __table_args__ = (
        Index("uq_ranker_versions_one_live", "organisation_id", unique=True, postgresql_where=text("live")),
    )
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    parameters: Mapped[dict[str, Any]]
    encoder: Mapped[str]
    calibrated: Mapped[bool] = mapped_column(default=False)
    evidence: Mapped[int] = mapped_column(default=0)
    live: Mapped[bool] = mapped_column(default=False)
    was_live: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[datetime]
    learned_until: Mapped[date | None]
    trained_at: Mapped[datetime | None]
    data_hash: Mapped[str] = mapped_column(default="")
    held_out: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SplitState(StrEnum):
    """stopped: by its guard, or because the candidate could not rank. ended: by an operator. promoted: it went live."""

    RUNNING = "running"
    STOPPED = "stopped"
    ENDED = "ended"
    PROMOTED = "promoted"


SPLIT_TRANSITIONS: Transitions = {
    SplitState.RUNNING: frozenset({SplitState.STOPPED, SplitState.ENDED, SplitState.PROMOTED}),
    SplitState.STOPPED: frozenset(),
    SplitState.ENDED: frozenset(),
    SplitState.PROMOTED: frozenset(),
}


class Split(TenantRow, Base):
    """A share of new requests that a candidate ranks. organisation_id is the market's.

    version: the candidate's. live: the version that ranks all others, and that was live at the start. percent: of new
    requests.
    """

    __tablename__ = "splits"
    __table_args__ = (
        Index("uq_splits_one_runs", "organisation_id", unique=True, postgresql_where=text("state = 'running'")),
        CheckConstraint("percent BETWEEN 1 AND 99", name="a_share"),
    )
    version: Mapped[str]
    live: Mapped[str]
    encoder: Mapped[str]
    percent: Mapped[int]
    state: Mapped[SplitState]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SplitRequest(TenantRow, Base):
    """One request of a split, and whether the candidate ranks it. organisation_id: the buyer's, as of its offering."""

    __tablename__ = "split_requests"
    __table_args__ = (
        UniqueConstraint("organisation_id", "split_id", "offering_id"),
        Index("ix_split_requests_split", "split_id", "joined_at"),
        Index("ix_split_requests_offering", "offering_id"),
    )
    split_id: Mapped[UUID]
    offering_id: Mapped[UUID]
    candidate: Mapped[bool]
    joined_at: Mapped[datetime]


class Exposure(Base):
    """Of 100 leads, how many are given to learning; absent until somebody has turned it."""

    __tablename__ = "exposure"
    __table_args__ = (CheckConstraint("percent BETWEEN 0 AND 50", name="a_share"),)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    percent: Mapped[int]
    changed_at: Mapped[datetime]


class IndexSnapshot(Base):
    """Which profile version of which factory stood in the index: factory id -> version. The id is its sha256."""

    __tablename__ = "index_snapshots"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    versions: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Encoder(Base):
    """A model that turns texts into vectors. id: its model id. setting: what names it in WEFT_EMBEDDER.

    One is live: every process ranks with it. announced_at: when a worker that is set to use it last started; the one
    announced last is wanted. embedded, total: how many of the factories' texts it has vectors for.
    """

    __tablename__ = "encoders"
    __table_args__ = (Index("uq_encoders_one_live", "organisation_id", unique=True, postgresql_where=text("live")),)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    setting: Mapped[str]
    dimensions: Mapped[int]
    live: Mapped[bool] = mapped_column(default=False)
    embedded: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    announced_at: Mapped[datetime]
    live_at: Mapped[datetime | None]


class TextVector(Base):
    """The vector of one text by one encoder, as market.ranking.vectors packs it. A projection: it can be made again."""

    __tablename__ = "text_vectors"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    encoder: Mapped[str] = mapped_column(primary_key=True)
    text_hash: Mapped[str] = mapped_column(primary_key=True)
    vector: Mapped[bytes]
    made_at: Mapped[datetime]
