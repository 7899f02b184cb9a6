"""The door to the packs: load one, or all of them as a vocabulary. Everything a caller needs can be imported here."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from matching.verticals.checks import Clash, clashes, note_clashes, note_faults, note_shared_ids
from matching.verticals.pack_file import read_pack
from matching.verticals.pack_rows import Notes, PackError, PackFault
from matching.verticals.terms import COMMON, KINDS, Attribute, Choice, Kind, Language, MinimumCause, Pack, Term, Unit
from matching.verticals.vocabulary import Vocabulary

DEFAULT_DIRECTORY = Path(__file__).parent
COMMON_FILE = "common.yaml"

__all__ = [
    "COMMON",
    "KINDS",
    "Attribute",
    "Choice",
    "Clash",
    "Kind",
    "Language",
    "MinimumCause",
    "Pack",
    "PackError",
    "PackFault",
    "Term",
    "Unit",
    "Vocabulary",
    "check_pack",
    "clashes",
    "load_pack",
    "load_vocabulary",
    "texts_of",
    "vocabulary_of",
]


def load_pack(path: Path) -> Pack:
    """Reads and checks one pack; references may also point to the common.yaml that lies beside it.

    Raises PackError with every fault of the file.
    """
    notes = Notes(path.name)
    beside = path.parent / COMMON_FILE
    shared = _text_of(beside, Notes(COMMON_FILE)) if path.name != COMMON_FILE and beside.exists() else None
    pack = _checked(_text_of(path, notes), notes, shared)
    if pack is None or notes.faults:
        raise PackError(notes.faults)
    return pack


def load_vocabulary(directory: Path | None = None) -> Vocabulary:
    """All packs of a folder (by default this one) as one vocabulary, read once for each folder and process.

    Raises PackError with every fault of every file, an id that two packs claim included.
    """
    return _load_vocabulary((directory or DEFAULT_DIRECTORY).resolve())


@lru_cache(maxsize=8)
def _load_vocabulary(directory: Path) -> Vocabulary:
    return vocabulary_of(texts_of(directory))


def texts_of(directory: Path | None = None) -> dict[str, str]:
    """The texts of the packs of a folder (by default this one) by their file names. Raises PackError."""
    texts, faults = {}, []
    for path in sorted((directory or DEFAULT_DIRECTORY).glob("*.yaml")):
        notes = Notes(path.name)
        texts[path.name] = _text_of(path, notes)
        faults += notes.faults
    if faults:
        raise PackError(faults)
    return texts


def vocabulary_of(texts: Mapping[str, str], retired: Sequence[str] = ()) -> Vocabulary:
    """The vocabulary of these files, by their names. retired: texts of packs whose terms can still be read, and no
    longer chosen; of two with one id the first counts, and one that cannot be read any more is passed over.

    Raises PackError with every fault of every file.
    """
    packs, notes_of = _read_all(texts)
    faults = [fault for notes in notes_of.values() for fault in notes.faults]
    if faults:
        raise PackError(faults)
    common = packs.pop(COMMON)
    shared = texts[COMMON_FILE]
    kept = [pack for text in retired if (pack := _checked(text, Notes(""), shared)) is not None]
    return Vocabulary(packs, common, _digest(texts, retired), kept)


def _read_all(texts: Mapping[str, str]) -> tuple[dict[str, Pack], dict[str, Notes]]:
    notes_of = {name: Notes(name) for name in texts}
    shared = texts.get(COMMON_FILE)
    packs: dict[str, Pack] = {}
    owners: dict[str, Notes] = {}
    for name, text in texts.items():
        notes = notes_of[name]
        pack = _checked(text, notes, None if name == COMMON_FILE else shared)
        if pack is None:
            continue
        if pack.vertical in packs:
            notes.add(1, "vertical", "the vertical %(value)s stands in another file already", value=repr(pack.vertical))
            continue
        packs[pack.vertical], owners[pack.vertical] = pack, notes
    note_shared_ids(packs.values(), owners)
    if COMMON not in packs and not any(notes.faults for notes in notes_of.values()):
        notes_of[COMMON_FILE] = Notes(COMMON_FILE)
        notes_of[COMMON_FILE].add(0, "", "is missing")
    return packs, notes_of


def check_pack(text: str, file: str, others: Mapping[str, str]) -> Pack:
    """Read and check the text of one pack beside the texts of all others, by their file names.

    Raises PackError with every fault, also those that it would bring into another pack.
    """
    notes = Notes(file)
    pack = _checked(text, notes, others.get(COMMON_FILE))
    if pack is None:
        raise PackError(notes.faults)
    beside, notes_of = _read_all({**others, COMMON_FILE: text} if pack.vertical == COMMON else others)
    beside.pop(pack.vertical, None)
    note_shared_ids([*beside.values(), pack], {**dict.fromkeys(beside, Notes("")), pack.vertical: notes})
    note_clashes(pack, beside.values(), notes)
    elsewhere = [fault for other in notes_of.values() for fault in other.faults if pack.vertical == COMMON]
    if notes.faults or elsewhere:
        raise PackError(sorted([*notes.faults, *elsewhere], key=lambda fault: (fault.file != file, fault.line)))
    return pack


def _text_of(path: Path, notes: Notes) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        notes.add(0, "", "cannot be read: %(problem)s", problem=str(error))
        return ""


def _checked(text: str, notes: Notes, shared: str | None) -> Pack | None:
    """The pack of a text, its faults noted. shared: the text of the common pack, None for that pack itself."""
    if notes.faults:
        return None
    pack, found = _parsed(text, notes.file, shared)
    notes.faults += found.faults
    notes.places, notes.key_lines = found.places, found.key_lines
    return pack


@lru_cache(maxsize=32)
def _parsed(text: str, file: str, shared: str | None) -> tuple[Pack | None, Notes]:
    notes = Notes(file)
    common = None if shared is None else _parsed(shared, COMMON_FILE, None)[0]
    pack = read_pack(text, notes, common)
    if pack is not None and pack.vertical == COMMON:
        common = None
    if pack is not None:
        note_faults(pack, common, notes)
    return pack, notes


def _digest(texts: Mapping[str, str], retired: Sequence[str]) -> str:
    content = hashlib.sha256()
    for name in sorted(texts):
        content.update(name.encode() + b"\0" + texts[name].encode() + b"\0")
    for text in retired:
        content.update(b"\1" + text.encode() + b"\0")
    return content.hexdigest()
