"""The vocabulary in use, in every process: a look at one row a transaction, built anew when another one is chosen.

A transaction keeps the vocabulary that it found first, whatever is published meanwhile. What was built is held by what
it is made of, so a publication that was rolled back is never mistaken for a later one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.verticals.models import PackVersion, VocabularyVersion
from matching.verticals.pack import (
    COMMON,
    COMMON_FILE,
    PackError,
    PackFault,
    Vocabulary,
    load_vocabulary,
    texts_of,
    vocabulary_of,
)

PINNED: Final = "vocabulary of this transaction"
SHIPPED: Final = 0
"""The number of the vocabulary, and the version of a pack, as this release ships it."""
MOST_HELD: Final = 3
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InUse:
    """The vocabulary of a transaction. number: SHIPPED until something was published. texts: its packs by file name.

    unusable: why published packs were left out: this release reads them no longer, and their terms are only readable.
    """

    number: int
    vocabulary: Vocabulary
    texts: Mapping[str, str]
    chosen: Mapping[str, Mapping[str, Any]]
    unusable: tuple[PackFault, ...] = ()


_held: dict[str, InUse] = {}
_lock = Lock()


def live_vocabulary(session: Session) -> Vocabulary:
    """The vocabulary that this transaction works with: the one in use when it first asked."""
    return in_use(session).vocabulary


def in_use(session: Session) -> InUse:
    """As `live_vocabulary`, with what it is made of."""
    session.connection()
    transaction = session.get_transaction()
    pinned_in, pinned = session.info.get(PINNED, (None, None))
    if pinned_in is not transaction or not isinstance(pinned, InUse):
        pinned = newest(session)
        session.info[PINNED] = transaction, pinned
    return pinned


def newest(session: Session) -> InUse:
    """What is in use at this moment, whatever the transaction began with."""
    newest_row = (
        select(VocabularyVersion.number, VocabularyVersion.key)
        .where(VocabularyVersion.organisation_id == MARKET_ID)
        .order_by(VocabularyVersion.number.desc())
        .limit(1)
    )
    with session.no_autoflush:
        found = session.execute(newest_row).first()
    return shipped() if found is None else built(session, found.number, found.key)


def shipped() -> InUse:
    """The packs of this release alone."""
    return InUse(SHIPPED, load_vocabulary(), texts_of_release(), {})


def built(session: Session, number: int, key: str) -> InUse:
    """A vocabulary by its number, from the few that this process holds, else made of its texts."""
    with _lock:
        found = _held.get(key)
        if found is None:
            row = session.get_one(VocabularyVersion, (MARKET_ID, number))
            found = _hold(key, build(session, number, row.chosen, row.kept))
        return found if found.number == number else replace(found, number=number)


def _hold(key: str, made: InUse) -> InUse:
    while len(_held) >= MOST_HELD:
        del _held[next(iter(_held))]
    _held[key] = made
    return made


def build(
    session: Session, number: int, chosen: Mapping[str, Mapping[str, Any]], kept: Sequence[Mapping[str, Any]]
) -> InUse:
    """The vocabulary that a row describes. When this release cannot read it, the shipped one stands in, with the
    published terms readable."""
    texts = dict(texts_of_release())
    for vertical, choice in chosen.items():
        texts.pop(file_of(vertical), None)
        if choice["state"] == "live":
            texts[file_of(vertical)] = text_of(session, vertical, choice["version"])
    retired = [text_of(session, each["vertical"], each["version"]) for each in kept]
    try:
        return InUse(number, vocabulary_of(texts, retired), texts, chosen)
    except PackError as error:
        log.error("published_packs_unusable", number=number, faults=error.faults)
        own = [text for name, text in texts.items() if texts_of_release().get(name) != text]
        stand_in = vocabulary_of(texts_of_release(), [*own, *retired])
        return InUse(number, stand_in, texts_of_release(), chosen, error.found)


def text_of(session: Session, vertical: str, version: int) -> str:
    """The text of one version of a pack; of SHIPPED what this release ships, "" when it ships none."""
    if version == SHIPPED:
        return texts_of_release().get(file_of(vertical), "")
    return session.get_one(PackVersion, (MARKET_ID, vertical, version)).text


def file_of(vertical: str) -> str:
    """The file name of a trade's pack."""
    return COMMON_FILE if vertical == COMMON else f"{vertical}.yaml"


def vertical_of(file: str) -> str:
    """The trade whose pack stands in a file of this release."""
    return COMMON if file == COMMON_FILE else file.removesuffix(".yaml")


_release: dict[str, str] = {}


def texts_of_release() -> Mapping[str, str]:
    """The texts that this release ships, by file name, read once."""
    if not _release:
        _release.update(texts_of())
    return _release
