"""Checkout sessions and the page on which a payer pays them (https://docs.stripe.com/api/checkout/sessions)."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from market.payments.sandbox import intents
from market.payments.sandbox.calls import Call, api, running
from market.payments.sandbox.faults import StripeFault, invalid, missing
from market.payments.sandbox.store import Body, Store
from market.payments.sandbox.webhooks import tell
from market.payments.sandbox.words import amount_text, language_of, words_in

bp = Blueprint("checkout", __name__, template_folder="templates")
SHORTEST, LONGEST = 30 * 60, 24 * 3600
LEEWAY = 60


@api(bp, "POST", "/checkout/sessions", "mode client_reference_id locale success_url cancel_url expires_at line_items "
     "payment_intent_data")  # fmt: skip
def create_session(call: Call) -> Body:
    if call.text("mode") != "payment":
        raise invalid("The sandbox knows only sessions in `payment` mode.", param="mode")
    amount, currency, name = _total(call)
    expires_at, due = _times(call)
    session = call.store.add(
        "checkout.session",
        "cs_test",
        {
            "amount_subtotal": amount,
            "amount_total": amount,
            "cancel_url": call.given.get("cancel_url"),
            "client_reference_id": call.given.get("client_reference_id"),
            "currency": currency,
            "expires_at": expires_at,
            "locale": call.given.get("locale"),
            "metadata": call.metadata,
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": call.text("success_url"),
            "url": None,
            "_due": due,
            "_name": name,
            "_intent": dict(call.given.get("payment_intent_data") or {}),
        },
        due=due,
    )
    locale = f"?locale={session['locale']}" if session["locale"] else ""
    url = f"{call.address}/pay/{session['id']}{locale}"
    return call.store.save({**session, "url": url}, due=due)


def _times(call: Call) -> tuple[int, int]:
    """When a page expires as its caller reads time, and as the sandbox does, whose clock may have been moved alone."""
    now, ahead = call.store.seconds(), call.store.ahead
    expires_at = int(call.given.get("expires_at") or now + LONGEST)
    for created, due in ((now, expires_at), (now - ahead, expires_at + ahead)):
        if created + SHORTEST - LEEWAY <= expires_at <= created + LONGEST + LEEWAY:
            return expires_at, due
    raise invalid(
        "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
        param="expires_at",
    )


@api(bp, "GET", "/checkout/sessions/<session_id>")
def read_session(call: Call, session_id: str) -> Body:
    return _session(call.store, session_id)


@api(bp, "POST", "/checkout/sessions/<session_id>/expire")
def expire_session(call: Call, session_id: str) -> Body:
    session = _session(call.store, session_id)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    return expire(call.store, session)


def expire(store: Store, session: Body) -> Body:
    """Close the page, and let go of what its payer has begun."""
    intent = store.find("payment_intent", session["payment_intent"] or "")
    if intent is not None and intent["status"] in intents.CAN_BE_CANCELLED:
        intents.cancel(store, intent, "abandoned")
    closed = store.save({**session, "status": "expired", "url": None})
    tell(store, "checkout.session.expired", closed)
    return closed


@bp.get("/pay/<session_id>")
def pay_page(session_id: str) -> str | Response | tuple[str, int]:
    return _page(_session(running().store, session_id))


@bp.post("/pay/<session_id>")
def pay(session_id: str) -> str | Response | tuple[str, int]:
    """Pay with the card of the form; 3-D Secure is asked for and answered on the same page."""
    store = running().store
    with store.turn():
        session = _session(store, session_id)
        if session["status"] != "open":
            return _page(session)
        intent = store.find("payment_intent", session["payment_intent"] or "")
        if intent is None:
            intent = intents.new_intent(store, session["amount_total"], session["currency"], session["_intent"])
            session = store.save({**session, "payment_intent": intent["id"]}, due=session["_due"])
        code = _try_to_pay(store, intent)
        if intent["status"] in ("requires_capture", "succeeded"):
            paid = "paid" if intent["status"] == "succeeded" else "unpaid"
            session = store.save({**session, "status": "complete", "payment_status": paid, "url": None})
            tell(store, "checkout.session.completed", session)
    return _page(session, code)


def _try_to_pay(store: Store, intent: Body) -> str:
    """Do what the form says; returns the code of a decline, "" where there was none."""
    try:
        if intent["status"] == "requires_action":
            intents.answer(store, intent, passes=request.form.get("answer") == "complete")
        else:
            intents.pay(store, intent, request.form.get("card", ""))
    except StripeFault as fault:
        error = fault.body["error"]
        return str(error.get("decline_code") or error["code"])
    return ""


def _page(session: Body, code: str = "") -> str | Response | tuple[str, int]:
    if session["status"] == "complete":
        return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)
    language = language_of(request.args.get("locale") or session["locale"] or request.headers.get("Accept-Language"))
    intent = running().store.find("payment_intent", session["payment_intent"] or "")
    page = render_template(
        "sandbox/checkout.html",
        session=session,
        amount=amount_text(session["amount_total"], session["currency"]),
        asks=bool(intent) and (intent or {})["status"] == "requires_action",
        words=words_in(language),
        language=language,
        code=code,
    )
    return (page, 402) if code else page


def _total(call: Call) -> tuple[int, str, str]:
    items = call.given.get("line_items")
    if not isinstance(items, list) or not items:
        raise invalid("Missing required param: line_items.", "parameter_missing", "line_items")
    item = Call(call.store, call.address, call.account, items[0].get("price_data") or {})
    currency = item.text("currency").lower()
    return item.amount("unit_amount") * int(items[0].get("quantity", 1)), currency, item.given["product_data"]["name"]


def _session(store: Store, identifier: str) -> Body:
    found = store.find("checkout.session", identifier)
    if found is None:
        raise missing("checkout.session", identifier, "session")
    return found
