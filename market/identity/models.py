"""Organisations, users, roles and API keys. Imported by this folder alone."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from flask_security import RoleMixin, UserMixin
from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Table, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class OrganisationKind(StrEnum):
    SELLER = "seller"
    FACTORY = "factory"
    OPERATOR = "operator"


class OrganisationState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"


ORGANISATION_TRANSITIONS: Transitions = {
    OrganisationState.ACTIVE: frozenset({OrganisationState.PAUSED}),
    OrganisationState.PAUSED: frozenset({OrganisationState.ACTIVE}),
}


class Organisation(TenantRow, Base):
    """One shop, factory or the market itself. Its id and its organisation_id are the same."""

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint("kind IN ('seller', 'factory', 'operator')", name="kind"),
        CheckConstraint("state IN ('active', 'paused')", name="state"),
        CheckConstraint("id = organisation_id", name="own_tenant"),
    )
    kind: Mapped[str]
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="zh")
    region: Mapped[str | None]
    synthetic: Mapped[bool] = mapped_column(default=False)
    demo: Mapped[bool] = mapped_column(default=False)
    state: Mapped[OrganisationState] = mapped_column(default=OrganisationState.ACTIVE)
    created_at: Mapped[datetime]


roles_users = Table(
    "roles_users",
    Base.metadata,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("role_id", Uuid, ForeignKey("roles.id"), primary_key=True),
)


class Role(Base, RoleMixin):
    __tablename__ = "roles"
    id: Mapped[UUID] = mapped_column(primary_key=True)  # type: ignore[assignment]  # its mixin says int
    name: Mapped[str] = mapped_column(unique=True)


class User(Base, UserMixin):
    """A person. Belongs to one organisation, whose kind is the person's role. language None: as the browser asks."""

    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(primary_key=True)  # type: ignore[assignment]  # its mixin says int
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    language: Mapped[str | None]
    created_at: Mapped[datetime]
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]  # its mixin lists another class
        secondary=roles_users, lazy="joined"
    )


class ApiKey(TenantRow, Base):
    """A key of an organisation. Only its sha256 is kept; the key itself is shown once."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash"),)
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[str]
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
