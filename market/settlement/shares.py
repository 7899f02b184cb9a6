"""What every verb on the money of a share stands on: its lock, its dues, and moving parts of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from market.kit import history
from market.kit.errors import Conflict, NotFound
from market.kit.money import Money
from market.kit.work import Work
from market.settlement.ledger import Line, lock_factory
from market.settlement.models import DUE_TRANSITIONS, AccountKind, Due, DueState, Purpose, Terms

ONE = 10_000
IN_ORDER = tuple(Purpose)


class TooMuch(Conflict):
    """More was asked of a share than there is of it; nothing was moved."""

    code = "too_much"


class OtherCurrency(Conflict):
    """The share is in another currency; nothing was moved."""

    code = "other_currency"


class Place(StrEnum):
    """Where a part of a due's money is: the stem of its column."""

    HELD = "held"
    FROZEN = "frozen"
    RELEASED = "released"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Part:
    """So much of one due."""

    due: Due
    minor: int


@dataclass(frozen=True, slots=True)
class Share:
    """The terms of a share and its dues in the order of their purposes, locked until the transaction ends."""

    terms: Terms
    dues: Sequence[Due]

    def money(self, minor: int) -> Money:
        return Money(minor, self.terms.currency)

    def at(self, place: Place) -> int:
        """How much of the share is there, in minor units."""
        return sum(amount(due, place) for due in self.dues)

    def line(self, kind: AccountKind, minor: int) -> Line:
        """A line on an account of this share."""
        return Line(kind, minor, self.terms.organisation_id, self.terms.id)

    def factory_line(self, kind: AccountKind, minor: int) -> Line:
        return Line(kind, minor, self.terms.factory_id)

    def commission_on(self, minor: int) -> int:
        """The commission on one more part that is released (below zero: on one that is taken back), in minor units.

        The difference of what is due on the whole with and without it, so that parts sum to the whole.
        """
        before = self.at(Place.RELEASED)
        return self._commission(before + minor) - self._commission(before)

    def _commission(self, minor: int) -> int:
        return commission(minor, self.terms.commission_basis_points)


def commission(minor: int, basis_points: int) -> int:
    """The market's part of an amount, in minor units, rounded half up."""
    return (minor * basis_points + ONE // 2) // ONE


def amount(due: Due, place: Place) -> int:
    return int(getattr(due, f"{place.value}_minor"))


def lock_share(work: Work, share_id: UUID) -> Share:
    """A share's money, held until the transaction ends; of two rivals the second sees what the first left.

    Raises NotFound.
    """
    terms = work.session.scalars(select(Terms).where(Terms.id == share_id)).one_or_none()
    if terms is None:
        raise NotFound
    lock_factory(work, terms.factory_id)
    return Share(terms, _locked_dues(work, terms))


def lock_shares_of_deal(work: Work, deal_id: UUID) -> list[Share]:
    """The money of every share of a deal, held, in the order in which they were sold."""
    found = work.session.scalars(select(Terms).where(Terms.deal_id == deal_id).order_by(Terms.id)).all()
    for terms in found[:1]:
        lock_factory(work, terms.factory_id)
    return [Share(terms, _locked_dues(work, terms)) for terms in found]


def lock_due(work: Work, due_id: UUID) -> tuple[Share, Due]:
    """A due with its share, held. Raises NotFound."""
    share_id = work.session.scalar(select(Due.share_id).where(Due.id == due_id))
    if share_id is None:
        raise NotFound
    share = lock_share(work, share_id)
    return share, next(due for due in share.dues if due.id == due_id)


def check_money(share: Share, money: Money) -> None:
    """Raises OtherCurrency or TooMuch for an amount that cannot be moved whatever the share holds."""
    if money.currency != share.terms.currency:
        raise OtherCurrency(f"This share is in {share.terms.currency}; {money.currency} cannot be moved in it.")
    if money.minor <= 0:
        raise TooMuch(f"An amount above zero is needed, not {money.major()} {money.currency}.")


def draw(share: Share, place: Place, money: Money, *, newest_first: bool = False) -> list[Part]:
    """Where an amount is taken from: due after due, each as far as it reaches. Raises TooMuch, OtherCurrency."""
    check_money(share, money)
    found = share.money(share.at(place))
    if money.minor > found.minor:
        raise TooMuch(
            f"{money.major()} {money.currency} is more than is {place.value} for this share: "
            f"{found.major()} {found.currency}."
        )
    return draw_at_most(share, place, money.minor, newest_first=newest_first)


def draw_at_most(share: Share, place: Place, minor: int, *, newest_first: bool = False) -> list[Part]:
    """As `draw`, but no more than there is."""
    parts = []
    for due in reversed(share.dues) if newest_first else share.dues:
        part = min(minor, amount(due, place))
        if part:
            parts.append(Part(due, part))
            minor -= part
    return parts


def shift(work: Work, parts: Sequence[Part], origin: Place, to: Place) -> None:
    """Move parts of dues from one place to another, and each due to the state that its amounts then say."""
    for part in parts:
        setattr(part.due, f"{origin.value}_minor", amount(part.due, origin) - part.minor)
        setattr(part.due, f"{to.value}_minor", amount(part.due, to) + part.minor)
        work.session.flush()
        _follow(work, part.due)


def _follow(work: Work, due: Due) -> None:
    """Bring the state of a due to what its amounts say."""
    to = _state_of(due)
    if to is not due.state:
        if to is DueState.RELEASED:
            due.released_at = work.now
        history.move(work, due, to, DUE_TRANSITIONS)


def _state_of(due: Due) -> DueState:
    """The state that the amounts of a due say; what was paid out or clawed back stays so until the gateway says else.

    What was paid in and is on its way back counts as held until the refund arrived.
    """
    if due.state in (DueState.PAYING_OUT, DueState.PAID_OUT, DueState.CLAWED_BACK):
        return due.state
    if due.frozen_minor:
        return DueState.FROZEN
    if due.refunded_minor == due.amount_minor:
        return DueState.REFUNDED
    if due.released_minor and not due.held_minor:
        return DueState.RELEASED
    return due.state if due.state is DueState.RELEASED and due.refunding_minor else DueState.HELD


def _locked_dues(work: Work, terms: Terms) -> list[Due]:
    statement = (
        select(Due)
        .where(Due.organisation_id == terms.organisation_id, Due.share_id == terms.id)
        .order_by(Due.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return sorted(work.session.scalars(statement), key=lambda due: IN_ORDER.index(due.purpose))
