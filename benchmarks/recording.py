"""Writes the figures of a benchmark beside it, with what a reader needs to judge them."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_GIT: Final = ("git", "rev-parse", "--short", "HEAD")
_CHANGES: Final = ("git", "status", "--porcelain", "--untracked-files=no", "--")
_MEASURED: Final = (":(top)", ":(top,exclude)benchmarks/*/result.json")
"""All but the figures themselves, of which a run may already have written some."""


def record(folder: Path, figures: Mapping[str, Any], packages: tuple[str, ...] = ("numpy",)) -> Path:
    """Writes `result.json` into the folder and returns its path.

    figures: what was measured, as JSON takes it. Added are the commit, whether the tree differed from it, the load
    average (1, 5, 15 minutes) when the run ended, the machine, and the versions of Python and of `packages`.
    """
    told = {
        "commit": _answer(*_GIT),
        "changed_since_commit": bool(_answer(*_CHANGES, *_MEASURED)),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "system": platform.system()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "figures": figures,
    }
    path = folder / "result.json"
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _answer(*command: str) -> str:
    answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)  # noqa: S603  # The commands are written above.
    return answer.stdout.strip()
