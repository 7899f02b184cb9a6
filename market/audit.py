"""Checks of every promise that the data can show, in plain SQL so that they do not share the code they check."""

from collections.abc import Iterator

from sqlalchemy import select, text

from market.kit.history import HistoryEntry, chain_is_whole
from market.kit.work import Work

# :now is the market's time; the queue keeps its own.
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
    "in a split every request is ranked by the version of its arm": """
        SELECT count(*) FROM split_requests asked JOIN splits split ON split.id = asked.split_id
        JOIN rankings ranking ON ranking.offering_id = asked.offering_id
        WHERE ranking.cause <> 'repeated' AND ranking.made_at < coalesce(split.ended_at, 'infinity')
        AND asked.candidate <> (ranking.ranker_version = split.version)
        AND NOT (asked.candidate AND (split.state = 'stopped' OR split.state = 'running'
            AND split.live <> (SELECT version.id FROM ranker_versions version WHERE version.live)))""",
    "the entries of every transaction sum to zero in each currency, and are at least two": """
        SELECT count(*) FROM ledger_transactions moved WHERE 2 > (
            SELECT count(*) FROM ledger_entries entry WHERE entry.transaction_id = moved.id)
        OR EXISTS (SELECT FROM ledger_entries entry WHERE entry.transaction_id = moved.id
            GROUP BY currency HAVING sum(minor) <> 0)""",
    "every balance is the sum of its entries": """
        SELECT count(*) FROM ledger_accounts account WHERE balance_minor <> (
            SELECT coalesce(sum(minor), 0) FROM ledger_entries entry
            WHERE entry.organisation_id = account.organisation_id AND entry.account_id = account.id)""",
    "of no share is more held, frozen or on its way back than its payer paid and did not get back": """
        SELECT count(*) FROM share_terms share WHERE (
            SELECT coalesce(sum(balance_minor), 0) FROM ledger_accounts account WHERE account.share_id = share.id) > (
            SELECT coalesce(sum(CASE WHEN kind IN ('taken', 'refund_returned') THEN minor
                WHEN kind IN ('refund_paid', 'refund_by_hand') THEN -minor ELSE 0 END), 0)
            FROM ledger_transactions moved WHERE moved.share_id = share.id)""",
    "what the dues of a share say is held, frozen or on its way back is what its accounts hold": """
        SELECT count(*) FROM ledger_accounts account WHERE share_id IS NOT NULL AND balance_minor <> (
            SELECT coalesce(sum(CASE account.kind WHEN 'held' THEN held_minor WHEN 'frozen' THEN frozen_minor
                ELSE refunding_minor END), 0) FROM dues WHERE dues.share_id = account.share_id)
        AND EXISTS (SELECT FROM share_terms share WHERE share.id = account.share_id)""",
    "whatever was released became payable to the factory, or went into what it owed": """
        SELECT count(*) FROM dues WHERE released_minor > 0 AND NOT EXISTS (
            SELECT FROM ledger_transactions moved JOIN ledger_entries entry ON entry.transaction_id = moved.id
            JOIN ledger_accounts account ON account.organisation_id = entry.organisation_id
            AND account.id = entry.account_id
            WHERE moved.share_id = dues.share_id AND moved.kind = 'released' AND entry.minor > 0
            AND account.kind IN ('payable', 'owed_by_factory') AND account.organisation_id = dues.factory_id)""",
    "no released money waits for longer than seven days for its payout to be asked": """
        SELECT count(*) FROM dues WHERE state = 'released' AND released_minor > 0
        AND released_at < :now - interval '7 days'""",
    "no refund that failed waits for longer than a day to be asked again": """
        SELECT count(*) FROM ledger_transactions failed JOIN dues due ON due.id = failed.due_id
        WHERE failed.kind IN ('refund_failed', 'refund_returned') AND failed.at < :now - interval '1 day'
        AND due.held_minor > 0 AND NOT EXISTS (
            SELECT FROM ledger_transactions again WHERE again.key = 'again ' || failed.id)""",
    "no payout that bounced waits for longer than seven days to be sent again": """
        SELECT count(*) FROM remittances WHERE state = 'bounced' AND cleared_at IS NULL
        AND bounced_at < :now - interval '7 days'""",
    "no payout is under way for longer than fourteen days": """
        SELECT count(*) FROM remittances WHERE state IN ('asked', 'transferred')
        AND asked_at < :now - interval '14 days'""",
    "nothing that a bank sent back stays in the account of its factory": """
        SELECT count(*) FROM transfer_reversals WHERE state = 'refused'""",
    "no debt of a factory stands for thirty days without a movement": """
        SELECT count(*) FROM ledger_accounts account WHERE kind = 'owed_by_factory' AND balance_minor < 0
        AND NOT EXISTS (
            SELECT FROM ledger_entries entry JOIN ledger_transactions moved ON moved.id = entry.transaction_id
            WHERE entry.organisation_id = account.organisation_id AND entry.account_id = account.id
            AND moved.at >= :now - interval '30 days')""",
    "every sweep ran within five of its periods": """
        SELECT count(*) FROM sweep_runs WHERE last_ran_at < :now - 5 * every_seconds * interval '1 second'""",
    "a room is open to its members and to nobody else": """
        SELECT count(*) FROM rooms room WHERE NOT (
            SELECT coalesce(array_agg(member_id), '{}') <@ room.open_to
            AND count(*) = coalesce(cardinality(room.open_to), 0)
            FROM room_members member WHERE member.organisation_id = room.organisation_id
            AND member.room_id = room.id)""",
    "what is said in a room follows without a gap, and nobody has read further": """
        SELECT count(*) FROM rooms room WHERE room.last_sequence <> (
            SELECT count(*) FROM room_messages said
            WHERE said.organisation_id = room.organisation_id AND said.room_id = room.id)
        OR room.last_sequence < (
            SELECT coalesce(max(read_upto), 0) FROM room_members member
            WHERE member.organisation_id = room.organisation_id AND member.room_id = room.id)""",
    "what goes back to a payer is what its refunds say, and never more than was taken": """
        SELECT count(*) FROM payments paid WHERE refunded_minor > taken_minor OR refunded_minor <> (
            SELECT coalesce(sum(minor), 0) FROM refunds back WHERE back.organisation_id = paid.organisation_id
            AND back.payment_id = paid.id AND back.state <> 'failed')""",
    "what is taken back from a factory is what the reversals say, and never more than was moved": """
        SELECT count(*) FROM transfers moved WHERE reversed_minor > minor OR reversed_minor <> (
            SELECT coalesce(sum(minor), 0) FROM transfer_reversals back
            WHERE back.organisation_id = moved.organisation_id AND back.transfer_id = moved.id
            AND back.state <> 'refused')""",
    "no call to the payment provider is stuck, forgotten, or refused where money waits for it": """
        SELECT count(*) FROM gateway_calls WHERE state = 'stuck'
            OR (state = 'asked' AND try_at < :now - interval '10 minutes')
            OR (state = 'refused' AND kind IN ('take_payment', 'drop_payment'))""",
    "no news of the payment provider is parked for longer than an hour": """
        SELECT count(*) FROM gateway_news WHERE state IN ('received', 'parked')
            AND received_at < :now - interval '1 hour'""",
    "a deal holds the pieces of its shares": """
        SELECT count(*) FROM deals deal WHERE pieces <> (
            SELECT coalesce(sum(share.pieces), 0) FROM deal_shares share
            WHERE share.deal_id = deal.id AND share.left_at IS NULL)""",
    "an awarded pool holds the pieces of its deal": """
        SELECT count(*) FROM deals deal JOIN pools pool ON pool.id = deal.pool_id WHERE deal.pieces <> pool.quantity
        AND NOT EXISTS (SELECT FROM outbox_events news WHERE news.handled_at IS NULL AND news.name = 'RunMoved'
            AND news.payload ->> 'deal_id' = deal.id::text)""",
    "no parcel holds more than the sheet of its run gives": """
        SELECT count(*) FROM shipments parcel JOIN deal_shares share
        ON share.organisation_id = parcel.organisation_id AND share.id = parcel.share_id
        WHERE parcel.pieces + parcel.short <> coalesce(share.allocated, share.pieces)""",
    "a deal is accepted when every share in it is": """
        SELECT count(*) FROM deals deal WHERE state IN ('accepted', 'settled', 'closed') AND EXISTS (
            SELECT FROM deal_shares share
            WHERE share.deal_id = deal.id AND share.left_at IS NULL AND share.accepted_at IS NULL)""",
    "no dispute waits for longer than its seven days without the market": """
        SELECT count(*) FROM disputes WHERE state = 'open' AND escalates_at < :now - interval '1 hour'""",
    "what is frozen is what disputes keep back that are not over": """
        SELECT count(*) FROM ledger_accounts account WHERE kind = 'frozen' AND balance_minor <> (
            SELECT coalesce(sum(frozen_minor), 0) FROM disputes dispute
            WHERE dispute.share_id = account.share_id AND dispute.money_moved_at IS NULL)""",
    "what a dispute gave back to its buyer stands in the ledger": """
        SELECT count(*) FROM disputes dispute WHERE money_moved_at IS NOT NULL AND refund_minor > (
            SELECT coalesce(sum(minor), 0) FROM ledger_transactions moved
            WHERE moved.share_id = dispute.share_id AND moved.kind IN ('refund_asked', 'taken_back')
            AND moved.key LIKE 'dispute ' || dispute.id || ' %back%')""",
    "every counted day holds the leads, the deals of leads, the requests and the awards that it had": """
        SELECT count(*) FROM (SELECT day FROM (
            SELECT (offered_at AT TIME ZONE 'Asia/Shanghai')::date AS day, 1 AS leads, (state = 'won')::int AS won,
                0 AS runs, 0 AS deals FROM leads
            UNION ALL SELECT (created_at AT TIME ZONE 'Asia/Shanghai')::date, 0, 0, 1, 0 FROM offerings
            UNION ALL SELECT (awarded_at AT TIME ZONE 'Asia/Shanghai')::date, 0, 0, 0, 1 FROM awards
            UNION ALL SELECT day, -offered, -won, 0, 0 FROM measure_leads WHERE grain = 'day'
            UNION ALL SELECT day, 0, 0, -offered, 0 FROM measure_runs WHERE grain = 'day'
            UNION ALL SELECT day, 0, 0, 0, -deals FROM measure_deals WHERE grain = 'day') AS both_ways
        WHERE day NOT IN (SELECT day FROM measure_touched)
        GROUP BY day HAVING sum(leads) <> 0 OR sum(won) <> 0 OR sum(runs) <> 0
            OR sum(deals) <> 0) AS wrong""",
    "no event waits for longer than five minutes": """
        SELECT count(*) FROM outbox_events WHERE handled_at IS NULL AND occurred_at < :now - interval '5 minutes'""",
    "no job is stuck": """
        SELECT count(*) FROM procrastinate_jobs job WHERE status = 'doing' AND NOT EXISTS (
            SELECT 1 FROM procrastinate_events event WHERE event.job_id = job.id
            AND event.type = 'started' AND event.at > now() - interval '10 minutes')""",
}
CHAINS = "the history of every object is unbroken"


def broken_promises(work: Work) -> Iterator[tuple[str, int]]:
    """Each promise with the number of its breaches; 0 means that it holds."""
    for promise, statement in PROMISES.items():
        told = {"now": work.now} if ":now" in statement else {}
        yield promise, int(work.session.scalar(text(statement), told) or 0)
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
