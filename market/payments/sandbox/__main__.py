"""`python -m market.payments.sandbox`: serve until told to stop, as the settings say."""

import logging
import os
import signal
import sys
from threading import Event

from market.config import SettingFault, Settings
from market.payments.sandbox.server import SandboxServer


def main() -> int:
    """Returns 2 when the settings cannot be used or the port is taken."""
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopping.set())
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        settings = Settings.from_environment(os.environ)
        gateway = settings.gateway
        if not gateway.is_sandbox:
            raise SettingFault("WEFT_GATEWAY names another payment provider: no sandbox is needed")
        file = settings.data_folder / "sandbox.sqlite"
        server = SandboxServer(
            file, gateway.api_key, gateway.webhook_secret, settings.webhook_address, gateway.sandbox_port
        )
    except (SettingFault, OSError) as fault:
        print(f"The sandbox cannot run: {fault}", file=sys.stderr, flush=True)
        return 2
    except SystemExit:  # The library has said already that the port is taken.
        return 2
    with server:
        print(f"Weft's payment sandbox is at {server.address}: no real money.", flush=True)
        stopping.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
