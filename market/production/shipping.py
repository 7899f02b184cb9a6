"""Shipping by the sheet that was agreed at inspection, a parcel for each share, and the proof that it arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from market.kit import history
from market.kit.errors import FieldFault, Invalid, NotFound
from market.kit.uploads import UploadedFile
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.production.attachments import keep_files
from market.production.deals import (
    WrongState,
    advance,
    checked_text,
    count_or_leave,
    find_deal,
    lock_as_factory,
    lock_deal,
    need,
    shares_of,
    show,
)
from market.production.models import Deal, DealShare, DealState, Shipment
from market.production.paying import is_balance_owed
from market.production.telling import tell_shop
from market.quotes.holding import ACCEPTANCE_DAYS


class PackingRefused(Invalid):
    """A packing list that cannot be; every fault is named."""

    code = "packing_refused"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes to the shop of one share."""

    share_id: UUID
    pieces: int
    carrier: str
    waybill: str


def ship(work: Work, deal_id: UUID, pieces: int, parcels: Sequence[Parcel], files: Sequence[UploadedFile] = ()) -> None:
    """The acting factory ships the run: one parcel a share, `pieces` in all.

    No parcel holds more than the sheet agreed at inspection gives its share; what is missing is kept as short. Raises
    PackingRefused with every fault, WrongState while a balance is owed, FileRefused, NotFound.
    """
    deal = lock_as_factory(work, deal_id)
    need(deal, DealState.BALANCE_DUE)
    if is_balance_owed(work, deal):
        raise WrongState("This deal is balance_due and a balance is not held yet; it is shipped once all are.")
    shares = {share.id: share for share in shares_of(work, deal)}
    faults = _faults_of(pieces, parcels, shares)
    if faults:
        raise PackingRefused("This packing list cannot be.", tuple(faults))
    for parcel in parcels:
        share = shares[parcel.share_id]
        row = _keep(work, deal, share, parcel)
        keep_files(work, deal, row.id, files, share=share)
        told = {"pieces": row.pieces, "carrier": row.carrier, "waybill": row.waybill}
        tell_shop(work, share, "shipped", **told)
    advance(work, deal, DealState.SHIPPED, details={"pieces": pieces})


def confirm_delivery(work: Work, share_id: UUID, received_by: str, files: Sequence[UploadedFile] = ()) -> None:
    """The parcel of a share arrived: said by its shop, or by the factory with the carrier's proof.

    received_by: who took it. The factory must show a proof. Raises WrongState when it arrived already or was not
    shipped, FileRefused, Invalid, NotFound.
    """
    share = find_share(work, share_id)
    deal = find_deal(work, share.deal_id)
    by_factory = deal.factory_id == work.organisation_id
    if by_factory or deal.organisation_id == work.organisation_id:
        deal = lock_deal(work, deal.id)
    elif share.organisation_id != work.organisation_id:
        raise NotFound
    need(deal, DealState.SHIPPED)
    name = checked_text(received_by, "received_by", required=True)
    statement = (
        update(Shipment)
        .where(
            Shipment.organisation_id == share.organisation_id,
            Shipment.share_id == share.id,
            Shipment.delivered_at.is_(None),
        )
        .values(delivered_at=work.now, received_by=name)
        .returning(Shipment.id)
        .execution_options(synchronize_session=False)
    )
    shipment_id = work.session.scalars(statement).first()
    if shipment_id is None:
        raise WrongState("This parcel is delivered already.")
    keep_files(work, deal, shipment_id, files, share=share, required=by_factory)
    history.record(work, share, what="delivered", details={"received_by": name})
    tell_shop(work, share, "delivered", until=(work.now + timedelta(days=ACCEPTANCE_DAYS)).isoformat())
    if by_factory:
        count_delivery(work, deal)
    else:
        count_or_leave(work, deal, count_delivery)


def count_delivery(work: Work, deal: Deal) -> None:
    """A deal is delivered once every parcel is. Needs a session that sees all of them."""
    under_way = (
        select(func.count()).select_from(Shipment).where(Shipment.deal_id == deal.id, Shipment.delivered_at.is_(None))
    )
    if deal.state is not DealState.SHIPPED:
        return
    if work.session.scalar(under_way):
        show(work, deal)
        return
    advance(work, deal, DealState.DELIVERED)


def find_share(work: Work, share_id: UUID) -> DealShare:
    """A share as the session may see it. Raises NotFound, also for one that left."""
    statement = select(DealShare).where(DealShare.id == share_id, DealShare.left_at.is_(None))
    share = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if share is None:
        raise NotFound
    return share


def _keep(work: Work, deal: Deal, share: DealShare, parcel: Parcel) -> Shipment:
    agreed = share.pieces if share.allocated is None else share.allocated
    row = Shipment(
        organisation_id=share.organisation_id,
        id=work.new_id(),
        deal_id=deal.id,
        factory_id=deal.factory_id,
        share_id=share.id,
        carrier=checked_text(parcel.carrier, "carrier", required=True),
        waybill=checked_text(parcel.waybill, "waybill", required=True),
        pieces=parcel.pieces,
        short=agreed - parcel.pieces,
        shipped_at=work.now,
        received_by="",
    )
    work.session.add(row)
    work.session.flush()
    history.record(work, share, what="shipped", details={"pieces": row.pieces, "short": row.short})
    return row


def _faults_of(pieces: int, parcels: Sequence[Parcel], shares: dict[UUID, DealShare]) -> list[FieldFault]:
    if sorted(parcel.share_id for parcel in parcels) != sorted(shares):
        problem = _("the list holds %(count)s parcels", count=len(parcels))
        return [FieldFault("parcels", problem, _("one for each order of the run: %(count)s", count=len(shares)))]
    faults = []
    for parcel in parcels:
        share = shares[parcel.share_id]
        agreed = share.pieces if share.allocated is None else share.allocated
        if not 0 < parcel.pieces <= agreed:
            problem = _("%(code)s gets %(count)s pieces", code=share.code, count=parcel.pieces)
            faults.append(FieldFault("parcels", problem, _("%(first)s to %(last)s", first=1, last=agreed)))
    packed = sum(parcel.pieces for parcel in parcels)
    if packed != pieces:
        problem = _("the parcels hold %(count)s pieces, the list says %(pieces)s", count=packed, pieces=pieces)
        faults.append(FieldFault("pieces", problem, _("the sum of the parcels")))
    return faults
