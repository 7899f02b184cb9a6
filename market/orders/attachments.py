"""Files of an order. What a file is, its bytes say; a name that says something else is refused."""

import hashlib
import io
import zipfile
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import func, select

from market.kit import history, live
from market.kit.errors import Conflict, Invalid, NotFound, invalid_field
from market.kit.uploads import UploadedFile, clean_name
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.orders.models import OPEN_STATES, Order, OrderFile, OrderState
from market.orders.queries import FileRow, file_row_of

MOST_FILES = 10
ACCEPTED = _("PNG, JPEG, WebP, PDF or XLSX")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIXES = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg", ".jfif"),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    WORKBOOK: (".xlsx",),
}


class FileRefused(Invalid):
    """A file that cannot be kept; the fault says what is wrong with it and what is accepted."""

    code = "file_refused"


def read_media_type(content: bytes) -> str | None:
    """The media type of the accepted kinds by the bytes themselves; None for everything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if b"%PDF-" in content[:1024]:
        return "application/pdf"
    return WORKBOOK if _is_workbook(content) else None


def check_file(file: UploadedFile, limit: int) -> str:
    """The media type of a file that can be kept. limit: bytes. Raises FileRefused."""
    name = clean_name(file.name)
    if not file.content:
        raise _refused(_("“%(name)s” is empty", name=name))
    if len(file.content) > limit:
        problem = _("“%(name)s” is larger than the most we take", name=name)
        raise _refused(problem, _("at most %(megabytes)s MB a file", megabytes=limit // (1024 * 1024)))
    media_type = read_media_type(file.content)
    if media_type is None:
        raise _refused(_("“%(name)s” is no kind of file that we take", name=name))
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES[media_type]:
        kind = SUFFIXES[media_type][0].removeprefix(".").upper()
        problem = _("“%(name)s” is a %(kind)s by its content but not by its name", name=name, kind=kind)
        raise _refused(problem)
    return media_type


def attach_file(work: Work, order_id: UUID, file: UploadedFile) -> FileRow:
    """Keep a file with an order of the acting shop; the same bytes twice are kept once.

    Raises FileRefused, NotFound for a missing or foreign order, Conflict for one that is over or holds MOST_FILES.
    """
    media_type = check_file(file, work.settings.upload_limit_bytes)
    order = lock_order(work, work.organisation_id, order_id)
    if order.state not in OPEN_STATES and order.state is not OrderState.DRAFT:
        raise Conflict(f"This order is {order.state.value}; files can no longer be added.")
    digest = hashlib.sha256(file.content).hexdigest()
    kept = work.session.scalars(
        select(OrderFile).where(
            OrderFile.organisation_id == order.organisation_id,
            OrderFile.order_id == order.id,
            OrderFile.sha256 == digest,
        )
    ).first()
    if kept is not None:
        return file_row_of(kept)
    _check_room(work, order)
    row = OrderFile(
        organisation_id=order.organisation_id,
        id=work.new_id(),
        order_id=order.id,
        name=clean_name(file.name),
        media_type=media_type,
        size=len(file.content),
        sha256=digest,
        content=file.content,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    history.record(work, order, what="file added", details={"name": row.name, "sha256": digest})
    live.announce(work.session, order.organisation_id, "order", order.id)
    return file_row_of(row)


def lock_order(work: Work, organisation_id: UUID, order_id: UUID) -> Order:
    """The order, held against rivals until the transaction ends. Raises NotFound for a missing or foreign one."""
    statement = select(Order).where(Order.organisation_id == organisation_id, Order.id == order_id)
    order = work.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).first()
    if order is None:
        raise NotFound
    return order


def _check_room(work: Work, order: Order) -> None:
    statement = select(func.count()).where(
        OrderFile.organisation_id == order.organisation_id, OrderFile.order_id == order.id
    )
    if (work.session.scalar(statement) or 0) >= MOST_FILES:
        problem = _("this order holds %(count)s files already", count=MOST_FILES)
        raise _refused(problem, _("at most %(most)s files", most=MOST_FILES))


def _is_workbook(content: bytes) -> bool:
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return "[Content_Types].xml" in names and "xl/workbook.xml" in names


def _refused(problem: Sentence, accepted: Sentence = ACCEPTED) -> FileRefused:
    fault = invalid_field("The file cannot be kept.", "files", problem, accepted)
    return FileRefused(fault.message, fault.faults)
