"""What Weft needs of a payment provider, in our own words. Amounts are whole minor units and a currency.

Every creating call takes an idempotency key: the same key with the same request has its effect once and gives the
first answer again, so that a call whose answer was lost is simply made again. `row` is the id of our own row; the
provider keeps it, so that news of an object leads back to us even before its answer did.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from market.kit.money import Money


class GatewayFault(Exception):
    """The base of what a payment provider can answer instead of what was asked for."""


class Refusal(StrEnum):
    """Why a provider definitely refused."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    AMOUNT_TOO_LARGE = "amount_too_large"
    AMOUNT_TOO_SMALL = "amount_too_small"
    ALREADY_REFUNDED = "already_refunded"
    NO_SUCH_OBJECT = "no_such_object"
    WRONG_STATE = "wrong_state"
    BALANCE_TOO_LOW = "balance_too_low"
    ACCOUNT_NOT_READY = "account_not_ready"
    KEY_REUSED = "key_reused"
    OTHER = "other"


class Refused(GatewayFault):
    """A definite no: the same request again would be refused again. provider_code: the provider's own word for it."""

    def __init__(self, refusal: Refusal, provider_code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.provider_code = provider_code


class Unreachable(GatewayFault):
    """No answer, or one that says nothing about the request: try again with the same key."""


class BadSignature(GatewayFault):
    """A message that the provider did not sign, or signed too long ago."""


EXPIRED: Final = "expired"
"""Why a payment ended whose page grew old before anybody paid on it."""


class PaymentStatus(StrEnum):
    """WAITING: its payer has not paid yet. AUTHORISED: reserved on the card, to be captured. CANCELLED: ended before
    anything was taken, by us or because its time was over."""

    WAITING = "waiting"
    AUTHORISED = "authorised"
    TAKEN = "taken"
    CANCELLED = "cancelled"


class RefundStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class PayoutStatus(StrEnum):
    """PAID may still become FAILED: a bank can return money days later."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"


class Subject(StrEnum):
    """What news can be about."""

    PAYMENT = "payment"
    REFUND = "refund"
    TRANSFER = "transfer"
    PAYOUT = "payout"
    ACCOUNT = "account"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A payment that its payer makes on a page of the provider.

    capture: take the money at once; False only reserves it. group: what belongs to one deal. language: zh or en.
    """

    row: str
    money: Money
    capture: bool
    description: str
    reference: str
    group: str
    paid_address: str
    back_address: str
    language: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the provider has it. id: what we ask about it by. page: where its payer pays, while that is open.

    charge: what captures, cancellations and refunds go by; "" before its payer has begun. why: the last decline.
    """

    id: str
    charge: str
    row: str
    status: PaymentStatus
    money: Money
    taken_minor: int
    refunded_minor: int
    page: str
    why: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that goes back to a payer. charge: of which payment."""

    id: str
    charge: str
    row: str
    status: RefundStatus
    money: Money
    why: str


@dataclass(frozen=True, slots=True)
class Account:
    """Where a factory is paid. ready: it can receive transfers and payouts. missing: what the provider still asks."""

    id: str
    row: str
    ready: bool
    missing: tuple[str, ...]
    bank: str


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """Move our money to a factory's account. group: the deal that it is of."""

    row: str
    money: Money
    account: str
    group: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money moved to a factory's account, and how much of it was taken back."""

    id: str
    row: str
    money: Money
    account: str
    reversed_minor: int


@dataclass(frozen=True, slots=True)
class Reversal:
    id: str
    row: str
    money: Money


@dataclass(frozen=True, slots=True)
class Payout:
    """Money on its way from a factory's account to its bank. arrives_on: when the provider expects it there."""

    id: str
    row: str
    status: PayoutStatus
    money: Money
    arrives_on: datetime
    why: str


@dataclass(frozen=True, slots=True)
class News:
    """One signed message. It says that an object changed, no more: what it is now has to be read.

    object_id: as the reading call of its subject takes it. account: of which connected account, "" for our own.
    """

    event: str
    kind: str
    subject: Subject
    object_id: str
    account: str
    row: str
    at: datetime


class TakesPayments(Protocol):
    """Raises Refused and Unreachable everywhere."""

    def start_payment(self, request: PaymentRequest, key: str) -> Payment: ...

    def read_payment(self, payment_id: str) -> Payment:
        """By its own id or by its charge."""

    def capture(self, charge: str, minor: int, key: str) -> Payment: ...

    def cancel(self, payment_id: str, key: str) -> Payment:
        """Give up a payment that was not taken. Raises Refused with WRONG_STATE for one that was."""

    def refund(self, charge: str, money: Money, row: str, key: str) -> Refund: ...

    def read_refund(self, refund_id: str) -> Refund: ...


class PaysFactories(Protocol):
    """Raises Refused and Unreachable everywhere."""

    def open_account(self, row: str, country: str, email: str, key: str) -> Account: ...

    def onboarding_page(self, account: str, back_address: str, again_address: str, key: str) -> str:
        """The address of a page, good for minutes, where a factory tells the provider what it must know."""

    def read_account(self, account: str) -> Account: ...

    def pay_out(self, account: str, money: Money, row: str, key: str) -> Payout: ...

    def read_payout(self, account: str, payout_id: str) -> Payout: ...

    def available(self, currency: str, account: str = "") -> Money:
        """What can be transferred from our own balance, or paid out of the account's."""


class MovesMoney(Protocol):
    """Raises Refused and Unreachable everywhere."""

    def transfer(self, request: TransferRequest, key: str) -> Transfer: ...

    def read_transfer(self, transfer_id: str) -> Transfer: ...

    def reverse(self, transfer_id: str, money: Money, row: str, key: str) -> Reversal: ...

    def read_reversals(self, transfer_id: str) -> tuple[Reversal, ...]: ...


class FindsAgain(Protocol):
    """Looks for what a call without an answer may have made, by the id of our row; None where it made nothing.

    Raises Refused and Unreachable everywhere.
    """

    def find_refund(self, charge: str, row: str) -> Refund | None: ...

    def find_transfer(self, group: str, row: str) -> Transfer | None: ...

    def find_payout(self, account: str, row: str) -> Payout | None: ...


class TellsNews(Protocol):
    def read_news(self, body: bytes, signature: str) -> News:
        """Check a message's signature on its raw bytes, and read it. Raises BadSignature."""


@runtime_checkable
class Gateway(TakesPayments, PaysFactories, MovesMoney, FindsAgain, TellsNews, Protocol):
    """A payment provider as a whole, which our adapters are."""
