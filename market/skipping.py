"""A demo's time machine: days go by at a press, for the market's clock, its sweeps and the payment sandbox alike."""

import json
import urllib.request
from datetime import timedelta
from typing import Final

from flask import Blueprint, abort, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from market.kit.clock import SkippingClock
from market.kit.db import SYSTEM, act_as
from market.kit.edge import allow, part, work
from market.kit.i18n import local_path
from market.kit.outbox import defer
from market.payments.queries import is_provider_asked
from market.wiring import SWEEPS, Market

bp = Blueprint("skipping", __name__)
DAYS: Final = {"1": 1, "7": 7}
SANDBOX_SECONDS: Final = 10


@bp.post("/demo/skip")
@allow("seller", "factory", "operator")
def skip() -> Response:
    """Let a day or a week go by. Where days cannot be skipped, this address does not exist."""
    market, days = part(Market), DAYS.get(request.form.get("days", ""))
    if not isinstance(market.clock, SkippingClock) or days is None:
        abort(404)
    if _skip(market, market.clock, timedelta(days=days)):
        flash(
            ngettext("%(num)s day went by; clocks act at once.", "%(num)s days went by; clocks act at once.", days),
            "ok",
        )
    else:
        flash(_("The payment provider has yet to answer something. Try again in a minute."), "warn")
    return redirect(local_path(request.form.get("next", "")), 303)


def _skip(market: Market, clock: SkippingClock, by: timedelta) -> bool:
    """Move all clocks and let every sweep look. Returns False, moving none, while the provider is being asked: a call
    that is a week old is not made again."""
    session = work().session
    act_as(session, SYSTEM)
    if is_provider_asked(session) or not _skip_sandbox(market.settings.gateway.address, by):
        return False
    clock.skip(by)
    for sweep in SWEEPS:
        defer(session, sweep.__name__, {"timestamp": 0})
    return True


def _skip_sandbox(address: str, by: timedelta) -> bool:
    told = json.dumps({"seconds": int(by.total_seconds())}).encode()
    asked = urllib.request.Request(  # noqa: S310 (the sandbox's own address, from the settings)
        f"{address}/_sandbox/clock", told, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=SANDBOX_SECONDS):  # noqa: S310 (as above)
            return True
    except OSError:
        return False
