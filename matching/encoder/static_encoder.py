"""Serves a sentence-transformers `StaticEmbedding` model with numpy and tokenizers alone."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from matching.ports import Vectors

SHIPPED_MODEL = Path(__file__).parent / "model"
_BATCH = 1024
_WEIGHTS = "embedding.weight"


class EmbedderError(Exception):
    """An embedder that cannot be had; the message says what is missing and what to do about it."""


class StaticEncoder:
    """The mean of the vectors of a text's pieces, brought to unit length. Implements ports.Embedder.

    The same vectors as `SentenceTransformer(folder).encode`, except that a text without any known piece (a blank one,
    say) gets the same unit vector as all such texts, where sentence-transformers gives zeros.
    """

    def __init__(self, folder: Path = SHIPPED_MODEL) -> None:
        """folder: a model saved by sentence-transformers. Raises EmbedderError when it is not a static model."""
        module = folder / static_module(folder)
        try:
            cutter = (module / "tokenizer.json").read_bytes()
            self._tokenizer = Tokenizer.from_str(cutter.decode("utf-8"))
            self._weights = load_file(module / "model.safetensors")[_WEIGHTS].astype(np.float32)
            self._digest = hashlib.sha256(cutter + (module / "model.safetensors").read_bytes()).hexdigest()
        except (OSError, KeyError, SafetensorError, ValueError) as error:
            raise EmbedderError(f"{folder} holds no complete static model ({error})") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    @property
    def model_id(self) -> str:
        return f"static-{self._digest[:12]}"

    @property
    def dimensions(self) -> int:
        return int(self._weights.shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (texts × dimensions)."""
        found = [self._sum(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        return unit_rows(np.concatenate(found)) if found else np.empty((0, self.dimensions), np.float32)

    def _sum(self, texts: Sequence[str]) -> Vectors:
        """The sums of the pieces' vectors; a sum has the direction of the mean."""
        pieces = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        sums = np.zeros((len(texts), self.dimensions), np.float32)
        filled = np.array([row for row, ids in enumerate(pieces) if ids], dtype=np.int64)
        if len(filled):
            lengths = [len(pieces[row]) for row in filled]
            starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
            every = np.fromiter((piece for ids in pieces for piece in ids), np.int64, sum(lengths))
            sums[filled] = np.add.reduceat(self._weights[every], starts, axis=0)
        return sums


def static_module(folder: Path) -> str:
    """The sub-folder that holds the static embedding of a saved model. Raises EmbedderError when there is none."""
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EmbedderError(f"{folder} is no folder of a sentence-transformers model ({error})") from error
    kinds = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    if kinds not in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"]):
        raise EmbedderError(f"{folder} is not a static model: its modules are {', '.join(kinds)}")
    return str(modules[0]["path"])


def unit_rows(vectors: Vectors) -> Vectors:
    """Rows of unit length, float32. A row of zeros becomes the vector whose components are all equal."""
    rows: Vectors = np.array(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows[lengths[:, 0] == 0] = 1.0
    lengths[lengths == 0] = np.sqrt(rows.shape[1])
    rows /= lengths
    return rows
