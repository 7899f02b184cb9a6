"""One row a lead, a request and a deal, in the words of the summaries: read-only SQL over other folders' tables.

Every statement takes :from and :to, two moments, and reads what was offered, posted or awarded in between. Counting
and the lists behind the numbers read the same rows, so that a number and its list agree. Rows are materialised, because
a planner that puts a subquery into each of fifty sums in its place plans for longer than it counts.
"""

from typing import Final

from market.measures.columns import CHANCE_EDGES, MOST_RANK, WAIT_EDGES

REPEAT_DAYS: Final = 60
NEWCOMER_DAYS: Final = 28
SMALL_STAFF: Final = 50
LARGE_STAFF: Final = 200

HAN: Final = "[一-鿿]"
SIZE: Final = f"""CASE WHEN factory.staff_count IS NULL THEN 'unknown'
        WHEN factory.staff_count < {SMALL_STAFF} THEN 'small'
        WHEN factory.staff_count < {LARGE_STAFF} THEN 'medium' ELSE 'large' END"""
NEWCOMER: Final = f"""CASE
        WHEN factory.joined_on > market_day(lead.offered_at) - {NEWCOMER_DAYS} THEN 'new' ELSE 'old' END"""
OF_OFFERING: Final = f"""coalesce(offering.vertical, '') AS vertical,
        coalesce(offering.brief ->> 'region', '') AS region,
        CASE WHEN offering.pool_id IS NOT NULL THEN 'pool' WHEN offering.title ~ '{HAN}' THEN 'zh' ELSE 'en' END
            AS language,
        CASE WHEN offering.pool_id IS NOT NULL THEN 'pool' WHEN asked.posted_at > buyer.first_at THEN 'returning'
            ELSE 'new' END AS buyer"""
"""The keys of a request that was offered. asked: its order. buyer: with the moment of the shop's first order."""

LEAD_ROWS: Final = f"""
    buyers AS MATERIALIZED (
        SELECT shop.organisation_id, (
            SELECT min(posted_at) FROM orders WHERE orders.organisation_id = shop.organisation_id) AS first_at
        FROM (SELECT DISTINCT organisation_id FROM leads WHERE offered_at >= :from AND offered_at < :to) AS shop
    ), seen AS MATERIALIZED (
        SELECT lead.organisation_id, lead.id, lead.order_id, lead.pool_id, lead.factory_id, lead.offered_at,
            market_day(lead.offered_at) AS day, {OF_OFFERING},
            {SIZE} AS size, {NEWCOMER} AS newcomer,
            lead.rank, lead.ranker_version AS ranker, lead.state, lead.holds_place, lead.decline_reason,
            lead.first_reply_at IS NOT NULL AS answered, lead.viewed_at IS NOT NULL AS opened,
            lead.counter IS NOT NULL AS counter_made, lead.counter ->> 'answer' AS counter_answer,
            lead.calibrated, lead.deal_probability AS chance,
            CAST(jsonb_path_query_first(lead.signals, '$[*] ? (@.name == "text").value') #>> '{{}}' AS float8)
                AS similarity,
            EXISTS (SELECT FROM quotes quote WHERE quote.organisation_id = lead.organisation_id
                AND quote.lead_id = lead.id) AS has_quote,
            CASE WHEN lead.state IN ('won', 'lost', 'declined') THEN NULL ELSE EXISTS (
                SELECT FROM quote_steps step WHERE step.organisation_id = lead.organisation_id
                AND step.from_quantity
                    <= coalesce(CAST(lead.features -> 'order' ->> 'quantity' AS bigint), offering.quantity)
                AND step.quote_id = (SELECT quote.id FROM quotes quote
                    WHERE quote.organisation_id = lead.organisation_id AND quote.lead_id = lead.id
                    ORDER BY quote.version DESC LIMIT 1)) END AS has_price
        FROM leads lead
        JOIN offerings offering
            ON offering.organisation_id = lead.organisation_id AND offering.id = lead.offering_id
        LEFT JOIN factories factory ON factory.organisation_id = lead.factory_id AND factory.id = lead.factory_id
        LEFT JOIN orders asked ON asked.organisation_id = lead.organisation_id AND asked.id = lead.order_id
        LEFT JOIN buyers buyer ON buyer.organisation_id = lead.organisation_id
        WHERE lead.offered_at >= :from AND lead.offered_at < :to
    ), answered AS (
        SELECT seen.*, counter_made AND counter_answer IS DISTINCT FROM 'accepted' AND NOT has_price AS counter_open
        FROM seen
    ), lead_rows AS MATERIALIZED (
        SELECT organisation_id, id, order_id, pool_id, factory_id, offered_at, day, vertical, region, language, buyer,
            size, newcomer, rank, ranker, state, chance, similarity,
            opened OR answered OR has_quote OR state = 'won' AS viewed,
            CASE state WHEN 'won' THEN true WHEN 'declined' THEN has_quote WHEN 'lost' THEN holds_place OR has_quote
                WHEN 'expired' THEN (answered AND NOT counter_open) OR has_quote
                ELSE holds_place OR has_quote END AS accepted,
            has_quote OR state = 'won' AS quoted, state = 'won' AS won, counter_made AS countered,
            state = 'lost' AS lost, state = 'expired' AS expired, state = 'withdrawn' AS withdrawn,
            state = 'declined' AS declined, CASE WHEN state = 'declined' THEN coalesce(decline_reason, 'other') END
                AS reason,
            CASE state WHEN 'won' THEN true WHEN 'declined' THEN true WHEN 'lost' THEN holds_place
                WHEN 'expired' THEN NOT answered OR NOT counter_open ELSE false END AS closed,
            calibrated,
            width_bucket(chance, CAST(ARRAY{list(CHANCE_EDGES)} AS float8[])) AS bin,
            CAST(round(CAST(chance * 1000000 AS numeric)) AS bigint) AS p,
            CAST(round(CAST((chance - CASE WHEN state = 'won' THEN 1 ELSE 0 END) ^ 2 * 1000000 AS numeric)) AS bigint)
                AS square,
            CASE WHEN similarity BETWEEN 0 AND 1 THEN least(CAST(floor(similarity * 20) AS int), 19) END AS alike,
            least(rank, {MOST_RANK}) AS place
        FROM answered
    )"""
