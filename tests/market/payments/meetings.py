"""What two can do at once about one row of payments: calls answered, news of the provider, people and operators."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from market.identity.service import MARKET_ID
from market.kit.ids import new_id
from market.kit.money import Money
from market.kit.work import Work
from market.payments import following, mending, models, service
from market.payments.gateways import base
from market.payments.inbox import handle_news
from market.payments.mending import Remedy
from market.payments.models import CallKind, CallState
from market.payments.performing import MOST_TRIES, perform_call
from market.payments.service import lock
from tests.conftest import MONDAY
from tests.market.payments.ground import USD, Till

MONEY = Money(10_000, USD)
PART = Money(4_000, USD)
WHY = "looked up at the provider"


@dataclass
class Provider:
    """Answers about one refund and one payment as it stands there; `says` None: it never did it."""

    says: Any

    def answer(self, *_asked: object) -> Any:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    refund = read_refund = find_refund = read_payment = capture = answer


@dataclass
class Scene:
    """One row that two meet at, with all that it stands on; every scene is of an owner of its own."""

    till: Till
    owner: UUID = field(default_factory=uuid4)
    row: UUID = field(default_factory=new_id)
    gateway: Any = None

    def put(self, table: type[Any], state: str, **told: Any) -> None:
        values = {"organisation_id": self.owner, "id": self.row, "asked_at": self.till.clock.now(), **told}
        with self.till.unit() as work:
            work.session.add(table(state=state, **values))

    def put_payment(self, state: str, **told: Any) -> UUID:
        payment_id: UUID = told.pop("id", new_id())
        values = {"reference": uuid4(), "group": uuid4(), "minor": MONEY.minor, "currency": USD, "hold": True, **told}
        self.put(models.Payment, state, id=payment_id, charge="pi", **values)
        return payment_id


Make = Callable[[Scene, str], None]
Verb = Callable[[Scene], object]


@dataclass(frozen=True)
class Meeting:
    """begins: the row's table and state. moves: what the mover makes of it, ahead of the rival. then: what becomes of
    the rival that comes second; turned: of the mover that comes second."""

    table: str
    moves: str
    make: Make
    mover: tuple[str, Verb]
    rival: tuple[str, Verb]
    then: str
    turned: str

    @property
    def begins(self) -> str:
        return self.moves.partition(">")[0]

    def __str__(self) -> str:
        return f"{self.table} {self.moves}: {self.mover[0]} | {self.rival[0]}"


def in_one_unit(verb: Callable[[Work, Scene], object]) -> Verb:
    def act(scene: Scene) -> object:
        with scene.till.unit() as work:
            return verb(work, scene)

    return act


# A payment, and what the provider may say it is.


def a_payment(scene: Scene, state: str) -> None:
    scene.put_payment(state, id=scene.row, gateway_id="" if state == "asked" else "pi")


def a_payment_to_drop(scene: Scene, state: str) -> None:
    scene.put_payment(state, id=scene.row, gateway_id="" if state == "asked" else "pi", drop_asked=True)


def payment_is(status: base.PaymentStatus) -> base.Payment:
    taken = MONEY.minor if status is base.PaymentStatus.TAKEN else 0
    page = "https://pay.example/1" if status is base.PaymentStatus.WAITING else ""
    return base.Payment("pi", "pi", "", status, MONEY, taken, 0, page, "")


def started(status: base.PaymentStatus) -> tuple[str, Verb]:
    def verb(work: Work, scene: Scene) -> None:
        following.start(work, lock(work, models.Payment, scene.owner, scene.row), payment_is(status))

    return f"the call that asked for it: {status.value}", in_one_unit(verb)


def read(status: base.PaymentStatus) -> tuple[str, Verb]:
    def verb(work: Work, scene: Scene) -> None:
        following.follow_payment(work, lock(work, models.Payment, scene.owner, scene.row), payment_is(status))

    return f"news: {status.value}", in_one_unit(verb)


def _refused(work: Work, scene: Scene) -> None:
    following.fail_payment(work, lock(work, models.Payment, scene.owner, scene.row), "amount too large")


START_REFUSED = "the call that asked for it: refused", in_one_unit(_refused)
DROPS = "a cancellation drops it", in_one_unit(lambda work, scene: service.drop_payment(work, scene.owner, scene.row))
TAKES = "the deal takes it", in_one_unit(lambda work, scene: service.take_payment(work, scene.owner, scene.row))

# A refund of a taken payment.


def a_refund(scene: Scene, state: str) -> None:
    payment_id = scene.put_payment("taken", gateway_id="pi", taken_minor=MONEY.minor, refunded_minor=PART.minor)
    told = {"payment_id": payment_id, "reference": uuid4(), "minor": PART.minor, "currency": USD}
    scene.put(models.Refund, state, gateway_id="" if state == "asked" else "re", **told)


def refund_is(status: base.RefundStatus) -> base.Refund:
    return base.Refund("re", "pi", "", status, PART, "account closed")


def refunded(status: base.RefundStatus, says: str = "news") -> tuple[str, Verb]:
    def verb(work: Work, scene: Scene) -> None:
        following.follow_refund(work, lock(work, models.Refund, scene.owner, scene.row), refund_is(status))

    return f"{says}: {status.value}", in_one_unit(verb)


# A transfer, what is taken back of it, a payout.


def a_transfer(scene: Scene, state: str) -> None:
    told = {"reference": uuid4(), "group": uuid4(), "minor": MONEY.minor, "currency": USD}
    scene.put(models.Transfer, state, **told)


def transferred(says: str) -> tuple[str, Verb]:
    found = base.Transfer("tr", "", MONEY, "acct", 0)

    def verb(work: Work, scene: Scene) -> None:
        following.follow_transfer(work, lock(work, models.Transfer, scene.owner, scene.row), found)

    return f"{says}: made", in_one_unit(verb)


def _transfer_refused(work: Work, scene: Scene) -> None:
    following.refuse_transfer(work, lock(work, models.Transfer, scene.owner, scene.row), "balance too low")


TRANSFER_REFUSED = "the call: refused", in_one_unit(_transfer_refused)


def a_reversal(scene: Scene, state: str) -> None:
    transfer_id, claimed = new_id(), 0 if state == "refused" else PART.minor
    money = {"reference": uuid4(), "currency": USD}
    scene.put(
        models.Transfer, "made", id=transfer_id, group=uuid4(), minor=MONEY.minor, reversed_minor=claimed, **money
    )
    scene.put(models.Reversal, state, transfer_id=transfer_id, minor=PART.minor, **money)


def _reversed(work: Work, scene: Scene) -> None:
    row = lock(work, models.Reversal, scene.owner, scene.row)
    following.follow_reversal(work, row, base.Reversal("trr", "", PART))


def _reversal_refused(work: Work, scene: Scene) -> None:
    following.refuse_reversal(work, lock(work, models.Reversal, scene.owner, scene.row), "balance too low")


REVERSED = "the call: made", in_one_unit(_reversed)
REVERSAL_REFUSED = "the call: refused", in_one_unit(_reversal_refused)
ASKS_AGAIN = (
    "an operator asks again",
    in_one_unit(lambda work, scene: mending.ask_reversal_again(work, scene.row, WHY)),
)


def a_payout(scene: Scene, state: str) -> None:
    told = {"reference": uuid4(), "minor": MONEY.minor, "currency": USD}
    scene.put(models.Payout, state, gateway_id="" if state == "asked" else "po", arrives_on=None, **told)


def paid_out(status: base.PayoutStatus, says: str = "news") -> tuple[str, Verb]:
    found = base.Payout("po", "", status, MONEY, MONDAY + timedelta(days=2), "account closed")

    def verb(work: Work, scene: Scene) -> None:
        following.follow_payout(work, lock(work, models.Payout, scene.owner, scene.row), found)

    return f"{says}: {status.value}", in_one_unit(verb)


# A payout account: a reading counts only where nobody kept another one since.


def an_account(scene: Scene, state: str) -> None:
    scene.put(models.PayoutAccount, state, country="US", missing=[], bank="")


def account_is(*, ready: bool) -> tuple[str, Verb]:
    found = base.Account("acct", "", ready, () if ready else ("external_account",), "6789" if ready else "")

    def verb(work: Work, scene: Scene) -> bool:
        return following.follow_account(work, lock(work, models.PayoutAccount, scene.owner, scene.row), found, 0)

    return f"a reading: {'ready' if ready else 'something is missing'}", in_one_unit(verb)


def _account_refused(work: Work, scene: Scene) -> None:
    following.refuse_account(work, lock(work, models.PayoutAccount, scene.owner, scene.row), "country not served")


ACCOUNT_REFUSED = "the call: refused", in_one_unit(_account_refused)
OPENS_ACCOUNT = (
    "the factory asks for an account",
    in_one_unit(lambda work, scene: service.open_account(work, scene.owner, "US", "factory@example.com") and None),
)

# A call about a refund, and one that takes what is reserved; the provider answers while no transaction is open.


def a_refund_call(says: Any, tries: int = 0) -> Make:
    def make(scene: Scene, state: str) -> None:
        refund = Scene(scene.till, scene.owner)
        a_refund(refund, "asked")
        request = {"charge": "pi", "minor": PART.minor, "currency": USD}
        _put_call(scene, state, CallKind.REFUND, refund.row, request, tries)
        scene.gateway = Provider(says)

    return make


def a_taking_call(scene: Scene, state: str) -> None:
    payment_id = scene.put_payment("authorised", gateway_id="pi")
    _put_call(scene, state, CallKind.TAKE_PAYMENT, payment_id, {"charge": "pi", "minor": MONEY.minor}, 1)
    scene.gateway = Provider(payment_is(base.PaymentStatus.AUTHORISED))


def a_taking_call_that_was_made(scene: Scene, state: str) -> None:
    a_taking_call(scene, state)
    scene.gateway = Provider(payment_is(base.PaymentStatus.TAKEN))


def _put_call(scene: Scene, state: str, kind: CallKind, about: UUID, request: Mapping[str, Any], tries: int) -> None:
    now = scene.till.clock.now()
    told = {"kind": kind, "about": about, "request": dict(request), "tries": tries, "first_tried_at": None}
    scene.put(models.GatewayCall, CallState(state), try_at=now, **told)


PERFORMS = (
    "the job makes the call",
    lambda scene: perform_call(scene.till.unit, scene.gateway, scene.owner, scene.row),
)


def mends(remedy: Remedy) -> tuple[str, Verb]:
    return (
        f"an operator: {remedy.value}",
        lambda scene: mending.mend_call(scene.till.unit, scene.gateway, scene.row, remedy, WHY),
    )


OUT_OF_TRIES = MOST_TRIES

# News about a refund that we know, or about nothing.


def known_news(scene: Scene, state: str) -> None:
    refund = Scene(scene.till, scene.owner)
    a_refund(refund, "pending")
    _put_news(scene, state, str(refund.row))


def unknown_news(scene: Scene, state: str) -> None:
    _put_news(scene, state, str(uuid4()))


def _put_news(scene: Scene, state: str, row: str) -> None:
    now = scene.till.clock.now()
    told = {"event": f"evt_{scene.row}", "kind": "refund.updated", "subject": "refund", "object_id": f"re_{scene.row}"}
    with scene.till.unit() as work:
        work.session.add(
            models.GatewayNews(
                organisation_id=MARKET_ID, id=scene.row, state=state, account="", row=row, happened_at=now,
                received_at=now, try_at=now, **told,
            )
        )  # fmt: skip
    scene.gateway = Provider(refund_is(base.RefundStatus.SUCCEEDED))


HANDLES = "the job handles it", lambda scene: handle_news(scene.till.unit, scene.gateway, scene.row)
LOOKS_AGAIN = (
    "an operator looks again",
    lambda scene: mending.handle_again(scene.till.unit, scene.gateway, scene.row, WHY) or None,
)
DISMISSES = "an operator puts it away", in_one_unit(lambda work, scene: mending.dismiss_news(work, scene.row, WHY))
