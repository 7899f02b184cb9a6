"""Many orders from one file: uploaded, columns mapped, every row checked, then taken in at once or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from market.kit import history, live, outbox
from market.kit.errors import Conflict, Invalid, NotFound, invalid_field
from market.kit.row_faults import CellFault, FaultKinds
from market.kit.uploads import (
    UploadedFile,
    clean_name,
    headers_hash,
    why_no_header,
    why_no_table,
    why_too_large,
)
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.orders.drafts import OrderDraft
from market.orders.events import OrderPosted, OrdersImported
from market.orders.import_columns import LIMITS, RowReader, guess_mapping, mapping_faults
from market.orders.models import IMPORT_TRANSITIONS, ColumnMap, ImportState, Order, OrderImport, OrderState
from market.orders.service import new_order
from matching.tables import Grid, TableError, read_grid
from matching.verticals.pack import Vocabulary

ANNOUNCED_AT_ONCE = 100
IMPORTED_A_DAY = 50_000
_REFERENCES_AT_ONCE = 5_000


class ImportRefused(Invalid):
    """A file or a mapping that no orders can be read from."""

    code = "import_refused"


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row of the file with the order it asks for, or with its faults. number: as a spreadsheet counts."""

    number: int
    cells: tuple[str, ...]
    draft: OrderDraft
    faults: tuple[CellFault, ...]


