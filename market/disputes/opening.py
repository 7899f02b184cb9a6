"""Opening a dispute about a share: by its shop, by its factory, or by the rejection of a run's inspection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from market.disputes.events import DisputeOpened
from market.disputes.evidence import checked_files, keep_statement
from market.disputes.grounds import DISPUTABLE_FOR, Ground, ground_of
from market.disputes.models import Dispute, DisputeState, Reason, Side
from market.disputes.rows import ALIVE, ESCALATES_AFTER, NEGOTIATE_FOR, DisputeRefused, checked_words
from market.kit import history
from market.kit.errors import Conflict, FieldFault, NotFound
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.kit.money import Money
from market.kit.outbox import publish
from market.kit.uploads import UploadedFile
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.production import service as deals

REASONS_OF: Final = {
    Side.SHOP: (Reason.DEFECTS, Reason.SHORT, Reason.WRONG_GOODS, Reason.DAMAGED, Reason.LATE, Reason.OTHER),
    Side.FACTORY: (Reason.NOT_PAID, Reason.OTHER),
}


class NotDisputable(Conflict):
    """Nothing of this share can be disputed now; the message names the state of its deal."""

    code = "not_disputable"


class AlreadyDisputed(Conflict):
    """A dispute about this share is open."""

    code = "already_disputed"


@dataclass(frozen=True, slots=True)
class Claim:
    """What is wrong. money: the disputed part; pieces: of how many, 0 where it is about none."""

    reason: str
    words: str
    pieces: int
    money: Money


def open_dispute(
    work: Work, share_id: UUID, claim: Claim, files: Sequence[UploadedFile] = (), *, key: str = ""
) -> UUID:
    """The acting shop or factory disputes a share; returns the dispute. key: the same one twice opens it once.

    Before the goods arrived it halts a deal of one order. A shop that has its goods accepts the rest of them by it. The
    worker keeps the disputed part back. Raises DisputeRefused with every fault, NotDisputable, AlreadyDisputed,
    NotFound.
    """
    deals.hold_share(work, share_id)
    ground = ground_of(work.session, share_id)
    side = _side(work, ground)
    if key:
        said = f"{share_id} {claim.reason} {claim.pieces} {claim.money.minor} {claim.words}"
        named = f"dispute {key}"
        earlier = claim_key(work.session, work.organisation_id, named, request_hash(named, said.encode()), work.now)
        if earlier is not None:
            return UUID(earlier.body["id"])
    refuse_closed(work, ground)
    _check(work, ground, side, claim, files)
    if ground.halts:
        deals.dispute_deal(work, ground.deal.id, f"disputed by the {side.value}")
    row = _keep(work, ground, side, claim)
    keep_statement(work, row, side, claim.words, files)
    if side is Side.SHOP and ground.delivered and ground.share.accepted_at is None:
        deals.accept_share(work, share_id, by="dispute")
    if key:
        store_answer(work.session, work.organisation_id, f"dispute {key}", 201, {"id": str(row.id)})
    return row.id


def open_for_rejected_run(work: Work, deal_id: UUID, share_id: UUID) -> None:
    """A share of a run that its buyers rejected: all that it paid is disputed, and the run stands still until each
    such dispute ends. For the worker; said twice, it is one. One that is open already holds the run from now on."""
    ground = ground_of(work.session, share_id)
    halted = work.session.scalars(
        update(Dispute)
        .where(Dispute.share_id == share_id, Dispute.state.in_(ALIVE))
        .values(halts=True)
        .returning(Dispute.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not halted and ground.paid.minor and ground.deal.id == deal_id:
        _keep(work, ground, Side.SHOP, Claim(Reason.INSPECTION.value, "", ground.pieces, ground.paid), halts=True)


def refuse_closed(work: Work, ground: Ground) -> None:
    """Raises AlreadyDisputed or NotDisputable where no dispute can be opened about a share."""
    if work.session.scalar(select(Dispute.id).where(Dispute.share_id == ground.share.id, Dispute.state.in_(ALIVE))):
        raise AlreadyDisputed("A dispute about this order is open.")
    if ground.share.left_at is not None or not ground.is_open_at(work.now):
        raise NotDisputable(
            f"This deal is {ground.deal.state.value}: it can be disputed from the deposit until {DISPUTABLE_FOR.days} "
            "days after the factory was paid."
        )
    if not ground.paid.minor:
        raise NotDisputable(f"This deal is {ground.deal.state.value} and nothing of it is paid: cancel it instead.")


def _side(work: Work, ground: Ground) -> Side:
    if ground.share.organisation_id == work.organisation_id:
        return Side.SHOP
    if ground.share.factory_id == work.organisation_id:
        return Side.FACTORY
    raise NotFound


def _check(work: Work, ground: Ground, side: Side, claim: Claim, files: Sequence[UploadedFile]) -> None:
    faults: list[FieldFault] = []
    reasons = [reason.value for reason in REASONS_OF[side]]
    if claim.reason not in reasons:
        problem = _("“%(value)s” is not known", value=claim.reason[:40])
        faults.append(FieldFault("reason", problem, _("one of %(choices)s", choices=", ".join(reasons))))
    if not 0 <= claim.pieces <= ground.pieces:
        problem = _("%(count)s pieces are named", count=claim.pieces)
        faults.append(FieldFault("pieces", problem, _("%(first)s to %(last)s", first=0, last=ground.pieces)))
    if claim.money.currency != ground.paid.currency:
        problem = _("the amount is in %(currency)s", currency=claim.money.currency)
        faults.append(FieldFault("amount", problem, _("an amount in %(currency)s", currency=ground.paid.currency)))
    elif not 0 < claim.money.minor <= ground.paid.minor:
        problem = _("%(amount)s cannot be disputed", amount=str(claim.money.major()))
        accepted = _("above 0, and at most %(most)s, which is what was paid", most=str(ground.paid.major()))
        faults.append(FieldFault("amount", problem, accepted))
    for check in (lambda: checked_words(claim.words), lambda: checked_files(work, files)):
        try:
            check()
        except DisputeRefused as refusal:
            faults.extend(refusal.faults)
    if faults:
        raise DisputeRefused("This dispute cannot be opened.", tuple(faults))


def _keep(work: Work, ground: Ground, side: Side, claim: Claim, *, halts: bool | None = None) -> Dispute:
    share = ground.share
    row = work.session.scalars(
        insert(Dispute)
        .values(
            organisation_id=share.organisation_id,
            id=work.new_id(),
            deal_id=share.deal_id,
            factory_id=share.factory_id,
            share_id=share.id,
            award_id=share.award_id,
            code=share.code,
            opened_by=side,
            state=DisputeState.OPEN,
            reason=Reason(claim.reason),
            pieces=claim.pieces,
            amount_minor=claim.money.minor,
            currency=claim.money.currency,
            halts=ground.halts if halts is None else halts,
            opened_at=work.now,
            negotiate_until=work.now + NEGOTIATE_FOR,
            escalates_at=work.now + ESCALATES_AFTER,
            preview_hash="",
            why="",
        )
        .on_conflict_do_nothing()
        .returning(Dispute)
    ).first()
    if row is None:
        raise AlreadyDisputed("A dispute about this order is open.")
    told = {"by": side.value, "reason": row.reason.value, "minor": row.amount_minor}
    history.record(work, row, what="opened", to_state=DisputeState.OPEN, details=told)
    publish(work, DisputeOpened(row.organisation_id, row.id))
    return row
