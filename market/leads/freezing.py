"""What is kept of a ranking with a lead: its explanation, and all that is needed to rank it again."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from market.leads.requests import OfferRequest
from market.ranking.service import RankedOffer
from matching.records import OrderRecord, RankedLead, RequirementVerdict, Signal, WouldWin

LARGEST_PLAIN: Final = 1e16
FROZEN: Final = (
    "score", "deal_probability", "low", "high", "calibrated", "evidence", "propensity", "ranker_version",
    "index_snapshot", "requirements", "would_win", "signals", "features",
)  # fmt: skip
"""The columns of a lead that `frozen_columns` gives."""
DAYS: Final = frozenset({"posted_on", "due_on"})


def frozen_columns(request: OfferRequest, ranked: RankedOffer, found: RankedLead, today: date) -> dict[str, Any]:
    """The columns of a lead that say how it was ranked, as they stay from now on."""
    return columns_of(request.record, ranked, found, today)


def columns_of(record: OrderRecord, ranked: RankedOffer, found: RankedLead, today: date) -> dict[str, Any]:
    """The same columns, of an order as the ranker read it."""
    versions = dict(ranked.factory_versions)
    return {
        "score": found.score,
        "deal_probability": found.deal_probability,
        "low": found.low,
        "high": found.high,
        "calibrated": found.calibrated,
        "evidence": found.evidence,
        "propensity": found.propensity,
        "ranker_version": ranked.ranker_version,
        "index_snapshot": ranked.index_snapshot,
        "requirements": [plain_fields(verdict) for verdict in found.requirements],
        "would_win": [plain_fields(change) for change in found.would_win],
        "signals": [plain_fields(signal) for signal in found.signals],
        "features": {
            "order": record_as_json(record),
            "as_of": today.isoformat(),
            "factory_version": versions[found.factory_id],
            "declines": ranked.penalties.get(found.factory_id, 0.0),
        },
    }


def canonical(value: Any) -> bytes:
    """The one spelling of plain values, whether they come from a ranking or back from the database, which knows no
    negative zero and writes large round numbers out."""
    return json.dumps(_spelled(value), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def frozen_digest(columns: Mapping[str, Any]) -> str:
    """sha256 over the canonical bytes of the frozen columns, in hex digits."""
    return hashlib.sha256(canonical({name: columns[name] for name in FROZEN})).hexdigest()


def _spelled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _spelled(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(part) for part in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) >= LARGEST_PLAIN else value + 0.0
    return value


def record_as_json(record: OrderRecord) -> dict[str, Any]:
    """The order as the ranker read it, without the buyer, as plain JSON."""
    fields = {name: value for name, value in asdict(record).items() if name != "buyer_id"}
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        for name, value in fields.items()
    }


def record_of_json(fields: Mapping[str, Any]) -> OrderRecord:
    """The order that `record_as_json` wrote."""
    return OrderRecord(**{name: _restored(name, value) for name, value in fields.items()})


def _restored(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(tuple(part) if isinstance(part, list) else part for part in value)
    return date.fromisoformat(value) if name in DAYS and value is not None else value


def plain_fields(part: RequirementVerdict | Signal | WouldWin) -> dict[str, Any]:
    """One part of an explanation as plain JSON, which knows no NaN: an unknown value is null."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value for name, value in asdict(part).items()
    }
