"""The door to the packs: load one, or all of them as a vocabulary. Everything a caller needs can be imported here."""

import hashlib
from functools import lru_cache
from pathlib import Path

from matching.verticals.checks import pack_faults
from matching.verticals.pack_file import PackError, read_pack
from matching.verticals.terms import COMMON, KINDS, Attribute, Choice, Kind, Language, MinimumCause, Pack, Term, Unit
from matching.verticals.vocabulary import Vocabulary

DEFAULT_DIRECTORY = Path(__file__).parent
COMMON_FILE = "common.yaml"

__all__ = [
    "COMMON",
    "KINDS",
    "Attribute",
    "Choice",
    "Kind",
    "Language",
    "MinimumCause",
    "Pack",
    "PackError",
    "Term",
    "Unit",
    "Vocabulary",
    "load_pack",
    "load_vocabulary",
]


def load_pack(path: Path) -> Pack:
    """Reads and checks one pack; references may also point to the common.yaml that lies beside it.

    Raises PackError with every fault of the file.
    """
    return _checked(path, _shared_beside(path.parent))


def _shared_beside(directory: Path) -> Pack | None:
    shared = directory / COMMON_FILE
    return read_pack(shared, []) if shared.exists() else None


def _checked(path: Path, shared: Pack | None) -> Pack:
    faults: list[str] = []
    common = None if path.name == COMMON_FILE else shared
    pack = read_pack(path, faults, common)
    if pack is not None:
        faults += [f"{path.name}: {fault}" for fault in pack_faults(pack, common)]
    if pack is None or faults:
        raise PackError(faults)
    return pack


def load_vocabulary(directory: Path | None = None) -> Vocabulary:
    """All packs of a folder (by default this one) as one vocabulary, read once for each folder and process.

    Raises PackError with every fault of every file, an id that two packs claim included.
    """
    return _load_vocabulary((directory or DEFAULT_DIRECTORY).resolve())


@lru_cache(maxsize=8)
def _load_vocabulary(directory: Path) -> Vocabulary:
    paths = sorted(directory.glob("*.yaml"))
    faults: list[str] = []
    packs: dict[str, Pack] = {}
    shared = _shared_beside(directory)
    for path in paths:
        try:
            pack = _checked(path, shared)
        except PackError as error:
            faults += error.faults
            continue
        if pack.vertical in packs:
            faults.append(f"{path.name}: the vertical {pack.vertical!r} stands in another file already")
        packs[pack.vertical] = pack
    faults += _shared_ids(packs)
    if COMMON not in packs and not faults:
        faults.append(f"{directory.name}: {COMMON_FILE} is missing")
    if faults:
        raise PackError(faults)
    common = packs.pop(COMMON)
    return Vocabulary(packs, common, _digest(paths))


def _shared_ids(packs: dict[str, Pack]) -> list[str]:
    owners: dict[tuple[str, str], str] = {}
    faults = []
    for pack in packs.values():
        named: list[tuple[str, str]] = [(term.kind, term.id) for kind in KINDS for term in pack.terms(kind)]
        named += [("attribute", attribute.id) for attribute in pack.attributes]
        named += [("minimum", minimum.id) for minimum in pack.minimums]
        for key in named:
            owner = owners.setdefault(key, pack.vertical)
            if owner != pack.vertical:
                faults.append(f"{pack.vertical}: the {key[0]} id {key[1]!r} stands in {owner} already")
    return faults


def _digest(paths: list[Path]) -> str:
    content = hashlib.sha256()
    for path in paths:
        content.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()
