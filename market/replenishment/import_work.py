"""What the worker does about an import of sales: check every row, or take the good ones in, whichever it waits for.

The rows are read while no transaction is open; what came of them is written at the end in one, and only if the import
still waits for it. So a worker may be killed at any time and the same job run again, also twice at once.
"""

import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, islice
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from market.kit import history, live, outbox
from market.kit.clock import market_day
from market.kit.errors import Invalid
from market.kit.row_faults import FaultKinds
from market.kit.uploads import SAMPLED_ROWS, why_no_table
from market.kit.wording import Sentence, pack_sentences
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.replenishment.events import SalesTakenIn
from market.replenishment.import_columns import LIMITS, mapping_faults
from market.replenishment.import_findings import findings, lost_stretches
from market.replenishment.import_keeping import Reading, pack_reading, reading_key, unpack_reading
from market.replenishment.import_reading import LeftOut, SalesReader
from market.replenishment.import_storing import Incoming, known_skus, store
from market.replenishment.import_totals import (
    MOST_ITEMS,
    ItemFound,
    TooManyItems,
    Totals,
    spread_over_months,
    with_lost_days,
)
from market.replenishment.imports import WORKBOOK, introduce, lock_import
from market.replenishment.models import SALES_IMPORT_TRANSITIONS as TRANSITIONS
from market.replenishment.models import SalesImport, SalesImportState
from matching.tables import GridRow, TableError
from matching.tables.grid import GridStream, open_grid
from matching.understanding import understand
from matching.verticals.pack import Vocabulary

Units = Callable[[], AbstractContextManager[Work]]
CHANGED = "sales_import"
"""The kind of live news that pages hear when an import has got further."""

OUR_FAULT = _("something went wrong on our side; upload the file again, and tell us when that does not help")
_SURE = 0.9
_ROWS_AT_ONCE = 2_000
_READING = 90
_USUAL_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """An import as it was when the worker began. known: the skus of the shop. kept: what its check read."""

    organisation_id: UUID
    id: UUID
    state: SalesImportState
    file_name: str
    encoding: str
    content: bytes
    mapping: dict[str, str]
    channel: str
    row_count: int
    found: dict[str, Any]
    choices: dict[str, Any]
    today: date
    counted_on: date
    known: frozenset[str]
    kept: bytes | None

    @property
    def same(self) -> dict[str, str]:
        """Sku -> the sku that the shop said it is another writing of."""
        return {sku: like for sku, like in self.choices.get("same", {}).items() if like}

    @property
    def key(self) -> str:
        return reading_key(self.found["digest"], self.mapping, self.same)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """All rows of a file. In `reading`, rows that are no sales count as good."""

    asked: Asked
    totals: Totals
    reading: Reading
    kinds: FaultKinds
    counts: LeftOut
    rows: int
    encoding: str


class NotToBeChecked(ValueError):
    """A file whose columns need a word of the shop first."""


class NotReadable(ValueError):
    """A file that cannot be read to its end; its arguments are the sentences that say why."""


def work_on_import(units: Units, vocabulary: Vocabulary, organisation_id: UUID, import_id: UUID) -> None:
    """Check an import that was uploaded, or take in one that was asked for; anything else is left as it is."""
    with units() as work:
        asked = _asked(work, organisation_id, import_id)
    if asked is None:
        return
    try:
        if asked.state is SalesImportState.UPLOADED:
            read = _read(units, asked)
            with units() as work:
                _keep_findings(work, read)
        else:
            reading = unpack_reading(asked.kept, asked.key) or _read(units, asked).reading
            categories = _categories(asked, reading.items, vocabulary)
            with units() as work:
                _take_in(work, asked, reading, categories)
    except NotToBeChecked:
        return
    except NotReadable as fault:
        with units() as work:
            give_up(work, organisation_id, import_id, *fault.args)


