"""The payment sandbox while the demo market is built: it stands at past moments, and its news is heard at once."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from market.kit.clock import Clock
from market.payments import queries as payments
from market.payments.gateways.stripe_gateway import StripeGateway
from market.payments.inbox import handle_news, receive_news
from market.payments.performing import perform_call
from market.payments.sandbox.server import SandboxServer
from market.payments.sandbox.webhooks import signature
from market.wiring import Market

GOOD_CARD = "4242 4242 4242 4242"
SECONDS = 10


@dataclass
class Provider:
    """The market whose payments go to a sandbox of this process. heard: the events that were told already."""

    market: Market
    sandbox: SandboxServer
    heard: set[str] = field(default_factory=set)

    def stand_at(self, moment: datetime) -> None:
        """It is this moment at the provider's; what is due by then has happened."""
        self.sandbox.stand_at(moment)

    def answer(self) -> bool:
        """Make every call that waits and hear all news; whether there was any."""
        with self.market.unit() as work:
            calls = payments.asked_calls(work.session)
        for organisation_id, call_id in calls:
            perform_call(self.market.unit, self.market.gateway, organisation_id, call_id)
        news = [event for event in self.sandbox.store.all("event") if event["id"] not in self.heard]
        for event in reversed(news):
            self._hear(event)
        with self.market.unit() as work:
            waiting = payments.waiting_news(work.session)
        for news_id in waiting:
            handle_news(self.market.unit, self.market.gateway, news_id)
        return bool(calls or news)

    def _hear(self, event: dict[str, Any]) -> None:
        body = json.dumps(event).encode()
        signed = signature(body, self.market.settings.gateway.webhook_secret, int(time.time()))
        with self.market.unit() as work:
            receive_news(work, self.market.gateway.read_news(body, signed))
        self.heard.add(event["id"])

    def fill_in(self, page: str, **fields: str) -> None:
        """Send the form of one of the provider's pages, as a person does; where that leads is not looked at."""
        address = urlsplit(page)
        connection = HTTPConnection(address.netloc, timeout=SECONDS)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{address.path}?{address.query}", urlencode(fields), headers)
        status = connection.getresponse().status
        connection.close()
        if status != HTTPStatus.SEE_OTHER:
            raise LookupError(f"the sandbox answers {status} to its own form")


@contextmanager
def provider_of(market: Market, present: Clock) -> Iterator[Provider]:
    """The market with the sandbox of its data folder, which runs in this process until the block ends; from then on it
    stands at the present."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    chosen = market.settings.gateway
    file = market.settings.data_folder / "sandbox.sqlite"
    for left_over in file.parent.glob(f"{file.name}*"):  # Of a build that was cut off.
        left_over.unlink()
    with SandboxServer(file, chosen.api_key, chosen.webhook_secret, market.settings.webhook_address) as sandbox:
        gateway = StripeGateway(chosen.api_key, chosen.webhook_secret, sandbox.address, SECONDS)
        yield Provider(replace(market, gateway=gateway), sandbox)
        sandbox.stand_at(present.now())
