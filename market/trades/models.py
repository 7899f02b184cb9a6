"""Packs that operators work on. Imported by this folder alone."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow


class PackDraft(TenantRow, Base):
    """A pack that an operator uploaded or typed, kept with all its faults until it is published or thrown away.

    organisation_id is the market's. sentences: what the operator wants to see read with it, one a line.
    published_as: the number of the vocabulary that it became part of.
    """

    __tablename__ = "pack_drafts"
    file_name: Mapped[str]
    text: Mapped[str]
    sentences: Mapped[str] = mapped_column(default="")
    begun_by: Mapped[str]
    begun_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_as: Mapped[int | None]
