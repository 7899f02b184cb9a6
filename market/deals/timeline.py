"""The steps of a deal with their dates: what is done, where it stands, what comes and by when at the latest. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from market.deals.boards import Board
from market.deals.earnings import latest_payout
from market.kit.clock import market_day
from market.kit.money import Money, allocate
from market.production.progress_queries import STEPS, steps_of
from market.production.queries import DEPOSIT_AND_BALANCE, AskRow, AskState, DealRow, DealState, Purpose, SampleState
from market.production.service import inspection_terms
from market.production.task_queries import ACCEPT_WITHIN, DECIDE_WITHIN
from market.quotes.holding import ACCEPTANCE_DAYS, PAYOUT_DAYS

MATERIALS: Final = "materials"
NAMES: Final = {
    DealState.AWARDED: "awarded",
    DealState.SAMPLING: "sample",
    DealState.DEPOSIT_DUE: "deposit",
    DealState.MATERIALS: "materials",
    DealState.PRODUCING: "producing",
    DealState.INSPECTING: "inspection",
    DealState.BALANCE_DUE: "shipping",
    DealState.SHIPPED: "delivery",
    DealState.DELIVERED: "acceptance",
    DealState.ACCEPTED: "payout",
}
"""Step of the page by the state in which the deal stands at it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the page's timeline.

    name: a value of NAMES, or cancelled | disputed | left where the way was left. look: done | now | todo. until: that
    `when` is the latest day, not the day itself. told: what the line under it says, by the macro deals/_words.html.
    """

    name: str
    look: str
    when: date | datetime | None = None
    until: bool = False
    told: Mapping[str, Any] = field(default_factory=dict)


def steps_of_board(board: Board) -> tuple[Step, ...]:
    """The timeline of a deal for its shop (of its own share) or its factory (of the run)."""
    at = _place(board)
    told, came, comes = _told(board), _came(board), _comes(board)
    steps = []
    for place, name in enumerate(NAMES.values()):
        look = "done" if place < at else "now" if place == at else "todo"
        when = (came if look == "done" else comes).get(name)
        steps.append(Step(name, look, when, look != "done", told.get(name, {})))
    return _cut(tuple(steps), board, at)


def _place(board: Board) -> int:
    """The place among NAMES at which the reader stands: a shop whose parcel came is ahead of its run."""
    state = next((row.state for row in steps_of(board.deal) if row.current), DealState.AWARDED)
    if board.buys and state in (DealState.SHIPPED, DealState.DELIVERED):
        arrived = board.parcel is not None and board.parcel.delivered_at is not None
        state = DealState.ACCEPTED if board.share.accepted_at else DealState.DELIVERED if arrived else state
    return max(STEPS.index(state), 1)


def _cut(steps: tuple[Step, ...], board: Board, at: int) -> tuple[Step, ...]:
    """Where the straight way was left, it ends with why; in a dispute it stands still."""
    deal, why = board.deal, {"why": board.why_ended}
    if board.share.left_at is not None:
        before = (step for step in steps[:at] if step.when is not None and _day(step.when) <= _day(board.share.left_at))
        return (*before, Step("left", "now", board.share.left_at, told=why))
    if deal.state is DealState.CANCELLED:
        return (*steps[:at], Step("cancelled", "now", _reached(deal, DealState.CANCELLED), told=why))
    if deal.state is DealState.DISPUTED:
        later = (Step(step.name, "todo", None, False, step.told) for step in steps[at:])
        return (*steps[:at], Step("disputed", "now", _reached(deal, DealState.DISPUTED)), *later)
    return steps


def _came(board: Board) -> dict[str, date | datetime | None]:
    """When each step was done."""
    deal, finished = board.deal, board.finished
    parcel = board.parcel if board.buys else None
    return {
        "awarded": deal.opened_at,
        "sample": board.sample.decided_at if board.sample else None,
        "deposit": _reached(deal, DealState.MATERIALS),
        "materials": next((row.finished_on for row in board.reports if row.stage == MATERIALS), None),
        "producing": finished[-1].finished_on if finished else _reached(deal, DealState.INSPECTING),
        "inspection": board.inspections[-1].decided_at if board.inspections else None,
        "shipping": parcel.shipped_at if parcel else _reached(deal, DealState.SHIPPED),
        "delivery": parcel.delivered_at if parcel else _reached(deal, DealState.DELIVERED),
        "acceptance": (board.share.accepted_at if board.buys else None) or _reached(deal, DealState.ACCEPTED),
        "payout": _reached(deal, DealState.SETTLED),
    }


def _comes(board: Board) -> dict[str, date | datetime | None]:
    """By when each step is done at the latest, as far as that is agreed."""
    deal, sample = board.deal, board.sample
    made = sample.made_at if sample and sample.state is SampleState.MADE else None
    parcels = [board.parcel] if board.buys else board.shipments
    delivered = [row.delivered_at for row in parcels if row]
    arrived = max((moment for moment in delivered if moment), default=None)
    paid_by, _is_certain = latest_payout(deal, board.money.dues, delivered, board.today)
    return {
        "sample": made + DECIDE_WITHIN if made else sample.due_at if sample else None,
        "deposit": _asked_by(board, Purpose.DEPOSIT),
        "inspection": board.decide_by,
        "shipping": _asked_by(board, Purpose.BALANCE) or deal.due_on_at(board.today),
        "acceptance": arrived + ACCEPT_WITHIN if arrived else paid_by - timedelta(days=PAYOUT_DAYS),
        "payout": paid_by,
    }


def _told(board: Board) -> dict[str, Mapping[str, Any]]:
    """What the line under each step says."""
    deal, parcel = board.deal, board.parcel if board.buys else None
    return {
        "awarded": {"pieces": board.share.pieces if board.buys else deal.pieces, "price": board.share.unit_price},
        "sample": {"samples": board.samples},
        "deposit": {"amount": _asked(board, Purpose.DEPOSIT) or _planned(board)[0]},
        "materials": {"proofs": board.proofs, "proven": Money(deal.proven_minor, deal.currency)},
        "producing": {"finished": board.finished, "of": len(board.stages), "round": deal.round},
        "inspection": {
            "plan": inspection_terms(deal.inspection, deal.pieces),
            "asked": deal.inspection,
            "last": board.inspections[-1] if board.inspections else None,
        },
        "shipping": {
            "amount": _asked(board, Purpose.BALANCE) or _planned(board)[1],
            "parcel": parcel,
            "parcels": len(board.shipments),
        },
        "delivery": {"parcel": parcel},
        "acceptance": {"by": board.share.accepted_by if board.buys else None, "days": ACCEPTANCE_DAYS},
        "payout": {"amount": board.money.to_factory if board.buys or len(board.shares) == 1 else None},
    }


def _asks(board: Board, purpose: Purpose) -> list[AskRow]:
    """What was asked for a purpose and still counts: of the share or, for the factory, of the whole run."""
    asks = board.own_asks if board.buys else board.asks
    return [row for row in asks if row.purpose is purpose and row.state is not AskState.DROPPED]


def _asked(board: Board, purpose: Purpose) -> Money | None:
    minors = [row.amount.minor for row in _asks(board, purpose)]
    return Money(sum(minors), board.deal.currency) if minors else None


def _planned(board: Board) -> tuple[Money | None, Money | None]:
    """Deposit and balance of a share before they are asked for; of a run of several shares neither is said."""
    if not board.buys and len(board.shares) != 1:
        return None, None
    deposit = allocate(board.share.total, DEPOSIT_AND_BALANCE)[0]
    rest = board.money.price - board.money.sample - (board.money.deposit if board.money.deposit.minor else deposit)
    return deposit, rest if rest.minor > 0 else None


def _asked_by(board: Board, purpose: Purpose) -> datetime | None:
    """By when what is not paid yet has to arrive."""
    owed = [row for row in _asks(board, purpose) if row.state is not AskState.ARRIVED]
    return max((row.cure_until or row.due_at for row in owed), default=None)


def _reached(deal: DealRow, state: DealState) -> datetime | None:
    found = deal.reached.get(state.value)
    return None if found is None else datetime.fromisoformat(found)


def _day(moment: date | datetime) -> date:
    return market_day(moment) if isinstance(moment, datetime) else moment
