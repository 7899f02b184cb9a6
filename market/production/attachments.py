"""Photos and papers of a deal, by the rules that files of orders keep (market.orders.attachments)."""

import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from market.kit.errors import FieldFault, Invalid, invalid_field
from market.kit.uploads import UploadedFile, clean_name
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.orders.attachments import FileRefused, check_file
from market.production.models import Deal, DealFile, DealShare

MOST_FILES: Final = 10


def keep_files(
    work: Work,
    deal: Deal,
    subject_id: UUID,
    files: Sequence[UploadedFile],
    *,
    share: DealShare | None = None,
    required: bool = False,
) -> None:
    """Keep files about one subject of a deal, or about one share's parcel; the same bytes twice are kept once.

    Raises FileRefused with every fault: of a file, of none where one is required, or of more than MOST_FILES.
    """
    kinds = _checked(work, files, required)
    for file, media_type in zip(files, kinds, strict=True):
        statement = insert(DealFile).values(
            organisation_id=deal.organisation_id if share is None else share.organisation_id,
            id=work.new_id(),
            deal_id=deal.id,
            factory_id=deal.factory_id,
            share_id=None if share is None else share.id,
            subject_id=subject_id,
            name=clean_name(file.name),
            media_type=media_type,
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            content=file.content,
            created_at=work.now,
        )
        work.session.execute(
            statement.on_conflict_do_nothing(index_elements=["organisation_id", "subject_id", "sha256"])
        )


def _checked(work: Work, files: Sequence[UploadedFile], required: bool) -> list[str]:
    if len(files) > MOST_FILES or (required and not files):
        problem = _("%(count)s files were chosen", count=len(files))
        accepted = _("%(least)s to %(most)s files", least=int(required), most=MOST_FILES)
        raise FileRefused("These files cannot be kept.", invalid_field("", "files", problem, accepted).faults)
    kinds: list[str] = []
    faults: list[FieldFault] = []
    for file in files:
        try:
            kinds.append(check_file(file, work.settings.upload_limit_bytes))
        except Invalid as refusal:
            faults.extend(refusal.faults)
    if faults:
        raise FileRefused("These files cannot be kept.", tuple(faults))
    return kinds
