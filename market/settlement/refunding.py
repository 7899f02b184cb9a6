"""Refunds: what is held or frozen goes back to its payer; what was released is taken back from the factory first.

A refund is posted in parts, one for each payment it is of, as the gateway refunds payments. The id of a part's
transaction is the reference of its refund at the gateway.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, String, cast, exists, literal, select
from sqlalchemy.orm import aliased

from market.kit import history
from market.kit.errors import Conflict, NotFound
from market.kit.money import Money
from market.kit.work import Work
from market.settlement.ledger import (
    Line,
    Movement,
    Posted,
    balance,
    of_market,
    part_key,
    post,
    posted_before,
)
from market.settlement.models import DUE_TRANSITIONS, AccountKind, Due, DueState, Transaction, TransactionKind
from market.settlement.shares import (
    Part,
    Place,
    Share,
    TooMuch,
    check_money,
    draw,
    draw_at_most,
    lock_due,
    lock_share,
    shift,
)


class RefundEnded(Conflict):
    """The gateway told of the end of this refund before."""

    code = "refund_ended"


REFUNDS = frozenset({TransactionKind.REFUND_ASKED, TransactionKind.TAKEN_BACK})
FAILED = (TransactionKind.REFUND_FAILED, TransactionKind.REFUND_RETURNED)
AGAIN = "again "
"""With the id of the failed one, the key of a refund that follows it: of two with one key only the first is."""


def failed_refunds() -> Select[Transaction, Due]:
    """Refunds that did not arrive, whose money is still held and that nobody looked after since."""
    again = aliased(Transaction)
    asked = exists().where(
        again.organisation_id == Transaction.organisation_id,
        again.key == literal(AGAIN) + cast(Transaction.id, String),
    )
    return (
        select(Transaction, Due)
        .join(Due, Due.id == Transaction.due_id)
        .where(Transaction.kind.in_(FAILED), Due.held_minor > 0, ~asked)
    )


def held_for_payer(work: Work, share: Share) -> int:
    """In minor units: what of a share is held only because a refund of it failed."""
    failed = Counter[UUID]()
    for moved, due in work.session.execute(failed_refunds().where(Due.share_id == share.terms.id)):
        failed[due.id] += moved.minor
    return sum(min(failed[due.id], due.held_minor) for due in share.dues)


def refund(work: Work, share_id: UUID, key: str, money: Money, why: str = "") -> list[Posted]:
    """Money goes back to the payer: first what is held, then what was released, which the factory then gives back: of
    what is payable to it, and what that does not reach it owes.

    Returns a part for each payment. Raises TooMuch for more than was paid and not yet returned, OtherCurrency,
    KeyReused, NotFound.
    """
    share = lock_share(work, share_id)
    earlier = posted_before(work, REFUNDS, key, money, share_id)
    if earlier:
        return earlier
    check_money(share, money)
    held = draw_at_most(share, Place.HELD, money.minor, newest_first=True)
    rest = money.minor - sum(part.minor for part in held)
    released = draw_at_most(share, Place.RELEASED, rest, newest_first=True)
    missing = rest - sum(part.minor for part in released)
    if missing:
        found = share.money(money.minor - missing)
        raise TooMuch(f"{found.major()} {found.currency} of this share can be refunded, not {money.major()}.")
    posted = [
        send_part_back(work, share, part, Place.HELD, part_key(key, number), why) for number, part in enumerate(held)
    ]
    for part in released:
        posted.append(_take_back(work, share, part, part_key(key, len(posted)), why))
    return posted


def refund_frozen(work: Work, share_id: UUID, key: str, money: Money, why: str = "") -> list[Posted]:
    """A dispute ended for the buyer: what was frozen goes back. Returns a part for each payment. Raises as `refund`."""
    share = lock_share(work, share_id)
    earlier = posted_before(work, REFUNDS, key, money, share_id)
    if earlier:
        return earlier
    parts = draw(share, Place.FROZEN, money, newest_first=True)
    return [
        send_part_back(work, share, part, Place.FROZEN, part_key(key, number), why) for number, part in enumerate(parts)
    ]


def note_refund_paid(work: Work, reference: UUID) -> Due:
    """The gateway paid a refund: it left the market. Said twice, once. Returns the due it is of.

    Raises NotFound, and RefundEnded when it was told before that this refund failed.
    """
    share, part = _refunded_part(work, reference)
    if _is_told(work, reference, TransactionKind.REFUND_FAILED):
        raise RefundEnded("The gateway said before that this refund failed; it cannot be paid.")
    if not _is_told(work, reference, TransactionKind.REFUND_PAID):
        lines = [share.line(AccountKind.REFUNDING, -part.minor), of_market(AccountKind.GATEWAY, part.minor)]
        _post(work, share, TransactionKind.REFUND_PAID, _told(reference, TransactionKind.REFUND_PAID), part, lines)
        shift(work, [part], Place.REFUNDING, Place.REFUNDED)
    return part.due


def note_refund_failed(work: Work, reference: UUID, why: str) -> Due:
    """The gateway could not pay a refund, or one that it had paid came back: it is held again, for an operator to see.

    Said twice, once. Returns the due it is of. Raises NotFound.
    """
    share, part = _refunded_part(work, reference)
    was_paid = _is_told(work, reference, TransactionKind.REFUND_PAID)
    kind = TransactionKind.REFUND_RETURNED if was_paid else TransactionKind.REFUND_FAILED
    if not _is_told(work, reference, kind):
        gone, origin = share.line(AccountKind.REFUNDING, -part.minor), Place.REFUNDING
        if was_paid:
            gone, origin = of_market(AccountKind.GATEWAY, -part.minor), Place.REFUNDED
        lines = [gone, share.line(AccountKind.HELD, part.minor)]
        _post(work, share, kind, _told(reference, kind), part, lines, why)
        shift(work, [part], origin, Place.HELD)
    return part.due


def send_part_back(work: Work, share: Share, part: Part, origin: Place, key: str, why: str) -> Posted:
    """A part that is held or frozen goes back to its payer, under its own key."""
    kind = AccountKind.HELD if origin is Place.HELD else AccountKind.FROZEN
    lines = [share.line(kind, -part.minor), share.line(AccountKind.REFUNDING, part.minor)]
    posted = _post(work, share, TransactionKind.REFUND_ASKED, key, part, lines, why)
    shift(work, [part], origin, Place.REFUNDING)
    return posted


def return_by_hand(work: Work, share: Share, part: Part, key: str, why: str) -> Posted:
    """A part that is held went back to its payer from the market's own bank account, under its own key; what stands at
    the gateway for it is the market's from then on."""
    lines = [share.line(AccountKind.HELD, -part.minor), of_market(AccountKind.BANK, part.minor)]
    posted = _post(work, share, TransactionKind.REFUND_BY_HAND, key, part, lines, why)
    shift(work, [part], Place.HELD, Place.REFUNDED)
    return posted


