"""Does shards in processes of this machine, and does those of a process that was killed again."""

import multiprocessing
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, Final

from matching.ports import Result, Shard
from matching.workers.failing import WorkersError

_AHEAD: Final = 2
"""Shards a process has before it, so that it never waits for one."""

_DEATHS_ALLOWED: Final = 3

_function: Callable[[Any], Any] | None = None
"""What this process applies; set once when it starts, because it may hold a whole market."""


class Processes:
    """Implements ports.Mapper with a fixed number of fresh processes, which know nothing but what they are sent.

    When one of them dies the pool is built anew and what it had not answered is done again. The third death without a
    single answer in between ends the work with WorkersError.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"{count} processes; accepted is 1 or more")
        self._count = count

    def map(self, function: Callable[[Shard], Result], shards: Iterable[Shard]) -> Iterator[Result]:
        payload = pickle.dumps(function)
        coming = iter(shards)
        waiting: deque[Shard] = deque()
        answers: deque[Future[Result]] = deque()
        pool = self._pool(payload)
        deaths = 0
        try:
            while True:
                waiting.extend(islice(coming, self._count * _AHEAD - len(waiting)))
                if not waiting:
                    return
                try:
                    while len(answers) < len(waiting):  # A pool that broke meanwhile refuses new work.
                        answers.append(pool.submit(_apply, waiting[len(answers)]))
                    result = answers[0].result()
                except BrokenProcessPool as error:
                    deaths += 1
                    if deaths == _DEATHS_ALLOWED:
                        raise WorkersError(f"a worker process died {deaths} times at the same work") from error
                    pool.shutdown(cancel_futures=True)
                    pool = self._pool(payload)
                    answers.clear()
                    continue
                deaths = 0
                waiting.popleft()
                answers.popleft()
                yield result
        finally:
            pool.shutdown(cancel_futures=True)

    def _pool(self, payload: bytes) -> ProcessPoolExecutor:
        """Processes are spawned: a forked copy of one that has used its threads may hang."""
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._count, context, initializer=_keep, initargs=(payload,))


def _keep(payload: bytes) -> None:
    global _function
    _function = pickle.loads(payload)  # noqa: S301  What this very program has pickled.


def _apply(shard: Any) -> Any:
    assert _function is not None
    return _function(shard)
