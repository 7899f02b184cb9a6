"""What can be done to rankers: publish one, go back to one, make sure that one is live, keep what a ranking read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert

from market.identity.service import MARKET_ID
from market.kit import history
from market.kit.errors import Conflict, Invalid, NotFound, invalid_field
from market.kit.work import Work
from market.ranking.embedding import announce_encoder
from market.ranking.encoder_queries import live_encoder
from market.ranking.models import IndexSnapshot, RankerVersion
from market.ranking.queries import live_ranker_id, version_lines
from market.ranking.ranker import RankedOffer, Ranker
from matching.engine.model import PRIOR, RankerModel

PUBLISHING_LOCK: Final = 7_335_012
LONGEST_REASON: Final = 500
UNREADABLE: Final = "unreadable"
"""Why the prior model is published when an older release wrote the live version."""


class NotCalibrated(Invalid):
    """A learned ranker whose chances did not hold on weeks it had not seen."""

    code = "not_calibrated"


@dataclass(frozen=True, slots=True)
class Training:
    """What a ranker was trained on, and how it did. learned_until, trained_at, data_hash, held_out: as in models."""

    learned_until: date
    trained_at: datetime
    data_hash: str
    held_out: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MarketRanker:
    """The aggregate whose history tells which version was live from when, who decided it and why."""

    __tablename__: ClassVar[str] = RankerVersion.__tablename__
    organisation_id: UUID = MARKET_ID
    id: UUID = MARKET_ID


def publish_ranker(
    work: Work, model: RankerModel, encoder: str, *, why: str = "", training: Training | None = None
) -> str:
    """Make `model` the live ranker and return its version's id, which is the model's name.

    encoder: id of the embedder it was measured with. Publishing the live one again changes nothing; an earlier one
    comes back to life. Of two published at once both are kept and the later one is live. Raises NotCalibrated for one
    that has learned from outcomes and is not calibrated.
    """
    if model.evidence and not model.calibrated:
        raise NotCalibrated(f"{model.name} is not calibrated and so cannot rank.")
    lock_publishing(work)
    before = live_ranker_id(work.session)
    if before == model.name:
        return model.name
    trained = {
        "learned_until": training and training.learned_until,
        "trained_at": training and training.trained_at,
        "data_hash": training.data_hash if training else "",
        "held_out": dict(training.held_out) if training else {},
    }
    row = {
        "organisation_id": MARKET_ID,
        "id": model.name,
        "parameters": json.loads(model.to_json()),
        "encoder": encoder,
        "calibrated": model.calibrated,
        "evidence": model.evidence,
        "live": False,
        "was_live": True,
        "published_at": work.now,
        **trained,
    }
    work.session.execute(insert(RankerVersion).values(row).on_conflict_do_nothing())
    _make_live(work, before, model.name, "published", why)
    return model.name


def roll_back(work: Work, version_id: str, why: str) -> str:
    """Make an earlier version live again and return its id. Whoever does it says why; the history keeps it.

    Raises Invalid without a reason, NotFound for an unknown version, Conflict when it is live already.
    """
    if not why.strip() or len(why) > LONGEST_REASON:
        raise invalid_field("A rollback needs a reason.", "why", "it is missing or too long", "1 to 500 characters")
    lock_publishing(work)
    found = next((line for line in version_lines(work.session) if line.id == version_id), None)
    if found is None:
        raise NotFound(f"There is no ranker version {version_id[:80]!r}.")
    if found.live:
        raise Conflict(f"{found.id} is live already.")
    _make_live(work, live_ranker_id(work.session), found.id, "rolled back", why.strip())
    return found.id


def note_kept(work: Work, why: str, held_out: Mapping[str, Any]) -> None:
    """Write into the history that the live ranker stays after a training, and why."""
    details = {"version": live_ranker_id(work.session), **held_out}
    history.record(work, MarketRanker(), what="kept", why=why, details=details)


def ensure_live_ranker(work: Work, ranker: Ranker) -> str:
    """The id of the version that this transaction ranks with.

    Publishes the engine's own prior model when none was ever published, or the live one cannot be read any more. In a
    market that no worker has served yet, the encoder that ranks first is announced with it.
    """
    served = ranker.version_of(work.session)
    if served.stands_in and served.live == live_ranker_id(work.session):
        if live_encoder(work.session) is None:
            announce_encoder(work, ranker.encoders)
        publish_ranker(work, PRIOR, ranker.encoder, why="" if served.live is None else UNREADABLE)
    return served.id


def keep_snapshot(work: Work, ranked: RankedOffer) -> None:
    """Store which factory versions a ranking read, once for each distinct snapshot."""
    statement = insert(IndexSnapshot).values(
        organisation_id=MARKET_ID,
        id=ranked.index_snapshot,
        versions=dict(ranked.factory_versions),
        created_at=work.now,
    )
    work.session.execute(statement.on_conflict_do_nothing())


def lock_publishing(work: Work) -> None:
    """Wait for whoever publishes now; whoever comes later waits until this transaction ends."""
    work.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PUBLISHING_LOCK})


def _make_live(work: Work, before: str | None, version_id: str, what: str, why: str) -> None:
    of_market = RankerVersion.organisation_id == MARKET_ID
    work.session.execute(update(RankerVersion).where(of_market, RankerVersion.live).values(live=False))
    work.session.execute(
        update(RankerVersion)
        .where(of_market, RankerVersion.id == version_id)
        .values(live=True, was_live=True, published_at=work.now)
        .execution_options(synchronize_session=False)
    )
    history.record(work, MarketRanker(), what=what, why=why, details={"version": version_id, "before": before})


__all__ = [
    "PRIOR",
    "MarketRanker",
    "NotCalibrated",
    "RankedOffer",
    "Ranker",
    "Training",
    "ensure_live_ranker",
    "keep_snapshot",
    "lock_publishing",
    "note_kept",
    "publish_ranker",
    "roll_back",
]