"""closed: what became of it is known, by the rules of the training rows (market/quality/outcomes.py end_of): silence
until the time ran out is a no, and a lead that ended unanswered because another was faster counts for nothing."""

RUN_ROWS: Final = f"""
    buyers AS MATERIALIZED (
        SELECT shop.organisation_id, (
            SELECT min(posted_at) FROM orders WHERE orders.organisation_id = shop.organisation_id) AS first_at
        FROM (SELECT organisation_id FROM offerings WHERE created_at >= :from AND created_at < :to
            UNION SELECT organisation_id FROM orders WHERE posted_at >= :from AND posted_at < :to) AS shop
    ), offered AS MATERIALIZED (
        SELECT market_day(offering.created_at) AS day, {OF_OFFERING}, offering.open,
            EXISTS (SELECT FROM leads lead WHERE lead.organisation_id = offering.organisation_id
                AND lead.offering_id = offering.id AND lead.state = 'won') AS won,
            EXTRACT(epoch FROM (SELECT min(submitted_at) FROM quotes quote
                WHERE quote.organisation_id = offering.organisation_id AND quote.offering_id = offering.id)
                - offering.created_at) / 60 AS minutes
        FROM offerings offering
        LEFT JOIN orders asked
            ON asked.organisation_id = offering.organisation_id AND asked.id = offering.order_id
        LEFT JOIN buyers buyer ON buyer.organisation_id = offering.organisation_id
        WHERE offering.created_at >= :from AND offering.created_at < :to
    ), run_rows AS (
        SELECT day, vertical, region, language, buyer, 0 AS posted, 1 AS offered, CAST(won AS int) AS won,
            CAST(open AND NOT won AS int) AS open, CAST(minutes IS NOT NULL AS int) AS quoted,
            CAST(coalesce(minutes <= 1440, false) AS int) AS quoted_in_a_day,
            width_bucket(CAST(minutes AS float8),
                CAST(ARRAY{[round(edge, 3) for edge in WAIT_EDGES]} AS float8[])) AS wait
        FROM offered
        UNION ALL
        SELECT market_day(asked.posted_at), coalesce(asked.vertical, ''), coalesce(asked.region, ''),
            CASE WHEN asked.title ~ '{HAN}' THEN 'zh' ELSE 'en' END,
            CASE WHEN asked.posted_at > buyer.first_at THEN 'returning' ELSE 'new' END, 1, 0, 0, 0, 0, 0, NULL
        FROM orders asked LEFT JOIN buyers buyer ON buyer.organisation_id = asked.organisation_id
        WHERE asked.posted_at >= :from AND asked.posted_at < :to AND asked.state <> 'draft'
    )"""

DEAL_ROWS: Final = f"""
    buyers AS MATERIALIZED (
        SELECT shop.organisation_id, (
            SELECT min(posted_at) FROM orders WHERE orders.organisation_id = shop.organisation_id) AS first_at
        FROM (SELECT DISTINCT organisation_id FROM awards WHERE awarded_at >= :from AND awarded_at < :to) AS shop
    ), deal_rows AS MATERIALIZED (
        SELECT award.organisation_id, award.id, award.order_id, market_day(award.awarded_at) AS day,
            coalesce(asked.vertical, '') AS vertical, coalesce(asked.region, '') AS region,
            CASE WHEN asked.title ~ '{HAN}' THEN 'zh' ELSE 'en' END AS language,
            CASE WHEN asked.posted_at > buyer.first_at THEN 'returning' ELSE 'new' END AS buyer,
            award.currency, award.total_minor AS minor,
            EXISTS (SELECT FROM orders later WHERE later.organisation_id = award.organisation_id
                AND later.posted_at > award.awarded_at
                AND later.posted_at <= award.awarded_at + interval '{REPEAT_DAYS} days') AS again
        FROM awards award
        LEFT JOIN orders asked ON asked.organisation_id = award.organisation_id AND asked.id = award.order_id
        LEFT JOIN buyers buyer ON buyer.organisation_id = award.organisation_id
        WHERE award.awarded_at >= :from AND award.awarded_at < :to
    )"""
