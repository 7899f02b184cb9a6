"""`make run`: one process that holds the database server, the web server and the worker, and lets none outlive it.

Order of start: data folder, ports, database, tables, demo market, payment sandbox, web and worker. Order of stop: the
other way round. A child that dies is started again after a pause that grows while it keeps dying.
"""

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psutil
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError

from market.beginning import is_unfinished, is_untouched, note_beginning, note_end, sole_beginner, start_over
from market.config import SettingFault, Settings
from market.kit.databases import HOLDER, DatabaseAccess, embedded_access, prepare_access
from market.kit.migrate import migrate
from market.kit.postgres import EmbeddedServer, ServerFault
from market.kit.processes import Child, end_processes, session_of

ROLES = ("seller", "factory", "operator")
READY_SECONDS = 180
LONGEST_PAUSE = 30.0
SETTLED_SECONDS = 60.0


class StartFault(RuntimeError):
    """The marketplace cannot start. The message is one line that says why and what to do."""


class Stopped(Exception):
    """A person or the system asked to stop while the start was under way."""


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Run the marketplace until it is told to stop. Returns the exit status: 0 after a stop, 2 when it cannot start."""
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stopping.set())
    try:
        settings = Settings.from_environment(os.environ)
        with ExitStack() as stack:
            Supervisor(settings, stopping, stack).run()
    except Stopped:
        say("Stopped.")
    except (SettingFault, StartFault, ServerFault) as fault:
        print(f"Weft cannot run: {fault}", file=sys.stderr, flush=True)
        return 2
    return 0


@dataclass
class Supervisor:
    """Everything that runs, in the order in which `stack` takes it down again."""

    settings: Settings
    stopping: Event
    stack: ExitStack
    children: list[Child] = field(default_factory=list)
    server: EmbeddedServer | None = None

    def run(self) -> None:
        """Start all, say where it is, watch until told to stop. Raises StartFault, ServerFault, Stopped."""
        begun = time.monotonic()
        folder = self.settings.data_folder
        note = self.stack.enter_context(hold_folder(folder, self.address))
        check_port(self.settings.host, self.settings.port)
        if self.settings.gateway.is_sandbox:
            check_port("127.0.0.1", self.settings.gateway.sandbox_port, "WEFT_SANDBOX_PORT=")
        access = self._reach_database()
        bring_tables_up_to_date(access)
        environment = child_environment(self.settings, access)
        if self.settings.demo:
            self._build_demo_once(access, environment)
        self.stack.callback(self._stop_children)
        if self.settings.gateway.is_sandbox:
            sandbox = [sys.executable, "-m", "market.payments.sandbox"]
            self._add(Child("sandbox", sandbox, environment, folder / "log" / "sandbox.log"), note)
        self._add(Child("web", web_command(self.settings), environment, folder / "log" / "web.log"), note)
        worker = [sys.executable, "-m", "market.worker"]
        self._add(Child("worker", worker, environment, folder / "log" / "worker.log"), note)
        self._wait_until_ready()
        say(f"Weft is running at {self.address} after {time.monotonic() - begun:.0f} s. Ctrl-C stops it.")
        for line in sign_in_lines(self.settings, self.address):
            say(line)
        say(f"Logs of web, worker and payment sandbox: {folder / 'log'}")
        while not self.stopping.wait(0.5):
            if self._revive():
                note(self._process_numbers())
        say("Stopping ...")

    @property
    def address(self) -> str:
        return address_in(self.settings)

    def _build_demo_once(self, access: DatabaseAccess, environment: Mapping[str, str]) -> None:
        """Build the demo market in an untouched database, before anybody can come in; build a half-built one anew."""
        owner = create_engine(access.owner_url)
        self.stack.callback(owner.dispose)
        with sole_beginner(owner) as alone:
            if not alone:
                raise StartFault("another start builds the demo market in this database: try again when it is done")
            if is_unfinished(owner):
                say("The demo market was cut off while it was built: it is built anew.")
                start_over(owner, access.application_role)
            if is_untouched(owner):
                note_beginning(owner)
                self._step("Building the demo market", environment, "demo", "build")
                note_end(owner)

    def _add(self, child: Child, note: "Note") -> None:
        self.children.append(child)
        child.start()
        note(self._process_numbers())

    def _reach_database(self) -> DatabaseAccess:
        if self.settings.database_url:
            return prepare_access(self.settings.database_url)
        self.server = EmbeddedServer(self.settings.data_folder, announce=say)
        self.stack.callback(self.server.stop)
        self.server.start()
        return embedded_access(self.server)

    def _step(self, title: str, environment: Mapping[str, str], *command: str) -> None:
        """Run one `flask` command to its end. What it writes goes to the terminal."""
        say(f"{title} ...")
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", *command],
            stdin=subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
        while process.poll() is None:
            if self.stopping.wait(0.05):
                process.terminate()
                process.wait()
                raise Stopped
        if process.returncode != 0:
            raise StartFault(f"`flask --app app {' '.join(command)}` failed (see above).")

    def _wait_until_ready(self) -> None:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)  # noqa: S104
        probe = f"http://{f'[{host}]' if ':' in host else host}:{self.settings.port}/readyz"
        last = time.monotonic() + READY_SECONDS
        while not _answers(probe):
            for child in self.children:
                if child.has_died():
                    raise StartFault(f"{child.name} ended at once: {child.cause_of_death()} (more in {child.log})")
            if time.monotonic() > last:
                raise StartFault(f"{probe} did not answer within {READY_SECONDS} s (see {self.children[0].log})")
            if self.stopping.wait(0.1):
                raise Stopped

    def _revive(self) -> bool:
        """Start again what has died and has waited long enough. Returns whether anything was started."""
        revived = self._revive_server()
        for child in self.children:
            now = time.monotonic()
            if child.start_again_at and now >= child.start_again_at:
                child.start_again_at = 0.0
                child.start()
                revived = True
            elif not child.start_again_at and child.has_died():
                child.deaths = 1 if now - child.started_at > SETTLED_SECONDS else child.deaths + 1
                pause = min(LONGEST_PAUSE, 2.0 ** (child.deaths - 1))
                child.start_again_at = now + pause
                say(f"{child.name} died ({child.cause_of_death()}) and starts again in {pause:.0f} s; see {child.log}")
        return revived

    def _revive_server(self) -> bool:
        if self.server is None or self.server.is_running():
            return False
        say("The database server died and starts again.")
        try:
            self.server.start()
        except ServerFault as fault:
            say(f"{fault} Trying again.")
            return False
        return True

    def _process_numbers(self) -> list[int]:
        return [child.process.pid for child in self.children if child.process]

    def _stop_children(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.stop()


def address_in(settings: Settings) -> str:
    """Where the settings say that the web server listens."""
    return f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}"


def running_address(folder: Path) -> str | None:
    """Where the market of this data folder runs; None when nothing holds the folder."""
    try:
        with (folder / HOLDER).open("a+") as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        found = _read_note(folder / HOLDER).get("address")
        return str(found) if found else None
    except OSError:
        return None
    return None


@contextmanager
def hold_folder(folder: Path, address: str) -> "Iterator[Note]":
    """Hold the data folder for this process alone, and end what a killed one left behind. Raises StartFault.

    Gives a function that notes the numbers of our processes, so that the next start finds them after a kill.
    """
    try:
        (folder / "log").mkdir(parents=True, exist_ok=True)
        path = folder / HOLDER
        held = path.open("a+")
    except OSError as fault:
        raise StartFault(
            f"the data folder {folder.resolve()} is not writable ({fault.strerror}): set WEFT_DATA"
        ) from None
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartFault(f"it already runs from this folder: {_running_address(path)}") from None
        _end_leftovers(path)
        note = Note(path, address)
        note([])
        yield note
        path.write_text("")


@dataclass(frozen=True)
class Note:
    """Writes who runs where into the data folder."""

    path: Path
    address: str

    def __call__(self, children: Sequence[int]) -> None:
        started = {
            str(number): psutil.Process(number).create_time() for number in children if psutil.pid_exists(number)
        }
        content = {"address": self.address, "supervisor": os.getpid(), "children": started}
        self.path.write_text(json.dumps(content))


def check_port(host: str, port: int, chosen_by: str = "make run PORT=") -> None:
    """Raises StartFault when nobody can listen there. chosen_by: how a person chooses another port."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise StartFault(f"{host!r} is no address of this machine: try make run HOST=127.0.0.1") from None
    except PermissionError:
        raise StartFault(f"port {port} needs root: choose one from 1024 up, {chosen_by}8000") from None
    except OSError as fault:
        other = port + 1 if port < 65535 else 8000
        raise StartFault(f"port {port} cannot be used ({fault.strerror}): {chosen_by}{other}") from None


