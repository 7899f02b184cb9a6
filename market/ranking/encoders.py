"""The encoders that one process can serve with, each loaded once."""

from collections.abc import Callable
from threading import Lock

from market.ranking.encoder_queries import EncoderState
from matching.encoder.load import load_embedder
from matching.encoder.static_encoder import EmbedderError
from matching.ports import Embedder

Load = Callable[[EncoderState], Embedder]


class EncoderAbsent(RuntimeError):
    """The encoder that the market has live is not on this machine, or the same setting names another model here."""


class Encoders:
    """own: the encoder that this process was set to. setting: what names it (WEFT_EMBEDDER), "" for the shipped one.

    load: gives the encoder of a state, by its setting unless told; another than the state names is refused. whole: for
    each encoder, the digest of the texts of which this process saw that all vectors are kept.
    """

    def __init__(
        self, own: Embedder, setting: str = "", load: Callable[[EncoderState], Embedder] | None = None
    ) -> None:
        self.own = own
        self.setting = setting
        self._load = load or _load_by_setting
        self.whole: dict[str, str] = {}
        self._loaded = {own.model_id: own}
        self._lock = Lock()

    def serving(self, state: EncoderState) -> Embedder:
        """The encoder that `state` names. Raises EncoderAbsent when this process cannot have it."""
        with self._lock:
            if state.id not in self._loaded:
                self._loaded[state.id] = self._checked(state)
            return self._loaded[state.id]

    def _checked(self, state: EncoderState) -> Embedder:
        setting = state.setting or "the shipped encoder"
        try:
            found = self._load(state)
        except EmbedderError as error:
            raise EncoderAbsent(f"the market ranks with {state.id}, which cannot be loaded here: {error}") from error
        if found.model_id != state.id:
            raise EncoderAbsent(f"the market ranks with {state.id}, but here {setting} is {found.model_id}")
        return found


def _load_by_setting(state: EncoderState) -> Embedder:
    return load_embedder(state.setting)
