"""Which code and which packs rank: a ranking that another release made may come out otherwise today, rightly so."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

import matching
from matching.verticals.pack import Vocabulary

MATCHING: Final = Path(matching.__file__).parent
RANKS: Final = ("engine", "learning", "text", "understanding", "verticals")
"""The folders of the engine that a score depends on, beside its loose files."""
SHOWN_DIGITS: Final = 12


def release_of(vocabulary: Vocabulary) -> str:
    """ "code.packs": digests of the code that ranks, and of the packs in which it reads both sides."""
    return f"{code_digest()}.{vocabulary.digest[:SHOWN_DIGITS]}"


@lru_cache(maxsize=1)
def code_digest() -> str:
    """sha256 over the files that a ranking runs through, in hex digits."""
    files = [Path(__file__).with_name("selection.py"), *MATCHING.glob("*.py")]
    files += [path for folder in RANKS for path in (MATCHING / folder).glob("*.py")]
    told = hashlib.sha256()
    for path in sorted(files, key=lambda path: (path.parent.name, path.name)):
        told.update(f"{path.parent.name}/{path.name}\n".encode())
        told.update(path.read_bytes())
    return told.hexdigest()[:SHOWN_DIGITS]
