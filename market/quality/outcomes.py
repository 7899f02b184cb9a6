"""What became of every lead, as the rows that rankers are trained on: read-only SQL over other folders' tables."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from market.factories.queries import as_record, matchable_factories, records_of_versions
from market.kit.money import Money
from market.leads.freezing import record_of_json
from matching.records import FactoryRecord, OrderRecord, Outcome

LEADS = """
    SELECT lead.id, lead.factory_id, lead.state, lead.rank, lead.propensity, lead.features, lead.holds_place,
        lead.first_reply_at IS NOT NULL AS answered, lead.counter ->> 'answer' AS counter_answer,
        lead.counter IS NOT NULL AS countered, lead.decline_reason, quote.price_minor, quote.currency
    FROM leads lead
    LEFT JOIN LATERAL (
        SELECT found.currency, (
            SELECT step.unit_price_minor FROM quote_steps step
            WHERE step.organisation_id = found.organisation_id AND step.quote_id = found.id
                AND step.from_quantity <= CAST(lead.features -> 'order' ->> 'quantity' AS bigint)
            ORDER BY step.from_quantity DESC LIMIT 1) AS price_minor
        FROM quotes found
        WHERE found.organisation_id = lead.organisation_id AND found.lead_id = lead.id
        ORDER BY found.version DESC LIMIT 1
    ) AS quote ON true
    WHERE lead.features ->> 'as_of' < :before
    ORDER BY lead.features ->> 'as_of', lead.id
"""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything a ranker learns from.

    orders: what was asked, once for each wording of it: a pool's brief stands for all its members. outcomes: one for
    each lead, whatever became of it. factories: those that take leads, and those of the outcomes; each of the latter
    with the profile that its latest lead was ranked with, so that nothing it changed since explains an answer.
    """

    orders: tuple[OrderRecord, ...]
    factories: tuple[FactoryRecord, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def digest(self) -> str:
        """sha256 over the canonical JSON of all rows."""
        rows = [[asdict(row) for row in part] for part in (self.orders, self.factories, self.outcomes)]
        return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()


def training_data(session: Session, before: date) -> TrainingData:
    """All leads that were offered before a day. Needs the system scope."""
    briefs: dict[str, OrderRecord] = {}
    wordings: dict[str, int] = {}
    outcomes, latest = [], dict[UUID, int]()
    for row in session.execute(text(LEADS), {"before": before.isoformat()}):
        asked = row.features["order"]
        key = json.dumps(asked, sort_keys=True)
        if key not in briefs:
            wordings[asked["order_id"]] = wordings.get(asked["order_id"], 0) + 1
            name = _named(asked["order_id"], wordings[asked["order_id"]])
            briefs[key] = replace(record_of_json(asked), order_id=name)
        outcomes.append(outcome_of(row, briefs[key]))
        latest[row.factory_id] = int(row.features["factory_version"])
    records = {profile.id: as_record(profile) for profile in matchable_factories(session)}
    records |= records_of_versions(session, latest)
    factories = tuple(records[factory_id] for factory_id in sorted(records))
    return TrainingData(tuple(briefs.values()), factories, tuple(outcomes))


def outcome_of(row: Row[Any], order: OrderRecord) -> Outcome:
    """What became of one lead, as far as it is known."""
    accepted, won = end_of(row._asdict())
    reason = row.decline_reason if accepted is False else None
    same_money = row.currency is not None and order.currency in (None, row.currency)
    quoted = float(Money(row.price_minor, row.currency).major()) if same_money and row.price_minor else None
    return Outcome(
        order_id=order.order_id,
        factory_id=str(row.factory_id),
        offered_on=date.fromisoformat(row.features["as_of"]),
        rank=row.rank,
        propensity=row.propensity,
        accepted=accepted,
        declined_reason=reason,
        quoted_unit_price=quoted,
        won=won,
    )


def end_of(lead: Mapping[str, Any]) -> tuple[bool | None, bool | None]:
    """(accepted, won) of a lead; None for what is open or will never be known.

    Silence until the time ran out is a no. A lead that ended because another factory was faster, or because the request
    was taken back, was never answered and stays open; so does a counter-offer that nobody agreed to.
    """
    state, quoted = lead["state"], lead["price_minor"] is not None
    unsettled_counter = lead["countered"] and lead["counter_answer"] != "accepted" and not quoted
    if state == "won":
        return True, True
    if state == "declined":
        return False, None
    if state == "lost":
        return (True, False) if lead["holds_place"] else (None, None)
    if state == "expired":
        if not lead["answered"]:
            return False, None
        return (None, None) if unsettled_counter else (True, False)
    return (True if lead["holds_place"] or quoted else None), None


def _named(order_id: str, wording: int) -> str:
    return order_id if wording == 1 else f"{order_id}#{wording}"


def outcome_counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many leads there were, how many of them are closed, and how many became deals."""
    rows = list(outcomes)
    closed = [row for row in rows if row.accepted is False or row.won is not None]
    return {"leads": len(rows), "closed": len(closed), "deals": sum(row.won is True for row in rows)}