def _take_back(work: Work, share: Share, part: Part, key: str, why: str) -> Posted:
    """The factory gives a part back, less the commission that the market gives back itself."""
    commission = -share.commission_on(-part.minor)
    own = part.minor - commission
    payable = min(own, balance(work, AccountKind.PAYABLE, share.terms.factory_id, share.terms.currency).minor)
    lines = [
        of_market(AccountKind.FEES, -commission),
        share.factory_line(AccountKind.PAYABLE, -payable),
        share.factory_line(AccountKind.OWED_BY_FACTORY, payable - own),
        share.line(AccountKind.REFUNDING, part.minor),
    ]
    posted = _post(work, share, TransactionKind.TAKEN_BACK, key, part, lines, why)
    shift(work, [part], Place.RELEASED, Place.REFUNDING)
    if part.due.state in (DueState.PAYING_OUT, DueState.PAID_OUT):
        history.move(work, part.due, DueState.CLAWED_BACK, DUE_TRANSITIONS, why=why)
    return posted


def _refunded_part(work: Work, reference: UUID) -> tuple[Share, Part]:
    """The part of a due that a refund is of, its share locked. Raises NotFound."""
    asked = work.session.scalars(
        select(Transaction).where(Transaction.id == reference, Transaction.kind.in_(REFUNDS))
    ).one_or_none()
    if asked is None or asked.due_id is None:
        raise NotFound
    share, due = lock_due(work, asked.due_id)
    return share, Part(due, asked.minor)


def _told(reference: UUID, kind: TransactionKind) -> str:
    """The key of what the gateway said of a refund, so that each is taken once."""
    return f"{reference} {kind.value}"


def _is_told(work: Work, reference: UUID, kind: TransactionKind) -> bool:
    return work.session.scalar(select(Transaction.id).where(Transaction.key == _told(reference, kind))) is not None


def _post(
    work: Work, share: Share, kind: TransactionKind, key: str, part: Part, lines: Sequence[Line], why: str = ""
) -> Posted:
    movement = Movement(
        kind,
        key,
        share.money(part.minor),
        lines,
        why,
        deal_id=share.terms.deal_id,
        share_id=share.terms.id,
        due_id=part.due.id,
    )
    return Posted(post(work, movement), part.due.id, part.minor)
