"""An encoder for processes that must not load one: it reads what is kept, and asks a worker for the rest."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from sqlalchemy.orm import Session, sessionmaker

from market.kit.db import SYSTEM, act_as
from market.kit.outbox import defer
from market.ranking.encoder_queries import EncoderState
from market.ranking.vectors import kept_vectors, text_hash
from matching.ports import Vectors

ENCODE_TASK: Final = "encode_asked"
PATIENCE: Final = 10.0
_STEP: Final = 0.05
_URGENT: Final = 10


class NoAnswer(RuntimeError):
    """No worker made the vectors in time."""


class AskedOfWorker:
    """The live encoder, from afar. Implements ports.Embedder.

    Web processes never load torch. When the market ranks with a transformer, they read the vectors that workers keep;
    a text without one (terms that a buyer tries out) goes to a worker as a job, and its vector comes back as a row.
    """

    def __init__(
        self, state: EncoderState, sessions: sessionmaker[Session], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._state = state
        self._sessions = sessions
        self._sleep = sleep

    @property
    def model_id(self) -> str:
        return self._state.id

    @property
    def dimensions(self) -> int:
        return self._state.dimensions

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in exact steps. Raises NoAnswer when no worker made the missing ones within PATIENCE seconds."""
        wanted = {text_hash(text): text for text in texts}
        found = self._kept(wanted)
        missing = [text for key, text in wanted.items() if key not in found]
        if missing:
            self._ask(missing)
            found = self._awaited(wanted)
        rows = [found[text_hash(text)] for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimensions), np.float32)

    def _awaited(self, wanted: dict[str, str]) -> dict[str, Vectors]:
        for _ in range(round(PATIENCE / _STEP)):
            found = self._kept(wanted)
            if len(found) == len(wanted):
                return found
            self._sleep(_STEP)
        raise NoAnswer(f"no worker answered with vectors by {self.model_id} within {PATIENCE:.0f} seconds: is one up?")

    def _kept(self, wanted: dict[str, str]) -> dict[str, Vectors]:
        with self._sessions() as session:
            act_as(session, SYSTEM)
            return kept_vectors(session, self, list(wanted))

    def _ask(self, texts: list[str]) -> None:
        """In a transaction of its own, because the answer must come before the one that asks ends."""
        with self._sessions.begin() as session:
            act_as(session, SYSTEM)
            defer(session, ENCODE_TASK, {"encoder": self.model_id, "texts": texts}, priority=_URGENT)
