"""What can be done to the packs: check one, publish it, go back to an earlier version, retire a trade.

A change is a row that names which texts are in use from now on. It counts for whoever looks after its transaction
ended; a transaction that is rolled back changes nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import func, select, text

from market.identity.service import MARKET_ID
from market.kit import history
from market.kit.errors import Conflict, Invalid, NotFound, invalid_field
from market.kit.work import Work
from market.verticals.live import SHIPPED, InUse, build, file_of, newest, text_of, texts_of_release, vertical_of
from market.verticals.models import PackVersion, VocabularyVersion
from matching.verticals.pack import COMMON, Pack, PackError, PackFault, check_pack

PUBLISHING_LOCK: Final = 7_335_041
LONGEST_REASON: Final = 500


class FaultyPack(Invalid):
    """A pack that cannot be used. found: everything that is wrong with it."""

    code = "faulty_pack"

    def __init__(self, found: tuple[PackFault, ...]) -> None:
        super().__init__("The pack cannot be used.")
        self.found = found


class SeenEarlier(Conflict):
    """The packs have been changed since the person saw them."""

    code = "packs_changed"


class NothingNew(Conflict):
    """What is to be done is so already."""

    code = "nothing_new"


@dataclass(frozen=True, slots=True)
class MarketVocabulary:
    """The aggregate whose history tells what was done to the packs, by whom and why."""

    __tablename__: ClassVar[str] = VocabularyVersion.__tablename__
    organisation_id: UUID = MARKET_ID
    id: UUID = MARKET_ID


def checked_pack(now: InUse, words: str, file: str) -> Pack:
    """A pack that could be published beside the others in use. Raises FaultyPack with every fault; changes nothing."""
    try:
        return check_pack(words, file, now.texts)
    except PackError as error:
        raise FaultyPack(error.found) from None


def publish_pack(work: Work, words: str, why: str, seen: int, file: str = "pack.yaml") -> PackVersion:
    """Put the text of a pack into use from the next transaction on, and return its version.

    seen: the number of the vocabulary that the person saw it beside. Raises Invalid without a reason, FaultyPack,
    SeenEarlier, NothingNew.
    """
    now, reason = _begin(work, why, seen)
    pack = checked_pack(now, words, file)
    if now.texts.get(file_of(pack.vertical)) == words:
        raise NothingNew("This very text is in use already.")
    row = PackVersion(
        organisation_id=MARKET_ID,
        vertical=pack.vertical,
        version=_last_version(work, pack.vertical) + 1,
        text=words,
        sha256=_sha256(words),
        published_at=work.now,
        published_by=work.actor.name,
        why=reason,
    )
    work.session.add(row)
    work.session.flush()
    _choose(work, now, pack.vertical, {"version": row.version, "sha256": row.sha256, "state": "live"},
            "published", reason)  # fmt: skip
    return row


def restore_pack(work: Work, vertical: str, version: int, why: str, seen: int) -> None:
    """Put an earlier version of a pack into use again; SHIPPED is what came with the release.

    Raises as publish_pack, and NotFound for a version that there is not.
    """
    now, reason = _begin(work, why, seen)
    if version != SHIPPED and work.session.get(PackVersion, (MARKET_ID, vertical, version)) is None:
        raise NotFound
    words = text_of(work.session, vertical, version)
    if not words:
        raise NotFound
    if now.texts.get(file_of(vertical)) == words:
        raise NothingNew("This version is in use already.")
    checked_pack(now, words, file_of(vertical))
    sha256 = _sha256(words)
    _choose(work, now, vertical, {"version": version, "sha256": sha256, "state": "live"}, "went back", reason)


def retire_pack(work: Work, vertical: str, why: str, seen: int) -> None:
    """Take a trade out of forms, parser, matcher and search. What names its terms stays readable.

    Raises Invalid without a reason and for the shared terms or the last trade, NotFound, SeenEarlier.
    """
    now, reason = _begin(work, why, seen)
    if vertical == COMMON or vertical not in now.vocabulary.packs:
        raise NotFound
    if len(now.vocabulary.packs) == 1:
        raise invalid_field("A market has one trade at least.", "vertical", "it is the last one", "another trade first")
    choice = now.chosen.get(vertical, {"version": SHIPPED, "sha256": ""})
    _choose(work, now, vertical, {**choice, "state": "retired"}, "retired", reason)


def _begin(work: Work, why: str, seen: int) -> tuple[InUse, str]:
    reason = why.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise invalid_field("Such a change needs a reason.", "why", "it is missing or too long", "1 to 500 characters")
    work.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PUBLISHING_LOCK})
    now = newest(work.session)
    if now.number != seen:
        raise SeenEarlier("The packs have been changed since you saw them.")
    return now, reason


def _choose(work: Work, now: InUse, vertical: str, choice: Mapping[str, Any], what: str, why: str) -> None:
    chosen = {**now.chosen, vertical: dict(choice)}
    if choice["state"] == "live" and choice["version"] == SHIPPED:
        del chosen[vertical]
    kept = _kept(work, chosen)
    made = build(work.session, now.number + 1, chosen, kept)
    if made.unusable:
        raise FaultyPack(made.unusable)
    row = VocabularyVersion(
        organisation_id=MARKET_ID,
        number=made.number,
        key=_key(chosen, kept),
        digest=made.vocabulary.digest,
        chosen=chosen,
        kept=kept,
        vertical=vertical,
        what=what,
        made_at=work.now,
        made_by=work.actor.name,
        why=why,
    )
    work.session.add(row)
    work.session.flush()
    details = {"vertical": vertical, "version": choice["version"], "number": row.number, "digest": row.digest}
    history.record(work, MarketVocabulary(), what=what, why=why, details=details)


def _kept(work: Work, chosen: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The versions, newest first, that are needed so that every term ever published has a name."""
    published = select(PackVersion.vertical, PackVersion.version, PackVersion.sha256)
    of_market = published.where(PackVersion.organisation_id == MARKET_ID).order_by(PackVersion.version.desc())
    every = [(row.vertical, row.version, row.sha256) for row in work.session.execute(of_market)]
    every += [(vertical_of(name), SHIPPED, _sha256(words)) for name, words in texts_of_release().items()]
    kept = []
    for vertical, version, sha256 in every:
        choice = chosen.get(vertical, {"version": SHIPPED, "state": "live"})
        if (choice["version"], choice["state"]) != (version, "live"):
            kept.append({"vertical": vertical, "version": version, "sha256": sha256})
    return kept


def _last_version(work: Work, vertical: str) -> int:
    newest_version = select(func.max(PackVersion.version)).where(
        PackVersion.organisation_id == MARKET_ID, PackVersion.vertical == vertical
    )
    return work.session.scalar(newest_version) or SHIPPED


def _key(chosen: Mapping[str, Any], kept: list[dict[str, Any]]) -> str:
    return _sha256(json.dumps([chosen, kept], sort_keys=True, ensure_ascii=False))


def _sha256(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


__all__ = ["FaultyPack", "MarketVocabulary", "NothingNew", "SeenEarlier", "checked_pack", "publish_pack",
           "restore_pack", "retire_pack"]  # fmt: skip