def give_up(work: Work, organisation_id: UUID, import_id: UUID, *why: Sentence) -> None:
    """Say that a file which the worker has in hand cannot be taken in, and why."""
    row = lock_import(work, organisation_id, import_id)
    if row.state in (SalesImportState.UPLOADED, SalesImportState.TAKING):
        row.failure = pack_sentences(*why)
        history.move(work, row, SalesImportState.FAILED, TRANSITIONS)
        live.announce(work.session, organisation_id, CHANGED, import_id)


def _asked(work: Work, organisation_id: UUID, import_id: UUID) -> Asked | None:
    statement = select(SalesImport).where(SalesImport.organisation_id == organisation_id, SalesImport.id == import_id)
    row = work.session.scalars(statement).first()
    if row is None or row.state not in (SalesImportState.UPLOADED, SalesImportState.TAKING):
        return None
    if row.headers and mapping_faults(row.mapping):
        return None
    return Asked(
        organisation_id=organisation_id,
        id=import_id,
        state=row.state,
        file_name=row.file_name,
        encoding=row.encoding,
        content=row.content,
        mapping=dict(row.mapping),
        channel=row.channel,
        row_count=row.row_count,
        found=dict(row.found),
        choices=dict(row.choices),
        today=work.today,
        counted_on=_first_seen(work, row),
        known=known_skus(work, organisation_id),
        kept=row.reading if row.state is SalesImportState.TAKING else None,
    )


def _first_seen(work: Work, row: SalesImport) -> date:
    """The day on which the shop brought these very bytes for the first time: its undated stock is of that day."""
    statement = select(SalesImport.created_at).where(
        SalesImport.organisation_id == row.organisation_id,
        SalesImport.state == SalesImportState.DONE,
        SalesImport.found["digest"].astext == row.found["digest"],
    )
    return market_day(min([row.created_at, *work.session.scalars(statement)]))


def _read(units: Units, asked: Asked) -> ReadFile:
    """Read every row, telling how far it is. Raises NotReadable."""
    source = io.BytesIO(asked.content)
    kinds, rows, good = FaultKinds(), 0, 0
    try:
        stream = open_grid(source, asked.file_name, LIMITS)
        first = list(islice(stream.rows, SAMPLED_ROWS))
        if not asked.mapping:
            asked = _introduced(units, asked, stream, first)
        reader = SalesReader(stream.header, asked.mapping, asked.today, stream.encoding)
        totals, progress = Totals(reader.kind, asked.same), Progress(units, asked)
        for row in chain(first, stream.rows):
            line, faults = reader.read(row.cells)
            rows, good = rows + 1, good + (not faults)
            if line is not None:
                totals.add(line)
            for fault in faults:
                kinds.add(row.number, fault)
            if not rows % _ROWS_AT_ONCE:
                progress.tell(_READING * _share_read(asked, source, rows))
    except TableError as fault:
        where = (_("Row %(row)s:", row=fault.row),) if fault.row else ()
        problem, accepted = why_no_table(fault, with_row=False)
        raise NotReadable(*where, problem, _("Accepted:"), accepted) from None
    except TooManyItems:
        most = _("it holds more than %(most)s different items: is the right column their code?", most=MOST_ITEMS)
        raise NotReadable(most) from None
    reading = Reading(totals.items, totals.daily(), good)
    return ReadFile(asked, totals, reading, kinds, reader.counts, rows, stream.encoding)


def _introduced(units: Units, asked: Asked, stream: GridStream, first: Sequence[GridRow]) -> Asked:
    """A large workbook after its header was read. Raises NotReadable, NotToBeChecked."""
    with units() as work:
        row = lock_import(work, asked.organisation_id, asked.id)
        if row.state is SalesImportState.UPLOADED and not row.headers:
            try:
                introduce(work, row, stream, first)
            except Invalid as refusal:
                raise NotReadable(Sentence.of(refusal.faults[0].problem)) from None
        live.announce(work.session, asked.organisation_id, CHANGED, asked.id)
        introduced = replace(asked, mapping=dict(row.mapping), found=dict(row.found))
    if mapping_faults(introduced.mapping):
        raise NotToBeChecked
    return introduced


