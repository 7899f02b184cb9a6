"""`make run` from the outside: real processes, real kills, one clear line for every trouble."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from market.cli import register_commands
from market.config import Settings
from market.kit.databases import DatabaseAccess, embedded_access
from market.kit.postgres import EmbeddedServer
from market.kit.processes import lives
from market.supervisor import Note, StartFault, check_port, hold_folder, main, sign_in_lines
from market.web import create_app
from market.wiring import assemble
from tests.browser import LiveMarket, answer_status, free_port, start_market
from tests.conftest import AS_SYSTEM

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A data folder that the server's own user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="weft-run-"))
    folder.chmod(0o755)
    yield folder
    for process in processes_of(folder):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    shutil.rmtree(folder)


def run_to_the_end(**environment: str) -> subprocess.CompletedProcess[str]:
    """Start the supervisor where it must refuse, and return what it said."""
    return subprocess.run(
        [sys.executable, "-m", "market.supervisor"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def unheard_signals(seconds: int) -> Iterator[None]:
    """Gives this process its handlers of signals back, and ends a supervisor that did not refuse within its time."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = [signal.getsignal(number) for number in numbers]
    signal.signal(signal.SIGALRM, lambda _number, _frame: pytest.fail("it started and did not refuse"))
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def test_a_taken_port_is_named_with_a_way_out(data_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run_to_the_end(WEFT_DATA=str(data_folder), WEFT_PORT=str(port))
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert f"port {port}" in refused.stderr and f"make run PORT={port + 1}" in refused.stderr
    assert not (data_folder / "postgres").exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WEFT_PORT", "eighty", "WEFT_PORT"),
        ("WEFT_PRODUCTION", "maybe", "WEFT_PRODUCTION"),
        ("WEFT_PRODUCTION", "1", "WEFT_SECRET_KEY"),
        ("WEFT_HOST", "no-such-host.invalid", "HOST=127.0.0.1"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/weft", "cannot be reached"),
        ("DATABASE_URL", "sqlite:///weft.db", "only PostgreSQL"),
        ("WEFT_DATA", "/dev/null/data", "WEFT_DATA"),
        ("WEFT_DATA", "pyproject.toml", "WEFT_DATA"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_clear_line(
    data_folder: Path,
    name: str,
    value: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    usual = {"WEFT_DATA": str(data_folder), "WEFT_PORT": str(free_port())}
    for setting, content in {**usual, name: value}.items():
        monkeypatch.setenv(setting, content)
    monkeypatch.chdir(ROOT)
    with unheard_signals(60):
        assert main() == 2
    refused = capfd.readouterr().err
    assert said in refused
    assert refused.count("\n") == 1


def test_an_unwritable_folder_is_one_clear_line(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(StartFault, match="not writable"), hold_folder(tmp_path / "data", "http://here"):
        pass


def test_a_folder_is_held_once(tmp_path: Path) -> None:
    with hold_folder(tmp_path, "http://127.0.0.1:8000") as note:
        note([])
        with pytest.raises(StartFault, match=r"http://127\.0\.0\.1:8000"), hold_folder(tmp_path, "http://other"):
            pass
    with hold_folder(tmp_path, "http://127.0.0.1:8000"):
        pass


def test_what_a_killed_run_left_behind_is_ended_and_nothing_else(tmp_path: Path) -> None:
    leftover, stranger = (subprocess.Popen(["sleep", "600"]) for _ in range(2))
    try:
        Note(tmp_path / "run.json", "http://gone")([leftover.pid])
        content = (tmp_path / "run.json").read_text()
        # The stranger's number was once ours: it was born at another time.
        born = psutil.Process(leftover.pid).create_time()
        mixed = content.replace('"children": {', f'"children": {{"{stranger.pid}": {born - 100}, ')
        (tmp_path / "run.json").write_text(mixed)
        with hold_folder(tmp_path, "http://new"):
            assert leftover.wait(5) != 0
            assert stranger.poll() is None
    finally:
        for process in (leftover, stranger):
            process.kill()
            process.wait()


@pytest.mark.parametrize("reaped", [True, False])
def test_the_orphans_of_a_killed_child_are_ended(tmp_path: Path, reaped: bool) -> None:
    """As the processes of the web server, which would hold its port."""
    forking = "import subprocess; print(subprocess.Popen(['sleep', '600'], stdout=2).pid, flush=True); input()"
    place = {**os.environ, "WEFT_DATA": str(tmp_path.resolve())}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", forking]
    leader = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=place, start_new_session=True)
    assert leader.stdout is not None
    orphan = psutil.Process(int(leader.stdout.readline()))
    Note(tmp_path / "run.json", "http://gone")([leader.pid])
    leader.kill()
    if reaped:
        leader.wait()
    else:
        wait_for(lambda: psutil.Process(leader.pid).status() == psutil.STATUS_ZOMBIE, 10)
    assert lives(orphan)
    with hold_folder(tmp_path, "http://new"):
        assert not lives(orphan)
    leader.communicate()


@pytest.mark.parametrize("left", ["", "{", "[]", '{"children": 3}', '{"children": {"999999999": 1.0}}'])
def test_a_torn_note_is_no_obstacle(tmp_path: Path, left: str) -> None:
    (tmp_path / "run.json").write_text(left)
    with hold_folder(tmp_path, "http://new"):
        assert '"http://new"' in (tmp_path / "run.json").read_text()


def test_a_free_port_is_taken_even_right_after_a_stop() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as listener:
        socket.create_connection(("127.0.0.1", port)).close()
        listener.accept()[0].close()
    check_port("127.0.0.1", port)


def test_one_click_sign_in_is_offered_in_the_demo_market_alone() -> None:
    secret = "x" * 32
    demo = Settings.from_environment({"WEFT_DEMO": "1"})
    production = Settings.from_environment(
        {"WEFT_PRODUCTION": "1", "WEFT_SECRET_KEY": secret, "WEFT_GATEWAY": "sandbox"}
    )
    plain = Settings.from_environment({"WEFT_DEMO": "0"})
    assert len(sign_in_lines(demo, "http://here")) == 3
    assert sign_in_lines(production, "http://here") == sign_in_lines(plain, "http://here") == []


def processes_of(folder: Path) -> list[psutil.Process]:
    """Everything that runs for a data folder: children carry it in their environment, the server in its arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if str(folder) in words or process.environ().get("WEFT_DATA") == str(folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    last = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < last, "it did not come about"
        time.sleep(0.2)


def child(market: LiveMarket, name: str) -> psutil.Process | None:
    for process in psutil.Process(market.process.pid).children():
        with suppress(psutil.NoSuchProcess):
            if name in " ".join(process.cmdline()):
                return process
    return None


def has_other(market: LiveMarket, name: str, number: int) -> bool:
    """Whether a child of that name runs again, as another process."""
    found = child(market, name)
    return found is not None and found.pid != number


def test_a_day_in_the_life_of_a_market(data_folder: Path) -> None:
    """Start, a second start, a dead child of each kind, a dead server, a killed supervisor, a start again, a stop."""
    market = start_market(data_folder, free_port(), None, demo=False)
    assert answer_status(f"{market.address}/readyz") == 200

    second = run_to_the_end(WEFT_DATA=str(data_folder), WEFT_PORT=str(free_port()))
    assert second.returncode == 2
    assert market.address in second.stderr and second.stderr.count("\n") == 1

    for name in ("gunicorn", "market.worker", "market.payments.sandbox"):
        dying = child(market, name)
        assert dying is not None, f"{name} does not run"
        dying.kill()
        wait_for(partial(has_other, market, name, dying.pid))
    wait_for(lambda: answer_status(f"{market.address}/readyz") == 200)

    server = next(process for process in processes_of(data_folder) if "postgres" in process.name())
    for process in [server, *server.children()]:
        process.send_signal(signal.SIGKILL) if process.is_running() else None
    wait_for(lambda: answer_status(f"{market.address}/readyz") == 200)

    market.process.kill()
    market.process.wait()
    assert processes_of(data_folder), "a killed supervisor leaves its children behind"
    begun = time.monotonic()
    again = start_market(data_folder, int(market.address.rpartition(":")[2]), None, demo=False)
    assert time.monotonic() - begun < 120
    assert answer_status(f"{again.address}/readyz") == 200
    again.process.terminate()
    assert again.process.wait(60) == 0
    wait_for(lambda: not processes_of(data_folder), 10)
    assert (data_folder / "run.json").read_text() == ""


def test_a_demo_market_cut_off_while_it_is_built_is_built_anew_and_once(data_folder: Path) -> None:
    place = {"WEFT_DATA": str(data_folder), "WEFT_PORT": str(free_port()), "WEFT_DEMO_SIZE": "small"}
    process = subprocess.Popen(
        [sys.executable, "-m", "market.supervisor"],
        cwd=ROOT,
        env={**os.environ, **place},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "factories take leads" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "Stopped." in said
    wait_for(lambda: not processes_of(data_folder), 10)

    market = start_market(data_folder, int(place["WEFT_PORT"]), None)
    told = (data_folder / "supervisor.log").read_text()
    assert "cut off" in told and "orders are posted" in told
    access = embedded_access(EmbeddedServer(data_folder))
    is_whole_and_stays_so(access, {**place, "WEFT_DATA": str(data_folder / "beside")})
    market.process.terminate()
    assert market.process.wait(60) == 0


def is_whole_and_stays_so(access: DatabaseAccess, environment: dict[str, str]) -> None:
    """Every promise of a demo market is kept, all that is in it says where it is from, and it is not built again."""
    market = assemble(Settings.from_environment({**environment, "DATABASE_URL": access.application_url}))
    app = create_app(market)
    register_commands(app)
    run = app.test_cli_runner()
    again = run.invoke(args=["demo", "build"])
    assert (again.exit_code, again.output) == (0, "There is a market already; nothing was changed.\n")
    audited = run.invoke(args=["audit"])
    assert audited.exit_code == 0, audited.output
    market.engine.dispose()
    engine = create_engine(access.owner_url)
    with engine.connect() as connection:
        connection.execute(AS_SYSTEM)
        assert connection.scalar(text("SELECT bool_and(synthetic AND demo) FROM organisations WHERE kind = 'factory'"))
        origins = [json.dumps(row) for row in connection.scalars(text("SELECT origin FROM orders"))]
    engine.dispose()
    assert origins
    assert all('"invoice"' in origin or '"synthetic"' in origin for origin in origins)
