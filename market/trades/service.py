"""Drafts of packs, and publishing one so that no term in use is lost without a word."""

from typing import Final
from uuid import UUID

from market.identity.service import MARKET_ID
from market.kit.errors import Conflict, NotFound, invalid_field
from market.kit.work import Work
from market.trades.models import PackDraft
from market.trades.preview import vanishing_terms
from market.verticals.live import newest
from market.verticals.service import FaultyPack, checked_pack, publish_pack

LONGEST_NAME: Final = 120
LONGEST_TEXT: Final = 1024 * 1024
"""What a draft may hold; a pack may hold half of it, which its check says."""


class TermsInUse(Conflict):
    """The pack takes away terms that orders or factories name, and nobody said that this is meant."""

    code = "terms_in_use"


def begin_draft(work: Work, text: str, file_name: str) -> UUID:
    """Keep the text of a pack, whatever is wrong with it, and return its draft. Raises Invalid for one far too long."""
    _refuse_length(text)
    row = PackDraft(
        organisation_id=MARKET_ID,
        id=work.new_id(),
        file_name=file_name[:LONGEST_NAME] or "pack.yaml",
        text=text,
        begun_by=work.actor.name,
        begun_at=work.now,
        changed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row.id


def change_draft(work: Work, draft_id: UUID, text: str, sentences: str) -> None:
    """Keep what an operator typed. Raises NotFound, Conflict for one that was published, Invalid."""
    _refuse_length(text)
    row = open_draft(work, draft_id)
    row.text, row.sentences, row.changed_at = text.replace("\r\n", "\n"), sentences[:10_000], work.now
    work.session.flush()


def discard_draft(work: Work, draft_id: UUID) -> None:
    """Throw a draft away that was not published. Raises NotFound, Conflict."""
    work.session.delete(open_draft(work, draft_id))
    work.session.flush()


def publish_draft(work: Work, draft_id: UUID, why: str, seen: int, *, keep: bool) -> None:
    """Put a draft into use. keep: terms that are in use and that it lacks shall stay readable, and be chosen no more.

    Raises as verticals.publish_pack, and TermsInUse without `keep`.
    """
    row = open_draft(work, draft_id)
    row.published_as = publish_text(work, row.text, why, seen, keep=keep, file=row.file_name)
    work.session.flush()


def publish_text(work: Work, text: str, why: str, seen: int, *, keep: bool, file: str) -> int:
    """As publish_draft, for a text that is no draft; returns the number of the vocabulary."""
    now = newest(work.session)
    pack = checked_pack(now, text, file)
    if not keep and vanishing_terms(work.session, now, pack):
        raise TermsInUse("Terms that are in use would vanish.")
    publish_pack(work, text, why, seen, file)
    return newest(work.session).number


def open_draft(work: Work, draft_id: UUID) -> PackDraft:
    """A draft that can still be changed. Raises NotFound, Conflict."""
    row = work.session.get(PackDraft, (MARKET_ID, draft_id), with_for_update=True)
    if row is None:
        raise NotFound
    if row.published_as is not None:
        raise Conflict("This draft was published already.")
    return row


def _refuse_length(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        accepted = f"at most {LONGEST_TEXT} characters"
        raise invalid_field("This is too long to be a pack.", "text", f"it has {len(text)} characters", accepted)


__all__ = ["FaultyPack", "TermsInUse", "begin_draft", "change_draft", "discard_draft", "open_draft", "publish_draft",
           "publish_text"]  # fmt: skip