def bring_tables_up_to_date(access: DatabaseAccess) -> None:
    """Run the missing migrations. Raises StartFault when the database refuses one."""
    engine = create_engine(access.owner_url)
    try:
        migrate(engine, access.application_role)
    except DatabaseError as fault:
        advice = ": DATABASE_URL must name their owner" if isinstance(fault.orig, InsufficientPrivilege) else ""
        reason = str(fault.orig).splitlines()[0]
        raise StartFault(f"the tables cannot be brought up to date ({reason}){advice}") from fault
    finally:
        engine.dispose()


def sign_in_lines(settings: Settings, address: str) -> list[str]:
    """One line a role with its one-click sign-in; none outside the demo market."""
    if settings.production or not settings.demo:
        return []
    return [f"  {role + ':':<10} {address}/demo/sign-in/{role}" for role in ROLES]


def child_environment(settings: Settings, access: DatabaseAccess) -> dict[str, str]:
    """What web, worker and the commands are started with. One secret for all, kept in the data folder."""
    return {
        **os.environ,
        "DATABASE_URL": access.application_url,
        "WEFT_DATA": str(settings.data_folder.resolve()),
        "WEFT_HOST": settings.host,
        "WEFT_PORT": str(settings.port),
        "WEFT_SECRET_KEY": os.environ.get("WEFT_SECRET_KEY") or _kept_secret(settings.data_folder),
        "PYTHONUNBUFFERED": "1",
    }


