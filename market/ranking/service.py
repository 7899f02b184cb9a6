"""What can be done to rankers: publish one, make sure that one is live, keep the snapshot that a ranking read."""

import json
from typing import Any, Final

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert

from market.identity.service import MARKET_ID
from market.kit.work import Work
from market.ranking.models import IndexSnapshot, RankerVersion
from market.ranking.queries import live_ranker_id
from market.ranking.ranker import RankedOffer, Ranker
from matching.engine.model import PRIOR, RankerModel

PUBLISHING_LOCK: Final = 7_335_012


def publish_ranker(work: Work, model: RankerModel, encoder: str) -> str:
    """Make `model` the live ranker and return its version's id, which is the model's name.

    encoder: id of the embedder it was measured with. Publishing the live one again changes nothing; an earlier one
    comes back to life. Of two published at once both are kept and the later one is live.
    """
    work.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PUBLISHING_LOCK})
    if live_ranker_id(work.session) == model.name:
        return model.name
    parameters: dict[str, Any] = json.loads(model.to_json())
    work.session.execute(
        update(RankerVersion).where(RankerVersion.organisation_id == MARKET_ID, RankerVersion.live).values(live=False)
    )
    row = {
        "organisation_id": MARKET_ID,
        "id": model.name,
        "parameters": parameters,
        "encoder": encoder,
        "calibrated": model.calibrated,
        "evidence": model.evidence,
        "live": True,
        "published_at": work.now,
    }
    statement = insert(RankerVersion).values(row)
    work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "id"], set_={"live": True, "published_at": work.now}
        )
    )
    return model.name


def ensure_live_ranker(work: Work, ranker: Ranker) -> str:
    """The id of the live version; publishes the engine's own prior model when none was ever published."""
    return live_ranker_id(work.session) or publish_ranker(work, PRIOR, ranker.encoder)


def keep_snapshot(work: Work, ranked: RankedOffer) -> None:
    """Store which factory versions a ranking read, once for each distinct snapshot."""
    statement = insert(IndexSnapshot).values(
        organisation_id=MARKET_ID,
        id=ranked.index_snapshot,
        versions=dict(ranked.factory_versions),
        created_at=work.now,
    )
    work.session.execute(statement.on_conflict_do_nothing())


__all__ = ["PRIOR", "RankedOffer", "Ranker", "ensure_live_ranker", "keep_snapshot", "publish_ranker"]
