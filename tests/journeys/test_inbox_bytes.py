"""The inbox is light: a factory on a slow line pays for it once, and little."""

from typing import Any

from playwright.sync_api import Page

from tests.browser import OpenPage

MOST_BYTES = 100 * 1024


def transferred(page: Page, path: str) -> dict[str, int]:
    """Bytes on the wire, headers included, by address: all that opening `path` with an empty cache fetches."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    addresses: dict[str, str] = {}
    bytes_of: dict[str, int] = {}

    def note_request(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def note_end(event: dict[str, Any]) -> None:
        if event["requestId"] in addresses:  # What the page before had begun may end now.
            bytes_of[addresses[event["requestId"]]] = int(event["encodedDataLength"])

    network.on("Network.requestWillBeSent", note_request)
    network.on("Network.loadingFinished", note_end)
    page.goto(path)
    page.wait_for_timeout(500)
    return bytes_of


def test_a_cold_load_of_the_inbox_is_small(open_page: OpenPage) -> None:
    page = open_page("/livez", role="factory", phone=True)
    found = transferred(page, "/leads")
    assert any(address.endswith("/leads") for address in found), found
    assert any("weft.css" in address for address in found), found
    assert sum(found.values()) <= MOST_BYTES, found
