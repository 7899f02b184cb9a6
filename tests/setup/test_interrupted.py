"""A run of the tests that is told to end leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_CONFTEST = "from tests.conftest import pytest_configure\n"
_TESTS = """
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def server():
    Path("started").touch()
    yield
    Path("stopped").touch()


def test_that_takes_long(server):
    time.sleep(60)
"""


def test_sigterm_ends_a_run_as_ctrl_c_does_and_its_fixtures_clear_up(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(_CONFTEST)
    (tmp_path / "test_long.py").write_text(_TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    around = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.Popen(command, cwd=tmp_path, env=around, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 50
    while not (tmp_path / "started").exists() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    run.send_signal(signal.SIGTERM)
    told, _ = run.communicate(timeout=50)
    assert run.returncode == 2, told
    assert (tmp_path / "stopped").exists(), told
