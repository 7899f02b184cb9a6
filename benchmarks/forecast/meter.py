"""Asks methods for forecasts, counts what they take, and keeps those of peers for runs that change the engine only."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.forecast.evaluation import EvaluationSet
from benchmarks.forecast.methods import ENGINE
from benchmarks.forecast.peers import Quantiles
from benchmarks.forecast.scoring import ASKED
from forecasting.panel import Floats, Panel, Wholes

_CODE_OF_PEERS: Final = ("peers.py", "heavy_peers.py")


class Meter:
    """CPU-seconds and forecasts of each method, those of the processes it starts included.

    Counted at the first origin of each market only: at the others peers remember some of their earlier forecasts.
    folder: where forecasts of peers are kept by all that they depend on: history, items, and the code of the peers.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self.forecasts: dict[str, int] = {}
        self.taken_over = 0
        self._folder = folder

    def told(self, name: str, method: Quantiles, part: EvaluationSet, origin: int, rows: Wholes) -> Floats:
        """What a method says of some items at an origin, knowing only what was known then; NaN for the others."""
        found, seconds = self._asked(name, method, part.histories[origin].only(rows))
        if origin == part.origins[0]:
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
            self.forecasts[name] = self.forecasts.get(name, 0) + len(rows)
        told = np.full((len(part.panel), len(ASKED)), np.nan)
        told[rows] = found
        return told

    def per_thousand(self) -> dict[str, float]:
        return {name: round(1000 * spent / self.forecasts[name], 2) for name, spent in self.seconds.items()}

    def _asked(self, name: str, method: Quantiles, panel: Panel) -> tuple[Floats, float]:
        """The forecasts and the CPU-seconds they took."""
        kept = None if self._folder is None or name == ENGINE else self._folder / f"{_key(name, panel)}.npz"
        if kept is not None and kept.is_file():
            self.taken_over += 1
            with np.load(kept) as file:
                return file["told"], float(file["seconds"])
        began = _cpu()
        told = method(panel, ASKED)
        seconds = _cpu() - began
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, told=told, seconds=seconds)
        return told, seconds


def _key(name: str, panel: Panel) -> str:
    known = sha256(f"{name} {panel.first} {panel.skus} {panel.demand.shape} {ASKED}".encode())
    for table in (panel.demand, panel.known, panel.begun, panel.price, panel.promoted):
        known.update(np.ascontiguousarray(table).tobytes())
    for code in _CODE_OF_PEERS:
        known.update((Path(__file__).parent / code).read_bytes())
    return known.hexdigest()


def _cpu() -> float:
    """CPU-seconds of this process and of those that it started and that have ended, as Prophet's do."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
