"""Ordering once more what a deal brought: from its factory alone, at the price that its quote gives for the pieces."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from market.deals.boards import Board
from market.kit.errors import Invalid, invalid_field
from market.kit.money import Money
from market.kit.uploads import UploadedFile
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.leads.queries import offering_row
from market.orders.drafts import LARGEST_QUANTITY
from market.orders.queries import OrderRow, draft_of, file_content, order_files, order_row
from market.orders.repeats import Repeat, origin_of
from market.orders.service import post_order
from market.production.queries import DealState
from market.quotes.holding import longest_hold
from market.quotes.ladder import Step
from market.quotes.queries import AwardRow, QuoteRow, quote
from matching.verticals.pack import Vocabulary

DAYS_TO_ANSWER: Final = 3
"""Between the press and the first day of work: the factory's answer, and the deal that comes of it."""

NOT_REPEATED: Final = (DealState.CANCELLED, DealState.DISPUTED)


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be ordered again, and how. pieces: what was ordered, or the least that the factory takes, in `unit`s.

    made_by: the day that the new order is due.
    """

    award: AwardRow
    quote: QuoteRow
    pieces: int
    unit: str
    made_by: date

    @property
    def least(self) -> int:
        return self.quote.steps[0].from_quantity

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.quote.steps

    @property
    def price(self) -> Money | None:
        """For one of `pieces`."""
        return self.quote.price_at(self.pieces)


def offer_of(work: Work, award: AwardRow, board: Board) -> Offer | None:
    """What the shop of a share may order again by one press; None before its goods are accepted, and while its factory
    takes no orders or would take longer than money may be held."""
    share, found = board.share, quote(work.session, award.quote_id)
    is_over = share.accepted_at is not None and share.left_at is None and board.deal.state not in NOT_REPEATED
    if not is_over or found is None or board.factory.state != "open":
        return None
    if longest_hold(found.lead_time_days) > work.settings.longest_hold_days:
        return None
    order = order_row(work.session, award.organisation_id, award.order_id)
    made_by = work.today + timedelta(days=found.lead_time_days + DAYS_TO_ANSWER)
    unit = "piece" if board.is_pooled else order.unit
    return Offer(award, found, max(award.quantity, found.steps[0].from_quantity), unit, made_by)


def reorder(work: Work, offer: Offer, pieces: int, vocabulary: Vocabulary) -> OrderRow:
    """Post the order of an offer again, for the factory of its award alone; it wins it at once when it accepts.

    Raises Invalid with a fault of the field `pieces` for fewer than the factory takes, orders.service.DraftRefused
    when the order can no longer be posted as it was, TooManyOrders.
    """
    price = offer.quote.price_at(pieces)
    if price is None or pieces > LARGEST_QUANTITY:
        raise _refused(offer)
    award = offer.award
    before = order_row(work.session, award.organisation_id, award.order_id)
    repeat = Repeat(
        award_id=award.id,
        factory_id=award.factory_id,
        code=before.code,
        asked_as=offering_row(work.session, offer.quote.offering_id).code,
        unit_price=price,
    )
    draft = replace(
        draft_of(before),
        quantity=pieces,
        unit=offer.unit,
        source="reorder",
        reference=None,
        readings=(),
        due_on=offer.made_by,
        currency=price.currency,
        target_price_minor=before.target_price_minor if before.currency == price.currency else None,
        wants_pool=False,
        origin=origin_of(repeat),
    )
    return post_order(work, draft, _files_of(work, before), vocabulary=vocabulary)


def _files_of(work: Work, order: OrderRow) -> list[UploadedFile]:
    kept = order_files(work.session, order.organisation_id, order.id)
    contents = [file_content(work.session, order.organisation_id, order.id, row.id) for row in kept]
    return [UploadedFile(row.name, content) for row, content in contents]


def _refused(offer: Offer) -> Invalid:
    problem = _("the agreed price starts at %(least)s pieces", least=offer.least)
    accepted = _("a whole number from %(least)s to %(most)s", least=offer.least, most=LARGEST_QUANTITY)
    return invalid_field("So few are not made at the agreed price.", "pieces", problem, accepted)
