"""People of the factory and quote journeys: shoemakers who join by phone, and a seller who wants shoes made.

No factory of the demo market makes shoes, so each journey knows exactly who is asked.
"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import LiveMarket, OpenPage
from tests.journeys.learned_market import vouch_for
from tests.journeys.test_i1_post_once import Client, make_key, seller_key

__all__ = ["seller_key"]

PASSWORD = "a sentence that only shoemakers know"
WORKER_SECONDS = 30


@dataclass
class Shoemakers:
    """Makes factories through the pages. `joined`: the page of each, to be switched off when the journey ends."""

    open_page: OpenPage
    market: LiveMarket
    joined: list[Page] = field(default_factory=list)

    def join(
        self,
        name: str,
        *,
        phone: bool = True,
        language: str = "zh",
        minimum: int = 100,
        material: str = "",
        vouched: bool = True,
    ) -> Page:
        """Register as a person does, in three steps; the page stands in the inbox afterwards.

        material: what is typed into the list of materials, whose first match with these words is picked. vouched: an
        operator stands for it, so that orders of any size may come.
        """
        page = self.open_page("/factories/register", phone=phone, language=language)
        page.locator("#name").fill(name)
        page.locator("label.wf-chip:has(input[value='apparel'])").click()
        next_step(page)
        for kind, value in (("processes", "shoe-lasting"), ("categories", "shoes")):
            page.locator(f"#{kind} label.wf-chip:has(input[value='{value}'])").click()
        if material:
            page.locator("#materials .ts-control input").fill(material)
            page.locator("#materials .ts-dropdown .option", has_text=material).first.click()
        next_step(page)
        page.locator("#minimum_quantity").fill(str(minimum))
        page.locator("#capacity_per_week").fill("3,000")
        page.locator("#lead_time_days").fill("15")
        page.locator("#email").fill(f"shoes-{secrets.token_hex(6)}@factory.example")
        page.locator("#password").fill(PASSWORD)
        next_step(page)
        page.wait_for_url("**/leads")
        if vouched:
            vouch_for(self.market, name)
        self.joined.append(page)
        return page

    def stop(self) -> None:
        """Say full, so that the next journey's order finds its own factories."""
        for page in self.joined:
            page.goto("/factory/profile")
            if page.locator("#takes_leads").is_checked():
                page.locator("label[for=takes_leads]").click()
                page.locator("#takes_leads:not(:checked)").wait_for(state="attached")


def join_brand(open_page: OpenPage, name: str, *, phone: bool = False, language: str = "zh") -> Page:
    """A new brand, which sells and knows nobody here; the page stands in its list of orders."""
    page = open_page("/join", phone=phone, language=language)
    page.locator("#name").fill(name)
    page.locator("#email").fill(f"brand-{secrets.token_hex(6)}@brand.example")
    page.locator("#password").fill(PASSWORD)
    page.locator("#agreed").check()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/orders")
    return page


def next_step(page: Page) -> None:
    page.locator("form .wf-act .btn-primary").click()


@pytest.fixture
def shoemakers(open_page: OpenPage, live_market: LiveMarket) -> Iterator[Shoemakers]:
    people = Shoemakers(open_page, live_market)
    yield people
    people.stop()


@dataclass
class Seller:
    """The demo seller as a program. `posted`: orders to be taken back when the journey ends."""

    client: Client
    posted: list[str] = field(default_factory=list)

    def read(self, path: str) -> dict[str, Any]:
        """The JSON under a path of the API."""
        status, answer, _type = self.client.send("GET", f"/api/v1{path}")
        assert status == 200, answer
        return answer

    def post_shoes(self, title: str, quantity: int = 400, **changes: Any) -> str:
        """Put an order for shoes on the market, alone; returns its id."""
        order = {
            "title": title,
            "quantity": quantity,
            "vertical": "apparel",
            "category": "shoes",
            "processes": ["shoe-lasting"],
            "due_on": (date.today() + timedelta(days=45)).isoformat(),  # noqa: DTZ011 (any day that is far enough)
            "wants_pool": False,
            **changes,
        }
        status, answer, _type = self.client.send("POST", "/api/v1/orders", order, once=secrets.token_hex(8))
        assert status == 201, answer
        self.posted.append(str(answer["id"]))
        return self.posted[-1]

    def stop(self) -> None:
        """Take everything back, so that no later factory is asked for it. What was awarded stays."""
        for order_id in self.posted:
            path = f"/api/v1/orders/{order_id}/withdraw"
            self.client.send("POST", path, {"why": "the journey is over"}, once=secrets.token_hex(8))


@pytest.fixture
def seller(open_page: OpenPage, live_market: LiveMarket, seller_key: list[str]) -> Iterator[Seller]:
    if not seller_key:
        seller_key.append(make_key(open_page, "seller", "orders:read", "orders:write", "leads:read", "quotes:read"))
    person = Seller(Client(live_market.address, seller_key[0]))
    yield person
    person.stop()


def wait_for_lead(page: Page, title: str) -> None:
    """Reload the inbox until the worker has offered the order."""
    last = time.monotonic() + WORKER_SECONDS
    while time.monotonic() < last:
        page.goto("/leads")
        if page.get_by_role("link", name=title).first.is_visible():
            return
        page.wait_for_timeout(300)
    pytest.fail(f"no lead for {title!r} within {WORKER_SECONDS} s:\n{page.inner_text('main')[:1000]}")


def open_lead(page: Page, title: str) -> None:
    wait_for_lead(page, title)
    page.locator("h2 a", has_text=title).first.click()
    page.wait_for_url("**/leads/*-*")


def fill_quote(page: Page, rows: list[tuple[str, str]], days: str) -> None:
    """Fill in the quote that stands open, and send it. rows: (quantity from which, unit price) as typed."""
    for place in range(5):
        quantity, price = rows[place] if place < len(rows) else ("", "")
        page.locator(f"#steps-{place}-from_quantity").fill(quantity)
        page.locator(f"#steps-{place}-unit_price").fill(price)
    page.locator("#lead_time_days").fill(days)
    page.locator("#sample_fee").fill("260")
    page.locator("#note").fill("=含鞋盒")
    page.get_by_role("button", name="发出报价").click()


def open_deal(page: Page) -> None:
    """From the purchase order on to the deal: by itself once the worker has opened it, by the link if it was faster."""
    deal, way = page.locator("#deal"), page.locator("section[aria-labelledby=deal-way] a")
    expect(deal.or_(way)).to_be_visible(timeout=WORKER_SECONDS * 1000)
    if way.is_visible():
        way.click()
    expect(deal).to_be_visible()
