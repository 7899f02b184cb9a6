"""Reads of organisations, people and API keys, as frozen rows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from market.identity.models import ApiKey, Organisation, OrganisationState, User
from market.kit.errors import NotFound
from market.kit.paging import Page, make_page


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    id: UUID
    kind: str
    name: str
    language: str
    region: str | None
    synthetic: bool
    demo: bool
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    id: UUID
    organisation_id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def organisation(session: Session, organisation_id: UUID) -> OrganisationRow:
    """One organisation. Raises NotFound when there is none that the session may see."""
    row = session.get(Organisation, (organisation_id, organisation_id))
    if row is None:
        raise NotFound
    return _organisation_row(row)


def organisation_names(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    """The names of those organisations that the session may see."""
    found = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    return {row.id: row.name for row in found}


def organisations_page(
    session: Session, *, kind: str | None, words: str, cursor: UUID | None, size: int
) -> Page[OrganisationRow]:
    """Organisations, newest first, for operators."""
    statement = select(Organisation).order_by(Organisation.id.desc()).limit(size + 1)
    if kind:
        statement = statement.where(Organisation.kind == kind)
    if words:
        statement = statement.where(Organisation.name.icontains(words, autoescape=True))
    if cursor:
        statement = statement.where(Organisation.id < cursor)
    return make_page([_organisation_row(row) for row in session.scalars(statement)], size, lambda row: row.id)


def count_organisations(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Organisation)) or 0


def demo_user(session: Session, kind: str) -> User | None:
    """The first person of the demo market in this role, for one-click sign-in."""
    statement: Select[User] = (
        select(User)
        .join(Organisation, Organisation.organisation_id == User.organisation_id)
        .where(Organisation.kind == kind, Organisation.demo, User.active)
        .order_by(User.created_at, User.id)
        .limit(1)
    )
    return session.scalars(statement).unique().first()


def first_user(session: Session, organisation_id: UUID) -> User:
    """The person who made an organisation. Raises NotFound when it has none."""
    statement = select(User).where(User.organisation_id == organisation_id).order_by(User.created_at, User.id).limit(1)
    user = session.scalars(statement).unique().first()
    if user is None:
        raise NotFound
    return user


def first_address(session: Session, organisation_id: UUID) -> str | None:
    """The mail address of the person who made an organisation; None when it has none that the session may see."""
    statement = select(User.email).where(User.organisation_id == organisation_id)
    return session.scalars(statement.order_by(User.created_at, User.id).limit(1)).first()


def email_is_taken(session: Session, email: str) -> bool:
    return session.scalar(select(User.id).where(User.email == email)) is not None


def key_by_secret(session: Session, secret: str) -> ApiKeyRow | None:
    """The live key that `secret` opens, when its organisation is active."""
    statement: Select[ApiKey] = (
        select(ApiKey)
        .join(Organisation, Organisation.organisation_id == ApiKey.organisation_id)
        .where(
            ApiKey.key_hash == hash_secret(secret),
            ApiKey.revoked_at.is_(None),
            Organisation.state == OrganisationState.ACTIVE,
        )
    )
    row = session.scalars(statement).first()
    return _key_row(row) if row else None


def api_keys(session: Session, organisation_id: UUID) -> list[ApiKeyRow]:
    statement = select(ApiKey).where(ApiKey.organisation_id == organisation_id).order_by(ApiKey.id.desc())
    return [_key_row(row) for row in session.scalars(statement)]


def hash_secret(secret: str) -> str:
    """Keys are 256 random bits, so one sha256 is enough: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _organisation_row(row: Organisation) -> OrganisationRow:
    return OrganisationRow(
        row.id, row.kind, row.name, row.language, row.region, row.synthetic, row.demo, row.state.value, row.created_at
    )


def _key_row(row: ApiKey) -> ApiKeyRow:
    return ApiKeyRow(
        row.id, row.organisation_id, row.name, row.prefix, tuple(row.scopes), row.created_at, row.last_used_at,
        row.revoked_at,
    )  # fmt: skip
