"""Connected accounts, transfers, reversals, payouts and balances (https://docs.stripe.com/connect)."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from market.payments.sandbox.calls import Call, api, listed, running
from market.payments.sandbox.faults import balance_insufficient, invalid, missing
from market.payments.sandbox.store import Body, Store
from market.payments.sandbox.webhooks import tell
from market.payments.sandbox.words import language_of, words_in

bp = Blueprint("connect", __name__, template_folder="templates")
LINK_SECONDS = 5 * 60
PAYOUT_SECONDS = 2 * 24 * 3600
DUE_AT_FIRST = ["business_profile.url", "external_account", "tos_acceptance.date"]
BANKS = (("000123456789", "bank_good"), ("000111111116", "bank_bounces"), ("000111111113", "bank_closed"))
"""Stripe's test bank accounts: https://docs.stripe.com/connect/testing#payouts."""

BOUNCES = {
    "000111111116": ("no_account", "The bank account could not be located."),
    "000111111113": ("account_closed", "The bank account has been closed."),
}


@api(bp, "POST", "/accounts", "country email controller capabilities settings business_type business_profile "
     "default_currency external_account tos_acceptance company individual type")  # fmt: skip
def create_account(call: Call) -> Body:
    asked = call.given.get("capabilities") or {}
    account = call.store.add(
        "account",
        "acct",
        {
            "capabilities": dict.fromkeys(asked, "inactive"),
            "charges_enabled": False,
            "country": call.given.get("country") or "US",
            "default_currency": call.given.get("default_currency") or "usd",
            "details_submitted": False,
            "email": call.given.get("email"),
            "external_accounts": {"object": "list", "data": [], "has_more": False, "url": "/v1/accounts/external"},
            "metadata": call.metadata,
            "payouts_enabled": False,
            "requirements": {"currently_due": DUE_AT_FIRST, "disabled_reason": "requirements.past_due"},
            "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        },
    )
    tell(call.store, "account.updated", account, account["id"])
    return account


@api(bp, "GET", "/accounts/<account_id>")
def read_account(call: Call, account_id: str) -> Body:
    return _account(call.store, account_id)


@api(bp, "POST", "/account_links", "account type return_url refresh_url collection_options")
def create_link(call: Call) -> Body:
    account = _account(call.store, call.text("account"), "account")
    link = call.store.add(
        "account_link",
        "link",
        {
            "expires_at": call.store.seconds() + LINK_SECONDS,
            "_account": account["id"],
            "_return": call.text("return_url"),
            "_refresh": call.text("refresh_url"),
            "_used": False,
        },
    )
    return {**link, "url": f"{call.address}/onboarding/{link['id']}"}


@bp.get("/onboarding/<link_id>")
def onboarding_page(link_id: str) -> str | Response:
    link = _link(running().store, link_id)
    open_still = not link["_used"] and link["expires_at"] > running().store.seconds()
    if not open_still:
        return redirect(link["_refresh"], 303)
    language = language_of(request.args.get("locale") or request.headers.get("Accept-Language"))
    return render_template(
        "sandbox/onboarding.html", open=open_still, banks=BANKS, words=words_in(language), language=language
    )


@bp.post("/onboarding/<link_id>")
def onboard(link_id: str) -> Response:
    store = running().store
    with store.turn():
        link = _link(store, link_id)
        if not link["_used"]:
            store.save({**link, "_used": True})
            complete(store, _account(store, link["_account"]), request.form.get("bank", BANKS[0][0]))
    return redirect(link["_return"], 303)


def complete(store: Store, account: Body, number: str) -> Body:
    """The account has told all it must, and is paid to the bank account of this number."""
    bank = store.add("bank_account", "ba", {"bank_name": "SANDBOX BANK", "last4": number[-4:], "_number": number})
    account |= {
        "capabilities": dict.fromkeys(account["capabilities"] or {"transfers": ""}, "active"),
        "details_submitted": True,
        "external_accounts": {**account["external_accounts"], "data": [bank]},
        "payouts_enabled": True,
        "requirements": {"currently_due": [], "disabled_reason": None},
    }
    tell(store, "account.updated", store.save(account), account["id"])
    return account


@api(bp, "GET", "/balance")
def read_balance(call: Call) -> Body:
    found = call.store.balances(call.account) or {"usd": 0}
    available = [{"amount": minor, "currency": currency, "source_types": {}} for currency, minor in found.items()]
    return {"object": "balance", "available": available, "pending": [], "livemode": False}


@api(bp, "POST", "/transfers", "amount currency destination transfer_group description source_transaction")
def create_transfer(call: Call) -> Body:
    store, amount, currency = call.store, call.amount(), call.text("currency").lower()
    account = _account(store, call.text("destination"), "destination")
    if account["capabilities"].get("transfers") != "active":
        raise invalid(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers",
            "insufficient_capabilities_for_transfer",
        )
    if amount > store.balance("", currency):
        raise balance_insufficient("You have insufficient available funds in your Stripe account.")
    transfer = store.add(
        "transfer",
        "tr",
        {
            "amount": amount,
            "amount_reversed": 0,
            "currency": currency,
            "description": call.given.get("description"),
            "destination": account["id"],
            "metadata": call.metadata,
            "reversed": False,
            "transfer_group": call.given.get("transfer_group"),
        },
    )
    store.enter("", currency, -amount, transfer["id"])
    store.enter(account["id"], currency, amount, transfer["id"])
    tell(store, "transfer.created", transfer)
    return transfer


@api(bp, "GET", "/transfers/<transfer_id>")
def read_transfer(call: Call, transfer_id: str) -> Body:
    return _transfer(call.store, transfer_id)


@api(bp, "GET", "/transfers", "transfer_group destination limit starting_after")
def list_transfers(call: Call) -> Body:
    wanted = {name: call.given[name] for name in ("transfer_group", "destination") if name in call.given}
    found = call.store.all("transfer")
    return listed([row for row in found if all(row[name] == value for name, value in wanted.items())], "/v1/transfers")


@api(bp, "POST", "/transfers/<transfer_id>/reversals", "amount description")
def create_reversal(call: Call, transfer_id: str) -> Body:
    store, transfer = call.store, _transfer(call.store, transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.amount(default=left or None)
    if amount > left:
        raise invalid(f"Reversal amount ({amount}) is greater than unreversed amount ({left})", param="amount")
    if amount > store.balance(transfer["destination"], transfer["currency"]):
        raise balance_insufficient("The destination account has insufficient available funds for this reversal.")
    reversal = store.add(
        "transfer_reversal",
        "trr",
        {"amount": amount, "currency": transfer["currency"], "metadata": call.metadata, "transfer": transfer["id"]},
    )
    store.enter(transfer["destination"], transfer["currency"], -amount, reversal["id"])
    store.enter("", transfer["currency"], amount, reversal["id"])
    reversed_minor = transfer["amount_reversed"] + amount
    transfer |= {"amount_reversed": reversed_minor, "reversed": reversed_minor == transfer["amount"]}
    tell(store, "transfer.reversed", store.save(transfer))
    return reversal


@api(bp, "GET", "/transfers/<transfer_id>/reversals", "limit starting_after")
def list_reversals(call: Call, transfer_id: str) -> Body:
    _transfer(call.store, transfer_id)
    found = [row for row in call.store.all("transfer_reversal") if row["transfer"] == transfer_id]
    return listed(found, f"/v1/transfers/{transfer_id}/reversals")


@api(bp, "POST", "/payouts", "amount currency destination method description statement_descriptor source_type")
def create_payout(call: Call) -> Body:
    store, amount, currency = call.store, call.amount(), call.text("currency").lower()
    account = _account(store, call.account, "account") if call.account else None
    if account is None or not account["payouts_enabled"]:
        raise invalid("Payouts are not enabled for this account.", "payouts_not_allowed")
    if amount > store.balance(call.account, currency):
        raise balance_insufficient("You have insufficient funds in your Stripe account for this transfer.")
    bank = account["external_accounts"]["data"][0]
    arrives = store.seconds() + PAYOUT_SECONDS
    payout = store.add(
        "payout",
        "po",
        {
            "amount": amount,
            "arrival_date": arrives,
            "automatic": False,
            "currency": currency,
            "destination": bank["id"],
            "failure_code": None,
            "failure_message": None,
            "metadata": call.metadata,
            "method": "standard",
            "status": "pending",
            "type": "bank_account",
            "_number": bank["_number"],
        },
        account=call.account,
        due=arrives,
    )
    store.enter(call.account, currency, -amount, payout["id"])
    tell(store, "payout.created", payout, call.account)
    return payout


@api(bp, "GET", "/payouts/<payout_id>")
def read_payout(call: Call, payout_id: str) -> Body:
    found = call.store.find("payout", payout_id, call.account)
    if found is None:
        raise missing("payout", payout_id, "payout")
    return found


@api(bp, "GET", "/payouts", "limit starting_after status")
def list_payouts(call: Call) -> Body:
    return listed(call.store.all("payout", call.account), "/v1/payouts")


def arrive(store: Store, account: str, payout: Body) -> None:
    """A payout reaches its bank, which takes it or sends it back."""
    if payout["_number"] in BOUNCES:
        bounce(store, account, payout, *BOUNCES[payout["_number"]])
        return
    tell(store, "payout.paid", store.save({**payout, "status": "paid"}), account)


def bounce(store: Store, account: str, payout: Body, code: str, message: str) -> None:
    """The bank sends a payout back, even one that it had taken; the money is the account's again."""
    store.enter(account, payout["currency"], payout["amount"], payout["id"])
    failed = store.save({**payout, "status": "failed", "failure_code": code, "failure_message": message})
    tell(store, "payout.failed", failed, account)


def _account(store: Store, identifier: str, param: str = "account") -> Body:
    found = store.find("account", identifier)
    if found is None:
        raise missing("account", identifier, param)
    return found


def _transfer(store: Store, identifier: str) -> Body:
    found = store.find("transfer", identifier)
    if found is None:
        raise missing("transfer", identifier)
    return found


def _link(store: Store, identifier: str) -> Body:
    found = store.find("account_link", identifier)
    if found is None:
        raise missing("account_link", identifier)
    return found
