"""Reading records, as frozen rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from market.kit.money import Money
from market.records.counting import FactoryCounts as FactoryCounts
from market.records.counting import count_factories
from market.records.models import FactoryRecord
from market.records.steps import OWN_MINIMA, STEPS, Step, points, step_at, step_named

LIVE_LEADS = "('offered', 'viewed', 'accepted', 'countered', 'quoted')"
BEYOND = text(f"""
    SELECT factory.id FROM factories factory
    LEFT JOIN factory_records record ON record.organisation_id = factory.organisation_id
    WHERE factory.state = 'open' AND coalesce(record.state, :first) = :step AND (
        :pieces > greatest(:most_pieces, :minima * coalesce(factory.minimum_quantity, 0))
        OR :too_dear
        OR (SELECT count(*) FROM leads lead WHERE lead.factory_id = factory.id
            AND lead.state IN {LIVE_LEADS}) >= :at_once)
""")  # noqa: S608 (a constant of this file)


@dataclass(frozen=True, slots=True)
class FactoryStanding:
    """A factory's record and the step on which it stands. counted_at: when its parts were counted; None: just now."""

    factory_id: UUID
    counts: FactoryCounts
    points: int
    step: Step
    vouched_at: datetime | None
    counted_at: datetime | None


def standings(session: Session, factory_ids: Iterable[UUID]) -> dict[UUID, FactoryStanding]:
    """Factory -> its kept record, which everybody may read; one that has done nothing yet has an empty one."""
    wanted = set(factory_ids)
    rows = session.scalars(select(FactoryRecord).where(FactoryRecord.organisation_id.in_(wanted)))
    kept = {
        row.id: FactoryStanding(
            row.id,
            FactoryCounts.of_json(row.parts),
            row.points,
            step_named(row.state),
            row.vouched_at,
            row.counted_at,
        )
        for row in rows
    }
    empty = {factory_id: _nothing_done(factory_id) for factory_id in wanted - kept.keys()}
    return kept | empty


def standing(session: Session, factory_id: UUID) -> FactoryStanding:
    return standings(session, [factory_id])[factory_id]


def standing_now(session: Session, factory_id: UUID) -> FactoryStanding:
    """The parts counted this moment, for a session of the factory or of the market. The step is the kept one, by which
    leads are offered; the points may be ahead of it until the worker has counted them."""
    kept = standing(session, factory_id)
    counts, _events = count_factories(session, [factory_id])[factory_id]
    return FactoryStanding(factory_id, counts, kept.points, kept.step, kept.vouched_at, None)


def beyond_limits(session: Session, pieces: int, value: Money | None) -> set[UUID]:
    """The open factories for which one run of so many pieces is too large for their step, or which hold as many leads
    as their step allows. value: of the whole run, where a price was named."""
    found: set[UUID] = set()
    for step in STEPS:
        if step.pieces is None or step.at_once is None:
            continue
        most = None if value is None or step.value is None else step.value.get(value.currency)
        values = {
            "first": STEPS[0].name.value,
            "step": step.name.value,
            "pieces": pieces,
            "most_pieces": step.pieces,
            "minima": OWN_MINIMA,
            "too_dear": most is not None and value is not None and value.minor > most,
            "at_once": step.at_once,
        }
        found |= set(session.scalars(BEYOND, values))
    return found


def _nothing_done(factory_id: UUID) -> FactoryStanding:
    return FactoryStanding(factory_id, FactoryCounts(), 0, step_at(points(())), None, None)
