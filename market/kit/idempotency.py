"""The same request twice does its work once: the key, what was asked, and the first answer."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from market.kit.db import Base
from market.kit.errors import Conflict, invalid_field


class IdempotencyKey(Base):
    """One key of one organisation. status None means that the first request has not answered yet."""

    __tablename__ = "idempotency_keys"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    status: int
    body: dict[str, Any]


def request_hash(operation: str, body: bytes) -> str:
    return hashlib.sha256(operation.encode() + b"\n" + body).hexdigest()


def claim_key(
    session: Session, organisation_id: UUID, key: str, fingerprint: str, now: datetime
) -> EarlierAnswer | None:
    """Claim `key` for this request. Returns None when the caller should do the work, or the first answer.

    A rival holding the key in an open transaction is waited for. Raises Invalid when the key was used for another
    request, Conflict when the first request has not answered.
    """
    if not 1 <= len(key) <= 200:
        raise invalid_field(
            "The idempotency key cannot be used.",
            "Idempotency-Key",
            "its length is not 1 to 200",
            "1 to 200 characters",
        )
    inserted = session.execute(
        insert(IdempotencyKey)
        .values(organisation_id=organisation_id, key=key, request_hash=fingerprint, created_at=now)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).first()
    if inserted:
        return None
    row = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.organisation_id == organisation_id, IdempotencyKey.key == key)
    ).one()
    if row.request_hash != fingerprint:
        raise invalid_field(
            "This idempotency key was used for another request.",
            "Idempotency-Key",
            "it was sent before with another body",
            "a fresh key for a new request",
        )
    if row.status is None or row.answer is None:
        raise Conflict("The first request with this idempotency key has not been answered yet.")
    return EarlierAnswer(row.status, row.answer)


def store_answer(session: Session, organisation_id: UUID, key: str, status: int, body: dict[str, Any]) -> None:
    row = session.get_one(IdempotencyKey, (organisation_id, key))
    row.status, row.answer = status, body
