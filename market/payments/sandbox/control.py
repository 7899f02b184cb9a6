"""What only the sandbox can do: move its clock, deliver webhooks badly, lose answers, bounce payouts.

POST /_sandbox/clock      {"seconds": 172800}
POST /_sandbox/webhooks   {"hold": true, "twice": true, "late": 5} (any of them; {} is orderly again)
POST /_sandbox/release    {"order": "made|reversed|shuffled", "times": 2}
POST /_sandbox/trouble    {"path": "/v1/transfers", "when": "before|after", "times": 1, "status": 500}
POST /_sandbox/accounts/<id>/complete  {"bank": "000123456789"}
POST /_sandbox/payouts/<id>/bounce     {"account": "acct_…"}
GET  /_sandbox/state
"""

from flask import Blueprint, abort, request

from market.payments.sandbox import checkout, connect, intents
from market.payments.sandbox.calls import Call as ApiCall
from market.payments.sandbox.calls import api, listed, running
from market.payments.sandbox.store import Body, Store
from market.payments.sandbox.webhooks import ORDERS, release

bp = Blueprint("control", __name__)


@bp.before_request
def refuse_other_sites() -> None:
    """A page of another site, open in the same browser, must not steer the sandbox."""
    if request.path.startswith("/_sandbox/") and request.headers.get("Origin"):
        abort(403)


@bp.post("/_sandbox/clock")
def move_clock() -> Body:
    store = running().store
    seconds = int(_told().get("seconds", 0))
    if seconds < 0:
        abort(400, "the clock only moves forward")
    with store.turn():
        store.note("ahead", store.ahead + seconds)
        happen(store)
    return {"seconds": store.seconds()}


@bp.post("/_sandbox/webhooks")
def set_webhooks() -> Body:
    manner = {name: value for name, value in _told().items() if name in ("hold", "twice", "late")}
    running().store.note("webhooks", manner)
    return manner


@bp.post("/_sandbox/release")
def release_webhooks() -> Body:
    told = _told()
    order = told.get("order", ORDERS[0])
    if order not in ORDERS:
        abort(400, f"the order is one of {', '.join(ORDERS)}")
    return {"released": release(running().store, order, int(told.get("times", 1)))}


@bp.post("/_sandbox/trouble")
def set_trouble() -> Body:
    told = {"path": "/v1/", "when": "before", "times": 1, "status": 500, **_told()}
    running().store.note("trouble", told if told["times"] else None)
    return told


@bp.post("/_sandbox/accounts/<account_id>/complete")
def complete_account(account_id: str) -> Body:
    store = running().store
    account = store.find("account", account_id)
    if account is None:
        abort(404)
    with store.turn():
        completed = connect.complete(store, account, str(_told().get("bank", connect.BANKS[0][0])))
    return {"id": completed["id"], "payouts_enabled": completed["payouts_enabled"]}


@bp.post("/_sandbox/payouts/<payout_id>/bounce")
def bounce_payout(payout_id: str) -> Body:
    store, account = running().store, str(_told().get("account", ""))
    payout = store.find("payout", payout_id, account)
    if payout is None:
        abort(404)
    with store.turn():
        if payout["status"] != "failed":
            connect.bounce(store, account, payout, *connect.BOUNCES["000111111116"])
    return {"id": payout_id}


@bp.get("/_sandbox/state")
def state() -> Body:
    store = running().store
    waiting = store.rows("SELECT count(*) AS n, sum(held) AS held FROM deliveries WHERE NOT done")[0]
    counted = store.rows("SELECT kind, count(*) AS n FROM objects GROUP BY kind ORDER BY kind")
    return {
        "seconds": store.seconds(),
        "balance": store.balances(""),
        "deliveries": {"waiting": waiting["n"], "held": waiting["held"] or 0},
        "objects": {row["kind"]: row["n"] for row in counted},
    }


@api(bp, "GET", "/events", "type limit starting_after")
def list_events(call: ApiCall) -> Body:
    kind = call.given.get("type")
    return listed([event for event in call.store.all("event") if kind in (None, event["type"])], "/v1/events")


def happen(store: Store) -> None:
    """Let everything happen whose time has come: pages and reservations end, refunds and payouts arrive."""
    for account, thing in store.due():
        store.save(thing)
        if thing["object"] == "checkout.session" and thing["status"] == "open":
            checkout.expire(store, thing)
        elif thing["object"] == "payment_intent" and thing["status"] == "requires_capture":
            intents.cancel(store, thing, "automatic")
        elif thing["object"] == "refund":
            intents.settle_refund(store, thing)
        elif thing["object"] == "payout":
            connect.arrive(store, account, thing)


def _told() -> Body:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}