def open_import(work: Work, file: UploadedFile, vocabulary: Vocabulary) -> UUID:
    """Keep an uploaded table, guess what its columns mean (or remember it) and check every row; returns its id.

    Raises ImportRefused when the file is no table, is empty, holds only a header, or is too large.
    """
    too_large = why_too_large(file.content, work.settings.upload_limit_bytes)
    if too_large:
        raise _refused("file", *too_large)
    grid = _read(file)
    mapping = _remembered_mapping(work, grid.header) or guess_mapping(grid.header, vocabulary)
    row = OrderImport(
        organisation_id=work.organisation_id,
        id=work.new_id(),
        state=ImportState.UPLOADED,
        file_name=clean_name(file.name),
        encoding=grid.encoding,
        headers=list(grid.header),
        content=file.content,
        mapping=mapping,
        row_count=len(grid.rows),
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    history.record(work, row, what="uploaded", details={"rows": row.row_count, "encoding": row.encoding})
    _check_rows(work, row, grid, vocabulary)
    return row.id


def choose_columns(work: Work, import_id: UUID, mapping: Mapping[str, str], vocabulary: Vocabulary) -> None:
    """Say anew what the columns mean, remember it for files with these headers, and check every row again.

    Raises ImportRefused for a field that does not exist, NotFound, Conflict once the file was taken in.
    """
    row = _lock(work, import_id)
    if row.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        raise Conflict(f"This import is {row.state.value}; its columns can no longer be changed.")
    row.mapping = {header: mapping.get(header, "") for header in row.headers}
    if {"unknown", "twice"} & set(mapping_faults(row.mapping, vocabulary)):
        accepted = _("each field for one column at most")
        raise _refused("mapping", _("two columns mean the same, or one means nothing we know"), accepted)
    if row.state is ImportState.CHECKED:
        history.move(work, row, ImportState.UPLOADED, IMPORT_TRANSITIONS, why="other columns")
    _remember_mapping(work, row)
    _check_rows(work, row, _stored_grid(row), vocabulary)


def take_in(work: Work, import_id: UUID, expected: int, vocabulary: Vocabulary) -> int:
    """Post every good row as an order, all in this transaction, and leave the faulty ones out; returns how many.

    expected: how many good rows the person saw. A second call finds the import done and raises IllegalMove, so a file
    comes in once. Raises Conflict when the rows are judged otherwise by now, or no row is good.
    """
    row = _lock(work, import_id)
    history.move(work, row, ImportState.DONE, IMPORT_TRANSITIONS, details={"rows": expected})
    checked = _checked_rows(work, row, _stored_grid(row), vocabulary)
    good = [each for each in checked if not each.faults]
    if len(good) != expected or not good:
        raise Conflict(f"{len(good)} rows can be taken in by now, not {expected}: check the file again.")
    _check_daily_limit(work, len(good))
    orders = [_order_of(work, row, each, vocabulary) for each in good]
    work.session.add_all(orders)
    work.session.flush()
    work.session.add_all(_first_entry(work, order) for order in orders)
    row.done_at, row.good_count = work.now, len(good)
    _remember_mapping(work, row)
    for start in range(0, len(orders), ANNOUNCED_AT_ONCE):
        part = [str(order.id) for order in orders[start : start + ANNOUNCED_AT_ONCE]]
        outbox.publish(work, OrdersImported(row.organisation_id, row.id, part))
    live.announce(work.session, row.organisation_id, "order", row.id)
    return len(orders)


def announce_imported(work: Work, event: OrdersImported) -> None:
    """Publish OrderPosted for each order of a part of a file. A handler of the worker, so that the shop waits for
    nothing but the rows themselves."""
    for order_id in event.order_ids:
        outbox.publish(work, OrderPosted(event.organisation_id, UUID(order_id)))


def discard_import(work: Work, import_id: UUID) -> None:
    """Leave a file alone. Raises NotFound, IllegalMove once it was taken in."""
    history.move(work, _lock(work, import_id), ImportState.DISCARDED, IMPORT_TRANSITIONS)


def faulty_rows(work: Work, import_id: UUID, vocabulary: Vocabulary) -> tuple[tuple[str, ...], Iterator[CheckedRow]]:
    """The header of a file and its rows that cannot be taken in, as they are judged now. Raises NotFound."""
    row = _lock(work, import_id)
    grid = _stored_grid(row)
    return grid.header, (each for each in _checked_rows(work, row, grid, vocabulary) if each.faults)


def _check_rows(work: Work, row: OrderImport, grid: Grid, vocabulary: Vocabulary) -> None:
    row.good_count, row.faults = 0, []
    if mapping_faults(row.mapping, vocabulary):
        return
    kinds = FaultKinds()
    for checked in _checked_rows(work, row, grid, vocabulary):
        row.good_count += not checked.faults
        for fault in checked.faults:
            kinds.add(checked.number, fault)
    row.faults = kinds.most_first()
    history.move(work, row, ImportState.CHECKED, IMPORT_TRANSITIONS, details={"good": row.good_count})


def _checked_rows(work: Work, row: OrderImport, grid: Grid, vocabulary: Vocabulary) -> Iterator[CheckedRow]:
    reader = RowReader(grid.header, row.mapping, vocabulary, work.today)
    seen: dict[str, int] = {}
    taken: set[str] = set()
    place = next((place for place, header in enumerate(grid.header) if row.mapping.get(header) == "reference"), None)
    if place is not None:
        wanted = {each.cells[place] for each in grid.rows if place < len(each.cells)}
        taken = _taken_references(work, sorted(wanted - {""}))
    for each in grid.rows:
        draft, faults = reader.read(each.cells)
        reference = (draft.reference or "").strip()
        if reference in taken:
            faults.append(_reference_fault(grid.header, place, reference, _("another order has this number already")))
        elif reference and reference in seen:
            problem = _("row %(row)s has this number already", row=seen[reference])
            faults.append(_reference_fault(grid.header, place, reference, problem))
        elif reference:
            seen[reference] = each.number
        yield CheckedRow(each.number, each.cells, draft, tuple(faults))


def _reference_fault(header: Sequence[str], place: int | None, reference: str, problem: Sentence) -> CellFault:
    column = "" if place is None else header[place]
    return CellFault(column, "reference", reference, problem, _("a new number"))


def _taken_references(work: Work, wanted: Sequence[str]) -> set[str]:
    taken: set[str] = set()
    for start in range(0, len(wanted), _REFERENCES_AT_ONCE):
        part = wanted[start : start + _REFERENCES_AT_ONCE]
        statement = select(Order.reference).where(
            Order.organisation_id == work.organisation_id, Order.reference.in_(part)
        )
        taken |= {reference for reference in work.session.scalars(statement) if reference}
    return taken


def _order_of(work: Work, row: OrderImport, checked: CheckedRow, vocabulary: Vocabulary) -> Order:
    order = new_order(work, checked.draft, OrderState.POSTED, vocabulary)
    order.posted_at = work.now
    order.origin = {"import": str(row.id), "file": row.file_name, "row": checked.number}
    return order


def _first_entry(work: Work, order: Order) -> history.HistoryEntry:
    """The first entry of an order that nobody else can have touched, so no chain has to be looked up or held."""
    entry = history.HistoryEntry(
        organisation_id=order.organisation_id,
        id=work.new_id(),
        aggregate="orders",
        aggregate_id=order.id,
        counterparty_id=None,
        sequence=1,
        what="imported",
        from_state=None,
        to_state=OrderState.POSTED.value,
        actor_id=work.actor.user_id,
        actor_name=work.actor.name,
        why="",
        details=dict(order.origin),
        at=work.now,
        previous_hash="",
    )
    entry.hash = history.entry_hash(entry)
    return entry


def _check_daily_limit(work: Work, coming: int) -> None:
    midnight = datetime.combine(work.today, time(), work.now.tzinfo) - timedelta(hours=8)
    statement = select(func.coalesce(func.sum(OrderImport.good_count), 0)).where(
        OrderImport.organisation_id == work.organisation_id, OrderImport.done_at >= midnight
    )
    if (work.session.scalar(statement) or 0) + coming > IMPORTED_A_DAY:
        raise Conflict(f"Your shop may take in {IMPORTED_A_DAY} rows a day; take this file in tomorrow.")


def _read(file: UploadedFile) -> Grid:
    try:
        grid = read_grid(file.content, file.name, LIMITS)
    except TableError as fault:
        raise _refused("file", *why_no_table(fault)) from None
    fault_of_header = why_no_header(grid.header, bool(grid.rows))
    if fault_of_header:
        raise _refused("file", *fault_of_header)
    return grid


def _stored_grid(row: OrderImport) -> Grid:
    return read_grid(row.content, row.file_name, LIMITS)


def _lock(work: Work, import_id: UUID) -> OrderImport:
    statement = select(OrderImport).where(
        OrderImport.organisation_id == work.organisation_id, OrderImport.id == import_id
    )
    row = work.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound
    return row


def _remembered_mapping(work: Work, headers: Sequence[str]) -> dict[str, str] | None:
    found = work.session.get(ColumnMap, (work.organisation_id, headers_hash(headers)))
    return None if found is None else {str(header): str(field) for header, field in found.mapping.items()}


def _remember_mapping(work: Work, row: OrderImport) -> None:
    values = {"mapping": row.mapping, "used_at": work.now}
    statement = insert(ColumnMap).values(
        organisation_id=row.organisation_id, headers_hash=headers_hash(row.headers), **values
    )
    work.session.execute(
        statement.on_conflict_do_update(index_elements=["organisation_id", "headers_hash"], set_=values)
    )


def _refused(field: str, problem: Sentence, accepted: Sentence) -> ImportRefused:
    fault = invalid_field("This file cannot be read as orders.", field, problem, accepted)
    return ImportRefused(fault.message, fault.faults)
