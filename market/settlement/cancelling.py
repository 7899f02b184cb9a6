"""Ends and parts of a whole run: cancelling with proven materials, a member who leaves, and what is missing or wrong.

An amount that concerns several shares is split by largest remainder, so that the parts sum exactly.
"""

from collections.abc import Mapping
from uuid import UUID

from market.kit.money import Money, allocate
from market.kit.work import Work
from market.settlement.ledger import Posted, posted_before
from market.settlement.models import TransactionKind
from market.settlement.refunding import REFUNDS, held_for_payer, refund
from market.settlement.releasing import release
from market.settlement.shares import OtherCurrency, Place, Share, TooMuch, lock_share, lock_shares_of_deal


def most_kept(work: Work, share: Share) -> int:
    """In minor units: how much of what is held for a share its factory can keep; what a failed refund left here is not
    of that."""
    return share.at(Place.HELD) - held_for_payer(work, share)


def cancel_deal(work: Work, deal_id: UUID, key: str, proven: Money, why: str = "") -> list[Posted]:
    """End a deal before its goods were shipped: of what is held the factory keeps the proven materials, which each
    share bears by what it paid, and the rest goes back. Returns the refunds, a part for each payment.

    Raises TooMuch when the proven materials are more than can be kept, OtherCurrency, KeyReused.
    """
    shares = lock_shares_of_deal(work, deal_id)
    ids = [share.terms.id for share in shares]
    earlier = [_cancelled_before(work, share_id, key) for share_id in ids]
    if any(posted is not None for posted in earlier):
        return [part for posted in earlier for part in posted or ()]
    most = [most_kept(work, share) for share in shares]
    _check_proven(proven, Money(sum(most), shares[0].terms.currency) if shares else proven)
    parts = allocate(proven, most) if proven.minor else [proven] * len(shares)
    return [
        part for share_id, own in zip(ids, parts, strict=True) for part in cancel_share(work, share_id, key, own, why)
    ]


def cancel_share(work: Work, share_id: UUID, key: str, proven: Money, why: str = "") -> list[Posted]:
    """One share leaves its run: the factory keeps its part of proven materials, the rest of what is held goes back.

    Returns the refunds, a part for each payment. Raises as `cancel_deal`, and NotFound.
    """
    share = lock_share(work, share_id)
    earlier = _cancelled_before(work, share_id, key)
    if earlier is not None:
        return earlier
    held = share.money(share.at(Place.HELD))
    _check_proven(proven, share.money(most_kept(work, share)))
    if proven.minor:
        release(work, share_id, _materials_key(key, share_id), proven, why)
    rest = held - proven
    return refund(work, share_id, _refund_key(key, share_id), rest, why) if rest.minor else []


def refund_in_parts(work: Work, key: str, money: Money, pieces: Mapping[UUID, int], why: str = "") -> list[Posted]:
    """Give an amount back to the shares of a run by their pieces: of defects that are everybody's, of a short shipment.

    pieces: share -> how many of its pieces are concerned. Nothing is moved when one share cannot give back its part.
    Returns a part for each payment. Raises as `refunding.refund`; MoneyFault when no piece is concerned.
    """
    shares = sorted(pieces)
    with work.session.begin_nested():
        return [
            posted
            for share_id, part in zip(shares, allocate(money, [pieces[share] for share in shares]), strict=True)
            if part.minor
            for posted in refund(work, share_id, f"{key} {share_id}", part, why)
        ]


def _check_proven(proven: Money, held: Money) -> None:
    if proven.currency != held.currency:
        raise OtherCurrency(f"The materials are in {proven.currency} and the money is in {held.currency}.")
    if not 0 <= proven.minor <= held.minor:
        raise TooMuch(
            f"Materials of {proven.major()} {proven.currency} cannot be kept of {held.major()} {held.currency} held."
        )


def _cancelled_before(work: Work, share_id: UUID, key: str) -> list[Posted] | None:
    """The refunds of an earlier call with this key; None when there was no such call, or nothing to move."""
    kept = posted_before(work, {TransactionKind.RELEASED}, _materials_key(key, share_id), None, share_id)
    returned = posted_before(work, REFUNDS, _refund_key(key, share_id), None, share_id)
    return returned if kept or returned else None


def _materials_key(key: str, share_id: UUID) -> str:
    return f"{key} materials {share_id}"


def _refund_key(key: str, share_id: UUID) -> str:
    return f"{key} refund {share_id}"
