"""Awards: one order, or every order of a pool, goes to one quote. No verb commits; the edge does.

A single order is awarded by its seller at once. A pool is awarded by the worker: `award_pool` when one quote was chosen
by members who hold most of the pieces, or for `best_pool_quote` when its time is over.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from market.kit import history, live, notices
from market.kit.errors import Conflict, NotFound
from market.kit.money import Money
from market.kit.outbox import publish
from market.kit.work import Work
from market.leads import queries as leads
from market.leads.places import lock_offering
from market.leads.queries import OfferingRow
from market.leads.service import settle_offering
from market.orders.attachments import lock_order
from market.orders.queries import OrderRow, order_row, row_of
from market.orders.service import advance_order
from market.pooling import service as pooling
from market.pooling.queries import pool_members, pool_of_order, pool_row
from market.quotes import queries
from market.quotes.comparison import delivers_on, losing_reasons
from market.quotes.events import QuoteAwarded, QuoteChosen
from market.quotes.holding import longest_hold, refuse_unless_holdable
from market.quotes.models import QUOTE_TRANSITIONS, Award, Quote, QuoteState
from market.quotes.queries import AwardRow, QuoteRow
from market.quotes.submitting import StaleTerms, factory_name


class AlreadyAwarded(Conflict):
    """Another quote was taken before; the message says which."""

    code = "already_awarded"


class QuoteNotOpen(Conflict):
    """The quote is void, expired, replaced or lost; the message says which."""

    code = "quote_not_open"


def award_quote(work: Work, order_id: UUID, quote_id: UUID, terms_version: int) -> AwardRow:
    """The seller gives an order that stands alone to one quote; every other quote and lead is lost with its reason.

    terms_version: the order's version that the person saw. Raises AlreadyAwarded, QuoteNotOpen, StaleTerms,
    HeldTooLong, Conflict when the order cannot be awarded (any more), NotFound.
    """
    return award_for(work, work.organisation_id, order_id, quote_id, terms_version)


def award_for(work: Work, organisation_id: UUID, order_id: UUID, quote_id: UUID, terms_version: int) -> AwardRow:
    """`award_quote` for a seller that the worker speaks for, and that is told."""
    row = row_of(lock_order(work, organisation_id, order_id))
    found = queries.quote(work.session, quote_id)
    offering = leads.offering_of_order(work.session, organisation_id, order_id)
    if found is None or offering is None or found.offering_id != offering.id:
        raise NotFound
    if offering.pool_id is not None:
        raise Conflict("This order is in a pool: choose a quote, and the pool is awarded by its rule.")
    _refuse_unless_awardable(work, row, found, offering, terms_version)
    price = found.price_at(row.quantity)
    if price is None:
        raise Conflict(f"This quote starts at {found.minimum_quantity} pieces; the order has {row.quantity}.")
    lock_offering(work.session, offering.organisation_id, offering.id)
    award = _keep_award(work, row, found, price, pieces=row.quantity)
    others = [other for other in queries.quotes_of_offering(work.session, offering.id) if other.id != found.id]
    reasons = losing_reasons(found, others, row.quantity)
    _close_quotes(work, found, others, reasons)
    settle_offering(work, offering.id, found.lead_id, {other.lead_id: reasons[other.id] for other in others})
    _settle_order(work, row, award)
    return award


def choose_quote(work: Work, order_id: UUID, quote_id: UUID) -> None:
    """A member of a pool says which quote it wants; the worker counts it, and more than half of the pieces decide.

    Raises QuoteNotOpen, HeldTooLong, Conflict when the order is in no pool or the pool is decided, NotFound.
    """
    pool = pool_of_order(work.session, work.organisation_id, order_id)
    found = queries.quote(work.session, quote_id)
    if pool is None:
        order_row(work.session, work.organisation_id, order_id)
        raise Conflict("This order is in no pool: its quotes are awarded directly.")
    if found is None or found.pool_id != pool.pool_id:
        raise NotFound
    if not pool.is_gathering:
        raise Conflict(f"The pool is {pool.state.value}; the choice is made.")
    if not _is_open(work, found):
        raise QuoteNotOpen(f"This quote is {_shown_state(work, found)} and cannot be chosen.")
    refuse_unless_holdable(found.lead_time_days, work.settings.longest_hold_days)
    publish(work, QuoteChosen(work.organisation_id, pool.pool_id, order_id, quote_id))


def award_pool(work: Work, pool_id: UUID, quote_id: UUID) -> tuple[AwardRow, ...]:
    """Give a pool to one quote: every member's order gets its own purchase order at the run's price. For the worker.

    Said twice, it changes nothing the second time. Raises QuoteNotOpen, HeldTooLong, NotFound, Conflict when the pool
    was not reached or the quote does not take its pieces.
    """
    found = queries.quote(work.session, quote_id)
    if found is None or found.pool_id != pool_id:
        raise NotFound
    if found.state is QuoteState.AWARDED:
        return ()
    if not _is_open(work, found):
        raise QuoteNotOpen(f"This quote is {_shown_state(work, found)} and cannot be awarded.")
    refuse_unless_holdable(found.lead_time_days, work.settings.longest_hold_days)
    pool = pooling.award_pool(work, pool_id)
    lock_offering(work.session, found.organisation_id, found.offering_id)
    price = found.price_at(pool.run)
    if price is None:
        raise Conflict(f"This quote starts at {found.minimum_quantity} pieces; the pool has {pool.run}.")
    awards = []
    for member in pool_members(work.session, pool_id):
        row = order_row(work.session, member.organisation_id, member.order_id)
        award = _keep_award(work, row, found, price, pieces=member.quantity)
        _settle_order(work, row, award)
        awards.append(award)
    others = [other for other in queries.quotes_of_offering(work.session, found.offering_id) if other.id != found.id]
    reasons = losing_reasons(found, others, pool.run)
    _close_quotes(work, found, others, reasons)
    settle_offering(work, found.offering_id, found.lead_id, {other.lead_id: reasons[other.id] for other in others})
    return tuple(awards)


def count_choice(work: Work, organisation_id: UUID, pool_id: UUID, order_id: UUID, quote_id: UUID | None) -> None:
    """Keep what a member chose, where the quote still stands and the pool is not decided. For the worker."""
    found = None if quote_id is None else queries.quote(work.session, quote_id)
    stands = quote_id is None or (found is not None and _is_open(work, found))
    if stands and pool_row(work.session, pool_id).is_gathering:
        pooling.choose_quote(work, organisation_id, pool_id, order_id, quote_id)


def award_chosen(work: Work, pool_id: UUID, quote_id: UUID) -> None:
    """More than half of a reached pool's pieces want this quote: it gets the run. For the worker.

    A quote that ended meanwhile, or that takes longer than money may be held, is nobody's choice any more; a pool whose
    time is over is then decided by the rule.
    """
    found = queries.quote(work.session, quote_id)
    run = pool_row(work.session, pool_id)
    if found is None or not run.is_gathering:
        return
    if _is_open(work, found) and _is_holdable(work, found):
        award_pool(work, pool_id, quote_id)
        return
    pooling.forget_choices(work, pool_id, [quote_id])
    if run.closed_at is not None:
        decide_pool(work, pool_id)


def decide_pool(work: Work, pool_id: UUID) -> None:
    """The rule decides a pool whose time is over; without any quote that fits, it is dissolved. For the worker."""
    if not pool_row(work.session, pool_id).is_gathering:
        return
    best = best_pool_quote(work, pool_id)
    if best is None:
        pooling.dissolve_pool(work, pool_id, pooling.NO_QUOTE)
    else:
        award_pool(work, pool_id, best.id)


def best_pool_quote(work: Work, pool_id: UUID) -> QuoteRow | None:
    """What the rule of a pool chooses: the lowest unit price at the pool's pieces among open quotes that deliver by its
    due date and pay out while money may be held; the faster, then the earlier one where prices are equal. None when
    there is none."""
    statement = select(Quote.offering_id).where(Quote.pool_id == pool_id, Quote.state == QuoteState.OPEN).limit(1)
    offering_id = work.session.scalar(statement)
    if offering_id is None:
        return None
    run = pool_row(work.session, pool_id)
    candidates = [
        (price.minor, found.lead_time_days, found.submitted_at, found.id, found)
        for found in queries.quotes_of_offering(work.session, offering_id)
        if _is_open(work, found)
        and _is_holdable(work, found)
        and (price := found.price_at(run.run)) is not None
        and _delivers_in_time(found, run.due_on, work.today)
    ]
    return min(candidates)[-1] if candidates else None


def _refuse_unless_awardable(
    work: Work, row: OrderRow, found: QuoteRow, asked: OfferingRow, terms_version: int
) -> None:
    """Refuse, among others, terms that factories were not asked about yet: the worker makes those quotes void."""
    earlier = queries.award_of_order(work.session, row.organisation_id, row.id)
    if earlier is not None:
        raise _already(work, earlier)
    if row.state.value not in {"offered", "quoting"}:
        raise Conflict(f"This order is {row.state.value} and cannot be awarded.")
    if row.version != terms_version or asked.brief.get("terms_version") != row.version:
        raise StaleTerms("The terms of this order were changed after this quote; factories are asked again.")
    if not _is_open(work, found):
        raise QuoteNotOpen(f"This quote is {_shown_state(work, found)} and cannot be awarded.")
    refuse_unless_holdable(found.lead_time_days, work.settings.longest_hold_days)


def _is_holdable(work: Work, found: QuoteRow) -> bool:
    return longest_hold(found.lead_time_days) <= work.settings.longest_hold_days


def _is_open(work: Work, found: QuoteRow) -> bool:
    return found.state is QuoteState.OPEN and found.valid_until > work.now


def _shown_state(work: Work, found: QuoteRow) -> str:
    return "expired" if found.state is QuoteState.OPEN and found.valid_until <= work.now else found.state.value


def _already(work: Work, earlier: AwardRow) -> AlreadyAwarded:
    return AlreadyAwarded(
        f"This order is awarded already, to {factory_name(work, earlier.factory_id)} "
        f"for {earlier.total.major()} {earlier.total.currency}."
    )


def _keep_award(work: Work, row: OrderRow, found: QuoteRow, price: Money, *, pieces: int) -> AwardRow:
    """Insert the purchase order; of two rivals the key on (organisation, order) lets one through."""
    inserted = work.session.scalars(
        insert(Award)
        .values(
            organisation_id=row.organisation_id,
            id=work.new_id(),
            order_id=row.id,
            pool_id=found.pool_id,
            quote_id=found.id,
            factory_id=found.factory_id,
            quantity=pieces,
            unit_price_minor=price.minor,
            total_minor=price.times(pieces).minor,
            currency=found.currency,
            lead_time_days=found.lead_time_days,
            awarded_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "order_id"])
        .returning(Award.id)
    ).first()
    award = queries.award_of_order(work.session, row.organisation_id, row.id)
    if award is None:
        raise NotFound
    if inserted is None:
        raise _already(work, award)
    publish(work, QuoteAwarded(row.organisation_id, award.id, row.id, found.id, found.factory_id))
    return award


def _close_quotes(work: Work, winner: QuoteRow, others: list[QuoteRow], reasons: dict[UUID, str]) -> None:
    history.move(work, _lock(work, winner), QuoteState.AWARDED, QUOTE_TRANSITIONS)
    for other in others:
        history.move(work, _lock(work, other), QuoteState.LOST, QUOTE_TRANSITIONS, why=reasons[other.id])


def _lock(work: Work, found: QuoteRow) -> Quote:
    return work.session.scalars(
        select(Quote)
        .where(Quote.organisation_id == found.organisation_id, Quote.id == found.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _settle_order(work: Work, row: OrderRow, award: AwardRow) -> None:
    if row.state.value != "quoting":
        advance_order(work, row.organisation_id, row.id, "quoting")
    advance_order(work, row.organisation_id, row.id, "awarded")
    details = {
        "title": row.title,
        "code": row.code,
        "factory": factory_name(work, award.factory_id),
        "total_minor": award.total.minor,
        "currency": award.total.currency,
    }
    if work.actor.organisation_id != row.organisation_id:
        notices.notify(work, row.organisation_id, "order_awarded", details, link=f"/deals/{award.id}")
    live.announce(work.session, award.factory_id, "deal", award.id)


def _delivers_in_time(found: QuoteRow, due_on: date | None, today: date) -> bool:
    return due_on is None or delivers_on(found, today) <= due_on
