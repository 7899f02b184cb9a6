"""When reviews can be written, and when they are published: the worker's part, in the system's scope."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from market.disputes import queries as disputes
from market.kit import history, live, notices
from market.kit.errors import NotFound
from market.kit.work import Work
from market.orders.queries import order_row
from market.production import queries as production
from market.reviews.models import EXCHANGE_TRANSITIONS, ExchangeState, Review, ReviewExchange, Side

OPEN_FOR: Final = timedelta(days=14)
AT_ONCE: Final = 200


def lock_exchange(work: Work, exchange_id: UUID) -> ReviewExchange:
    """An exchange, held until the transaction ends; whoever writes or publishes takes it first. Raises NotFound."""
    statement = select(ReviewExchange).where(ReviewExchange.id == exchange_id).with_for_update()
    row = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound
    return row


def open_exchange(work: Work, share_id: UUID) -> None:
    """A share is accepted and no dispute about it is open: both sides have 14 days from now. Said twice, it is one."""
    share = production.share(work.session, share_id)
    disputed = any(row.is_alive for row in disputes.disputes_of_share(work.session, share_id))
    if share.accepted_at is None or share.left_at is not None or disputed:
        return
    opened = work.session.scalars(
        insert(ReviewExchange)
        .values(
            organisation_id=share.organisation_id,
            id=work.new_id(),
            deal_id=share.deal_id,
            factory_id=share.factory_id,
            share_id=share.id,
            award_id=share.award_id,
            code=share.code,
            category=order_row(work.session, share.organisation_id, share.order_id).category,
            state=ExchangeState.OPEN,
            opened_at=work.now,
            closes_at=work.now + OPEN_FOR,
        )
        .on_conflict_do_nothing(index_elements=["share_id"])
        .returning(ReviewExchange)
    ).first()
    if opened is None:
        return
    history.record(work, opened, what="opened", to_state=ExchangeState.OPEN)
    tell(work, opened, Side.SHOP, "review_open", until=(work.now + OPEN_FOR).isoformat())
    tell(work, opened, Side.FACTORY, "review_open", until=(work.now + OPEN_FOR).isoformat())
    show(work, opened)


def stand_still(work: Work, share_id: UUID) -> None:
    """The share is disputed: what is not published yet waits for the end of it."""
    exchange_id = _exchange_of(work, share_id)
    if exchange_id is not None:
        row = lock_exchange(work, exchange_id)
        if row.state is ExchangeState.OPEN:
            row.closes_at = None
            work.session.flush()
            show(work, row)


def go_on(work: Work, share_id: UUID) -> None:
    """A dispute about the share ended: both sides have 14 days from now, whether they could write before or not."""
    if any(row.is_alive for row in disputes.disputes_of_share(work.session, share_id)):
        return
    exchange_id = _exchange_of(work, share_id)
    if exchange_id is None:
        open_exchange(work, share_id)
        return
    row = lock_exchange(work, exchange_id)
    if row.state is ExchangeState.OPEN and row.closes_at is None:
        row.closes_at = work.now + OPEN_FOR
        work.session.flush()
        show(work, row)
        publish_when_both_are_in(work, row)


def publish_when_both_are_in(work: Work, row: ReviewExchange) -> None:
    """Publish an exchange in which both have written. The caller holds it, in a session that sees both."""
    if row.state is ExchangeState.OPEN and row.closes_at is not None and _written(work, row) == len(Side):
        _publish(work, row)


def publish_due_reviews(work: Work) -> int:
    """The time to write is over: what is there is published, and where nothing is, the exchange lapses. Returns how
    many ended."""
    due = (
        select(ReviewExchange.id)
        .where(ReviewExchange.state == ExchangeState.OPEN, ReviewExchange.closes_at <= work.now)
        .order_by(ReviewExchange.id)
        .limit(AT_ONCE)
    )
    count = 0
    for exchange_id in work.session.scalars(due).all():
        row = lock_exchange(work, exchange_id)
        if row.state is not ExchangeState.OPEN or row.closes_at is None or row.closes_at > work.now:
            continue
        if _written(work, row):
            _publish(work, row)
        else:
            row.closed_at = work.now
            history.move(work, row, ExchangeState.LAPSED, EXCHANGE_TRANSITIONS, why="nobody wrote")
            work.session.flush()
            show(work, row)
        count += 1
    return count


def tell(work: Work, row: ReviewExchange, side: Side, kind: str, **told: str) -> None:
    """Put a notice into the bell of one side: the shop reads its order's title, the factory its code."""
    to = row.organisation_id if side is Side.SHOP else row.factory_id
    title = production.share(work.session, row.share_id).title if side is Side.SHOP else ""
    notices.notify(work, to, kind, {"code": row.code, "title": title, **told}, link=f"/deals/{row.award_id}")


def show(work: Work, row: ReviewExchange) -> None:
    """Open pages of both sides look again; never said of something that one side alone may know."""
    for organisation_id in (row.organisation_id, row.factory_id):
        live.announce(work.session, organisation_id, "deal", row.deal_id)


def _publish(work: Work, row: ReviewExchange) -> None:
    row.closed_at = work.now
    history.move(work, row, ExchangeState.PUBLISHED, EXCHANGE_TRANSITIONS)
    published = work.session.scalars(
        update(Review)
        .where(Review.exchange_id == row.id, Review.published_at.is_(None))
        .values(published_at=work.now)
        .returning(Review.side)
        .execution_options(synchronize_session=False)
    ).all()
    for side in sorted(published):
        tell(work, row, Side.FACTORY if side is Side.SHOP else Side.SHOP, "review_published")
    work.session.flush()
    show(work, row)


def _written(work: Work, row: ReviewExchange) -> int:
    statement = select(func.count()).select_from(Review).where(Review.exchange_id == row.id)
    return work.session.scalar(statement) or 0


def _exchange_of(work: Work, share_id: UUID) -> UUID | None:
    return work.session.scalars(select(ReviewExchange.id).where(ReviewExchange.share_id == share_id)).one_or_none()
