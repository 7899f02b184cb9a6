"""Events of the sandbox, signed as Stripe signs them and delivered as badly as a control address asks.

An event is delivered until it is answered with a 2xx, after pauses that double, as Stripe does.
"""

import hashlib
import hmac
import json
import random
import time
import urllib.error
import urllib.request
from threading import Event, Thread

from market.payments.gateways.stripe_gateway import API_VERSION
from market.payments.sandbox.calls import shown
from market.payments.sandbox.store import Body, Store

MOST_TRIES = 16
LONGEST_PAUSE = 3600.0
ANSWER_SECONDS = 10
LOOKS_EVERY = 0.1
ORDERS = ("made", "reversed", "shuffled")


def tell(store: Store, kind: str, thing: Body, account: str = "") -> None:
    """Keep an event about `thing` as it is at this moment, and put its delivery on the way."""
    body = {"type": kind, "api_version": API_VERSION, "data": {"object": shown(thing)}, "pending_webhooks": 1}
    event = store.add("event", "evt", {**body, **({"account": account} if account else {})})
    manner = store.fact("webhooks", {})
    for _copy in range(2 if manner.get("twice") else 1):
        store.rows(
            "INSERT INTO deliveries (event, due, held) VALUES (?, ?, ?)",
            *(event["id"], time.time() + float(manner.get("late", 0)), int(bool(manner.get("hold")))),
        )


def release(store: Store, order: str, times: int) -> int:
    """Let go what was held, in this order and each `times` times; returns how many deliveries that makes."""
    with store.turn():
        held = [
            row["event"] for row in store.rows("SELECT event FROM deliveries WHERE held AND NOT done ORDER BY place")
        ]
        store.rows("DELETE FROM deliveries WHERE held AND NOT done")
        copies = held * times
        if order == "reversed":
            copies.reverse()
        elif order == "shuffled":
            random.shuffle(copies)
        for event in copies:
            store.rows("INSERT INTO deliveries (event, due) VALUES (?, ?)", event, time.time())
    return len(copies)


def signature(body: bytes, secret: str, moment: int) -> str:
    """The header that Stripe sends: https://docs.stripe.com/webhooks/signature."""
    told = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={told}"


class Courier:
    """Delivers events in a thread of its own, one after the other in the order in which they are due."""

    def __init__(self, store: Store, address: str, secret: str) -> None:
        self._store = store
        self._address = address
        self._secret = secret
        self._stopping = Event()
        self._thread = Thread(target=self._work, daemon=True, name="sandbox-courier")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait(LOOKS_EVERY):
            self.deliver_due()

    def deliver_due(self) -> None:
        due = self._store.rows(
            "SELECT place, event, tries FROM deliveries WHERE NOT held AND NOT done AND due <= ? ORDER BY due, place "
            "LIMIT 100",
            time.time(),
        )
        for row in due:
            if self._stopping.is_set():
                return
            event = self._store.find("event", row["event"])
            if event is None or self._is_taken(event):
                self._store.rows("UPDATE deliveries SET done = 1 WHERE place = ?", row["place"])
                continue
            tries = row["tries"] + 1
            self._store.rows(
                "UPDATE deliveries SET tries = ?, due = ?, done = ? WHERE place = ?",
                *(tries, time.time() + min(2.0**tries, LONGEST_PAUSE), int(tries >= MOST_TRIES), row["place"]),
            )

    def _is_taken(self, event: Body) -> bool:
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, self._secret, int(time.time())),
        }
        message = urllib.request.Request(self._address, body, headers)  # noqa: S310  # the address is our own http
        try:
            with urllib.request.urlopen(message, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
                return bool(200 <= answer.status < 300)
        except (urllib.error.URLError, OSError):
            return False
