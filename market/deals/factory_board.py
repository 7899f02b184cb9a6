"""What a factory sees of one deal: the run, its shares by their codes, and what it is owed for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from market.deals.boards import Board, board_of, money_of
from market.deals.earnings import latest_payout
from market.kit.money import Money
from market.kit.work import Work
from market.production import queries as production
from market.production.progress_queries import ReportRow, ShipmentRow
from market.production.queries import AskRow, AskState, DealRow, DealState, ShareRow
from market.production.service import Terms, inspection_terms
from market.quotes.holding import ACCEPTANCE_DAYS
from market.quotes.queries import AwardRow
from market.settlement import queries as settlement
from market.settlement.queries import DueRow
from market.settlement.shares import commission

UNPAID: Final = (AskState.ASKED, AskState.FAILED)
BY_ONE_SIDE: Final = (DealState.AWARDED, DealState.SAMPLING, DealState.DEPOSIT_DUE, DealState.MATERIALS)
BY_BOTH_SIDES: Final = (DealState.PRODUCING, DealState.INSPECTING, DealState.BALANCE_DUE)
OVER: Final = (DealState.CANCELLED, DealState.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """What a factory is owed for a deal.

    goods: the price of what its buyers get. commission: on it, at the rates that stood at the sale. held, frozen,
    released, refunded: where the money is, the commission still in it. is_paid: all of it reached the factory.
    pay_by: the latest day of the payout; is_certain: that day is a promise, not what follows when every day is kept.
    """

    goods: Money
    commission: Money
    rates: tuple[int, ...]
    held: Money
    frozen: Money
    released: Money
    released_commission: Money
    refunded: Money
    is_paid: bool
    pay_by: date
    is_certain: bool

    @property
    def net(self) -> Money:
        return self.goods - self.commission

    @property
    def kept(self) -> Money:
        """What was released, without its commission."""
        return self.released - self.released_commission


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One deal as its factory works on it: the board that both sides share, and what is the factory's alone."""

    award: AwardRow
    board: Board
    earnings: Earnings
    asked_to_cancel: bool

    @property
    def deal(self) -> DealRow:
        return self.board.deal

    @property
    def shares(self) -> tuple[ShareRow, ...]:
        return self.board.shares

    @property
    def finished(self) -> dict[str, ReportRow]:
        """Stage -> its report, in the current round."""
        return {report.stage: report for report in self.board.finished}

    @property
    def plan(self) -> Terms:
        """By how many pieces, and up to how many defects, the run is inspected."""
        return inspection_terms(self.deal.inspection, self.deal.pieces)

    @property
    def proven(self) -> Money:
        return Money(self.deal.proven_minor, self.deal.currency)

    @property
    def deposits(self) -> Money:
        """The deposits that arrived."""
        paid = (ask.amount.minor for _share, ask in self.asked("deposit") if ask.state is AskState.ARRIVED)
        return Money(sum(paid), self.deal.currency)

    @property
    def kept_on_agreement(self) -> Money:
        """What the factory keeps for proven materials when both sides cancel: never more than the deposits."""
        return min(self.proven, self.deposits)

    @property
    def cancels_alone(self) -> bool:
        return self.deal.state in BY_ONE_SIDE

    @property
    def cancels_together(self) -> bool:
        return self.deal.state in BY_BOTH_SIDES

    def asked(self, purpose: str) -> list[tuple[ShareRow, AskRow]]:
        """What each share in the run was asked for one purpose."""
        by_id = {share.id: share for share in self.shares}
        wanted = (ask for ask in self.board.asks if ask.purpose.value == purpose and ask.share_id in by_id)
        return [(by_id[ask.share_id], ask) for ask in wanted]

    def is_owed(self, purpose: str) -> bool:
        return any(ask.state in UNPAID for _share, ask in self.asked(purpose))

    def parcels(self) -> list[tuple[ShareRow, ShipmentRow]]:
        """Each share with its parcel."""
        by_share = {parcel.share_id: parcel for parcel in self.board.shipments}
        return [(share, by_share[share.id]) for share in self.shares if share.id in by_share]

    def code_of(self, organisation_id: UUID) -> str:
        """The codes of a shop's orders in the run; of a shop that left, nothing."""
        return ", ".join(share.code for share in self.shares if share.organisation_id == organisation_id)

    def accept_by(self, parcel: ShipmentRow) -> datetime | None:
        """Until when the goods of a delivered parcel can be accepted, before they count as accepted."""
        return parcel.delivered_at + timedelta(days=ACCEPTANCE_DAYS) if parcel.delivered_at else None


def desk_of(work: Work, award: AwardRow, deal: DealRow) -> Desk:
    """Everything that a factory's page of a deal shows, as far as its session may see it. Raises NotFound."""
    board = board_of(work, award.id, deal)
    said = production.voices_about(work.session, deal.id)
    return Desk(
        award=award,
        board=board,
        earnings=earnings_of(work.session, deal, board.shares, board.shipments, work.today),
        asked_to_cancel=any(voice.choice == "cancel" for voice in said),
    )


def earnings_of(
    session: Session, deal: DealRow, shares: Sequence[ShareRow], parcels: Sequence[ShipmentRow], today: date
) -> Earnings:
    """What a factory is owed for a deal, and by when at the latest."""
    dues = settlement.dues_of_deal(session, deal.id)
    sold = [money_of(session, share, deal) for share in shares]
    released = {due.share_id: 0 for due in dues}
    for due in dues:
        released[due.share_id] += due.released.minor
    rates = {owner: settlement.commission_of_share(session, owner) or 0 for owner in released}
    taken = (commission(minor, rates[owner]) for owner, minor in released.items())
    pay_by, is_certain = latest_payout(deal, dues, [parcel.delivered_at for parcel in parcels], today)

    def money(parts: Iterable[int]) -> Money:
        return Money(sum(parts), deal.currency)

    return Earnings(
        goods=money(part.price.minor for part in sold),
        commission=money(part.commission.minor for part in sold),
        rates=tuple(sorted({part.commission_basis_points for part in sold})),
        held=money(due.held.minor for due in dues),
        frozen=money(due.frozen.minor for due in dues),
        released=money(released.values()),
        released_commission=money(taken),
        refunded=money(due.refunding.minor + due.refunded.minor for due in dues),
        is_paid=_is_paid(dues),
        pay_by=pay_by,
        is_certain=is_certain,
    )


def _is_paid(dues: Sequence[DueRow]) -> bool:
    """Whether all that was released reached the factory, and nothing is left that could be."""
    released = [due for due in dues if due.released.minor]
    waiting = any(due.held.minor or due.frozen.minor for due in dues)
    return bool(released) and not waiting and all(due.state.value == "paid_out" for due in released)
