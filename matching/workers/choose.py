"""Which workers a setting names."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from matching.ports import Mapper
from matching.workers.dask import DaskWorkers
from matching.workers.failing import WorkersError
from matching.workers.in_process import InProcess
from matching.workers.processes import Processes

_MOST: Final = 1024


@contextmanager
def open_workers(setting: str | None = None) -> Iterator[Mapper]:
    """The workers for a setting: None or "1" is this process, "4" four processes, "tcp://host:port" a Dask scheduler.

    Raises WorkersError for anything else and for workers that cannot be had; nothing falls back in silence.
    """
    if setting is None or setting == "1":
        yield InProcess()
    elif setting.isascii() and setting.isdigit() and 1 <= int(setting) <= _MOST:
        yield Processes(int(setting))
    elif setting.startswith(("tcp://", "tls://")):
        with closing(DaskWorkers(setting)) as workers:
            yield workers
    else:
        raise WorkersError(f"'{setting}' names no workers; accepted: a number from 1 to {_MOST}, or tcp://host:port")
