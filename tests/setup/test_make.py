"""The commands of the Makefile on machines that lack something: one clear line, and nothing half done."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare_clone(tmp_path: Path) -> Path:
    """A folder with what set-up reads, and no .venv."""
    for name in ("Makefile", "requirements.lock", ".ci"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    return tmp_path


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    usual = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        command, cwd=folder, env={**usual, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def test_help_names_every_command_of_the_contract() -> None:
    said = run(ROOT, "make", "help").stdout
    for command in ("setup", "run", "test", "bench", "check", "help"):
        assert f"make {command}" in said


def test_an_old_python_is_named_with_a_way_out(bare_clone: Path) -> None:
    old = script(bare_clone / "python", 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    refused = run(bare_clone, "make", "setup", PYTHON=str(old))
    assert refused.returncode != 0
    assert "3.9.2" in refused.stderr and "PYTHON=" in refused.stderr
    assert not (bare_clone / ".venv").exists()


def test_what_is_no_python_is_called_so(bare_clone: Path) -> None:
    other = script(bare_clone / "python", 'echo "Written by somebody."; exit 1')
    refused = run(bare_clone, "make", "setup", PYTHON=str(other))
    assert f"{other} is no Python that runs here." in refused.stderr


def test_a_python_without_venv_is_named_with_the_package_that_has_it(bare_clone: Path) -> None:
    lacking = script(bare_clone / "python", 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    refused = run(bare_clone, "make", "setup", PYTHON=str(lacking))
    assert refused.returncode != 0
    assert "python3-venv" in refused.stderr


def test_no_network_is_one_clear_line_and_a_second_try_starts_over(bare_clone: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/index", "PIP_CONFIG_FILE": "/dev/null"}
    for _ in range(2):
        refused = run(bare_clone, "make", "setup", **nowhere)
        assert refused.returncode != 0
        assert "check the network" in refused.stderr
        assert not (bare_clone / ".venv" / "installed").exists()


def test_an_unwritable_folder_is_one_clear_line(bare_clone: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    bare_clone.chmod(0o500)
    try:
        refused = run(bare_clone, "make", "setup")
    finally:
        bare_clone.chmod(0o700)
    assert refused.returncode != 0
    assert "not writable" in refused.stderr


def test_set_up_of_a_ready_environment_says_nothing() -> None:
    if not (ROOT / ".venv" / "installed").exists():
        pytest.skip("this environment was not made by make setup")
    done = run(ROOT, "make", "setup")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_a_missing_browser_is_told_and_refused_in_ci(bare_clone: Path, ci: str, status: int) -> None:
    tools = bare_clone / "tools"
    script(tools / "id", "echo 1000")
    done = run(bare_clone, "/bin/sh", ".ci/browser", PATH=str(tools), CI=ci)
    assert done.returncode == status
    assert "apt-get install chromium" in done.stdout


def test_a_benchmark_that_does_not_exist_is_named() -> None:
    done = run(ROOT, "make", "bench", "NAME=nothing-of-the-kind")
    assert done.returncode != 0
    assert "nothing-of-the-kind" in done.stdout
