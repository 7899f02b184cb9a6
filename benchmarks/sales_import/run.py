"""How long a shop waits for its sales: checking a file and taking it in (`python -m benchmarks.sales_import.run`)."""

import io
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
import psutil
import psycopg
import xlsxwriter
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.recording import record
from market.config import Settings
from market.kit.databases import create_database, embedded_access, psycopg_url
from market.kit.db import SYSTEM, Scope, Tenant, act_as, make_engine, make_sessions
from market.kit.ids import new_id
from market.kit.migrate import migrate
from market.kit.postgres import EmbeddedServer
from market.kit.uploads import UploadedFile
from market.kit.work import SYSTEM_ACTOR, Actor, Work
from market.replenishment import imports
from market.replenishment.import_queries import sales_import
from market.replenishment.import_work import work_on_import
from matching.verticals.pack import load_vocabulary

SHOP: Final = UUID(int=0xA11CE)
NOW: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HEADERS: Final = ("日期", "货号", "商品名称", "销量", "成交价", "活动", "期末库存")
DAYS: Final = 364
SIZES: Final = (("csv", 100_000), ("csv", 500_000), ("csv", 1_000_000), ("xlsx", 500_000))


def main() -> None:
    """Each size in a process and a database of its own, so that its peak memory is its own."""
    figures = []
    for kind, rows in SIZES:
        command = [sys.executable, "-m", "benchmarks.sales_import.run", kind, str(rows)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own words)
        figures.append(json.loads(answer.stdout.splitlines()[-1]))
        print(figures[-1], flush=True)
    record(Path(__file__).parent, {"sizes": figures}, ("numpy", "psycopg", "sqlalchemy", "python-calamine"))


def measure(kind: str, rows: int) -> dict[str, Any]:
    """Seconds of one file from its upload to its last row in the tables, and again for the same file."""
    name, content = f"sales.{kind}", (make_csv if kind == "csv" else make_workbook)(rows)
    vocabulary = load_vocabulary()
    with database() as (sessions, settings, server):

        def upload() -> UUID:
            with shop_work(sessions, settings) as work:
                return imports.open_import(work, UploadedFile(name, content))

        def ask() -> None:
            with shop_work(sessions, settings) as work:
                row = sales_import(work.session, SHOP, import_id)
                if row.good_count != rows:
                    raise RuntimeError(f"{row.good_count} of {rows} rows are good: {row.faults[:3]} {row.failure}")
                imports.ask_take_in(work, import_id, rows)

        def work_on() -> None:
            work_on_import(lambda: system_unit(sessions, settings), vocabulary, SHOP, import_id)

        import_id, uploading = timed(upload, server)
        _, checking = timed(work_on, server)
        ask()
        _, taking = timed(work_on, server)
        import_id, _ = timed(upload, server)
        work_on()
        ask()
        _, again = timed(work_on, server)
        with sessions() as session:
            act_as(session, SYSTEM)
            stored = session.scalar(text("SELECT count(*) FROM daily_sales"))
    return {
        "file": kind,
        "rows": rows,
        "megabytes": round(len(content) / 2**20, 1),
        "stored_rows": stored,
        "upload": uploading,
        "check": checking,
        "take_in": taking,
        "take_in_again": again,
        "check_and_take_in_wall_seconds": round(checking["wall"] + taking["wall"], 1),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def timed(work: Callable[[], Any], server: psutil.Process) -> tuple[Any, dict[str, float]]:
    """What it gave, and its seconds: on the wall, of this process, and of the database's processes."""
    wall, cpu, database_cpu = time.monotonic(), time.process_time(), cpu_of_database(server)
    found = work()
    spent = (time.monotonic() - wall, time.process_time() - cpu, cpu_of_database(server) - database_cpu)
    return found, dict(zip(("wall", "cpu", "database_cpu"), (round(each, 1) for each in spent), strict=True))


def cpu_of_database(server: psutil.Process) -> float:
    """Processor seconds of the server and of its processes, those that have ended among them."""
    own = server.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for process in server.children():
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return float(total)


def rows_of(count: int) -> Iterator[tuple[str, str, str, int, float, str, int]]:
    """Daily rows of as many items as fill the count over 364 days, up to the day before NOW."""
    draws, items = np.random.default_rng(1), -(-count // DAYS)
    first = NOW.date() - timedelta(days=DAYS)
    sold, stock = draws.poisson(9, count).tolist(), draws.integers(1, 900, count).tolist()
    price = (draws.integers(40_00, 300_00, count) / 100).tolist()
    for place in range(count):
        day = first + timedelta(days=place // items)
        item = place % items
        promotion = "双11" if (day.month, day.day) == (11, 11) else ""
        yield day.isoformat(), f"KN-{item:05}", "圆领羊绒衫", sold[place], price[place], promotion, stock[place]


def make_csv(count: int) -> bytes:
    lines = [",".join(HEADERS), *(",".join(map(str, row)) for row in rows_of(count))]
    return "\r\n".join(lines).encode("gb18030")


def make_workbook(count: int) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        for number, row in enumerate(rows_of(count), start=1):
            sheet.write_row(number, 0, row)
    return out.getvalue()


@contextmanager
def database() -> Iterator[tuple[sessionmaker[Session], Settings, psutil.Process]]:
    """An embedded server as `make run` starts it, with the tables in it, and its process; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder)
    try:
        server.start()
        create_database(server.url(), "bench")
        access = embedded_access(server, "bench")
        owner = create_engine(access.owner_url)
        migrate(owner, access.application_role)
        with psycopg.connect(psycopg_url(access.owner_url)) as connection:
            backend = psutil.Process(connection.info.backend_pid).parent()
        assert backend
        settings = Settings.from_environment({"DATABASE_URL": access.application_url, "WEFT_DATA": str(folder)})
        engine = make_engine(access.application_url)
        yield make_sessions(engine), settings, backend
        engine.dispose()
        owner.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def shop_work(sessions: sessionmaker[Session], settings: Settings) -> Iterator[Work]:
    with sessions() as session:
        act_as(session, Tenant(Scope.ORGANISATION, SHOP))
        yield Work(session, Actor(SHOP, None, "a shop", "seller"), NOW, new_id, settings)
        session.commit()


@contextmanager
def system_unit(sessions: sessionmaker[Session], settings: Settings) -> Iterator[Work]:
    with sessions() as session:
        act_as(session, SYSTEM)
        yield Work(session, SYSTEM_ACTOR, NOW, new_id, settings)
        session.commit()


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
