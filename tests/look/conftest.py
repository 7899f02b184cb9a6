"""The gallery on a port of this machine, and pages of it in a real browser that must stay silent."""

import threading
from collections.abc import Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.browser import DESKTOP, LANGUAGES, PHONE
from tests.look.gallery import create_gallery


class OpenGallery(Protocol):
    """Opens a page of the gallery in a browser context of its own."""

    def __call__(self, path: str, *, phone: bool = False, language: str = "en", dark: bool = False) -> Page: ...


@pytest.fixture(scope="session")
def gallery_address() -> Iterator[str]:
    """The gallery, served under the product's own content security policy."""
    server = make_server("127.0.0.1", 0, create_gallery(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def open_gallery(browser: Browser, gallery_address: str) -> Iterator[OpenGallery]:
    """Gives pages of the gallery. Whatever the console says, policy violations among it, fails the test."""
    contexts = []
    said: list[str] = []

    def open_one(path: str, *, phone: bool = False, language: str = "en", dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=gallery_address,
            viewport=PHONE if phone else DESKTOP,
            locale=LANGUAGES[language],
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda fault: said.append(f"script: {fault}"))
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    unexpected = [line for line in said if "status of 429" not in line]
    assert not unexpected, "\n".join(unexpected)
