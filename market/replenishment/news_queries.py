"""Which suggestions moved lately, for the top of the list. Reads alone, as frozen rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from market.replenishment.models import Item, Suggestion, SuggestionState
from market.replenishment.queries import CURRENT, RestockLine, item_row_of, suggestion_row_of

MOST_TOLD: Final = 5
_WAITING: Final = (SuggestionState.OPEN, SuggestionState.DRAFTED)


@dataclass(frozen=True, slots=True)
class RestockNews:
    """Items whose suggestion moved, those with the most sales at risk first. count: of all, told or not."""

    lines: tuple[RestockLine, ...]
    count: int


def restock_news(session: Session, organisation_id: UUID, since: datetime) -> RestockNews:
    """Current suggestions made since a moment that ask for another quantity than the version before."""
    change = func.jsonb_array_elements(Suggestion.changes).column_valued("change")
    moved = select(func.sum(cast(change.op("->>")("pieces"), Integer))).correlate(Suggestion).scalar_subquery()
    # Narrow rows are counted and sorted, and only those that are told are read whole.
    found = (
        select(Item.id, func.count().over().label("count"))
        .join(Suggestion, CURRENT)
        .where(Item.organisation_id == organisation_id, Item.retired_at.is_(None))
        .where(Suggestion.made_at >= since, Suggestion.state.in_(_WAITING), moved != 0)
        .order_by(Suggestion.risk_minor.desc(), Suggestion.quantity.desc(), Item.id)
        .limit(MOST_TOLD)
        .subquery()
    )
    statement = (
        select(Item, Suggestion, found.c.count)
        .join(Suggestion, CURRENT)
        .join(found, found.c.id == Item.id)
        .where(Item.organisation_id == organisation_id)
        .order_by(Suggestion.risk_minor.desc(), Suggestion.quantity.desc(), Item.id)
    )
    rows = session.execute(statement).all()
    lines = tuple(RestockLine(item_row_of(item), suggestion_row_of(found)) for item, found, _count in rows)
    return RestockNews(lines, rows[0][2] if rows else 0)
