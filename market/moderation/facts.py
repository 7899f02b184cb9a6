"""What is known of a request when it is posted: read-only SQL over other folders' tables."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text

from market.kit.clock import market_day
from market.kit.work import Work
from market.moderation.signals import OrderFacts
from market.orders.queries import OrderRow

COMPARED_FOR: Final = timedelta(days=365)
SHOP = text("""
    SELECT shop.created_at,
        (SELECT count(*) FROM orders other WHERE other.organisation_id = shop.id
            AND other.state IN ('withdrawn', 'expired', 'rejected') AND other.posted_at IS NOT NULL) AS ended,
        (SELECT count(*) FROM orders other WHERE other.organisation_id = shop.id
            AND other.state IN ('awarded', 'closed')) AS awards,
        (SELECT count(*) FROM orders other WHERE other.organisation_id = shop.id
            AND other.posted_at > CAST(:now AS timestamptz) - interval '1 hour') AS posted,
        (SELECT count(*) FROM leads lead WHERE lead.organisation_id = shop.id AND lead.counter IS NOT NULL
            AND lead.state NOT IN ('countered', 'viewed')) AS asked,
        (SELECT count(*) FROM leads lead WHERE lead.organisation_id = shop.id AND lead.counter IS NOT NULL
            AND lead.state NOT IN ('countered', 'viewed') AND lead.counter ->> 'answered_at' IS NULL) AS unanswered
    FROM organisations shop WHERE shop.id = :shop
""")
PRICES = text("""
    SELECT count(*) AS compared, percentile_cont(0.5) WITHIN GROUP (ORDER BY price) AS middle FROM (
        SELECT award.unit_price_minor AS price FROM awards award
        JOIN orders sold ON sold.organisation_id = award.organisation_id AND sold.id = award.order_id
        WHERE sold.category = :category AND award.currency = :currency AND award.awarded_at > :since
        ORDER BY award.awarded_at DESC LIMIT 500) AS comparable
""")
ALIKE = text("""
    SELECT count(DISTINCT organisation_id) FROM text_prints
    WHERE digest = :digest AND organisation_id <> :shop AND posted_at > :since
""")


def facts_of(work: Work, row: OrderRow, digest: str | None) -> OrderFacts:
    """The facts about one order, in three statements at most. Needs a session that sees the whole market."""
    session, since = work.session, work.now - COMPARED_FOR
    shop = session.execute(SHOP, {"shop": row.organisation_id, "now": work.now}).one()
    compared, middle = 0, None
    if row.category and row.target_price_minor:
        values: dict[str, Any] = {"category": row.category, "currency": row.currency, "since": since}
        compared, middle = session.execute(PRICES, values).one()
    alike = 0
    if digest is not None:
        alike = session.scalar(ALIKE, {"digest": digest, "shop": row.organisation_id, "since": since}) or 0
    today = market_day(work.now)
    return OrderFacts(
        text="\n".join((row.title, row.words, row.description)),
        quantity=row.quantity,
        days_until_due=None if row.due_on is None else (row.due_on - today).days,
        price_minor=row.target_price_minor,
        currency=row.currency,
        middle_price_minor=None if middle is None else round(middle),
        compared=compared,
        alike=alike,
        shop_days=(work.now - shop.created_at).days,
        ended=shop.ended,
        awards=shop.awards,
        posted_within_hour=shop.posted,
        asked=shop.asked,
        unanswered=shop.unanswered,
    )
