"""Checks of every promise that the data can show, in plain SQL so that they do not share the code they check."""

from collections.abc import Iterator

from sqlalchemy import select, text

from market.kit.history import HistoryEntry, chain_is_whole
from market.kit.work import Work

PROMISES = {
    "no offering is held by more factories than it allows": """
        SELECT count(*) FROM offerings WHERE accepted_count > max_acceptances""",
    "the places taken in an offering are the leads that hold one": """
        SELECT count(*) FROM offerings offering WHERE accepted_count <> (
            SELECT count(*) FROM leads lead WHERE lead.organisation_id = offering.organisation_id
            AND lead.offering_id = offering.id AND lead.holds_place)""",
    "a pool holds the pieces of its members": """
        SELECT count(*) FROM pools pool WHERE quantity <> (
            SELECT coalesce(sum(member.quantity), 0) FROM pool_members member
            WHERE member.pool_id = pool.id AND member.left_at IS NULL)""",
    "no pool is committed above its capacity": "SELECT count(*) FROM pools WHERE quantity > capacity",
    "an order is awarded at most once, for quantity times unit price": """
        SELECT count(*) FROM (SELECT order_id FROM awards GROUP BY organisation_id, order_id
            HAVING count(*) > 1 OR bool_or(total_minor <> quantity * unit_price_minor)) AS wrong""",
    "every awarded order has its award": """
        SELECT count(*) FROM orders sold WHERE state = 'awarded' AND NOT EXISTS (
            SELECT FROM awards WHERE awards.organisation_id = sold.organisation_id AND awards.order_id = sold.id)""",
    "no lead has two open quotes": """
        SELECT count(*) FROM (SELECT lead_id FROM quotes WHERE state = 'open' GROUP BY organisation_id, lead_id
            HAVING count(*) > 1) AS wrong""",
    "a preparation is the sum of the shops' parts, and none bears more than it agreed to": """
        SELECT count(*) FROM preparations made CROSS JOIN LATERAL (
            SELECT sum(part) AS whole, bool_or(at_most > part * percent / 100 OR borne > at_most) AS beyond
            FROM preparation_shares share WHERE share.maker_id = made.organisation_id
            AND share.preparation_id = made.id) AS told
        WHERE told.whole IS NOT NULL AND (told.whole <> made.quantity OR told.beyond)""",
    "no event waits for longer than five minutes": """
        SELECT count(*) FROM outbox_events WHERE handled_at IS NULL AND occurred_at < now() - interval '5 minutes'""",
    "no job is stuck": """
        SELECT count(*) FROM procrastinate_jobs job WHERE status = 'doing' AND NOT EXISTS (
            SELECT 1 FROM procrastinate_events event WHERE event.job_id = job.id
            AND event.type = 'started' AND event.at > now() - interval '10 minutes')""",
}
CHAINS = "the history of every object is unbroken"


def broken_promises(work: Work) -> Iterator[tuple[str, int]]:
    """Each promise with the number of its breaches; 0 means that it holds."""
    for promise, statement in PROMISES.items():
        yield promise, int(work.session.scalar(text(statement)) or 0)
    yield CHAINS, broken_chains(work)


def broken_chains(work: Work) -> int:
    """How many aggregates have a history that was changed or has a gap. Reads one aggregate at a time."""
    keys = (HistoryEntry.organisation_id, HistoryEntry.aggregate, HistoryEntry.aggregate_id)
    statement = select(HistoryEntry).order_by(*keys, HistoryEntry.sequence).execution_options(yield_per=1000)
    broken, chain = 0, list[HistoryEntry]()
    for entry in work.session.scalars(statement):
        if chain and _owner(chain[0]) != _owner(entry):
            broken += not chain_is_whole(chain)
            chain = []
        chain.append(entry)
    return broken + (bool(chain) and not chain_is_whole(chain))


def _owner(entry: HistoryEntry) -> tuple[object, ...]:
    return entry.organisation_id, entry.aggregate, entry.aggregate_id
