"""Goods that are made again: the factory says they arrived, the shop looks at them, and the clock waits for both."""

from collections.abc import Sequence
from uuid import UUID

from market.disputes.events import DisputeTold
from market.disputes.evidence import keep_statement
from market.disputes.models import Dispute, DisputeState, Outcome, Side
from market.disputes.rows import DisputeMoved, conclude, lock_dispute, need, side_of
from market.disputes.talking import escalate
from market.kit import history
from market.kit.errors import NotFound
from market.kit.outbox import publish
from market.kit.uploads import UploadedFile
from market.kit.work import Work


def report_remade(work: Work, dispute_id: UUID, words: str, files: Sequence[UploadedFile] = ()) -> None:
    """The acting factory says that the remade goods arrived, with the proof. Raises DisputeMoved, DisputeRefused,
    NotFound."""
    row = _remaking(work, dispute_id, Side.FACTORY)
    if row.remade_at is not None:
        raise DisputeMoved("The remade goods were told to have arrived already.")
    keep_statement(work, row, Side.FACTORY, words, files)
    row.remade_at = work.now
    work.session.flush()
    history.record(work, row, what="remade goods arrived")
    publish(work, DisputeTold(row.organisation_id, row.id, "remade", Side.FACTORY.value, {}))


def accept_remade(work: Work, dispute_id: UUID) -> None:
    """The acting shop accepts the remade goods: what is frozen goes to the factory. Raises DisputeMoved, NotFound."""
    row = _remaking(work, dispute_id, Side.SHOP)
    conclude(work, row, DisputeState.REMADE, Outcome.REMAKE, 0, why="accepted by the shop")


def refuse_remade(work: Work, dispute_id: UUID, words: str, files: Sequence[UploadedFile] = ()) -> None:
    """The acting shop does not accept the remade goods: the market decides. Raises DisputeMoved before they arrived,
    DisputeRefused without words or files, NotFound."""
    row = _remaking(work, dispute_id, Side.SHOP)
    if row.remade_at is None:
        raise DisputeMoved("The remade goods have not arrived yet.")
    keep_statement(work, row, Side.SHOP, words, files)
    row.remade_at, row.remake_by, row.outcome, row.refund_minor = None, None, None, None
    escalate(work, row, "the remade goods were refused")


def _remaking(work: Work, dispute_id: UUID, side: Side) -> Dispute:
    row = lock_dispute(work, dispute_id)
    if side_of(work, row) is not side:
        raise NotFound
    need(row, DisputeState.REMAKING)
    return row
