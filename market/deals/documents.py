"""What the papers of a deal say: pro-forma, invoice, packing list, quality report, settlement. Never stored.

Every figure comes from the rows of the deal and its ledger, so a paper that is printed twice says the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from market.deals.earnings import commission_of
from market.kit.errors import NotFound
from market.kit.money import Money
from market.production import progress_queries as progress
from market.production import queries as production
from market.production.progress_queries import ShipmentRow
from market.production.queries import AskRow, AskState, DealRow, DealState, Purpose, ShareRow
from market.settlement import statements
from market.settlement.queries import commission_of_share
from market.settlement.statements import StatementLine


class Document(StrEnum):
    PRO_FORMA = "pro-forma"
    INVOICE = "invoice"
    PACKING_LIST = "packing-list"
    QUALITY_REPORT = "quality-report"
    SETTLEMENT = "settlement"


PREFIXES: Mapping[Document, str] = {
    Document.PRO_FORMA: "PF",
    Document.INVOICE: "IN",
    Document.PACKING_LIST: "PL",
    Document.QUALITY_REPORT: "QR",
    Document.SETTLEMENT: "ST",
}


@dataclass(frozen=True, slots=True)
class Bill:
    """What one share is to pay, line by line. goods: of the pieces allocated to it, before its discount.

    balance: what is asked before shipping; before that is known, the rest of the price.
    """

    pieces: int
    goods: Money
    discount: Money
    sample_fee: Money
    deposit: Money
    balance: Money
    asks: tuple[AskRow, ...]

    @property
    def total(self) -> Money:
        return self.goods - self.discount

    def is_paid(self, purpose: str) -> bool:
        """Whether what was asked for a purpose has arrived."""
        return any(ask.purpose.value == purpose and ask.state is AskState.ARRIVED for ask in self.asks)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes to one order of a run. shipment: None until it is on its way."""

    share: ShareRow
    pieces: int
    shipment: ShipmentRow | None


@dataclass(frozen=True, slots=True)
class Earned:
    """What a share brought its factory. basis_points: the commission as frozen at the sale."""

    goods: Money
    commission: Money
    basis_points: int
    lines: tuple[StatementLine, ...]

    @property
    def net(self) -> Money:
        return self.goods - self.commission


def number_of(document: Document, share: ShareRow) -> str:
    """The number of a paper: its kind, the order's code, and the end of the share's id so that it is one of a kind."""
    return f"{PREFIXES[document]}-{share.code}-{share.id.hex[-6:].upper()}"


def available(session: Session, deal: DealRow) -> tuple[Document, ...]:
    """The papers that a deal has by now."""
    came = deal.reached
    has = {
        Document.PRO_FORMA: DealState.DEPOSIT_DUE.value in came,
        Document.INVOICE: DealState.BALANCE_DUE.value in came,
        Document.PACKING_LIST: DealState.BALANCE_DUE.value in came,
        Document.QUALITY_REPORT: bool(progress.inspections_of_deal(session, deal.id)),
        Document.SETTLEMENT: bool(statements.lines_of_deal(session, deal.id)),
    }
    return tuple(document for document in Document if has[document])


def share_of_award(session: Session, deal: DealRow, award_id: UUID) -> ShareRow:
    """The share of an award, whether or not it left. Raises NotFound."""
    for share in production.shares_of_deal(session, deal.id, with_left=True):
        if share.award_id == award_id:
            return share
    raise NotFound


def bill_of(session: Session, share: ShareRow) -> Bill:
    """What a share is to pay, as asked so far."""
    asks = tuple(ask for ask in production.asks_of_deal(session, share.deal_id) if ask.share_id == share.id)
    nothing = Money(0, share.total.currency)
    asked = {ask.purpose: ask.amount for ask in asks if ask.state is not AskState.DROPPED}
    pieces = share.made_pieces
    goods = share.unit_price.times(pieces)
    fee, deposit = asked.get(Purpose.SAMPLE_FEE, nothing), asked.get(Purpose.DEPOSIT, nothing)
    balance = asked.get(Purpose.BALANCE, share.price - fee - deposit)
    discount = Money(share.discount_minor, share.total.currency)
    return Bill(pieces, goods, discount, fee, deposit, balance, asks)


def parcels_of(session: Session, deal: DealRow) -> list[Parcel]:
    """The parcels of a run by the sheet that was agreed at inspection: a member sees its own alone."""
    sent = {row.share_id: row for row in progress.shipments_of_deal(session, deal.id)}
    return [
        Parcel(
            share, sent[share.id].pieces if share.id in sent else (share.allocated or share.pieces), sent.get(share.id)
        )
        for share in production.shares_of_deal(session, deal.id)
    ]


def earned_of(session: Session, share: ShareRow) -> Earned:
    """What a share brings its factory, with every line of the ledger that the reader may see."""
    return Earned(
        goods=share.price,
        commission=commission_of(session, (share,), share.total.currency),
        basis_points=commission_of_share(session, share.id) or 0,
        lines=tuple(statements.lines_of_share(session, share.id)),
    )
