"""What the page of a dispute is drawn from, as frozen rows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from market.disputes import queries
from market.disputes.grounds import Ground, ground_of
from market.disputes.queries import DisputeRow, ProposalRow, Side, StatementRow
from market.kit.history import HistoryLine, history_of
from market.kit.work import Work


@dataclass(frozen=True, slots=True)
class Board:
    """A dispute as one side, or an operator, reads it. side: the reader's; MARKET for an operator."""

    row: DisputeRow
    ground: Ground
    side: Side
    statements: tuple[StatementRow, ...]
    proposals: tuple[ProposalRow, ...]
    history: tuple[HistoryLine, ...]
    now: datetime

    @property
    def title(self) -> str:
        """What the reader knows the goods by: a factory of a pooled run knows the run, not the shop's words."""
        return self.ground.share.title if self.side is Side.SHOP else self.ground.deal.title

    @property
    def open_proposal(self) -> ProposalRow | None:
        return next((row for row in self.proposals if row.is_open), None)

    @property
    def can_talk(self) -> bool:
        return self.side is not Side.MARKET and self.row.state.value in ("open", "escalated")

    @property
    def can_call(self) -> bool:
        """Whether a side can ask for a decision now."""
        return self.can_talk and self.row.state.value == "open" and self.now >= self.row.negotiate_until

    @property
    def can_withdraw(self) -> bool:
        return self.can_talk and self.row.opened_by is self.side

    @property
    def is_late(self) -> bool:
        """Whether the market should have decided before."""
        return self.row.state.value == "escalated" and self.row.decide_by is not None and self.now > self.row.decide_by

    def steps(self) -> list[dict[str, Any]]:
        """The clocks, in their order, for the line of steps."""
        row, state = self.row, self.row.state.value
        called = row.escalated_at is not None
        steps = [
            _step(_("Opened"), row.opened_at, "done"),
            _step(
                _("Both sides settle between themselves"),
                row.negotiate_until,
                "now" if state == "open" and self.now < row.negotiate_until else "done",
                until=True,
            ),
        ]
        if called:
            steps.append(_step(_("Weft is called"), row.escalated_at, "done"))
            if state == "escalated":
                steps.append(_step(_("Weft decides"), row.decide_by, "now", until=True))
            elif state in ("decided", "remaking", "remade"):
                steps.append(_step(_("Weft decided"), None, "done"))
        elif state == "open":
            waits = "now" if self.now >= row.negotiate_until else "todo"
            steps.append(_step(_("Goes to Weft by itself"), row.escalates_at, waits))
            steps.append(_step(_("Weft decides, within two working days"), None, "todo"))
        if row.remake_by is not None and not row.halts:
            there = "done" if row.remade_at or row.ended_at else "now"
            steps.append(
                _step(_("The goods are made again"), row.remade_at or row.remake_by, there, until=not row.remade_at)
            )
        steps.append(_step(_("Over"), row.ended_at, "done" if row.ended_at else "todo"))
        return steps


def board_of(work: Work, dispute: DisputeRow, side: Side) -> Board:
    """Everything about a dispute that the session may see."""
    session: Session = work.session
    history = history_of(session, dispute.organisation_id, "disputes", dispute.id) if side is Side.MARKET else []
    return Board(
        dispute,
        ground_of(session, dispute.share_id),
        side,
        queries.statements_of(session, dispute.id),
        queries.proposals_of(session, dispute.id),
        tuple(history),
        work.now,
    )


def _step(title: str, when: datetime | date | None, state: str, *, until: bool = False) -> dict[str, Any]:
    return {"title": title, "when": when, "note": "", "state": state, "until": until}
