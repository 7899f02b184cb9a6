"""How the sandbox takes a call of the API: key, parameters, idempotency, expansion, and Stripe's answers to faults."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from market.payments.sandbox.faults import StripeFault, invalid
from market.payments.sandbox.store import Body, Store

SANDBOX = "sandbox"
LARGEST_AMOUNT = 99_999_999
"""Stripe takes eight digits (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts)."""

EVERYWHERE = frozenset({"expand", "metadata"})


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What the running sandbox is made of. address: its own, which its pages stand under."""

    store: Store
    api_key: str
    address: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API. account: the connected account that it acts for, "" for the platform itself."""

    store: Store
    address: str
    account: str
    given: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.given.get(name)
        if not isinstance(value, str) or not value:
            raise invalid(f"Missing required param: {name}.", "parameter_missing", name)
        return value

    def amount(self, name: str = "amount", default: int | None = None) -> int:
        value = self.given.get(name, default)
        if value is None:
            raise invalid(f"Missing required param: {name}.", "parameter_missing", name)
        text = str(value)
        if not text.lstrip("-").isdigit():
            raise invalid(f"Invalid integer: {text}", "parameter_invalid_integer", name)
        number = int(text)
        if number < 1:
            raise invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", name)
        if number > LARGEST_AMOUNT:
            raise invalid("Amount must be no more than 999,999.99", "amount_too_large", name)
        return number

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self.given.get("metadata") or {})


def running() -> Sandbox:
    found: Sandbox = current_app.extensions[SANDBOX]
    return found


def api(
    blueprint: Blueprint, method: str, path: str, takes: str = ""
) -> Callable[[Callable[..., Body]], Callable[..., Body]]:
    """Serve an operation of the API under /v1. takes: the names of the parameters that it knows."""
    known = EVERYWHERE | set(takes.split())

    def register(operation: Callable[..., Body]) -> Callable[..., Body]:
        @wraps(operation)
        def answer(**ids: str) -> tuple[Response, int]:
            body, status = _answer(operation, known, ids)
            return jsonify(body), status

        blueprint.add_url_rule(f"/v1{path}", f"{method}_{operation.__name__}", answer, methods=[method])
        return operation

    return register


def _answer(operation: Callable[..., Body], known: frozenset[str], ids: Mapping[str, str]) -> tuple[Body, int]:
    sandbox = running()
    account = request.headers.get("Stripe-Account", "")
    trouble = sandbox.store.fact("trouble", None)
    strikes = bool(trouble) and request.path.startswith(trouble["path"])
    try:
        _check_caller(sandbox, account)
        if strikes and trouble["when"] == "before":
            raise _trouble(sandbox.store, trouble)
        given = nested(request.args if request.method == "GET" else request.form)
        call = Call(sandbox.store, sandbox.address, account, given)
        body, status = _once(call, lambda: _perform(operation, known, call, ids))
        if strikes:
            raise _trouble(sandbox.store, trouble)
    except StripeFault as fault:
        return fault.body, fault.status
    return body, status


def _check_caller(sandbox: Sandbox, account: str) -> None:
    kind, _space, key = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not hmac.compare_digest(key.encode(), sandbox.api_key.encode()):
        raise StripeFault(401, "invalid_request_error", "Invalid API Key provided")
    if account and sandbox.store.find("account", account) is None:
        message = f"The provided key does not have access to account '{account}' (or that account does not exist)."
        raise invalid(message, "account_invalid", status=403)


def _trouble(store: Store, trouble: Mapping[str, Any]) -> StripeFault:
    """The answer that a control address asked to be lost, `times` more."""
    left = trouble["times"] - 1
    store.note("trouble", {**trouble, "times": left} if left > 0 else None)
    return StripeFault(trouble.get("status", 500), "api_error", "An error occurred inside the sandbox, as it was told.")


def _perform(operation: Callable[..., Body], known: frozenset[str], call: Call, ids: Mapping[str, str]) -> Body:
    for name in call.given:
        if name not in known:
            raise invalid(f"Received unknown parameter: {name}", "parameter_unknown", name)
    body = operation(call, **ids)
    for path in call.given.get("expand") or []:
        body = expanded(call.store, body, path.split("."))
    told: Body = shown(body)
    return told


def _once(call: Call, perform: Callable[[], Body]) -> tuple[Body, int]:
    """The same key gives the first answer again; another request under it is refused. Both live in one transaction."""
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    told = json.dumps([request.path, dict(call.given)], sort_keys=True)
    fingerprint = hashlib.sha256(told.encode()).hexdigest()
    with call.store.turn():
        earlier = call.store.rows("SELECT * FROM keys WHERE account = ? AND key = ?", call.account, key) if key else []
        if earlier and earlier[0]["fingerprint"] != fingerprint:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise StripeFault(400, "idempotency_error", message)
        if earlier:
            body, status = json.loads(earlier[0]["body"]), int(earlier[0]["status"])
            return body, status
        body, status = _done_or_refused(call, perform)
        if key:
            call.store.rows(
                "INSERT INTO keys VALUES (?, ?, ?, ?, ?)", call.account, key, fingerprint, status, json.dumps(body)
            )
    return body, status


def _done_or_refused(call: Call, perform: Callable[[], Body]) -> tuple[Body, int]:
    """What was begun before a refusal is undone, unless Stripe would keep it."""
    try:
        with call.store.turn():
            return _done_or_left(perform)
    except StripeFault as fault:
        return fault.body, fault.status


def _done_or_left(perform: Callable[[], Body]) -> tuple[Body, int]:
    try:
        return perform(), 200
    except StripeFault as fault:
        if not fault.leaves:
            raise
        return fault.body, fault.status


def shown(body: Any) -> Any:
    """An object without what the sandbox keeps to itself (names that start with an underscore)."""
    if isinstance(body, dict):
        return {name: shown(value) for name, value in body.items() if not name.startswith("_")}
    return [shown(value) for value in body] if isinstance(body, list) else body


def expanded(store: Store, body: Body, path: list[str]) -> Body:
    """The object with the id under `path` replaced by what it names."""
    name, *rest = path
    if name not in body:
        raise invalid(f"This property cannot be expanded ({name}).", param="expand[0]")
    value = body[name]
    found = store.any(value) if isinstance(value, str) else value
    if isinstance(found, dict) and rest:
        found = expanded(store, found, rest)
    return {**body, name: found}


def nested(form: Mapping[str, str]) -> dict[str, Any]:
    """`a[b][0]=c` as {"a": {"b": ["c"]}}: how Stripe's SDKs write parameters."""
    tree: dict[str, Any] = {}
    for name, value in form.items():
        *parents, last = name.replace("]", "").split("[")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() or not name for name in value):
        return [_lists(value[name]) for name in sorted(value, key=lambda name: int(name or 0))]
    return {name: _lists(found) for name, found in value.items()}


def listed(found: list[Body], path: str) -> Body:
    return {"object": "list", "data": found, "has_more": False, "url": path}
