"""Releasing and freezing: what is held for a share becomes payable to its factory, or waits for a dispute's end."""

from collections.abc import Sequence
from uuid import UUID

from market.kit.money import Money
from market.kit.work import Work
from market.settlement.ledger import Line, Movement, balance, of_market, post, posted_before
from market.settlement.models import AccountKind, DueState, TransactionKind
from market.settlement.shares import Part, Place, Share, TooMuch, check_money, draw, draw_at_most, lock_share, shift


def release(
    work: Work, share_id: UUID, key: str, money: Money | None = None, why: str = "", *, keep_minor: int = 0
) -> Money:
    """What is held for a share, or `money` of it, goes to the factory less the commission. Returns the whole amount.

    keep_minor: what of the whole is to stay held. Nothing left and nothing named moves nothing. Raises TooMuch,
    OtherCurrency, KeyReused, NotFound.
    """
    return _release(work, share_id, Place.HELD, key, money, why, keep_minor)


def release_frozen(work: Work, share_id: UUID, key: str, money: Money, why: str = "") -> Money:
    """A dispute ended for the factory: what was frozen goes to it less the commission. Raises as `release`."""
    return _release(work, share_id, Place.FROZEN, key, money, why)


def freeze(work: Work, share_id: UUID, key: str, money: Money, why: str = "") -> None:
    """Keep the disputed part back: of what is held, then of what is released and not yet paid out.

    Raises TooMuch, OtherCurrency, KeyReused, NotFound; NotEnoughMoney when the factory's payable was used up.
    """
    share = lock_share(work, share_id)
    if posted_before(work, {TransactionKind.FROZEN}, key, money, share_id):
        return
    check_money(share, money)
    held = draw_at_most(share, Place.HELD, money.minor, newest_first=True)
    unpaid = Share(share.terms, [due for due in share.dues if due.state is DueState.RELEASED])
    released = draw_at_most(unpaid, Place.RELEASED, money.minor - _sum(held), newest_first=True)
    if _sum(held) + _sum(released) < money.minor:
        found = share.money(_sum(held) + _sum(released))
        raise TooMuch(
            f"{found.major()} {found.currency} of this share can be frozen, not {money.major()}: the rest was paid out "
            "or goes back. What was paid out can be refunded, and the factory then owes it."
        )
    commission = -share.commission_on(-_sum(released))
    lines = [
        share.line(AccountKind.HELD, -_sum(held)),
        share.factory_line(AccountKind.PAYABLE, commission - _sum(released)),
        of_market(AccountKind.FEES, -commission),
        share.line(AccountKind.FROZEN, money.minor),
    ]
    _post(work, share, TransactionKind.FROZEN, key, money, lines, why)
    shift(work, held, Place.HELD, Place.FROZEN)
    shift(work, released, Place.RELEASED, Place.FROZEN)


def freeze_at_most(work: Work, share_id: UUID, key: str, money: Money, why: str = "") -> Money:
    """As `freeze`, but no more than can still be kept back; what was paid out before is left. Returns what is frozen.

    Raises OtherCurrency, TooMuch for nothing at all, KeyReused, NotFound.
    """
    share = lock_share(work, share_id)
    earlier = posted_before(work, {TransactionKind.FROZEN}, key, None, share_id)
    if earlier:
        return share.money(sum(posted.minor for posted in earlier))
    check_money(share, money)
    held = min(share.at(Place.HELD), money.minor)
    unpaid = sum(due.released_minor for due in share.dues if due.state is DueState.RELEASED)
    payable = balance(work, AccountKind.PAYABLE, share.terms.factory_id, money.currency).minor
    found = share.money(held + min(unpaid, payable, money.minor - held))
    if found.minor:
        freeze(work, share_id, key, found, why)
    return found


def thaw(work: Work, share_id: UUID, key: str, money: Money, why: str = "") -> None:
    """A dispute ended before the goods were accepted: what was frozen is held again. Raises as `release`."""
    share = lock_share(work, share_id)
    if posted_before(work, {TransactionKind.THAWED}, key, money, share_id):
        return
    parts = draw(share, Place.FROZEN, money)
    lines = [share.line(AccountKind.FROZEN, -money.minor), share.line(AccountKind.HELD, money.minor)]
    _post(work, share, TransactionKind.THAWED, key, money, lines, why)
    shift(work, parts, Place.FROZEN, Place.HELD)


def _release(
    work: Work, share_id: UUID, origin: Place, key: str, money: Money | None, why: str, keep_minor: int = 0
) -> Money:
    share = lock_share(work, share_id)
    earlier = posted_before(work, {TransactionKind.RELEASED}, key, money, share_id)
    if earlier:
        return share.money(sum(posted.minor for posted in earlier))
    if money is None:
        money = share.money(max(share.at(origin) - keep_minor, 0))
        if not money.minor:
            return money
    parts = draw(share, origin, money)
    commission = share.commission_on(money.minor)
    owed = -balance(work, AccountKind.OWED_BY_FACTORY, share.terms.factory_id, money.currency).minor
    kept = min(money.minor - commission, owed)
    lines = [
        share.line(AccountKind.HELD if origin is Place.HELD else AccountKind.FROZEN, -money.minor),
        of_market(AccountKind.FEES, commission),
        share.factory_line(AccountKind.OWED_BY_FACTORY, kept),
        share.factory_line(AccountKind.PAYABLE, money.minor - commission - kept),
    ]
    _post(work, share, TransactionKind.RELEASED, key, money, lines, why)
    shift(work, parts, origin, Place.RELEASED)
    return money


def _post(
    work: Work, share: Share, kind: TransactionKind, key: str, money: Money, lines: Sequence[Line], why: str
) -> None:
    post(work, Movement(kind, key, money, lines, why, deal_id=share.terms.deal_id, share_id=share.terms.id))


def _sum(parts: Sequence[Part]) -> int:
    return sum(part.minor for part in parts)
