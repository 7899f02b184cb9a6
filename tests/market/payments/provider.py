"""The sandbox as tests use it: a real server on a free port, a payer before its pages, and its control addresses."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from market.kit.money import Money
from market.payments.gateways.base import Account, Payment, PaymentRequest
from market.payments.gateways.stripe_gateway import StripeGateway
from market.payments.sandbox.server import SandboxServer

KEY = "sk_test_of_tests"
SECRET = "whsec_of_tests"
NOWHERE = "http://127.0.0.1:9/webhooks/gateway"
GOOD_CARD = "4242 4242 4242 4242"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_told: Any) -> None:
        return None


@dataclass(frozen=True)
class Provider:
    """A running sandbox, and the adapter that speaks to it."""

    server: SandboxServer
    gateway: StripeGateway

    def control(self, path: str, /, **told: Any) -> dict[str, Any]:
        """POST to one of the control addresses."""
        body = json.dumps(told).encode()
        request = urllib.request.Request(
            f"{self.server.address}/_sandbox/{path}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    def time(self) -> datetime:
        """What time it is for the provider's callers, whose clock nobody moves."""
        return datetime.now(UTC)

    def wait_days(self, days: float) -> None:
        """Move the provider's clock."""
        self.control("clock", seconds=int(days * 24 * 3600))

    def fill_form(self, page: str, **fields: str) -> tuple[int, str]:
        """Send a page's form as a browser does; (status, where it leads or what it shows)."""
        opener = urllib.request.build_opener(_NoRedirects())
        try:
            with opener.open(page, urllib.parse.urlencode(fields).encode()) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get("Location") or answer.read().decode()

    def read_page(self, page: str) -> str:
        with urllib.request.urlopen(page) as answer:
            return str(answer.read().decode())

    def paid(self, minor: int = 10_000, *, capture: bool = True, card: str = GOOD_CARD) -> Payment:
        """A payment whose payer has paid it."""
        asked = self.gateway.start_payment(payment_request(minor, capture=capture), str(uuid4()))
        self.fill_form(asked.page, card=card)
        return self.gateway.read_payment(asked.id)

    def factory(self, bank: str = "000123456789") -> Account:
        """An account that can be paid."""
        account = self.gateway.open_account(str(uuid4()), "US", "factory@example.com", str(uuid4()))
        self.control(f"accounts/{account.id}/complete", bank=bank)
        return self.gateway.read_account(account.id)


@contextmanager
def running_provider(folder: Path, webhook_address: str = NOWHERE) -> Iterator[Provider]:
    """A sandbox that keeps its state in `folder`."""
    with SandboxServer(folder / "sandbox.sqlite", KEY, SECRET, webhook_address) as server:
        yield Provider(server, StripeGateway(KEY, SECRET, server.address, 10.0))


def payment_request(minor: int = 10_000, *, capture: bool = True, currency: str = "USD") -> PaymentRequest:
    return PaymentRequest(
        row=str(uuid4()),
        money=Money(minor, currency),
        capture=capture,
        description="Deposit for 300 sweaters",
        reference=str(uuid4()),
        group=str(uuid4()),
        paid_address="https://weft.example.com/paid",
        back_address="https://weft.example.com/back",
        language="en",
        expires_at=datetime.now(UTC) + timedelta(hours=23),
    )
