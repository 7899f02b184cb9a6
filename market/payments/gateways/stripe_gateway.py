"""Stripe through its own SDK: Checkout, PaymentIntents, Connect with separate charges and transfers.

The sandbox is the same adapter at another base address. Nothing is retried here: our job does that, with the same key.
"""

import json

import stripe
from stripe.params import PaymentIntentRetrieveParams
from stripe.params.checkout import SessionCreateParams, SessionRetrieveParams

from market.kit.money import Money
from market.payments.gateways.base import (
    Account,
    BadSignature,
    News,
    Payment,
    PaymentRequest,
    Payout,
    Refund,
    Refusal,
    Refused,
    Reversal,
    Transfer,
    TransferRequest,
)
from market.payments.gateways.stripe_reading import (
    ROW,
    account_of,
    id_of,
    news_of,
    payment_of_intent,
    payment_of_session,
    payout_of,
    refund_of,
    reversal_of,
    row_in,
    transfer_of,
)
from market.payments.gateways.stripe_refusals import in_our_words

API_VERSION = "2026-10-28.endive"
TOLERANCE_SECONDS = 300
SESSIONS = "cs_"
WITH_CHARGE: PaymentIntentRetrieveParams = {"expand": ["latest_charge"]}
WITH_INTENT: SessionRetrieveParams = {"expand": ["payment_intent.latest_charge"]}


