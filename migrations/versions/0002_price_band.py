"""The price band of comparable closed deals, as a function that gives away nothing but three prices and a count.

What this locks, and for how long: quotes and awards against writing while an index of each is built, seconds for a
million rows; one function is new.
"""

from collections.abc import Sequence

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# A factory's session sees no deal of another. The function reads them for it as the system does, and so must not
# return a row of one. It puts the scope back before it ends, and a failure's rollback does so too; it cannot carry the
# setting itself, because only a superuser may give a function one that the server does not know. A pool's members have
# an award each and are one deal, for all their pieces together.
PRICE_BAND = """
CREATE FUNCTION weft_price_band(
    asking uuid, categories text[], fewest bigint, most bigint, paid_in text, since timestamptz, at_least bigint,
    OUT deals bigint, OUT other_factories bigint, OUT low bigint, OUT middle bigint, OUT high bigint
) LANGUAGE plpgsql AS $$
DECLARE
    scope text := coalesce(current_setting('weft.scope', true), '');
BEGIN
    PERFORM set_config('weft.scope', 'system', true);
    WITH comparable AS (
        SELECT award.factory_id, min(award.unit_price_minor) AS price
        FROM awards award
        JOIN quotes quote ON quote.id = award.quote_id
        JOIN offerings offering
            ON offering.organisation_id = quote.organisation_id AND offering.id = quote.offering_id
        WHERE award.currency = paid_in AND award.awarded_at >= since
            AND offering.brief ->> 'category' = ANY (categories)
        GROUP BY award.quote_id, award.factory_id
        HAVING sum(award.quantity) BETWEEN fewest AND most
    ), counted AS (
        SELECT count(*) AS deals,
            count(DISTINCT factory_id) FILTER (WHERE factory_id IS DISTINCT FROM asking) AS other_factories,
            percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY price) AS prices
        FROM comparable
    )
    SELECT counted.deals, counted.other_factories, round(shown[1])::bigint, round(shown[2])::bigint,
        round(shown[3])::bigint
    INTO deals, other_factories, low, middle, high
    FROM counted
    CROSS JOIN LATERAL (
        SELECT CASE WHEN counted.deals >= at_least AND counted.other_factories <> 1 THEN prices END AS shown) AS may;
    PERFORM set_config('weft.scope', scope, true);
END
$$;
"""


def upgrade() -> None:
    op.create_index("ix_quotes_id", "quotes", ["id"])
    op.create_index("ix_awards_at", "awards", ["currency", "awarded_at"])
    op.execute(PRICE_BAND)


def downgrade() -> None:
    op.drop_index("ix_awards_at", "awards")
    op.drop_index("ix_quotes_id", "quotes")
    op.execute("DROP FUNCTION weft_price_band(uuid, text[], bigint, bigint, text, timestamptz, bigint)")
