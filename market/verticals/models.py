"""Versions of packs, and which of them are in use. Imported by this folder alone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base


class PackVersion(Base):
    """The text of one version of one trade's pack, as it was published. organisation_id is the market's.

    version: 1 for the first that was published; the shipped one counts as 0 and has no row.
    """

    __tablename__ = "pack_versions"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    vertical: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    sha256: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[str]
    why: Mapped[str]


class VocabularyVersion(Base):
    """Which packs together are the vocabulary; the row with the highest number is in use. Rows are never changed.

    key: sha256 of what is chosen. digest: that of the vocabulary it made. chosen: trade -> {"version", "sha256",
    "state"} for each trade that is not as shipped. kept: [trade, version] of texts whose terms stay readable.
    what: published | went back | retired. vertical: the trade that this version changed.
    """

    __tablename__ = "vocabularies"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    digest: Mapped[str]
    chosen: Mapped[dict[str, Any]]
    kept: Mapped[list[dict[str, Any]]]
    vertical: Mapped[str]
    what: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    why: Mapped[str]
