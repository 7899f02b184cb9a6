"""Sales and stock of a file put into the tables, all in one transaction, and only where they differ from what is there.

The rows travel by COPY into temporary tables; what differs, PostgreSQL finds out. Every statement says which items it
changed, and those alone are marked as changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

import numpy as np
import psycopg
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from market.kit.work import Work
from market.replenishment.import_totals import Daily, ItemFound
from market.replenishment.models import Item

_AT_ONCE = 5_000
_NULL = "\\N"
_TABLES = """
    CREATE TEMPORARY TABLE incoming_items (
        item_id uuid PRIMARY KEY, name text, category text, price_before bigint, on_hand bigint, on_order bigint,
        stocked_on date, unit_cost_minor bigint, lead_time_days bigint, minimum bigint, pack_size bigint
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE incoming_sales (
        item_id uuid, day date, quantity bigint, price_minor bigint, promoted boolean, in_stock boolean,
        PRIMARY KEY (item_id, day)
    ) ON COMMIT DROP
"""
_LAST_PRICES = """
    SELECT DISTINCT ON (item_id) item_id, price_minor FROM daily_sales
    WHERE organisation_id = :organisation AND price_minor IS NOT NULL
    AND item_id IN (SELECT item_id FROM incoming_items) ORDER BY item_id, day DESC, channel
"""
_REMEMBER_PRICES = f"""
    UPDATE incoming_items SET price_before = last.price_minor FROM ({_LAST_PRICES}) AS last
    WHERE last.item_id = incoming_items.item_id
"""  # noqa: S608 (put together from constants)
_REPLACED = """
    WITH gone AS (
        DELETE FROM daily_sales AS old WHERE organisation_id = :organisation AND channel = :channel
        AND day BETWEEN :first AND :last AND item_id IN (SELECT item_id FROM incoming_sales)
        AND NOT EXISTS (SELECT FROM incoming_sales WHERE item_id = old.item_id AND day = old.day) RETURNING item_id
    ) SELECT DISTINCT item_id FROM gone
"""
_TAKEN_IN = """
    WITH changed AS (
        INSERT INTO daily_sales (organisation_id, item_id, channel, day, quantity, price_minor, promoted, in_stock)
        SELECT :organisation, new.item_id, :channel, new.day, new.quantity, new.price_minor, new.promoted, new.in_stock
        FROM incoming_sales AS new LEFT JOIN daily_sales AS old ON old.organisation_id = :organisation
            AND old.channel = :channel AND old.item_id = new.item_id AND old.day = new.day
        WHERE old.item_id IS NULL OR (old.quantity, old.price_minor, old.promoted, old.in_stock)
            IS DISTINCT FROM (new.quantity, new.price_minor, new.promoted, new.in_stock)
        ORDER BY new.item_id, new.day
        ON CONFLICT (organisation_id, item_id, channel, day) DO UPDATE SET quantity = EXCLUDED.quantity,
            price_minor = EXCLUDED.price_minor, promoted = EXCLUDED.promoted, in_stock = EXCLUDED.in_stock
        RETURNING item_id
    ) SELECT DISTINCT item_id FROM changed
"""
_STOCKED = """
    UPDATE items SET on_hand = coalesce(new.on_hand, items.on_hand), on_order = coalesce(new.on_order, items.on_order),
        stocked_on = CASE WHEN new.on_hand IS NULL THEN items.stocked_on ELSE new.stocked_on END
    FROM incoming_items AS new WHERE items.organisation_id = :organisation AND items.id = new.item_id
    AND (items.stocked_on IS NULL OR items.stocked_on <= new.stocked_on)
    AND (coalesce(new.on_hand, items.on_hand), coalesce(new.on_order, items.on_order),
         CASE WHEN new.on_hand IS NULL THEN items.stocked_on ELSE new.stocked_on END)
        IS DISTINCT FROM (items.on_hand, items.on_order, items.stocked_on)
    RETURNING items.id
"""
_AGREED = """
    UPDATE items SET unit_cost_minor = coalesce(new.unit_cost_minor, items.unit_cost_minor),
        lead_time_days = coalesce(new.lead_time_days, items.lead_time_days),
        minimum = coalesce(new.minimum, items.minimum), pack_size = coalesce(new.pack_size, items.pack_size)
    FROM incoming_items AS new WHERE items.organisation_id = :organisation AND items.id = new.item_id
    AND (coalesce(new.unit_cost_minor, items.unit_cost_minor), coalesce(new.lead_time_days, items.lead_time_days),
         coalesce(new.minimum, items.minimum), coalesce(new.pack_size, items.pack_size))
        IS DISTINCT FROM (items.unit_cost_minor, items.lead_time_days, items.minimum, items.pack_size)
    RETURNING items.id
"""
_PRICED = f"""
    UPDATE items SET unit_price_minor = last.price_minor
    FROM incoming_items AS new JOIN ({_LAST_PRICES}) AS last ON last.item_id = new.item_id
    WHERE items.organisation_id = :organisation AND items.id = new.item_id
    AND (items.unit_price_minor IS NULL OR items.unit_price_minor = new.price_before)
    AND items.unit_price_minor IS DISTINCT FROM last.price_minor RETURNING items.id
"""  # noqa: S608 (put together from constants)
_NAMED = """
    UPDATE items SET name = CASE WHEN items.name = '' THEN new.name ELSE items.name END,
        category = coalesce(items.category, new.category)
    FROM incoming_items AS new WHERE items.organisation_id = :organisation AND items.id = new.item_id
    AND ((items.name = '' AND new.name <> '') OR (items.category IS NULL AND new.category IS NOT NULL))
"""
_MARK_CHANGED = "UPDATE items SET changed_at = :now WHERE organisation_id = :organisation AND id = ANY(:changed)"


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a file brings. categories: sku -> category of the packs, where it is plain. counted_on: the day of stock
    that the file does not date itself."""

    organisation_id: UUID
    channel: str
    items: Sequence[ItemFound]
    daily: Daily
    categories: Mapping[str, str]
    counted_on: date


def store(work: Work, incoming: Incoming) -> tuple[int, int]:
    """Put everything into the tables; returns how many items are new, and how many have other figures than before.

    The sales of the file's items in its channel, between its first and last day, are the file's afterwards.
    """
    named = {"organisation": incoming.organisation_id, "channel": incoming.channel}
    # One file of a shop after the other: two at once could each make the same items.
    work.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('sales:' || :shop, 0))"),
        {"shop": str(incoming.organisation_id)},
    )
    made = _make_missing_items(work, incoming)
    known = _known_items(work, incoming.organisation_id)
    places = [known[item.sku] for item in incoming.items]
    work.session.execute(text(_TABLES))
    _copy(work, "incoming_items", _item_rows(incoming, places))
    work.session.execute(text(_REMEMBER_PRICES), named)
    _copy_lines(work, "incoming_sales", _sale_lines(incoming, places))
    work.session.execute(text("ANALYZE incoming_items"))
    work.session.execute(text("ANALYZE incoming_sales"))
    # Just after a shop's first file the planner knows of no rows, and would look up a million of them one by one.
    work.session.execute(text("SET LOCAL enable_nestloop = off"))
    changed: set[UUID] = set()
    if len(incoming.daily):
        days = incoming.daily.day
        span = {"first": date.fromordinal(int(days.min())), "last": date.fromordinal(int(days.max()))}
        changed |= set(work.session.scalars(text(_REPLACED), named | span))
        changed |= set(work.session.scalars(text(_TAKEN_IN), named))
    for statement in (_STOCKED, _AGREED, _PRICED):
        changed |= set(work.session.scalars(text(statement), named))
    work.session.execute(text(_NAMED), named)
    work.session.execute(text(_MARK_CHANGED), named | {"now": work.now, "changed": list(changed)})
    return made, len(changed)


