"""The sandbox as a server: its pages and API, its clock and its courier."""

import time
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

from flask import Flask
from werkzeug.serving import make_server

from market.payments.sandbox import checkout, connect, control, intents
from market.payments.sandbox.calls import SANDBOX, Sandbox
from market.payments.sandbox.faults import StripeFault
from market.payments.sandbox.store import Body, Store
from market.payments.sandbox.webhooks import Courier

HOST = "127.0.0.1"
TICK_SECONDS = 0.5


class SandboxServer:
    """Serves from `start` (or the beginning of a `with`) until `stop`, on loopback alone.

    port 0 takes a free one; `address` then tells it. webhook_address: where signed events go.
    """

    def __init__(self, file: Path, api_key: str, webhook_secret: str, webhook_address: str, port: int = 0) -> None:
        self.store = Store(file)
        app = Flask("market.payments.sandbox")
        self._server = make_server(HOST, port, app, threaded=True)
        self.address = f"http://{HOST}:{self._server.server_port}"
        prepare(app, Sandbox(self.store, api_key, self.address))
        self._courier = Courier(self.store, webhook_address, webhook_secret)
        self._stopping = Event()
        self._threads = [
            Thread(target=self._server.serve_forever, daemon=True, name="sandbox-web"),
            Thread(target=self._tick, daemon=True, name="sandbox-clock"),
        ]

    def start(self) -> None:
        self._courier.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._courier.stop()
        self._server.server_close()
        self.store.close()

    def stand_at(self, moment: datetime) -> None:
        """Set the clock, also back; what is due by then happens."""
        with self.store.turn():
            self.store.note("ahead", int(moment.timestamp() - time.time()))
            control.happen(self.store)

    def __enter__(self) -> "SandboxServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            with self.store.turn():
                control.happen(self.store)


def prepare(app: Flask, sandbox: Sandbox) -> None:
    """Give a Flask application the sandbox's pages and API."""
    app.extensions[SANDBOX] = sandbox
    for blueprint in (intents.bp, checkout.bp, connect.bp, control.bp):
        app.register_blueprint(blueprint)
    app.register_error_handler(StripeFault, show_fault)


def show_fault(fault: StripeFault) -> tuple[Body, int]:
    return fault.body, fault.status