class StripeGateway:
    """address "" means Stripe itself. timeout_seconds: for connecting and for each answer."""

    def __init__(self, api_key: str, webhook_secret: str, address: str = "", timeout_seconds: float = 20.0) -> None:
        self._secret = webhook_secret
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": address} if address else {},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout_seconds),
        )

    def start_payment(self, request: PaymentRequest, key: str) -> Payment:
        with in_our_words():
            session = self._client.v1.checkout.sessions.create(_session(request), {"idempotency_key": key})
        return payment_of_session(session)

    def read_payment(self, payment_id: str) -> Payment:
        with in_our_words():
            if payment_id.startswith(SESSIONS):
                return payment_of_session(self._client.v1.checkout.sessions.retrieve(payment_id, WITH_INTENT))
            return payment_of_intent(self._client.v1.payment_intents.retrieve(payment_id, WITH_CHARGE))

    def capture(self, charge: str, minor: int, key: str) -> Payment:
        with in_our_words():
            intent = self._client.v1.payment_intents.capture(
                charge, {"amount_to_capture": minor, "expand": ["latest_charge"]}, {"idempotency_key": key}
            )
        return payment_of_intent(intent)

    def cancel(self, payment_id: str, key: str) -> Payment:
        """A page that is still open is closed; after that only what was reserved can be let go."""
        charge = payment_id
        with in_our_words():
            if payment_id.startswith(SESSIONS):
                session = self._client.v1.checkout.sessions.retrieve(payment_id, WITH_INTENT)
                if session.status == "open":
                    return self._close_page(payment_id, key)
                charge = id_of(session.payment_intent)
                if session.status == "expired" or not charge:
                    return payment_of_session(session)
            intent = self._client.v1.payment_intents.cancel(
                charge, {"expand": ["latest_charge"]}, {"idempotency_key": key}
            )
        return payment_of_intent(intent)

    def _close_page(self, session_id: str, key: str) -> Payment:
        try:
            session = self._client.v1.checkout.sessions.expire(
                session_id, {"expand": ["payment_intent.latest_charge"]}, {"idempotency_key": f"{key}-page"}
            )
        except stripe.InvalidRequestError as error:
            if error.code:
                raise
            # Stripe gives no code where its payer was faster.
            raise Refused(Refusal.WRONG_STATE, "", error.user_message or str(error)) from error
        return payment_of_session(session)

    def refund(self, charge: str, money: Money, row: str, key: str) -> Refund:
        with in_our_words():
            refund = self._client.v1.refunds.create(
                {"payment_intent": charge, "amount": money.minor, "metadata": {ROW: row}}, {"idempotency_key": key}
            )
        return refund_of(refund)

    def read_refund(self, refund_id: str) -> Refund:
        with in_our_words():
            return refund_of(self._client.v1.refunds.retrieve(refund_id))

    def open_account(self, row: str, country: str, email: str, key: str) -> Account:
        """An account whose owner proves itself on Stripe's pages; it is paid out when we say so and not by schedule."""
        with in_our_words():
            account = self._client.v1.accounts.create(
                {
                    "country": country,
                    "email": email,
                    "controller": {
                        "fees": {"payer": "application"},
                        "losses": {"payments": "application"},
                        "stripe_dashboard": {"type": "express"},
                    },
                    "capabilities": {"transfers": {"requested": True}},
                    "settings": {"payouts": {"schedule": {"interval": "manual"}}},
                    "metadata": {ROW: row},
                },
                {"idempotency_key": key},
            )
        return account_of(account)

    def onboarding_page(self, account: str, back_address: str, again_address: str, key: str) -> str:
        with in_our_words():
            link = self._client.v1.account_links.create(
                {
                    "account": account,
                    "type": "account_onboarding",
                    "return_url": back_address,
                    "refresh_url": again_address,
                },
                {"idempotency_key": key},
            )
        return link.url

    def read_account(self, account: str) -> Account:
        with in_our_words():
            return account_of(self._client.v1.accounts.retrieve(account))

    def pay_out(self, account: str, money: Money, row: str, key: str) -> Payout:
        with in_our_words():
            payout = self._client.v1.payouts.create(
                {"amount": money.minor, "currency": money.currency.lower(), "metadata": {ROW: row}},
                {"idempotency_key": key, "stripe_account": account},
            )
        return payout_of(payout)

    def read_payout(self, account: str, payout_id: str) -> Payout:
        with in_our_words():
            return payout_of(self._client.v1.payouts.retrieve(payout_id, {}, {"stripe_account": account}))

    def available(self, currency: str, account: str = "") -> Money:
        with in_our_words():
            balance = self._client.v1.balance.retrieve({}, {"stripe_account": account} if account else {})
        return Money(sum(part.amount for part in balance.available if part.currency.upper() == currency), currency)

    def transfer(self, request: TransferRequest, key: str) -> Transfer:
        with in_our_words():
            transfer = self._client.v1.transfers.create(
                {
                    "amount": request.money.minor,
                    "currency": request.money.currency.lower(),
                    "destination": request.account,
                    "transfer_group": request.group,
                    "metadata": {ROW: request.row},
                },
                {"idempotency_key": key},
            )
        return transfer_of(transfer)

    def read_transfer(self, transfer_id: str) -> Transfer:
        with in_our_words():
            return transfer_of(self._client.v1.transfers.retrieve(transfer_id))

    def reverse(self, transfer_id: str, money: Money, row: str, key: str) -> Reversal:
        with in_our_words():
            reversal = self._client.v1.transfers.reversals.create(
                transfer_id, {"amount": money.minor, "metadata": {ROW: row}}, {"idempotency_key": key}
            )
        return reversal_of(reversal)

    def read_reversals(self, transfer_id: str) -> tuple[Reversal, ...]:
        with in_our_words():
            found = self._client.v1.transfers.reversals.list(transfer_id, {"limit": 100})
            return tuple(reversal_of(reversal) for reversal in found.auto_paging_iter())

    def find_refund(self, charge: str, row: str) -> Refund | None:
        with in_our_words():
            found = self._client.v1.refunds.list({"payment_intent": charge, "limit": 100})
            return next((refund_of(one) for one in found.auto_paging_iter() if row_in(one.metadata) == row), None)

    def find_transfer(self, group: str, row: str) -> Transfer | None:
        with in_our_words():
            found = self._client.v1.transfers.list({"transfer_group": group, "limit": 100})
            return next((transfer_of(one) for one in found.auto_paging_iter() if row_in(one.metadata) == row), None)

    def find_payout(self, account: str, row: str) -> Payout | None:
        with in_our_words():
            found = self._client.v1.payouts.list({"limit": 100}, {"stripe_account": account})
            return next((payout_of(one) for one in found.auto_paging_iter() if row_in(one.metadata) == row), None)

    def read_news(self, body: bytes, signature: str) -> News:
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._secret, TOLERANCE_SECONDS)
            return news_of(json.loads(body))
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as fault:
            raise BadSignature(str(fault)) from fault
        except (ValueError, KeyError, TypeError) as fault:
            raise BadSignature(f"this is no event: {fault!r}") from fault


def _session(request: PaymentRequest) -> SessionCreateParams:
    marks = {ROW: request.row, "reference": request.reference}
    return {
        "mode": "payment",
        "client_reference_id": request.row,
        "metadata": marks,
        "locale": request.language,
        "success_url": request.paid_address,
        "cancel_url": request.back_address,
        "expires_at": int(request.expires_at.timestamp()),
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.money.currency.lower(),
                    "unit_amount": request.money.minor,
                    "product_data": {"name": request.description},
                },
            }
        ],
        "payment_intent_data": {
            "capture_method": "automatic" if request.capture else "manual",
            "description": request.description,
            "metadata": marks,
            "transfer_group": request.group,
        },
    }
