"""Does shards on the workers of a Dask scheduler, on any number of machines."""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import islice
from typing import Any, Final

from matching.ports import Result, Shard
from matching.workers.failing import WorkersError

_AHEAD: Final = 2
_SECONDS_FOR_A_TRIAL: Final = 60
_START: Final = "python -m dask"
"""Started as a module, Dask finds this program in the folder where it was started."""

_SECONDS_TO_CONNECT: Final = 15
"""Dask refuses less than its own margin for a worker that was cut off; shorter waits lose tasks."""


class DaskWorkers:
    """Implements ports.Mapper by the address of a scheduler, tcp://host:port. The workers need this program installed.

    The function travels once to each worker and is unpacked there as a task of its own, so that it is found again
    when the worker that held it dies.
    """

    def __init__(self, address: str) -> None:
        """Raises WorkersError when the library is missing, nobody answers, or the scheduler has no workers."""
        try:
            import dask  # noqa: PLC0415  Only who names a scheduler pays for it.
            import distributed  # noqa: PLC0415
        except ImportError as error:
            raise WorkersError("--workers tcp://… needs Dask; install it by: pip install distributed") from error
        self._address = address
        self._lost = (CancelledError, OSError, distributed.KilledWorker)
        waits = {f"distributed.comm.timeouts.{what}": f"{_SECONDS_TO_CONNECT}s" for what in ("tcp", "connect")}
        dask.config.set(waits)
        kind: Any = distributed.Client
        self._client: Any = kind.__new__(kind)
        try:
            self._client.__init__(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            # A client that found nobody closes itself when it is collected, which may be while Dask holds the lock
            # that closing needs: that would wait for ever. So it is closed here.
            self._client.__del__()
            raise WorkersError(f"no Dask scheduler answers at {address}") from error
        try:
            self._ask_who_works()
        except WorkersError:
            self._client.close()
            raise

    def _ask_who_works(self) -> None:
        """One task for a trial, because scheduler and workers have to import this program too."""
        if not self._client.nthreads():
            raise WorkersError(f"the Dask scheduler at {self._address} has no workers; start: {_START} worker ADDRESS")
        try:
            self._client.submit(_apply, str, "trial", pure=False).result(timeout=_SECONDS_FOR_A_TRIAL)
        except (RuntimeError, ImportError, OSError, TimeoutError, CancelledError) as error:
            told = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise WorkersError(
                f"the Dask scheduler at {self._address} or its workers cannot run this program ({told}); start all of "
                f"them in its folder and its environment: {_START} scheduler, {_START} worker ADDRESS"
            ) from error

    def map(self, function: Callable[[Shard], Result], shards: Iterable[Shard]) -> Iterator[Result]:
        coming = iter(shards)
        waiting: deque[Any] = deque()
        unpacked = self._client.submit(pickle.loads, pickle.dumps(function), pure=False)
        while True:
            room = max(0, _AHEAD * max(1, len(self._client.nthreads())) - len(waiting))
            waiting.extend(self._client.submit(_apply, unpacked, shard, pure=False) for shard in islice(coming, room))
            if not waiting:
                return
            yield self._answer(waiting.popleft())

    def _answer(self, future: Any) -> Any:
        try:
            return future.result()
        except self._lost as error:
            raise WorkersError(f"the Dask workers at {self._address} were lost: {error}") from error

    def close(self) -> None:
        self._client.close()


def _apply(function: Callable[[Any], Any], shard: Any) -> Any:
    return function(shard)