def _share_read(asked: Asked, source: io.BytesIO, rows: int) -> float:
    """How much of a file has been read, about: a workbook is opened whole, so of it only the rows can be counted."""
    if asked.row_count:
        return rows / asked.row_count
    if asked.encoding == WORKBOOK:
        return rows / (rows + _USUAL_ROWS)
    return source.tell() / len(asked.content)


class Progress:
    """Tells the shop's open pages about once a second how far the worker is, in units of work of its own."""

    def __init__(self, units: Units, asked: Asked) -> None:
        self._units, self._asked = units, asked
        self._told = monotonic()

    def tell(self, percent: float) -> None:
        if monotonic() - self._told < 1:
            return
        asked = self._asked
        mine = (SalesImport.organisation_id == asked.organisation_id, SalesImport.id == asked.id)
        with self._units() as work:
            work.session.execute(
                update(SalesImport)
                .where(*mine, SalesImport.state == asked.state)
                .values(percent=min(99, int(percent)))
                .execution_options(synchronize_session=False)
            )
            live.announce(work.session, asked.organisation_id, CHANGED, asked.id)
        self._told = monotonic()


def _keep_findings(work: Work, read: ReadFile) -> None:
    """Write down what the check found, unless the columns were changed or the file left alone meanwhile."""
    asked = read.asked
    row = lock_import(work, asked.organisation_id, asked.id)
    if row.state is not SalesImportState.UPLOADED or row.mapping != asked.mapping:
        return
    numbered = "order" in asked.mapping.values()
    found = findings(read.totals, read.reading.daily, read.totals.kind, read.counts, asked.known, numbered)
    row.found = {**found, "samples": asked.found["samples"], "digest": asked.found["digest"]}
    good = read.reading.good
    row.row_count, row.good_count, row.faults, row.percent = read.rows, good, read.kinds.most_first(), 100
    row.encoding, row.reading = read.encoding, pack_reading(read.reading, asked.key)
    history.move(work, row, SalesImportState.CHECKED, TRANSITIONS, details={"rows": read.rows, "good": good})
    live.announce(work.session, asked.organisation_id, CHANGED, asked.id)


def _take_in(work: Work, asked: Asked, reading: Reading, categories: dict[str, str]) -> None:
    """Put the sales and the stock of the good rows into the tables, once."""
    daily, items = reading.daily, reading.items
    if asked.found.get("seems") == "months" and not asked.choices.get("days"):
        daily = spread_over_months(daily, asked.today.toordinal())
    gaps = lost_stretches(asked.found.get("gaps", ()), asked.choices.get("gaps", {}))
    daily = with_lost_days(daily, len(items), gaps)
    row = lock_import(work, asked.organisation_id, asked.id)
    if row.state is not SalesImportState.TAKING:
        return
    incoming = Incoming(asked.organisation_id, asked.channel, items, daily, categories, asked.counted_on)
    made, changed = store(work, incoming)
    row.good_count, row.done_at, row.percent, row.reading = reading.good, work.now, 100, None
    row.found = {**row.found, "made": made, "changed": changed}
    details = {"rows": reading.good, "items": len(items), "new": made, "changed": changed}
    history.move(work, row, SalesImportState.DONE, TRANSITIONS, details=details)
    outbox.publish(work, SalesTakenIn(asked.organisation_id, asked.id))
    live.announce(work.session, asked.organisation_id, CHANGED, asked.id)


def _categories(asked: Asked, items: Sequence[ItemFound], vocabulary: Vocabulary) -> dict[str, str]:
    """Sku -> category of new items whose name says one thing plainly."""
    named = {item.sku: item.name for item in items if item.name and item.sku not in asked.known}
    meant: dict[str, str] = {}
    for name in dict.fromkeys(named.values()):
        readings = understand(name, vocabulary, asked.today).all("category")
        sure = {str(reading.value) for reading in readings if reading.confidence >= _SURE and not reading.implied}
        if len(sure) == 1:
            meant[name] = sure.pop()
    return {sku: meant[name] for sku, name in named.items() if name in meant}