def known_skus(work: Work, organisation_id: UUID) -> frozenset[str]:
    """The codes of all items of a shop."""
    return frozenset(_known_items(work, organisation_id))


def _known_items(work: Work, organisation_id: UUID) -> dict[str, tuple[UUID, str]]:
    """Sku -> id and currency of all items of a shop."""
    statement = select(Item.sku, Item.id, Item.currency).where(Item.organisation_id == organisation_id)
    return {sku: (identifier, currency) for sku, identifier, currency in work.session.execute(statement)}


def _make_missing_items(work: Work, incoming: Incoming) -> int:
    known = known_skus(work, incoming.organisation_id)
    rows = [
        {
            "organisation_id": incoming.organisation_id,
            "id": work.new_id(),
            "sku": item.sku,
            "name": item.name,
            "category": incoming.categories.get(item.sku),
            "currency": item.currency or "CNY",
            "changed_at": work.now,
            "created_at": work.now,
        }
        for item in incoming.items
        if item.sku not in known
    ]
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        work.session.execute(insert(Item).on_conflict_do_nothing(index_elements=["organisation_id", "sku"]), part)
    return len(rows)


def _item_rows(incoming: Incoming, places: Sequence[tuple[UUID, str]]) -> Iterable[Sequence[Any]]:
    for item, (identifier, currency) in zip(incoming.items, places, strict=True):
        stocked = date.fromordinal(item.stocked) if item.stocked > 0 else incoming.counted_on
        has_stock = item.on_hand is not None or item.on_order is not None
        # Money of another currency than the item is counted in says nothing that could be compared.
        cost = item.terms.get("cost") if (item.currency or "CNY") == currency else None
        terms = (item.terms.get(name) for name in ("lead_time_days", "minimum", "pack_size"))
        category = incoming.categories.get(item.sku)
        stock = (item.on_hand, item.on_order, stocked if has_stock else None)
        yield (identifier, item.name, category, None, *stock, cost, *terms)


def _sale_lines(incoming: Incoming, places: Sequence[tuple[UUID, str]]) -> Iterator[str]:
    """The sales as COPY reads them from text; there is nothing in them that would have to be escaped."""
    daily = incoming.daily
    ids = [str(identifier) for identifier, _currency in places]
    same_money = [
        (item.currency or "CNY") == currency for item, (_id, currency) in zip(incoming.items, places, strict=True)
    ]
    days = {day: date.fromordinal(day).isoformat() for day in np.unique(daily.day).tolist()}
    for start in range(0, len(daily), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        columns = (daily.item, daily.day, daily.quantity, daily.price, daily.promoted, daily.in_stock)
        yield "".join(
            f"{ids[item]}\t{days[day]}\t{quantity}\t{price if price and same_money[item] else _NULL}"
            f"\t{promoted}\t{in_stock}\n"
            for item, day, quantity, price, promoted, in_stock in zip(
                *(column[part].tolist() for column in columns), strict=True
            )
        )


def _copy(work: Work, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Send rows by COPY; `table` is one of ours, never a word of a person."""
    with _driver(work).cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _copy_lines(work: Work, table: str, lines: Iterable[str]) -> None:
    """Send rows that are text already, many at a time."""
    with _driver(work).cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for several in lines:
            copy.write(several)


def _driver(work: Work) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", work.session.connection().connection.driver_connection)
