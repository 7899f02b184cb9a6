"""Documents to search: a title, where there is one, and all that the document says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matching.tables import Fault, Faults, iterate_objects

TITLE_FIELDS = ("title", "name", "标题", "名称", "品名")
_ID = "id"


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a corpus. text: every text it holds, the title included."""

    document_id: str
    title: str
    text: str


def read_corpus(path: Path, faults: Faults) -> list[Document]:
    """The documents of a JSON Lines file, in its order. Numbers are not text; texts inside lists and objects are.

    Faults: lines that are no object, and an id that is missing, empty, repeated or holds a blank.
    """
    documents: list[Document] = []
    rows: dict[str, int] = {}
    empty = 0
    for row, fields in iterate_objects(path, faults):
        document_id, problem = _identify(fields.get(_ID), rows)
        if document_id is None:
            faults.add(Fault(str(path), row, _ID, problem))
            continue
        rows[document_id] = row
        texts = [text for name, value in fields.items() if name != _ID for text in _texts(value)]
        empty += not texts
        documents.append(Document(document_id, _title(fields), "\n".join(texts)))
    if empty:
        faults.warn(f"{path}: documents without any text get the score 0: {empty}")
    return documents


def _identify(value: Any, rows: dict[str, int]) -> tuple[str | None, str]:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None, "the id is missing or no text; accepted: a text or a whole number in the field id"
    document_id = str(value)
    if document_id.split() != [document_id]:
        return None, f"the id {document_id!r} holds a blank; accepted: an id without blanks"
    if document_id in rows:
        return None, f"the id {document_id!r} stands already in row {rows[document_id]}; accepted: each id once"
    return document_id, ""


def _title(fields: dict[str, Any]) -> str:
    found = (fields[name].strip() for name in TITLE_FIELDS if isinstance(fields.get(name), str))
    return next((title for title in found if title), "")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
