"""Stripe's error answers (https://docs.stripe.com/api/errors), one function a kind."""

from typing import Any


class StripeFault(Exception):
    """An error answer. leaves: what was done stays done, as Stripe keeps a payment whose card was declined."""

    def __init__(self, status: int, kind: str, message: str, *, leaves: bool = False, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.leaves = leaves
        self.body = {"error": {"type": kind, "message": message, **more}}


def invalid(message: str, code: str | None = None, param: str | None = None, status: int = 400) -> StripeFault:
    more: dict[str, Any] = {name: value for name, value in (("code", code), ("param", param)) if value}
    return StripeFault(status, "invalid_request_error", message, **more)


def missing(kind: str, identifier: str, param: str = "id") -> StripeFault:
    return invalid(f"No such {kind}: '{identifier}'", "resource_missing", param, 404)


def declined(code: str, decline_code: str | None, message: str, intent: dict[str, Any]) -> StripeFault:
    more: dict[str, Any] = {"decline_code": decline_code} if decline_code else {}
    return StripeFault(402, "card_error", message, leaves=True, code=code, payment_intent=intent, **more)


def balance_insufficient(message: str) -> StripeFault:
    return invalid(message, "balance_insufficient")
