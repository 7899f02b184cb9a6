"""Reads a ranker file: the JSON of a model, with every fault of it told at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from matching.engine.model import FORMAT, RankerModel
from matching.learning.beliefs import Belief
from matching.learning.market import Market
from matching.learning.needs import UsualNeeds
from matching.learning.prices import UsualPrices

MOST_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileFault:
    """kind: not_json | not_object | missing | format | unreadable | too_large. field: which part. details: why."""

    kind: str
    field: str = ""
    details: str = ""


def _beliefs(plain: Any) -> None:
    for belief in plain.values():
        Belief.from_plain(belief)


def _until(plain: Any) -> None:
    if plain is not None:
        date.fromisoformat(plain)


def _flag(plain: Any) -> None:
    if not isinstance(plain, bool):
        raise TypeError("it is neither true nor false")


def _count(plain: Any) -> None:
    if not isinstance(plain, int) or isinstance(plain, bool) or plain < 0:
        raise TypeError("it is no whole number of zero or more")


def _words(plain: Any) -> None:
    if not isinstance(plain, str) or not plain.strip():
        raise TypeError("it is no name")


PARTS: Final[dict[str, Callable[[Any], Any]]] = {
    "id": _words,
    "market": Market.from_plain,
    "prices": UsualPrices.from_plain,
    "needs": UsualNeeds.from_plain,
    "beliefs": _beliefs,
    "calibrated": _flag,
    "evidence": _count,
    "learned_until": _until,
}


def read_ranker(content: bytes) -> tuple[RankerModel | None, list[FileFault]]:
    """The model of a file, or every fault that it has."""
    if len(content) > MOST_BYTES:
        return None, [FileFault("too_large")]
    try:
        plain = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        return None, [FileFault("not_json", details=str(fault)[:200])]
    if not isinstance(plain, dict):
        return None, [FileFault("not_object")]
    faults = [FileFault("missing", name) for name in ("version", *PARTS) if name not in plain]
    if "version" in plain and plain["version"] != FORMAT:
        faults.append(FileFault("format", details=str(plain["version"])[:40]))
    for name, read in PARTS.items():
        if name in plain:
            faults += _tried(name, read, plain[name])
    if faults:
        return None, faults
    try:
        return RankerModel.from_json(json.dumps(plain)), []
    except (ValueError, TypeError, OverflowError) as fault:
        return None, [FileFault("unreadable", details=str(fault)[:200])]


def _tried(name: str, read: Callable[[Any], Any], plain: Any) -> list[FileFault]:
    try:
        read(plain)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError) as fault:
        return [FileFault("unreadable", name, f"{type(fault).__name__}: {fault}"[:200])]
    return []
