"""Processes of ours: start one with its log, end one with all that it started."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

STOP_SECONDS = 10
LARGEST_LOG = 10 * 1024 * 1024


@dataclass
class Child:
    """One process of ours: how it is started, when it was, and how often it has died in a row."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    deaths: int = 0

    def start(self) -> None:
        """Start the process; what a killed one before it left running is ended first."""
        if self.process is not None:
            end_processes(session_of(self.process.pid))
        _shorten(self.log)
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops things in order.
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def ask_to_stop(self) -> None:
        """Tell the process to end, without waiting: several end side by side."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """End the process and all that it started; kill what has not ended after a while."""
        if self.process is None:
            return
        self.ask_to_stop()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        end_processes(session_of(self.process.pid))

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def cause_of_death(self) -> str:
        """Why a dead process ended, in a few words: the signal that killed it, or the last line of its log."""
        status = self.process.returncode if self.process else 0
        return f"signal {-status}, {signal.strsignal(-status)}" if status < 0 else last_words(self.log)


def session_of(number: int) -> list[psutil.Process]:
    """Every process of the session that process `number` began, which is what a `Child` does; it may itself be gone."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(process.pid) == number:
                found.append(process)
    return found


def end_processes(processes: Sequence[psutil.Process]) -> None:
    """Ask processes to end, wait, and kill those that do not."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in wait_for_end(processes, STOP_SECONDS):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_for_end(processes, STOP_SECONDS)


def wait_for_end(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended, for `seconds` at most, and return those that still live.

    A process that has ended but that nobody reaps (in a container without an init) counts as ended.
    """
    last = time.monotonic() + seconds
    alive = [process for process in processes if lives(process)]
    while alive and time.monotonic() < last:
        time.sleep(0.05)
        alive = [process for process in alive if lives(process)]
    return alive


def lives(process: psutil.Process) -> bool:
    """Whether the process runs, and is not merely a number that nobody has reaped."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _shorten(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".old.log"))


def last_words(log: Path) -> str:
    """The last line that a log holds; lines that merely point to further reading are passed over."""
    lines = log.read_bytes()[-4000:].decode(errors="replace").splitlines() if log.exists() else []
    spoken = [line.strip() for line in lines if line.strip() and not line.startswith("(Background on this error")]
    return spoken[-1] if spoken else "without a word"
