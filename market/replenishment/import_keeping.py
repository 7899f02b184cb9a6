"""What the check of a file read, kept so that taking the file in need not read it again. Pure.

It answers for one file under one mapping and one choice of codes that mean the same; of another it says nothing.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from market.replenishment.import_totals import Daily, ItemFound


@dataclass(frozen=True, slots=True)
class Reading:
    """The items of a file, their sales by day, and how many of its rows had no fault."""

    items: Sequence[ItemFound]
    daily: Daily
    good: int


def reading_key(digest: str, mapping: Mapping[str, str], same: Mapping[str, str]) -> str:
    """What a reading answers for: the bytes, what their columns mean, and which codes were said to be another's."""
    told = json.dumps([digest, dict(mapping), dict(same)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def pack_reading(reading: Reading, key: str) -> bytes:
    """A reading as bytes, small enough to stand in a row of a table."""
    columns = {each.name: getattr(reading.daily, each.name) for each in fields(Daily)}
    told = {"key": key, "good": reading.good, "items": [asdict(item) for item in reading.items]}
    packed = io.BytesIO()
    np.savez_compressed(packed, told=np.frombuffer(json.dumps(told).encode(), np.uint8), **columns)
    return packed.getvalue()


def unpack_reading(packed: bytes | None, key: str) -> Reading | None:
    """The reading that answers for this key; None where there is none, or one of something else."""
    if packed is None:
        return None
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as columns:
            told: dict[str, Any] = json.loads(columns["told"].tobytes())
            if told["key"] != key:
                return None
            daily = Daily(**{each.name: columns[each.name] for each in fields(Daily)})
    except (EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    return Reading([ItemFound(**item) for item in told["items"]], daily, told["good"])
