"""What both sides say and show: kept as it was said, with who and when."""

import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from market.disputes.models import Dispute, DisputeFile, DisputeStatement, Side
from market.disputes.rows import DisputeRefused, checked_words
from market.kit.errors import FieldFault, Invalid
from market.kit.uploads import UploadedFile, clean_name
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.orders.attachments import check_file

MOST_FILES: Final = 10
MOST_STATEMENTS: Final = 100


def keep_statement(work: Work, row: Dispute, side: Side, words: str, files: Sequence[UploadedFile]) -> UUID:
    """Keep what a side says, with its files. Raises DisputeRefused with every fault."""
    bare = checked_words(words, required=not files)
    kinds = checked_files(work, files)
    _refuse_endless(work, row)
    said = DisputeStatement(
        organisation_id=row.organisation_id,
        id=work.new_id(),
        dispute_id=row.id,
        factory_id=row.factory_id,
        side=side,
        person=work.actor.name,
        words=bare,
        said_at=work.now,
    )
    work.session.add(said)
    work.session.flush()
    work.session.add_all(
        DisputeFile(
            organisation_id=row.organisation_id,
            id=work.new_id(),
            statement_id=said.id,
            factory_id=row.factory_id,
            name=clean_name(file.name),
            media_type=kind,
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            content=file.content,
        )
        for file, kind in zip(files, kinds, strict=True)
    )
    work.session.flush()
    return said.id


def checked_files(work: Work, files: Sequence[UploadedFile]) -> list[str]:
    """The media types of files that can be kept. Raises DisputeRefused with every fault."""
    if len(files) > MOST_FILES:
        problem = _("%(count)s files were chosen", count=len(files))
        accepted = _("%(least)s to %(most)s files", least=0, most=MOST_FILES)
        raise DisputeRefused("These files cannot be kept.", (FieldFault("files", problem, accepted),))
    kinds: list[str] = []
    faults: list[FieldFault] = []
    for file in files:
        try:
            kinds.append(check_file(file, work.settings.upload_limit_bytes))
        except Invalid as refusal:
            faults.extend(FieldFault("files", fault.problem, fault.accepted) for fault in refusal.faults)
    if faults:
        raise DisputeRefused("These files cannot be kept.", tuple(faults))
    return kinds


def _refuse_endless(work: Work, row: Dispute) -> None:
    count = select(func.count()).select_from(DisputeStatement).where(DisputeStatement.dispute_id == row.id)
    if (work.session.scalar(count) or 0) >= MOST_STATEMENTS:
        problem = _("%(count)s statements were made already", count=MOST_STATEMENTS)
        raise DisputeRefused("This dispute takes no more.", (FieldFault("words", problem),))
