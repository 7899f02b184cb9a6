"""Reads of imports of sales and stock, as frozen rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from market.kit.errors import NotFound
from market.kit.row_faults import FaultKind, fault_kinds
from market.kit.uploads import headers_hash
from market.kit.wording import Sentence, unpack_sentences
from market.replenishment.import_columns import mapping_faults
from market.replenishment.models import SalesColumnMap, SalesImport, SalesImportState

RUNNING = (SalesImportState.UPLOADED, SalesImportState.TAKING)


@dataclass(frozen=True, slots=True)
class SalesImportRow:
    """An import without its content. faulty_count: rows, not faults. remembered: the mapping came from an earlier
    file. samples: header -> its first values. found: as `import_findings.findings` tells it. earlier: when these very
    bytes were taken in before, if ever. failure: why it could not be read."""

    id: UUID
    state: SalesImportState
    file_name: str
    encoding: str
    headers: tuple[str, ...]
    mapping: dict[str, str]
    channel: str
    percent: int
    row_count: int
    good_count: int
    faults: tuple[FaultKind, ...]
    found: dict[str, Any]
    choices: dict[str, Any]
    samples: dict[str, tuple[str, ...]]
    remembered: bool
    earlier: datetime | None
    failure: tuple[Sentence, ...]
    created_at: datetime
    done_at: datetime | None

    @property
    def faulty_count(self) -> int:
        return self.row_count - self.good_count

    @property
    def is_running(self) -> bool:
        """Whether the worker has it in hand."""
        return self.state in RUNNING and not self.problems

    @property
    def problems(self) -> tuple[str, ...]:
        """Codes of what keeps the mapping from being used; none before the header was read."""
        return mapping_faults(self.mapping) if self.headers else ()


def sales_import(session: Session, organisation_id: UUID, import_id: UUID) -> SalesImportRow:
    """One import of the organisation. Raises NotFound."""
    statement = select(SalesImport).where(SalesImport.organisation_id == organisation_id, SalesImport.id == import_id)
    found = session.scalars(statement.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound
    remembered = session.get(SalesColumnMap, (organisation_id, headers_hash(found.headers)))
    return SalesImportRow(
        id=found.id,
        state=found.state,
        file_name=found.file_name,
        encoding=found.encoding,
        headers=tuple(found.headers),
        mapping={str(header): str(field) for header, field in found.mapping.items()},
        channel=found.channel,
        percent=found.percent,
        row_count=found.row_count,
        good_count=found.good_count,
        faults=fault_kinds(found.faults),
        found={name: value for name, value in found.found.items() if name not in ("samples", "digest")},
        choices=dict(found.choices),
        samples={header: tuple(values) for header, values in found.found.get("samples", {}).items()},
        remembered=remembered is not None and remembered.mapping["columns"] == found.mapping,
        earlier=_taken_in_before(session, found),
        failure=unpack_sentences(found.failure),
        created_at=found.created_at,
        done_at=found.done_at,
    )


@dataclass(frozen=True, slots=True)
class SalesImportLine:
    """An import in a list."""

    id: UUID
    file_name: str
    state: SalesImportState
    row_count: int
    good_count: int
    created_at: datetime


def recent_imports(session: Session, organisation_id: UUID, count: int = 10) -> list[SalesImportLine]:
    """The latest imports of a shop, newest first, without those it left alone."""
    columns = (
        SalesImport.id,
        SalesImport.file_name,
        SalesImport.state,
        SalesImport.row_count,
        SalesImport.good_count,
        SalesImport.created_at,
    )
    statement = (
        select(*columns)
        .where(SalesImport.organisation_id == organisation_id, SalesImport.state != SalesImportState.DISCARDED)
        .order_by(SalesImport.id.desc())
        .limit(count)
    )
    return [SalesImportLine(*row) for row in session.execute(statement)]


def channels_of(session: Session, organisation_id: UUID) -> list[str]:
    """The channels that a shop has named so far."""
    statement = (
        select(SalesImport.channel)
        .where(SalesImport.organisation_id == organisation_id, SalesImport.channel != "")
        .distinct()
        .order_by(SalesImport.channel)
    )
    return list(session.scalars(statement))


def _taken_in_before(session: Session, found: SalesImport) -> datetime | None:
    statement = select(func.max(SalesImport.done_at)).where(
        SalesImport.organisation_id == found.organisation_id,
        SalesImport.id != found.id,
        SalesImport.state == SalesImportState.DONE,
        SalesImport.found["digest"].astext == found.found["digest"],
    )
    return session.scalar(statement)
