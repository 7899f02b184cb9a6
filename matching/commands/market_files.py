"""The files of a market as records: factories, orders and outcomes, as the commands of the engine read them."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from matching.engine.reading import TERM_KINDS
from matching.records import FactoryRecord, OrderRecord, Outcome
from matching.tables import (
    Column,
    Faults,
    Row,
    Table,
    currency,
    day,
    flag,
    iterate_table,
    names,
    number,
    read_table,
    text,
    whole,
)

Record = TypeVar("Record")

FACTORIES: Final = Table(
    (
        Column("factory_id", text(200), required=True),
        Column("name", text()),
        Column("description", text()),
        Column("categories", names()),
        Column("processes", names()),
        Column("materials", names()),
        Column("certifications", names()),
        Column("moq", whole()),
        Column("capacity_per_week", whole()),
        Column("lead_time_days", whole(0, 3650)),
        Column("unit_price_low", number(0)),
        Column("unit_price_high", number(0)),
        Column("currency", currency()),
        Column("region", text()),
        Column("joined_on", day()),
        Column("leads_per_week", whole()),
        Column("confirmed", names()),
        Column("denied", names()),
    ),
    key=("factory_id",),
)

ORDERS: Final = Table(
    (
        Column("order_id", text(200), required=True),
        Column("buyer_id", text(200)),
        Column("posted_on", day()),
        Column("title", text()),
        Column("description", text()),
        Column("category", text()),
        Column("processes", names()),
        Column("materials", names()),
        Column("certifications", names()),
        Column("quantity", whole(1), required=True),
        Column("target_unit_price", number(above=0)),
        Column("currency", currency()),
        Column("due_on", day()),
        Column("grace_days", whole(0, 3650)),
        Column("region", text()),
    ),
    key=("order_id",),
)

OUTCOMES: Final = Table(
    (
        Column("order_id", text(200), required=True),
        Column("factory_id", text(200), required=True),
        Column("offered_on", day(), required=True),
        Column("rank", whole(1)),
        Column("propensity", number(0, 1)),
        Column("accepted", flag()),
        Column("declined_reason", text()),
        Column("quoted_unit_price", number(above=0)),
        Column("won", flag()),
        Column("on_time", flag()),
        Column("quality", number(0, 1)),
    ),
    key=("order_id", "factory_id"),
)


def read_factories(path: Path, faults: Faults) -> list[FactoryRecord]:
    """The factories without fault; what is wrong with the others is added to the faults."""
    return _records(path, FACTORIES, faults, _factory, _check_factory)


def read_orders(path: Path, faults: Faults) -> list[OrderRecord]:
    """The orders without fault; what is wrong with the others is added to the faults."""
    return list(iterate_orders(path, faults))


def iterate_orders(path: Path, faults: Faults) -> Iterator[OrderRecord]:
    """As `read_orders`, one at a time; of those that have passed only the ids are remembered."""
    return (_order(row) for row in iterate_table(path, ORDERS, faults))


def read_outcomes(path: Path, as_of: date | None, order_ids: Iterable[str], faults: Faults) -> list[Outcome]:
    """The outcomes without fault. One of or after `as_of`, or of an order that is not in order_ids, is a fault."""
    known = frozenset(order_ids)

    def check(row: Row, outcome: Outcome, faults: Faults) -> None:
        if as_of is not None and outcome.offered_on >= as_of:
            problem = f"{outcome.offered_on} is not before --as-of {as_of}; accepted: outcomes of earlier days only"
            faults.add(row.fault("offered_on", problem))
        if outcome.order_id not in known:
            problem = f"order '{outcome.order_id}' is not among the past orders; accepted: an order_id of --past-orders"
            faults.add(row.fault("order_id", problem))

    return _records(path, OUTCOMES, faults, _outcome, check)


def _records(
    path: Path,
    table: Table,
    faults: Faults,
    make: Callable[[Row], Record],
    check: Callable[[Row, Record, Faults], None],
) -> list[Record]:
    records = []
    for row in read_table(path, table, faults):
        record = make(row)
        check(row, record, faults)
        records.append(record)
    return records


def _check_factory(row: Row, factory: FactoryRecord, faults: Faults) -> None:
    low, high = factory.unit_price_low, factory.unit_price_high
    if low is not None and high is not None and low > high:
        problem = f"{low:g} is above unit_price_high {high:g}; accepted: a lower price that is at most the upper one"
        faults.add(row.fault("unit_price_low", problem))
    for column, answers in (("confirmed", factory.confirmed), ("denied", factory.denied)):
        for kind, term in answers:
            if kind not in TERM_KINDS or not term:
                entry = f"{kind}:{term}" if term else kind
                accepted = ", ".join(f"{kind}:" for kind in TERM_KINDS)
                problem = f"'{entry}' does not tell what is {column}; accepted: {accepted} and then an id or a name"
                faults.add(row.fault(column, problem))
    for kind, term in sorted({*factory.confirmed} & {*factory.denied}):
        problem = f"'{kind}:{term}' is confirmed too; accepted: one of the two answers"
        faults.add(row.fault("denied", problem))


def _answer(entry: str) -> tuple[str, str]:
    kind, _, term = entry.partition(":")
    return kind.strip().lower(), term.strip()


def _factory(row: Row) -> FactoryRecord:
    return FactoryRecord(
        factory_id=row.required_text("factory_id"),
        name=row.text("name") or "",
        description=row.text("description") or "",
        categories=row.names("categories"),
        processes=row.names("processes"),
        materials=row.names("materials"),
        certifications=row.names("certifications"),
        minimum_quantity=row.whole("moq"),
        capacity_per_week=row.whole("capacity_per_week"),
        lead_time_days=row.whole("lead_time_days"),
        unit_price_low=row.number_in("unit_price_low"),
        unit_price_high=row.number_in("unit_price_high"),
        currency=row.text("currency"),
        region=row.text("region"),
        joined_on=row.day("joined_on"),
        leads_per_week=row.whole("leads_per_week"),
        confirmed=tuple(_answer(entry) for entry in row.names("confirmed")),
        denied=tuple(_answer(entry) for entry in row.names("denied")),
    )


def _order(row: Row) -> OrderRecord:
    return OrderRecord(
        order_id=row.required_text("order_id"),
        quantity=row.required_whole("quantity"),
        buyer_id=row.text("buyer_id"),
        posted_on=row.day("posted_on"),
        title=row.text("title") or "",
        description=row.text("description") or "",
        category=row.text("category"),
        processes=row.names("processes"),
        materials=row.names("materials"),
        certifications=row.names("certifications"),
        target_unit_price=row.number_in("target_unit_price"),
        currency=row.text("currency"),
        due_on=row.day("due_on"),
        grace_days=row.whole("grace_days") or 0,
        region=row.text("region"),
    )


def _outcome(row: Row) -> Outcome:
    return Outcome(
        order_id=row.required_text("order_id"),
        factory_id=row.required_text("factory_id"),
        offered_on=row.required_day("offered_on"),
        rank=row.whole("rank"),
        propensity=row.number_in("propensity"),
        accepted=row.flag("accepted"),
        declined_reason=row.text("declined_reason"),
        quoted_unit_price=row.number_in("quoted_unit_price"),
        won=row.flag("won"),
        on_time=row.flag("on_time"),
        quality=row.number_in("quality"),
    )
