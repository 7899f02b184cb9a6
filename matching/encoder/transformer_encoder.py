"""The adapter to sentence-transformers: any model by name or path, on CPU or GPU."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from matching.encoder.static_encoder import EmbedderError, unit_rows
from matching.ports import Vectors


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, for example multilingual-e5 or bge-m3. Implements ports.Embedder.

    Only models that are on this machine are used: the engine never reaches for the network.
    """

    def __init__(self, name_or_path: str, batch: int = 64) -> None:
        """Raises EmbedderError, with the line that helps, when the library or the model is missing."""
        try:
            # torch costs seconds and half a gigabyte, so only a process that was told to use it imports it.
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        except ImportError as error:
            raise EmbedderError(
                f"the embedder {name_or_path!r} needs sentence-transformers: pip install sentence-transformers"
            ) from error
        try:
            self._model = SentenceTransformer(name_or_path, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise EmbedderError(
                f"the embedder {name_or_path!r} is not on this machine as a name or a path: hf download {name_or_path}"
            ) from error
        # Before any conversion, so that one model has one id on every device.
        self._digest = _digest(self._model)
        if self._model.device.type == "cpu":
            # Processors compute half precision slowly, and a text of no pieces would become not-a-number in it.
            self._model.float()
        self._name = Path(name_or_path).name if Path(name_or_path).exists() else name_or_path
        self._batch = batch

    @property
    def model_id(self) -> str:
        """The name, and a digest of all weights: another model under the same name makes other vectors."""
        return f"sentence-transformers:{self._name}-{self._digest[:12]}"

    @property
    def dimensions(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (texts × dimensions)."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        vectors = self._model.encode(
            list(texts), batch_size=self._batch, convert_to_numpy=True, show_progress_bar=False
        )
        return unit_rows(np.asarray(vectors, dtype=np.float32))


def _digest(model: Any) -> str:
    """sha256 over the modules of a sentence-transformers model as it prints them, and every weight by its name."""
    from torch import uint8  # noqa: PLC0415  Only a process that has the library already comes here.

    found = hashlib.sha256(str(model).encode())
    for name, weight in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(weight.detach().cpu().contiguous().flatten().view(uint8).numpy().tobytes())
    return found.hexdigest()