def web_command(settings: Settings) -> list[str]:
    """The web server: threads, as every live page holds one, and two processes where there are cores for them."""
    return [
        *(sys.executable, "-m", "gunicorn", "app:app", "--config", "python:market.serving"),
        *("--bind", f"{settings.host}:{settings.port}"),
        *("--worker-class", "gthread", "--threads", str(settings.web_threads)),
        *("--workers", str(min(2, os.cpu_count() or 1)), "--preload"),
        *("--no-control-socket", "--graceful-timeout", "3", "--timeout", "60", "--log-level", "warning"),
    ]


def _kept_secret(folder: Path) -> str:
    path = folder / "secret.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_hex(32)
        file.write(secret)
    return secret


def _running_address(path: Path) -> str:
    found = _read_note(path)
    if not found:
        return "another start is under way"
    return f"{found.get('address')} (process {found.get('supervisor')}; stop it first, or choose another WEFT_DATA)"


def _read_note(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text() or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _end_leftovers(path: Path) -> None:
    children = _read_note(path).get("children")
    leftovers: list[psutil.Process] = []
    for number, born in children.items() if isinstance(children, dict) else ():
        leftovers += _family(int(number), born, str(path.parent.resolve()))
    if leftovers:
        say("An earlier run was killed: what it left behind is ended.")
        end_processes(leftovers)


def _family(number: int, born: object, folder: str) -> list[psutil.Process]:
    """What is left of a noted child of ours and of all that it started: the web server's own children outlive it."""
    orphans = [process for process in session_of(number) if _works_for(process, folder)]
    try:
        process = psutil.Process(number)
        # The same number with another birth is somebody else's process.
        return [process, *process.children(recursive=True), *orphans] if process.create_time() == born else []
    except psutil.NoSuchProcess:
        return orphans


def _works_for(process: psutil.Process, folder: str) -> bool:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return process.environ().get("WEFT_DATA") == folder
    return False


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  # the scheme is our own http
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    raise SystemExit(main())
