"""The journeys' ground: a real marketplace in processes of its own, and a real browser before it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, ViewportSize, expect

from market.kit.databases import DatabaseAccess, drop_database

ROOT = Path(__file__).parents[1]
AXE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
START_SECONDS = 600
WAIT_MS = 15_000
"""How long a step or an expectation of a journey may take: every test and check runs beside it, on two cores in CI."""
expect.set_options(timeout=WAIT_MS)


@dataclass
class LiveMarket:
    """A running marketplace. `sign_in_links`: role -> address that signs in as a demo person of that role.

    database_url: of the tables' owner; "" when the market runs on its own embedded server. sandbox: the address of its
    payment sandbox.
    """

    address: str
    data_folder: Path
    process: subprocess.Popen[str]
    database_url: str = ""
    sandbox: str = ""
    sign_in_links: dict[str, str] = field(default_factory=dict)


class OpenPage(Protocol):
    """Opens a page in a browser context of its own, signed in as `role` (None: a visitor)."""

    def __call__(
        self, path: str = "/", *, role: str | None = None, phone: bool = False, language: str = "zh", dark: bool = False
    ) -> Page: ...


@pytest.fixture(scope="session")
def live_market(migrated: DatabaseAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveMarket]:
    """The whole marketplace as `make run` starts it, with a small demo market, on a free port of this machine.

    It works in a database of its own on the tests' server, so nothing that a journey does touches another test.
    """
    folder = tmp_path_factory.mktemp("market")
    port = free_port()
    name = f"weft_live_{secrets.token_hex(3)}"
    market = start_market(folder, port, beside(migrated.owner_url, name))
    try:
        market.sign_in_links = sign_in_links(market)
        yield market
    finally:
        market.process.terminate()
        market.process.wait(60)
        drop_database(migrated.owner_url, name)


def start_market(folder: Path, port: int, database_url: str | None, *, demo: bool = True) -> LiveMarket:
    """Start `python -m market.supervisor` and return when it answers. Fails the test when it does not."""
    sandbox = free_port()
    place = {"WEFT_DATA": str(folder), "WEFT_PORT": str(port), "WEFT_SANDBOX_PORT": str(sandbox)}
    environment = {**os.environ, **place, "WEFT_DEMO": str(int(demo)), "WEFT_DEMO_SIZE": "small"}
    environment["WEFT_EXPLORE_PERCENT"] = "0"  # journeys name the factories that are asked
    environment["WEFT_NIGHT_HOUR"] = str((datetime.now(UTC).hour + 12) % 24)  # nothing is learned beside a journey
    environment.pop("DATABASE_URL", None)
    if database_url:
        environment["DATABASE_URL"] = database_url
    output = folder / "supervisor.log"
    with output.open("w") as writing:
        process = subprocess.Popen(
            [sys.executable, "-m", "market.supervisor"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.STDOUT,
            text=True,
        )
    market = LiveMarket(
        f"http://127.0.0.1:{port}", folder, process, database_url or "", sandbox=f"http://127.0.0.1:{sandbox}"
    )
    last = time.monotonic() + START_SECONDS
    while "Ctrl-C stops it" not in output.read_text():
        if process.poll() is not None or time.monotonic() > last:
            process.terminate()
            pytest.fail(f"the marketplace does not start:\n{output.read_text()[-4000:]}", pytrace=False)
        time.sleep(0.2)
    return market


def sign_in_links(market: LiveMarket) -> dict[str, str]:
    """Role -> one-click address, as the supervisor prints them: a line `role: address` for each."""
    last = time.monotonic() + 30
    while time.monotonic() < last:
        lines = (market.data_folder / "supervisor.log").read_text().splitlines()
        found = [line.split() for line in lines if market.address + "/" in line and len(line.split()) > 1]
        links = {words[0].strip(":").lower(): words[-1] for words in found}
        if len(links) >= 3:
            return links
        time.sleep(0.2)
    pytest.fail("the marketplace printed no sign-in links")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def beside(database_url: str, name: str) -> str:
    """The address of another database on the same server."""
    head, mark, query = database_url.partition("?")
    return head.rpartition("/")[0] + "/" + name + mark + query


def answer_status(address: str) -> int:
    """The HTTP status of one GET, or 0 when nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as fault:
        return fault.code
    except OSError:
        return 0


def browser_program() -> str | None:
    return os.environ.get("WEFT_BROWSER") or next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """pytest-playwright starts the system's Chromium. Without one the test is skipped, and in CI it fails."""
    program = browser_program()
    if program is None:
        missing = (
            "no Chromium: sudo apt-get install chromium-headless-shell fonts-noto-cjk (or name one in WEFT_BROWSER)"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return {"executable_path": program, "args": FLAGS, "headless": True}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A desktop that speaks Chinese; journeys that need another open it through `open_page`."""
    return {"viewport": DESKTOP, "locale": LANGUAGES["zh"], "timezone_id": "Asia/Shanghai"}


@pytest.fixture
def open_page(browser: Browser, live_market: LiveMarket) -> Iterator[OpenPage]:
    """Gives pages before the live market. A fault on the console, a script error or a 500 fails the journey."""
    contexts = []
    faults: list[str] = []

    def note_console(message: ConsoleMessage) -> None:
        # Chromium reports every 4xx answer as an error; a journey that asks for a refusal expects it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(f"console: {message.text}")

    def note_answer(response: Response) -> None:
        if response.status >= 500:
            faults.append(f"{response.status} from {response.request.method} {response.url}")

    def open_one(
        path: str = "/", *, role: str | None = None, phone: bool = False, language: str = "zh", dark: bool = False
    ) -> Page:
        context = browser.new_context(
            base_url=live_market.address,
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            is_mobile=phone,
            locale=LANGUAGES[language],
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
            extra_http_headers={"Accept-Language": LANGUAGES[language]},
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("console", note_console)
        page.on("pageerror", lambda fault: faults.append(f"script: {fault}"))
        page.on("response", note_answer)
        if role:
            page.goto(live_market.sign_in_links[role])
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def accessibility_faults(page: Page) -> list[str]:
    """What axe finds on the page as it stands (WCAG 2.2 A and AA and best practices), one line for each element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: str = page.evaluate("async () => JSON.stringify((await axe.run(document)).violations)")
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {node.get('failureSummary', '').strip()}"
        for violation in json.loads(found)
        for node in violation["nodes"]
    ]
