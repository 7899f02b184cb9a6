"""What a shop has to do in a deal, and what its way out of it would cost: the decisions of its page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from market.deals.boards import Board, payment_page
from market.kit.money import Money, allocate
from market.production.queries import AskRow, AskState, DealState, VoiceRow
from market.production.task_queries import ACCEPT_WITHIN, DECIDE_WITHIN
from market.settlement.queries import DueRow

BY_ONE_SIDE: Final = (DealState.SAMPLING, DealState.DEPOSIT_DUE, DealState.MATERIALS)
BY_BOTH_SIDES: Final = (DealState.PRODUCING, DealState.INSPECTING, DealState.BALANCE_DUE)


@dataclass(frozen=True, slots=True)
class Payment:
    """What a share has to pay now. page: the provider's; "" while it is being prepared. by: until when.

    failed: the last try did not go through. late: its day passed, and the time to cure it runs. waits: a card stands
    for it, which is taken together with those of the others.
    """

    ask: AskRow
    page: str
    by: datetime
    failed: bool
    late: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class WayOut:
    """What cancelling or leaving means for a shop now. kind: cancel | leave | ask.

    kept: what the factory keeps for proven materials; back: what is paid and comes back.
    """

    kind: str
    kept: Money
    back: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """What waits for a shop in one deal; what is None or empty does not wait.

    said: what the shop has said of the subject that is being decided, while others have not decided it with it.
    discount: what comes off its balance if it takes a failed run as the factory offers.
    """

    payments: tuple[Payment, ...]
    sample_by: datetime | None
    inspection_by: datetime | None
    discount: Money | None
    receive: bool
    accept_by: datetime | None
    answers_cancelling: bool
    said: VoiceRow | None
    asked_to_cancel: bool

    @property
    def has_any(self) -> bool:
        pays = any(not row.waits for row in self.payments)
        decides = self.sample_by or self.inspection_by or self.accept_by
        return bool(pays or decides or self.receive or self.answers_cancelling)


def tasks_of(session: Session, board: Board, voices: tuple[VoiceRow, ...]) -> Tasks:
    """What waits for the shop of a board. voices: what was said about cancelling the deal."""
    deal, parcel, is_in = board.deal, board.parcel, board.share.left_at is None
    sample = board.sample if deal.state is DealState.SAMPLING else None
    made_at = sample.made_at if sample else None
    inspection = board.inspection if deal.state is DealState.INSPECTING else None
    said = _own(board, sample.voices if sample else inspection.voices if inspection else ())
    receiving = deal.state in (DealState.SHIPPED, DealState.DELIVERED) and not board.share.accepted_at
    arrived_at = parcel.delivered_at if parcel else None
    cancels = _own(board, voices) is not None
    return Tasks(
        payments=tuple(_payment(session, board, row) for row in board.own_asks if _is_owed(board, row)),
        sample_by=made_at + DECIDE_WITHIN if made_at and not said and is_in else None,
        inspection_by=inspection.reported_at + DECIDE_WITHIN if inspection and not said and is_in else None,
        discount=_discount(board),
        receive=receiving and parcel is not None and arrived_at is None,
        accept_by=arrived_at + ACCEPT_WITHIN if receiving and arrived_at else None,
        answers_cancelling=deal.factory_cancels and deal.state in BY_BOTH_SIDES and not cancels and is_in,
        said=said if is_in else None,
        asked_to_cancel=cancels and board.can_be_cancelled,
    )


def way_out(board: Board) -> WayOut | None:
    """How a shop gets out of a deal at this moment; None once it cannot, by itself or by agreement."""
    state, money = board.deal.state, board.money
    if board.share.left_at is not None or state not in (*BY_ONE_SIDE, *BY_BOTH_SIDES):
        return None
    kept = Money(min(board.share.proven_minor, money.deposit.minor, money.held.minor), money.held.currency)
    kind = "ask" if state in BY_BOTH_SIDES else "leave" if board.is_pooled else "cancel"
    return WayOut(kind, kept, money.held - kept)


def _payment(session: Session, board: Board, ask: AskRow) -> Payment:
    row = board.money.due(ask.purpose.value)
    failed = _failed(row)
    return Payment(
        ask=ask,
        page=payment_page(session, ask, board.money),
        by=ask.cure_until or ask.due_at,
        failed=failed,
        late=ask.state is AskState.FAILED and not failed,
        waits=ask.authorised_at is not None,
    )


def _discount(board: Board) -> Money | None:
    percent = board.inspection.discount_percent if board.inspection else 0
    return allocate(board.money.goods, (percent, 100 - percent))[0] if percent else None


def _failed(row: DueRow | None) -> bool:
    return row is not None and row.state.value == "failed"


def _is_owed(board: Board, ask: AskRow) -> bool:
    return ask.state in (AskState.ASKED, AskState.FAILED) and board.deal.state not in (
        DealState.CANCELLED,
        DealState.DISPUTED,
    )


def _own(board: Board, voices: tuple[VoiceRow, ...]) -> VoiceRow | None:
    own = board.share.organisation_id
    return next((row for row in voices if row.organisation_id == own), None)
