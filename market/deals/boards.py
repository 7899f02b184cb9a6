"""What both pages of a deal are drawn from: the run, one share, and its money, as frozen rows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from market.factories.queries import FactoryProfile, profile
from market.kit.errors import NotFound
from market.kit.history import history_of
from market.kit.money import Money
from market.kit.notices import latest_notices
from market.kit.work import Work
from market.payments import queries as payments
from market.production import progress_queries as progress
from market.production import queries as production
from market.production.progress_queries import InspectionRow, ProofRow, ReportRow, ShipmentRow
from market.production.queries import AskRow, AskState, DealRow, DealState, Purpose, SampleRow, ShareRow
from market.production.service import stages_of
from market.production.task_queries import DECIDE_WITHIN
from market.settlement import queries as settlement
from market.settlement.queries import DueRow
from market.settlement.shares import commission

WATCHED: Final = (DealState.MATERIALS, DealState.PRODUCING)
OF_AN_ENDING: Final = ("deal_cancelled", "share_over")
BEFORE_SHIPPING: Final = (
    DealState.SAMPLING, DealState.DEPOSIT_DUE, DealState.MATERIALS, DealState.PRODUCING, DealState.INSPECTING,
    DealState.BALANCE_DUE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareMoney:
    """The money of one share, as it stands.

    goods: its pieces (those of the sheet, once there is one) times their price. price: goods less the discount. sample:
    the fee that it paid, which counts towards the price. balance: what is still to pay of the price. held, frozen,
    released, refunding, refunded: where what it paid is now. commission: the factory's, on the price. pay_by: by when
    the factory has what was released.
    """

    share: ShareRow
    dues: tuple[DueRow, ...]
    goods: Money
    price: Money
    sample: Money
    deposit: Money
    balance: Money
    held: Money
    frozen: Money
    released: Money
    refunding: Money
    refunded: Money
    commission_basis_points: int
    commission: Money
    held_until: datetime
    pay_by: datetime | None

    @property
    def pieces(self) -> int:
        return self.share.made_pieces

    @property
    def to_factory(self) -> Money:
        """What the factory is paid for the whole price."""
        return self.price - self.commission

    @property
    def paid(self) -> Money:
        """All that arrived and did not go back."""
        return self.held + self.frozen + self.released

    def due(self, purpose: str) -> DueRow | None:
        return next((row for row in self.dues if row.purpose.value == purpose), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A deal as one side reads it.

    share: of the award whose page is read. shares: those that are in the run, as far as the reader sees them; a member
    of a pool finds its own alone. asks, shipments: the same. money: of share. buys: the reader is the shop of share.
    why_ended: a code of production.events.DealCancelled, "" while it is not known.
    """

    deal: DealRow
    share: ShareRow
    shares: tuple[ShareRow, ...]
    factory: FactoryProfile
    samples: tuple[SampleRow, ...]
    reports: tuple[ReportRow, ...]
    proofs: tuple[ProofRow, ...]
    inspections: tuple[InspectionRow, ...]
    asks: tuple[AskRow, ...]
    shipments: tuple[ShipmentRow, ...]
    money: ShareMoney
    buys: bool
    today: date
    why_ended: str

    @property
    def sample(self) -> SampleRow | None:
        """The newest version."""
        return self.samples[-1] if self.samples else None

    @property
    def inspection(self) -> InspectionRow | None:
        """The one that waits for a decision."""
        return next((row for row in self.inspections if row.decision is None), None)

    @property
    def decide_by(self) -> datetime | None:
        """Until when buyers decide about it."""
        return None if self.inspection is None else self.inspection.reported_at + DECIDE_WITHIN

    @property
    def parcel(self) -> ShipmentRow | None:
        return next((row for row in self.shipments if row.share_id == self.share.id), None)

    @property
    def own_asks(self) -> tuple[AskRow, ...]:
        return tuple(row for row in self.asks if row.share_id == self.share.id)

    @property
    def is_pooled(self) -> bool:
        return self.deal.pool_id is not None

    @property
    def is_watched(self) -> bool:
        """Whether the finish of the run was predicted since the last report."""
        return self.deal.state in WATCHED and self.deal.watched_on is not None

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the current round, finished or not."""
        return stages_of(self.deal.vertical, self.deal.round)

    @property
    def finished(self) -> tuple[ReportRow, ...]:
        """Those of them that are."""
        return tuple(row for row in self.reports if row.round == self.deal.round and row.stage in self.stages)

    @property
    def can_be_cancelled(self) -> bool:
        return self.deal.state in BEFORE_SHIPPING and self.share.left_at is None


def board_of(work: Work, award_id: UUID, deal: DealRow) -> Board:
    """The deal of an award as the acting organisation reads it. Raises NotFound for an award that is none of it."""
    session = work.session
    every = production.shares_of_deal(session, deal.id, with_left=True)
    share = next((row for row in every if row.award_id == award_id), None)
    factory = profile(session, deal.factory_id)
    if share is None or factory is None:
        raise NotFound
    return Board(
        deal=deal,
        share=share,
        shares=tuple(row for row in every if row.left_at is None),
        factory=factory,
        samples=production.samples_of_deal(session, deal.id),
        reports=progress.reports_of_deal(session, deal.id),
        proofs=progress.proofs_of_deal(session, deal.id),
        inspections=progress.inspections_of_deal(session, deal.id),
        asks=production.asks_of_deal(session, deal.id),
        shipments=progress.shipments_of_deal(session, deal.id),
        money=money_of(session, share, deal),
        buys=share.organisation_id == work.organisation_id,
        today=work.today,
        why_ended=_why_ended(work, deal, share),
    )


def money_of(session: Session, share: ShareRow, deal: DealRow) -> ShareMoney:
    """The money of one share of a deal that the session may see."""
    dues = tuple(settlement.dues_of_share(session, share.id))
    currency, price = share.total.currency, share.price
    goods = share.unit_price.times(share.made_pieces)
    rate = settlement.commission_of_share(session, share.id) or 0
    paid = {row.purpose.value: _paid(row) for row in dues}
    arrived = sum(paid.values())
    released = [row.pay_by for row in dues if row.pay_by is not None and row.released.minor]

    def whole(name: str) -> Money:
        return Money(sum(getattr(row, name).minor for row in dues), currency)

    return ShareMoney(
        share=share,
        dues=dues,
        goods=goods,
        price=price,
        sample=Money(paid.get(Purpose.SAMPLE_FEE.value, 0), currency),
        deposit=Money(paid.get(Purpose.DEPOSIT.value, 0), currency),
        balance=Money(max(price.minor - arrived, 0), currency),
        held=whole("held"),
        frozen=whole("frozen"),
        released=whole("released"),
        refunding=whole("refunding"),
        refunded=whole("refunded"),
        commission_basis_points=rate,
        commission=Money(commission(price.minor, rate), currency),
        held_until=deal.held_until,
        pay_by=max(released, default=None),
    )


def payment_page(session: Session, ask: AskRow, money: ShareMoney) -> str:
    """Where the payer of a share pays what it was asked for, at the provider; "" while there is no page."""
    row = money.due(ask.purpose.value)
    if row is None or ask.state in (AskState.ARRIVED, AskState.DROPPED):
        return ""
    tries = payments.payments_of_reference(session, row.organisation_id, row.id)
    return next((found.page for found in tries if found.state.value == "open" and found.page), "")


def _paid(row: DueRow) -> int:
    """What arrived for a due, wherever it is now; that it went back again does not count."""
    return row.held.minor + row.frozen.minor + row.released.minor


def _why_ended(work: Work, deal: DealRow, share: ShareRow) -> str:
    """Why a deal, or a share's part in it, ended: by the deal's history where it may be read, else as was told."""
    if share.left_at is None and deal.state is not DealState.CANCELLED:
        return ""
    for line in history_of(work.session, deal.organisation_id, "deals", deal.id):
        if line.to_state == DealState.CANCELLED.value and share.left_at is None:
            return line.why
    link = f"/deals/{share.award_id}"
    for notice in latest_notices(work.session, work.organisation_id):
        if notice.kind in OF_AN_ENDING and notice.link == link:
            return str(notice.details.get("why", ""))
    return ""
