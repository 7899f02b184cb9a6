"""Triggers that note the days whose leads, requests or deals changed, so that only those are counted anew.

A note is an added row and nothing else: writers never wait for each other, nor for the one who counts. A statement
leaves one note a day, however many rows it changes. The functions look behind row-level security, because a factory
that answers a lead changes the sums of an order that it never sees.
"""

MARKET = "'00000000-0000-0000-0000-000000000001'::uuid"
NOTE = f"INSERT INTO measure_touched (organisation_id, day) SELECT DISTINCT {MARKET}, day FROM"


def _function(name: str, body: str) -> str:
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before text := current_setting('weft.scope', true);
BEGIN
    PERFORM set_config('weft.scope', 'system', true);
{body}
    PERFORM set_config('weft.scope', coalesce(before, ''), true);
    RETURN NULL;
END $$;
"""


OF_LEADS = f"""
    {NOTE} (SELECT market_day(offered_at) AS day FROM new_rows
        UNION SELECT market_day(offering.created_at) FROM new_rows JOIN offerings offering
            ON offering.organisation_id = new_rows.organisation_id AND offering.id = new_rows.offering_id) AS found;
    IF TG_OP = 'UPDATE' THEN
        {NOTE} (SELECT market_day(old_rows.offered_at) AS day FROM old_rows JOIN new_rows
            USING (organisation_id, id) WHERE old_rows.offered_at <> new_rows.offered_at) AS found;
    END IF;"""
OF_OFFERINGS = f"""
    IF TG_OP = 'INSERT' THEN
        {NOTE} (SELECT market_day(created_at) AS day FROM new_rows) AS found;
    ELSE
        {NOTE} (
            SELECT unnest(ARRAY[market_day(new_rows.created_at), market_day(old_rows.created_at)]) AS day
            FROM new_rows JOIN old_rows USING (organisation_id, id)
            WHERE (new_rows.title, new_rows.vertical, new_rows.brief ->> 'region', new_rows.open, new_rows.created_at)
                IS DISTINCT FROM
                (old_rows.title, old_rows.vertical, old_rows.brief ->> 'region', old_rows.open, old_rows.created_at)
            UNION SELECT market_day(lead.offered_at)
            FROM new_rows JOIN old_rows USING (organisation_id, id)
            JOIN leads lead ON lead.organisation_id = new_rows.organisation_id AND lead.offering_id = new_rows.id
            WHERE (new_rows.title, new_rows.vertical, new_rows.brief ->> 'region')
                IS DISTINCT FROM (old_rows.title, old_rows.vertical, old_rows.brief ->> 'region')) AS found;
    END IF;"""
OF_QUOTES = f"""
    {NOTE} (SELECT market_day(lead.offered_at) AS day FROM new_rows JOIN leads lead
            ON lead.organisation_id = new_rows.organisation_id AND lead.id = new_rows.lead_id
        UNION SELECT market_day(offering.created_at) FROM new_rows JOIN offerings offering
            ON offering.organisation_id = new_rows.organisation_id AND offering.id = new_rows.offering_id) AS found;"""
OF_AWARDS = f"""
    {NOTE} (SELECT market_day(awarded_at) AS day FROM new_rows) AS found;
    IF TG_OP = 'UPDATE' THEN
        {NOTE} (SELECT market_day(awarded_at) AS day FROM old_rows) AS found;
    END IF;"""
OF_ORDERS = f"""
    {NOTE} (SELECT market_day(posted_at) AS day FROM new_rows WHERE posted_at IS NOT NULL
        UNION SELECT market_day(award.awarded_at) FROM new_rows JOIN awards award
            ON award.organisation_id = new_rows.organisation_id AND award.order_id = new_rows.id
        UNION SELECT market_day(award.awarded_at) FROM new_rows JOIN awards award
            ON award.organisation_id = new_rows.organisation_id AND award.awarded_at < new_rows.posted_at
            AND award.awarded_at >= new_rows.posted_at - interval '60 days') AS found;
    -- An order that stands before others of its shop may make returning buyers of them.
    IF TG_OP = 'INSERT' THEN
        {NOTE} (
            SELECT unnest(ARRAY[market_day(later.posted_at), market_day(offering.created_at),
                market_day(lead.offered_at), market_day(award.awarded_at)]) AS day
            FROM new_rows
            JOIN orders later ON later.organisation_id = new_rows.organisation_id
                AND later.posted_at > new_rows.posted_at
            LEFT JOIN offerings offering
                ON offering.organisation_id = later.organisation_id AND offering.order_id = later.id
            LEFT JOIN leads lead ON lead.organisation_id = offering.organisation_id AND lead.offering_id = offering.id
            LEFT JOIN awards award ON award.organisation_id = later.organisation_id AND award.order_id = later.id
        ) AS found WHERE day IS NOT NULL;
    ELSE
        {NOTE} (
            SELECT unnest(ARRAY[market_day(old_rows.posted_at), market_day(later.posted_at),
                market_day(offering.created_at), market_day(lead.offered_at), market_day(award.awarded_at)]) AS day
            FROM new_rows JOIN old_rows USING (organisation_id, id)
            JOIN orders later ON later.organisation_id = new_rows.organisation_id
                AND later.posted_at >= least(new_rows.posted_at, old_rows.posted_at)
            LEFT JOIN offerings offering
                ON offering.organisation_id = later.organisation_id AND offering.order_id = later.id
            LEFT JOIN leads lead ON lead.organisation_id = offering.organisation_id AND lead.offering_id = offering.id
            LEFT JOIN awards award ON award.organisation_id = later.organisation_id AND award.order_id = later.id
            WHERE new_rows.posted_at IS DISTINCT FROM old_rows.posted_at
        ) AS found WHERE day IS NOT NULL;
    END IF;"""
OF_FACTORIES = f"""
    {NOTE} (SELECT market_day(lead.offered_at) AS day FROM new_rows JOIN old_rows USING (organisation_id, id)
        JOIN leads lead ON lead.factory_id = new_rows.id
        WHERE (new_rows.staff_count, new_rows.joined_on, new_rows.vertical)
            IS DISTINCT FROM (old_rows.staff_count, old_rows.joined_on, old_rows.vertical)) AS found;"""

WATCHED = {
    "leads": OF_LEADS, "offerings": OF_OFFERINGS, "quotes": OF_QUOTES, "awards": OF_AWARDS, "orders": OF_ORDERS,
    "factories": OF_FACTORIES,
}  # fmt: skip
ADDED = ("leads", "offerings", "quotes", "awards", "orders")
CHANGED = ("leads", "offerings", "awards", "orders", "factories")

FUNCTIONS = """
CREATE FUNCTION market_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT (moment AT TIME ZONE 'UTC' + interval '8 hours')::date $$;
""" + "".join(_function(f"measures_touch_{table}", body) for table, body in WATCHED.items())
TRIGGERS = "".join(
    f"CREATE TRIGGER measures_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows "
    f"FOR EACH STATEMENT EXECUTE FUNCTION measures_touch_{table}();\n"
    for table in ADDED
) + "".join(
    f"CREATE TRIGGER measures_changed AFTER UPDATE ON {table} REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows "
    f"FOR EACH STATEMENT EXECUTE FUNCTION measures_touch_{table}();\n"
    for table in CHANGED
)
DROP_TRIGGERS = (
    "".join(f"DROP TRIGGER measures_added ON {table};\n" for table in ADDED)
    + "".join(f"DROP TRIGGER measures_changed ON {table};\n" for table in CHANGED)
    + "".join(f"DROP FUNCTION measures_touch_{table}();\n" for table in WATCHED)
    + "DROP FUNCTION market_day(timestamptz);"
)
