"""Which packs there are, their versions, and what vocabulary was in use when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.verticals.live import SHIPPED, InUse, build, file_of, in_use, shipped, texts_of_release
from market.verticals.models import PackVersion, VocabularyVersion
from matching.verticals.pack import COMMON, Pack, Vocabulary


@dataclass(frozen=True, slots=True)
class TradeLine:
    """One trade. version: of its pack in use or, once retired, last in use; SHIPPED for what came with the release.

    changed_at, changed_by, why: of the last change; None and "" for what is as shipped.
    """

    vertical: str
    pack: Pack
    state: str
    version: int
    is_shipped: bool
    changed_at: datetime | None = None
    changed_by: str = ""
    why: str = ""

    @property
    def is_live(self) -> bool:
        return self.state == "live"

    @property
    def is_common(self) -> bool:
        return self.vertical == COMMON


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One published version of a pack. size: characters."""

    version: int
    sha256: str
    size: int
    published_at: datetime
    published_by: str
    why: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One thing that was done to the vocabulary. version: of the pack that it made live or retired."""

    number: int
    vertical: str
    what: str
    version: int
    made_at: datetime
    made_by: str
    why: str
    digest: str


def trade_lines(session: Session) -> list[TradeLine]:
    """Every trade: those in use in the order of the form, the shared terms, then the retired ones."""
    now = in_use(session)
    last = {change.vertical: change for change in reversed(changes(session))}
    live = [*now.vocabulary.packs, COMMON]
    retired = [vertical for vertical, choice in now.chosen.items() if choice["state"] == "retired"]
    return [_trade_line(vertical, now, last) for vertical in [*live, *retired]]


def _trade_line(vertical: str, now: InUse, last: Mapping[str, ChangeLine]) -> TradeLine:
    choice = now.chosen.get(vertical, {"state": "live", "version": SHIPPED})
    pack = now.vocabulary.common if vertical == COMMON else now.vocabulary.pack(vertical)
    if pack is None:
        raise LookupError(f"the vocabulary {now.number} holds no pack {vertical}")
    change = last.get(vertical)
    return TradeLine(
        vertical=vertical,
        pack=pack,
        state=choice["state"],
        version=choice["version"],
        is_shipped=file_of(vertical) in texts_of_release(),
        changed_at=change.made_at if change else None,
        changed_by=change.made_by if change else "",
        why=change.why if change else "",
    )


def version_lines(session: Session, vertical: str) -> list[VersionLine]:
    """The published versions of a pack, the newest first."""
    rows = session.scalars(
        select(PackVersion)
        .where(PackVersion.organisation_id == MARKET_ID, PackVersion.vertical == vertical)
        .order_by(PackVersion.version.desc())
    )
    return [
        VersionLine(row.version, row.sha256, len(row.text), row.published_at, row.published_by, row.why) for row in rows
    ]


def changes(session: Session, vertical: str | None = None, most: int = 200) -> list[ChangeLine]:
    """What was done to the vocabulary, or to one trade of it, the newest first."""
    asked = select(VocabularyVersion).where(VocabularyVersion.organisation_id == MARKET_ID)
    if vertical is not None:
        asked = asked.where(VocabularyVersion.vertical == vertical)
    rows = session.scalars(asked.order_by(VocabularyVersion.number.desc()).limit(most))
    return [
        ChangeLine(
            row.number, row.vertical, row.what, row.chosen.get(row.vertical, {}).get("version", SHIPPED),
            row.made_at, row.made_by, row.why, row.digest,
        )
        for row in rows
    ]  # fmt: skip


def vocabulary_by_digest(session: Session, digest: str) -> Vocabulary | None:
    """The vocabulary that a ranking was made with, by its digest or the first digits of it, as `release` of a ranking
    has them; None when its packs are no longer at hand: it came with another release, or this one cannot read it."""
    for known in (in_use(session), shipped()):
        if known.vocabulary.digest.startswith(digest):
            return known.vocabulary
    row = session.scalars(
        select(VocabularyVersion)
        .where(
            VocabularyVersion.organisation_id == MARKET_ID, VocabularyVersion.digest.startswith(digest, autoescape=True)
        )
        .limit(1)
    ).first()
    found = None if row is None else build(session, row.number, row.chosen, row.kept).vocabulary
    return found if found is not None and found.digest.startswith(digest) else None
