"""Reads of imports, as frozen rows."""

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from market.kit.errors import NotFound
from market.kit.row_faults import FaultKind, fault_kinds
from market.kit.uploads import first_values, headers_hash
from market.orders.import_columns import LIMITS
from market.orders.models import ColumnMap, ImportState, OrderImport
from matching.tables.grid import open_grid


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import without its content. faulty_count: rows, not faults. remembered: the mapping came from an earlier
    file. samples: header -> its first values. earlier: when these very bytes were taken in before, if ever."""

    id: UUID
    state: ImportState
    file_name: str
    encoding: str
    headers: tuple[str, ...]
    mapping: dict[str, str]
    row_count: int
    good_count: int
    faults: tuple[FaultKind, ...]
    samples: dict[str, tuple[str, ...]]
    remembered: bool
    earlier: datetime | None
    created_at: datetime
    done_at: datetime | None

    @property
    def faulty_count(self) -> int:
        return self.row_count - self.good_count


def import_row(session: Session, organisation_id: UUID, import_id: UUID) -> ImportRow:
    """One import of the organisation. Raises NotFound."""
    found = session.get(OrderImport, (organisation_id, import_id))
    if found is None:
        raise NotFound
    stream = open_grid(io.BytesIO(found.content), found.file_name, LIMITS)
    remembered = session.get(ColumnMap, (organisation_id, headers_hash(found.headers)))
    return ImportRow(
        id=found.id,
        state=found.state,
        file_name=found.file_name,
        encoding=found.encoding,
        headers=tuple(found.headers),
        mapping={str(header): str(field) for header, field in found.mapping.items()},
        row_count=found.row_count,
        good_count=found.good_count,
        faults=fault_kinds(found.faults),
        samples=first_values(stream.rows, found.headers),
        remembered=remembered is not None and remembered.mapping == found.mapping,
        earlier=_taken_in_before(session, found),
        created_at=found.created_at,
        done_at=found.done_at,
    )


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import in a list."""

    id: UUID
    file_name: str
    state: ImportState
    row_count: int
    good_count: int
    created_at: datetime


def recent_imports(session: Session, organisation_id: UUID, count: int = 10) -> list[ImportLine]:
    """The latest imports of a shop, newest first, without those it left alone."""
    columns = (
        OrderImport.id,
        OrderImport.file_name,
        OrderImport.state,
        OrderImport.row_count,
        OrderImport.good_count,
        OrderImport.created_at,
    )
    statement = (
        select(*columns)
        .where(OrderImport.organisation_id == organisation_id, OrderImport.state != ImportState.DISCARDED)
        .order_by(OrderImport.id.desc())
        .limit(count)
    )
    return [ImportLine(*row) for row in session.execute(statement)]


def _taken_in_before(session: Session, found: OrderImport) -> datetime | None:
    statement = select(func.max(OrderImport.done_at)).where(
        OrderImport.organisation_id == found.organisation_id,
        OrderImport.id != found.id,
        OrderImport.state == ImportState.DONE,
        OrderImport.row_count == found.row_count,
        func.sha256(OrderImport.content) == hashlib.sha256(found.content).digest(),
    )
    return session.scalar(statement)
