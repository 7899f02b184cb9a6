"""A shop's sales and stock from one file: uploaded, columns mapped, checked and taken in by the worker.

The request keeps the bytes and reads no more than the first rows; `import_work` is what the worker does with them.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from market.kit import history
from market.kit.errors import Conflict, Invalid, NotFound, invalid_field
from market.kit.outbox import FILES, defer
from market.kit.row_faults import CellFault
from market.kit.uploads import (
    SAMPLED_ROWS,
    UploadedFile,
    beginning,
    clean_name,
    first_values,
    headers_hash,
    why_no_header,
    why_no_table,
    why_too_large,
)
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.replenishment.import_columns import (
    LIMITS,
    LONGEST_CHANNEL,
    guess_channel,
    guess_mapping,
    mapping_faults,
)
from market.replenishment.import_findings import CHOICES
from market.replenishment.import_reading import SalesReader
from market.replenishment.models import SALES_IMPORT_TRANSITIONS as TRANSITIONS
from market.replenishment.models import SalesColumnMap, SalesImport, SalesImportState
from matching.tables import GridRow, TableError
from matching.tables.grid import GridStream, open_grid

TASK = "sales_import"
MOST_BYTES = 64 << 20
MOST_FAULTY_ROWS = 100_000
WORKBOOK = "xlsx"
_QUICK_WORKBOOK = 1 << 20
_ZIP = b"PK\x03\x04"


class SalesFileRefused(Invalid):
    """A file or a mapping that neither sales nor stock can be read from."""

    code = "sales_file_refused"


def open_import(work: Work, file: UploadedFile) -> UUID:
    """Keep an uploaded table, guess what its columns mean (or remember it) and let the worker check it; returns its id.

    Raises SalesFileRefused when the file is no table, is empty, holds only a header, or is too large. What is wrong
    further down in it the worker finds, and of a large workbook everything, since it can only be opened whole.
    """
    too_large = why_too_large(file.content, MOST_BYTES)
    if too_large:
        raise _refused("file", *too_large)
    row = SalesImport(
        organisation_id=work.organisation_id,
        id=work.new_id(),
        state=SalesImportState.UPLOADED,
        file_name=clean_name(file.name),
        encoding=WORKBOOK,
        headers=[],
        content=file.content,
        found={"samples": {}, "digest": hashlib.sha256(file.content).hexdigest()},
        created_at=work.now,
    )
    if not _is_slow_to_open(file.content):
        introduce(work, row, *_first_rows(file))
    work.session.add(row)
    work.session.flush()
    history.record(work, row, what="uploaded", details={"bytes": len(file.content)})
    _let_check(work, row)
    return row.id


def introduce(work: Work, row: SalesImport, stream: GridStream, first: Sequence[GridRow]) -> None:
    """Note what a file's columns are called and hold, and guess what they mean, or remember it.

    stream: the file as far as its header; first: its first rows. Raises SalesFileRefused when it has no row or no
    usable header.
    """
    fault_of_header = why_no_header(stream.header, bool(first))
    if fault_of_header:
        raise _refused("file", *fault_of_header)
    guessed = guess_mapping(stream.header), guess_channel(stream.header, row.file_name)
    row.headers, row.encoding = list(stream.header), stream.encoding
    row.mapping, row.channel = _remembered(work, row.organisation_id, stream.header) or guessed
    row.found = {**row.found, "samples": first_values(first, stream.header)}


def choose_columns(work: Work, import_id: UUID, mapping: Mapping[str, str], channel: str) -> None:
    """Say anew what the columns mean and which channel sold, remember it for files like this, and check it again.

    Raises SalesFileRefused for a field that does not exist, NotFound, Conflict once the file is being taken in.
    """
    row = lock_import(work, work.organisation_id, import_id)
    if row.state not in (SalesImportState.UPLOADED, SalesImportState.CHECKED):
        raise Conflict(f"This import is {row.state.value}; its columns can no longer be changed.")
    row.mapping = {header: mapping.get(header, "") for header in row.headers}
    row.channel = " ".join(channel.split())[:LONGEST_CHANNEL]
    if {"unknown", "twice"} & set(mapping_faults(row.mapping)):
        accepted = _("each field for one column at most")
        raise _refused("mapping", _("two columns mean the same, or one means nothing we know"), accepted)
    if row.state is SalesImportState.CHECKED:
        history.move(work, row, SalesImportState.UPLOADED, TRANSITIONS, why="other columns")
    _remember(work, row)
    _let_check(work, row)


def answer_gap(work: Work, import_id: UUID, first_day: str, meaning: str) -> None:
    """Say what a stretch without rows means. first_day: its first day as `found` has it. meaning: one of CHOICES.

    Raises Invalid for another gap or meaning, NotFound, Conflict unless the file is checked and not taken in.
    """
    row = _checked(work, import_id)
    if meaning not in CHOICES or first_day not in {gap["first"] for gap in row.found.get("gaps", ())}:
        raise Invalid("There is no such stretch of days, or no such answer.")
    row.choices = {**row.choices, "gaps": {**row.choices.get("gaps", {}), first_day: meaning}}


def answer_near_miss(work: Work, import_id: UUID, sku: str, same: bool) -> None:
    """Say whether a doubtful code is another writing of the one that it looks like. Raises as `answer_gap` does."""
    row = _checked(work, import_id)
    like = next((near["like"] for near in row.found.get("near", ()) if near["sku"] == sku), None)
    if like is None:
        raise Invalid("There is no such code in this file.")
    row.choices = {**row.choices, "same": {**row.choices.get("same", {}), sku: like if same else ""}}


def answer_months(work: Work, import_id: UUID, are_days: bool) -> None:
    """Say whether the sums of a file whose days look like months are those of single days. Raises as `answer_gap`."""
    row = _checked(work, import_id)
    row.choices = {**row.choices, "days": are_days}


def ask_take_in(work: Work, import_id: UUID, expected: int) -> None:
    """Let the worker take in every good row and leave the faulty ones out. expected: how many the person saw.

    A second call finds the import on its way and raises IllegalMove, so a file comes in once. Raises Conflict when
    another number of rows is good, NotFound.
    """
    row = lock_import(work, work.organisation_id, import_id)
    history.move(work, row, SalesImportState.TAKING, TRANSITIONS, details={"rows": expected})
    if row.good_count != expected or not expected:
        raise Conflict(f"{row.good_count} rows can be taken in, not {expected}: look at the file again.")
    row.percent = 0
    _remember(work, row)
    _enqueue(work, row)


def discard_import(work: Work, import_id: UUID) -> None:
    """Leave a file alone. Raises NotFound, IllegalMove once it is being taken in."""
    row = lock_import(work, work.organisation_id, import_id)
    row.reading = None
    history.move(work, row, SalesImportState.DISCARDED, TRANSITIONS)


def faulty_rows(
    work: Work, import_id: UUID
) -> tuple[Sequence[str], Iterator[tuple[Sequence[str], Sequence[CellFault]]]]:
    """The header of a file and its rows that cannot be taken in, at most MOST_FAULTY_ROWS of them. Raises NotFound."""
    row = _find(work, work.organisation_id, import_id)
    stream = open_grid(io.BytesIO(row.content), row.file_name, LIMITS)
    reader = SalesReader(stream.header, row.mapping, work.today, row.encoding)
    judged = ((line.cells, reader.read(line.cells)[1]) for line in stream.rows)
    faulty = ((cells, tuple(faults)) for cells, faults in judged if faults)
    return stream.header, islice(faulty, min(row.row_count - row.good_count, MOST_FAULTY_ROWS))


def lock_import(work: Work, organisation_id: UUID, import_id: UUID) -> SalesImport:
    """The import, kept from others until the transaction ends; without its content. Raises NotFound."""
    return _find(work, organisation_id, import_id, locked=True)


def _find(work: Work, organisation_id: UUID, import_id: UUID, *, locked: bool = False) -> SalesImport:
    statement = select(SalesImport).where(SalesImport.organisation_id == organisation_id, SalesImport.id == import_id)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = work.session.scalars(statement).first()
    if row is None:
        raise NotFound
    return row


def _checked(work: Work, import_id: UUID) -> SalesImport:
    row = lock_import(work, work.organisation_id, import_id)
    if row.state is not SalesImportState.CHECKED:
        raise Conflict(f"This import is {row.state.value}; nothing can be said about it.")
    return row


def _let_check(work: Work, row: SalesImport) -> None:
    row.percent, row.good_count, row.row_count, row.faults, row.choices = 0, 0, 0, [], {}
    row.found = {name: row.found[name] for name in ("samples", "digest")}
    if not row.headers or not mapping_faults(row.mapping):
        _enqueue(work, row)


def _enqueue(work: Work, row: SalesImport) -> None:
    arguments = {"organisation_id": str(row.organisation_id), "import_id": str(row.id)}
    defer(work.session, TASK, arguments, lock=f"{TASK} {row.organisation_id}", queue=FILES)


def _is_slow_to_open(content: bytes) -> bool:
    """Whether only the worker should open a file: of a large workbook not even the header can be read by itself."""
    return content.startswith(_ZIP) and len(content) > _QUICK_WORKBOOK


def _first_rows(file: UploadedFile) -> tuple[GridStream, Sequence[GridRow]]:
    """A table as far as its first rows. Raises SalesFileRefused."""
    content, name = file.content, file.name
    if not content.startswith(_ZIP):
        content, name = beginning(content), name.lower().removesuffix(".gz")
    try:
        stream = open_grid(io.BytesIO(content), name, LIMITS)
        return stream, list(islice(stream.rows, SAMPLED_ROWS))
    except TableError as fault:
        raise _refused("file", *why_no_table(fault)) from None


def _remembered(work: Work, organisation_id: UUID, headers: Sequence[str]) -> tuple[dict[str, str], str] | None:
    found = work.session.get(SalesColumnMap, (organisation_id, headers_hash(headers)))
    return None if found is None else (dict(found.mapping["columns"]), str(found.mapping["channel"]))


def _remember(work: Work, row: SalesImport) -> None:
    values = {"mapping": {"columns": row.mapping, "channel": row.channel}, "used_at": work.now}
    statement = insert(SalesColumnMap).values(
        organisation_id=row.organisation_id, headers_hash=headers_hash(row.headers), **values
    )
    work.session.execute(
        statement.on_conflict_do_update(index_elements=["organisation_id", "headers_hash"], set_=values)
    )


def _refused(field: str, problem: Sentence, accepted: Sentence) -> SalesFileRefused:
    fault = invalid_field("This file cannot be read as sales or stock.", field, problem, accepted)
    return SalesFileRefused(fault.message, fault.faults)
