"""A function that workers apply in the tests of the seam; it stands alone so that fresh processes load nothing else."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Doubled:
    """Doubles a number. Its process dies the first time it meets `deadly`, every time when there is no `died`."""

    deadly: int = -1
    died: Path | None = None
    refused: int = -1

    def __call__(self, number: int) -> int:
        if number == self.deadly:
            die_once(self.died)
        if number == self.refused:
            raise ValueError(f"{number} is refused")
        return 2 * number


@dataclass(frozen=True)
class DyingOnce:
    """Another function, whose process dies the first time it is applied."""

    function: Callable[[Any], Any]
    died: Path

    def __call__(self, shard: Any) -> Any:
        die_once(self.died)
        return self.function(shard)


def die_once(died: Path | None) -> None:
    """Kills this process unless the file is there, which is then left behind."""
    if died is not None and died.exists():
        return
    if died is not None:
        died.touch()
    os.kill(os.getpid(), signal.SIGKILL)
