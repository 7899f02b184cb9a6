"""Every way to do shards answers all of them, in order, once each, though a worker is killed in the middle."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster

from matching.ports import Mapper
from matching.workers.choose import open_workers
from matching.workers.failing import WorkersError
from tests.contracts.doubling import Doubled

SHARDS = range(24)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A Dask scheduler with two workers that are processes, on loopback."""
    start: Any = LocalCluster
    with start(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        yield cluster.scheduler_address


Opener = Callable[[str], AbstractContextManager[Mapper]]


@contextmanager
def _one(scheduler: str) -> Iterator[Mapper]:
    with open_workers() as mapper:
        yield mapper


@contextmanager
def _two(scheduler: str) -> Iterator[Mapper]:
    with open_workers("2") as mapper:
        yield mapper


@contextmanager
def _dask(scheduler: str) -> Iterator[Mapper]:
    with open_workers(scheduler) as mapper:
        yield mapper


OPENERS: dict[str, Opener] = {"in process": _one, "two processes": _two, "dask": _dask}
WITH_PROCESSES = ("two processes", "dask")


@pytest.mark.parametrize("name", OPENERS)
def test_answers_every_shard_in_order_and_raises_what_the_function_raises(name: str, scheduler: str) -> None:
    with OPENERS[name](scheduler) as mapper:
        assert list(mapper.map(Doubled(), SHARDS)) == [2 * number for number in SHARDS]
        assert list(mapper.map(Doubled(), [])) == []
        answers = mapper.map(Doubled(refused=5), SHARDS)
        with pytest.raises(ValueError, match="5 is refused"):
            list(answers)


@pytest.mark.parametrize("name", OPENERS)
def test_takes_shards_only_a_few_ahead_of_the_answers(name: str, scheduler: str) -> None:
    taken: list[int] = []

    def shards() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with OPENERS[name](scheduler) as mapper:
        answered = 0
        for answer in mapper.map(Doubled(), shards()):
            assert answer == 2 * answered
            answered += 1
            assert len(taken) - answered <= 8
    assert answered == 100


@pytest.mark.parametrize("name", WITH_PROCESSES)
def test_a_worker_killed_in_the_middle_costs_no_answer(name: str, scheduler: str, tmp_path: Path) -> None:
    died = tmp_path / "died"
    with OPENERS[name](scheduler) as mapper:
        assert list(mapper.map(Doubled(7, died), SHARDS)) == [2 * number for number in SHARDS]
    assert died.exists()


@pytest.mark.parametrize("name", WITH_PROCESSES)
def test_a_worker_killed_while_a_shard_is_on_its_way_costs_no_answer(name: str, scheduler: str, tmp_path: Path) -> None:
    died = tmp_path / "died"

    def shards() -> Iterator[int]:
        yield from range(4)
        while not died.exists():
            time.sleep(0.01)
        time.sleep(0.5)  # Until whoever shares out the work has noticed.
        yield from range(4, 10)

    with OPENERS[name](scheduler) as mapper:
        assert list(mapper.map(Doubled(1, died), shards())) == [2 * number for number in range(10)]


def test_work_that_kills_every_worker_ends_in_one_line() -> None:
    with open_workers("2") as mapper, pytest.raises(WorkersError, match="died 3 times at the same work"):
        list(mapper.map(Doubled(7), SHARDS))


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("0", "'0' names no workers"),
        ("many", "'many' names no workers; accepted: a number from 1 to 1024, or tcp://host:port"),
        ("-2", "'-2' names no workers"),
    ],
)
def test_workers_that_cannot_be_had_are_told_in_one_line(setting: str, told: str) -> None:
    with pytest.raises(WorkersError, match=told), open_workers(setting):
        pass


def test_a_scheduler_that_does_not_answer_leaves_no_client_behind() -> None:
    address = "tcp://127.0.0.1:nine"
    with pytest.raises(WorkersError, match=f"no Dask scheduler answers at {address}"), open_workers(address):
        pass
    clients = [found for found in gc.get_objects() if isinstance(found, Client)]
    assert all(client.status == "closed" for client in clients)


def test_a_scheduler_without_workers_is_told_in_one_line() -> None:
    start: Any = LocalCluster
    with (
        start(n_workers=0, dashboard_address=None, host="127.0.0.1") as cluster,
        pytest.raises(WorkersError, match=f"at {cluster.scheduler_address} has no workers; start: python -m dask"),
        open_workers(cluster.scheduler_address),
    ):
        pass
