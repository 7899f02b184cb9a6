"""Which embedder a setting names."""

from pathlib import Path

from matching.encoder.static_encoder import SHIPPED_MODEL, EmbedderError, StaticEncoder, static_module
from matching.encoder.transformer_encoder import SentenceTransformerEmbedder
from matching.ports import Embedder


def load_embedder(setting: str | None = None) -> Embedder:
    """The embedder for a setting: None or "" is ours; else the name or the path of a sentence-transformers model.

    A folder with a static model is served without torch. Raises EmbedderError when a library or a model is missing;
    there is no silent fallback to another one.
    """
    return load_without_torch(setting) or SentenceTransformerEmbedder(setting or "")


def load_without_torch(setting: str | None = None) -> StaticEncoder | None:
    """The embedder for a setting that names a static model on this machine (None or "": ours); else None.

    Raises EmbedderError when the folder holds a static model that is not complete.
    """
    folder = Path(setting) if setting else SHIPPED_MODEL
    return StaticEncoder(folder) if folder.is_dir() and _is_static(folder) else None


def _is_static(folder: Path) -> bool:
    try:
        static_module(folder)
    except EmbedderError:
        return False
    return True
