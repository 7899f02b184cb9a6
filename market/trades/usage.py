"""How much of the market stands on the packs: read-only SQL over orders and factories, for operators."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from matching.verticals.pack import Kind

READ_AGAIN = 300
_IN_ORDERS: dict[Kind, str] = {
    "category": "SELECT category AS id, count(*) FROM orders WHERE category = ANY (:ids) GROUP BY 1",
    "process": "SELECT one AS id, count(*) FROM orders, unnest(processes) one WHERE one = ANY (:ids) GROUP BY 1",
    "material": "SELECT one ->> 'id' AS id, count(*) FROM orders, jsonb_array_elements(materials) one "
    "WHERE one ->> 'id' = ANY (:ids) GROUP BY 1",
    "certification": "SELECT one AS id, count(*) FROM orders, unnest(certifications) one "
    "WHERE one = ANY (:ids) GROUP BY 1",
    "region": "SELECT region AS id, count(*) FROM orders WHERE region = ANY (:ids) GROUP BY 1",
}
_IN_FACTORIES: dict[Kind, str] = {
    "category": "SELECT one AS id, count(*) FROM factories, unnest(categories) one WHERE one = ANY (:ids) GROUP BY 1",
    "process": "SELECT one AS id, count(*) FROM factories, unnest(processes) one WHERE one = ANY (:ids) GROUP BY 1",
    "material": "SELECT one AS id, count(*) FROM factories, unnest(materials) one WHERE one = ANY (:ids) GROUP BY 1",
    "certification": "SELECT one AS id, count(*) FROM factories, unnest(certifications) one "
    "WHERE one = ANY (:ids) GROUP BY 1",
    "region": "SELECT region AS id, count(*) FROM factories WHERE region = ANY (:ids) GROUP BY 1",
}


@dataclass(frozen=True, slots=True)
class Use:
    """How many orders and factories name something."""

    orders: int = 0
    factories: int = 0

    def __bool__(self) -> bool:
        return bool(self.orders or self.factories)


UNUSED = Use()


def use_of_trades(session: Session) -> dict[str, Use]:
    """By trade, retired ones included."""
    orders = _counted(session, "SELECT vertical, count(*) FROM orders WHERE vertical IS NOT NULL GROUP BY 1")
    factories = _counted(session, "SELECT vertical, count(*) FROM factories GROUP BY 1")
    return {each: Use(orders.get(each, 0), factories.get(each, 0)) for each in orders.keys() | factories.keys()}


def use_of_terms(session: Session, terms: Iterable[tuple[Kind, str]]) -> dict[tuple[Kind, str], Use]:
    """The terms of these that orders or factories name, with how many do. Colours are words, not terms."""
    asked: dict[Kind, list[str]] = {}
    for kind, identifier in terms:
        asked.setdefault(kind, []).append(identifier)
    found: dict[tuple[Kind, str], Use] = {}
    for kind, ids in asked.items():
        if kind not in _IN_ORDERS:
            continue
        orders = _counted(session, _IN_ORDERS[kind], ids)
        factories = _counted(session, _IN_FACTORIES[kind], ids)
        for identifier in orders.keys() | factories.keys():
            found[kind, identifier] = Use(orders.get(identifier, 0), factories.get(identifier, 0))
    return found


def _counted(session: Session, query: str, ids: Sequence[str] = ()) -> dict[str, int]:
    rows = session.execute(text(query), {"ids": list(ids)} if ids else {})
    return {str(row[0]): int(row[1]) for row in rows}


def newest_words(session: Session) -> tuple[list[str], list[str]]:
    """What the READ_AGAIN newest orders and factories say in free words, each text once a row."""
    orders = text(
        "SELECT concat_ws(E'\\n', nullif(words, ''), title, nullif(description, '')) FROM orders "
        "ORDER BY created_at DESC LIMIT :most"
    )
    factories = text(
        "SELECT concat_ws(E'\\n', nullif(description, ''), nullif(equipment, '')) FROM factories "
        "ORDER BY updated_at DESC LIMIT :most"
    )
    most = {"most": READ_AGAIN}
    return list(session.scalars(orders, most)), list(session.scalars(factories, most))
