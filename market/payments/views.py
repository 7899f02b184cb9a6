"""The door for the provider's news."""

from flask import Blueprint, request

from market.kit.db import SYSTEM, act_as
from market.kit.edge import part, work
from market.payments.gateways.base import BadSignature, Gateway
from market.payments.inbox import receive_news

bp = Blueprint("payments", __name__)


@bp.post("/webhooks/gateway")
def gateway_news() -> tuple[dict[str, object], int]:
    """Store what the provider signed, once, and answer at once; a job does the rest. Anything else leaves no trace."""
    signature = request.headers.get("Stripe-Signature", "")
    try:
        news = part(Gateway).read_news(request.get_data(cache=False), signature)  # type: ignore[type-abstract]  # a seam
    except BadSignature:
        return {"received": False, "why": "the signature is not the provider's, or too old"}, 400
    act_as(work().session, SYSTEM)
    return {"received": True, "new": receive_news(work(), news)}, 200
