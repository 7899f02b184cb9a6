"""Reading which encoder is live, how far the next one is, and the vectors that are kept, as frozen rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.ranking.models import Encoder, TextVector

ASKED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class EncoderState:
    """One encoder. embedded of total: how many texts of factories it has vectors for, when that was last looked at.

    setting: what names it in WEFT_EMBEDDER. live: every process ranks with it. live_at: since when, or was until.
    """

    id: str
    setting: str
    dimensions: int
    live: bool
    embedded: int
    total: int
    announced_at: datetime
    live_at: datetime | None


def live_encoder(session: Session) -> EncoderState | None:
    """The encoder that every process ranks with; None in a market that no worker has served yet."""
    row = session.scalars(select(Encoder).where(Encoder.organisation_id == MARKET_ID, Encoder.live)).one_or_none()
    return None if row is None else _frozen(row)


def wanted_encoder(session: Session) -> EncoderState | None:
    """The encoder of the worker that started last; it becomes live when it has all vectors."""
    newest = select(Encoder).order_by(Encoder.announced_at.desc(), Encoder.live.desc(), Encoder.id).limit(1)
    row = session.scalars(newest).one_or_none()
    return None if row is None else _frozen(row)


def encoder_states(session: Session) -> list[EncoderState]:
    """All encoders that were ever used, the live one first and then the one announced last."""
    rows = session.scalars(select(Encoder).order_by(Encoder.live.desc(), Encoder.announced_at.desc(), Encoder.id))
    return [_frozen(row) for row in rows]


def kept_bytes(session: Session, encoder: str, hashes: Collection[str]) -> dict[str, bytes]:
    """What is kept for these texts, by hash; those that are missing are left out."""
    asked = sorted(hashes)
    found: dict[str, bytes] = {}
    for start in range(0, len(asked), ASKED_AT_ONCE):
        statement = select(TextVector.text_hash, TextVector.vector).where(
            TextVector.organisation_id == MARKET_ID,
            TextVector.encoder == encoder,
            TextVector.text_hash.in_(asked[start : start + ASKED_AT_ONCE]),
        )
        found.update((text_hash, bytes(vector)) for text_hash, vector in session.execute(statement))
    return found


def _frozen(row: Encoder) -> EncoderState:
    return EncoderState(
        row.id, row.setting, row.dimensions, row.live, row.embedded, row.total, row.announced_at, row.live_at
    )
