"""Vectors that are kept: packed for a row of the database, and looked up by the hash of their text before any is made.

A packed vector is the CRC-32 of what follows and of the text's hash, then one 16-bit number for each component, in
the steps of `matching.index.in_exact_steps`: packing loses nothing that a ranking reads.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from market.ranking.encoder_queries import kept_bytes
from matching.index import EXACT_STEPS, in_exact_steps
from matching.ports import Embedder, Vectors

_CHECK: Final = struct.Struct("<I")
_NUMBERS: Final = np.dtype("<i2")


def text_hash(text: str) -> str:
    """sha256 of the text, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def pack(key: str, vector: Vectors) -> bytes:
    """One vector (its components in [-1, 1]) as the bytes of the row that is kept for the text with this hash."""
    numbers: bytes = np.rint(vector * EXACT_STEPS).astype(_NUMBERS).tobytes()
    return _CHECK.pack(_checksum(key, numbers)) + numbers


def unpack(key: str, packed: bytes, dimensions: int) -> Vectors | None:
    """The vector of a row; None when the row is damaged, cut short or another text's."""
    numbers = packed[_CHECK.size :]
    if len(packed) != _CHECK.size + dimensions * _NUMBERS.itemsize:
        return None
    if _CHECK.unpack(packed[: _CHECK.size])[0] != _checksum(key, numbers):
        return None
    return np.frombuffer(numbers, _NUMBERS).astype(np.float32) / EXACT_STEPS


def kept_vectors(session: Session, embedder: Embedder, hashes: Sequence[str]) -> dict[str, Vectors]:
    """The sound vectors that are kept for texts with these hashes, by hash."""
    packed = kept_bytes(session, embedder.model_id, set(hashes))
    unpacked = ((key, unpack(key, row, embedder.dimensions)) for key, row in packed.items())
    return {key: vector for key, vector in unpacked if vector is not None}


class KeptVectors:
    """An encoder that first looks at what is kept, while a session is lent to it. Implements ports.Embedder.

    What is missing or damaged is made from the text; the vectors are the same either way, in exact steps.
    """

    def __init__(self, encoder: Embedder) -> None:
        self.encoder = encoder
        self.made = 0
        self._session: Session | None = None

    @property
    def model_id(self) -> str:
        return self.encoder.model_id

    @property
    def dimensions(self) -> int:
        return self.encoder.dimensions

    @contextmanager
    def reading(self, session: Session) -> Iterator[None]:
        """Look up texts in the database meanwhile. One thread at a time: the ranker holds its lock around this."""
        self._session = session
        try:
            yield
        finally:
            self._session = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in exact steps (texts × dimensions)."""
        if self._session is None or not texts:
            return in_exact_steps(self.encoder.encode(texts))
        keys = [text_hash(text) for text in texts]
        found = kept_vectors(self._session, self.encoder, keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        self.made += len(missing)
        made = in_exact_steps(self.encoder.encode(list(missing.values())))
        found.update(zip(missing, made, strict=True))
        return np.stack([found[key] for key in keys])


def _checksum(key: str, numbers: bytes) -> int:
    return zlib.crc32(numbers, zlib.crc32(key.encode()))
