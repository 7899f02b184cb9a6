"""Two people who do something about one deal at the same moment, in a connection each."""

import threading
from collections.abc import Callable

from market.kit.errors import DomainFault

Attempt = Callable[[], object]


def at_once(*attempts: Attempt) -> list[DomainFault | None]:
    """What became of each attempt, all begun together: None where it was done, the fault where it was refused."""
    together = threading.Barrier(len(attempts))
    outcomes: list[DomainFault | None] = [None] * len(attempts)

    def run(place: int, attempt: Attempt) -> None:
        together.wait(10)
        try:
            attempt()
        except DomainFault as fault:
            outcomes[place] = fault

    threads = [threading.Thread(target=run, args=found) for found in enumerate(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def one_wins(*attempts: Attempt) -> DomainFault:
    """Of two attempts one is done and the other told why not; returns what it was told."""
    outcomes = at_once(*attempts)
    refused = [fault for fault in outcomes if fault is not None]
    assert len(refused) == len(attempts) - 1, outcomes
    return refused[0]
