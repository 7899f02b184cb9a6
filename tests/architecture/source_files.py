"""The files that the architecture tests read: what git tracks or would track, as a stranger's clone has it."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDORED = ("static/vendor/", "tests/vendor/")


@cache
def project_files() -> tuple[Path, ...]:
    """Every file of the project, relative to its root."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (Path(name) for name in sorted(set(listing.split("\0"))) if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


def own_files() -> list[Path]:
    """Every file that we wrote: vendored libraries are left out."""
    return [path for path in project_files() if not path.as_posix().startswith(VENDORED)]


def python_files(*folders: str) -> list[Path]:
    """The Python files below the given top-level folders (or named so themselves)."""
    return [path for path in own_files() if path.suffix == ".py" and path.parts[0] in folders]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of one Python file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))
