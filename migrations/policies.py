"""Row-level security: who reads and writes which row, as SQL that stands beside the tables.

`weft_scope()` and `weft_organisation()` read the settings that market/kit/db.py makes at the start of a transaction.
Without them every condition is null or false, so a connection that lost its tenant sees nothing.
"""

from dataclasses import dataclass

from alembic import op

FUNCTIONS = """
CREATE FUNCTION weft_scope() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('weft.scope', true), '') $$;
CREATE FUNCTION weft_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('weft.organisation', true), '')::uuid $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION weft_scope(); DROP FUNCTION weft_organisation();"

ANYONE = "weft_scope() IS NOT NULL"
SIGNED_IN = "weft_scope() IN ('organisation', 'operator', 'system')"
MARKET = "weft_scope() IN ('operator', 'system')"
SYSTEM = "weft_scope() = 'system'"
SIGN_IN = "weft_scope() = 'sign_in'"
OWN = "organisation_id = weft_organisation()"
FACTORY = "factory_id = weft_organisation()"


def either(*conditions: str) -> str:
    return " OR ".join(f"({condition})" for condition in conditions)


OWN_OR_MARKET = either(OWN, MARKET)
OWN_OR_SYSTEM = either(OWN, SYSTEM)
OF_A_POOL_MEMBER = """pool_id IN (
    SELECT member.pool_id FROM pool_members member
    WHERE member.organisation_id = weft_organisation() AND member.left_at IS NULL
    UNION ALL SELECT award.pool_id FROM awards award
    WHERE award.organisation_id = weft_organisation() AND award.pool_id IS NOT NULL)"""
WITH_A_LEAD = """EXISTS (
    SELECT 1 FROM leads lead
    WHERE lead.organisation_id = offerings.organisation_id AND lead.offering_id = offerings.id
      AND lead.factory_id = weft_organisation())"""
A_BUYER_WE_HOLD_A_LEAD_OF = """EXISTS (
    SELECT 1 FROM leads lead
    WHERE lead.organisation_id = organisations.organisation_id AND lead.factory_id = weft_organisation()
      AND lead.state IN ('accepted', 'countered', 'quoted', 'won'))"""
OF_AN_ORDER_WE_HOLD_A_LEAD_OF = """EXISTS (
    SELECT 1 FROM leads lead
    WHERE lead.organisation_id = order_files.organisation_id AND lead.order_id = order_files.order_id
      AND lead.factory_id = weft_organisation() AND lead.state IN ('accepted', 'countered', 'quoted', 'won'))"""
OF_A_QUOTE_WE_SEE = """EXISTS (
    SELECT 1 FROM quotes quote
    WHERE quote.organisation_id = quote_steps.organisation_id AND quote.id = quote_steps.quote_id)"""
DEALS_WE_SHARE = """(
    SELECT share.deal_id FROM deal_shares share WHERE share.organisation_id = weft_organisation())"""
A_DEAL_WE_SHARE = f"id IN {DEALS_WE_SHARE}"
OF_A_DEAL_WE_SHARE = f"deal_id IN {DEALS_WE_SHARE}"
OF_ALL_SHARES = f"share_id IS NULL AND {OF_A_DEAL_WE_SHARE}"
LEDGER = "weft_scope() = 'ledger'"
WITH_AN_ENTRY_OF_OURS = """EXISTS (
    SELECT 1 FROM ledger_entries entry
    WHERE entry.transaction_id = ledger_transactions.id AND entry.organisation_id = weft_organisation())"""
IN_THE_ROOM = "weft_organisation() = ANY (open_to)"
OF_A_ROOM_WE_SEE = "EXISTS (SELECT 1 FROM rooms room WHERE room.id = room_id)"
SAID_BY_US = f"author_id = weft_organisation() AND {OF_A_ROOM_WE_SEE}"
WITH_WORDS_OF_OURS = """EXISTS (
    SELECT 1 FROM room_messages message
    WHERE message.organisation_id = room_files.organisation_id AND message.room_id = room_files.room_id
      AND message.sequence = room_files.sequence AND message.author_id = weft_organisation())"""
OF_A_DISPUTE_WE_SEE = "dispute_id IN (SELECT dispute.id FROM disputes dispute)"
OF_A_STATEMENT_WE_SEE = "statement_id IN (SELECT said.id FROM dispute_statements said)"
OPERATOR = "weft_scope() = 'operator'"
PUBLISHED = "published_at IS NOT NULL"
ABOUT_US = "about_id = weft_organisation()"
ABOUT_A_BUYER_WE_HOLD_A_LEAD_OF = """EXISTS (
    SELECT 1 FROM leads lead
    WHERE lead.organisation_id = reviews.about_id AND lead.factory_id = weft_organisation())"""
PUBLISHED_FOR_US = f"""{PUBLISHED} AND hidden_at IS NULL
    AND ({either("side = 'shop'", ABOUT_US, ABOUT_A_BUYER_WE_HOLD_A_LEAD_OF)})"""
OF_A_REVIEW_WE_SEE = "review_id IN (SELECT review.id FROM reviews review)"
NOBODY = "false"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who reads, adds, changes and removes the rows of one table."""

    read: str
    add: str
    change: str
    remove: str = NOBODY


POLICIES = {
    "organisations": Policy(
        either(OWN, MARKET, SIGN_IN, "kind = 'factory'", A_BUYER_WE_HOLD_A_LEAD_OF),
        either(MARKET, SIGN_IN),
        OWN_OR_MARKET,
    ),
    "users": Policy(either(OWN, MARKET, SIGN_IN), either(MARKET, SIGN_IN), either(OWN, MARKET, SIGN_IN)),
    "api_keys": Policy(either(OWN, SYSTEM, SIGN_IN), either(OWN, SYSTEM), either(OWN, SYSTEM, SIGN_IN)),
    "factories": Policy(ANYONE, OWN_OR_MARKET, OWN_OR_MARKET),
    "factory_versions": Policy(OWN_OR_MARKET, OWN_OR_MARKET, NOBODY),
    "factory_certificates": Policy(ANYONE, OWN_OR_MARKET, OWN_OR_MARKET, OWN_OR_MARKET),
    "factory_questions": Policy(either(OWN, SYSTEM), either(OWN, SYSTEM), either(OWN, SYSTEM)),
    "orders": Policy(OWN_OR_MARKET, either(OWN, SYSTEM), OWN_OR_MARKET),
    "order_files": Policy(
        either(OWN, SYSTEM, OF_AN_ORDER_WE_HOLD_A_LEAD_OF), either(OWN, SYSTEM), either(OWN, SYSTEM), OWN
    ),
    "order_imports": Policy(either(OWN, SYSTEM), OWN, OWN, OWN),
    "order_column_maps": Policy(OWN, OWN, OWN, OWN),
    "items": Policy(*(OWN_OR_SYSTEM,) * 3),
    "daily_sales": Policy(*(OWN_OR_SYSTEM,) * 4),
    "sales_imports": Policy(*(OWN_OR_SYSTEM,) * 4),
    "sales_column_maps": Policy(*(OWN_OR_SYSTEM,) * 4),
    "suggestions": Policy(*(OWN_OR_SYSTEM,) * 3),
    "demand_shares": Policy(*(OWN_OR_SYSTEM,) * 3),
    "shared_needs": Policy(OWN_OR_SYSTEM, *(SYSTEM,) * 3),
    "known_makers": Policy(OWN_OR_SYSTEM, SYSTEM, NOBODY),
    "material_uses": Policy(*(OWN_OR_SYSTEM,) * 4),
    "material_outlooks": Policy(OWN_OR_SYSTEM, SYSTEM, OWN_OR_SYSTEM, SYSTEM),
    "preparations": Policy(*(OWN_OR_SYSTEM,) * 3),
    "preparation_shares": Policy(OWN_OR_SYSTEM, SYSTEM, SYSTEM),
    "pools": Policy(SIGNED_IN, MARKET, MARKET),
    "pool_members": Policy(OWN_OR_MARKET, either(OWN, SYSTEM), either(OWN, SYSTEM)),
    "ranker_versions": Policy(SIGNED_IN, MARKET, MARKET),
    "candidates": Policy(MARKET, MARKET, MARKET),
    "shadow_rankings": Policy(MARKET, SYSTEM, NOBODY),
    "splits": Policy(SIGNED_IN, MARKET, MARKET),
    "split_requests": Policy(OWN_OR_MARKET, OWN_OR_MARKET, NOBODY),
    "exposure": Policy(SIGNED_IN, MARKET, MARKET),
    "index_snapshots": Policy(SIGNED_IN, SIGNED_IN, NOBODY),
    "encoders": Policy(SIGNED_IN, SYSTEM, SYSTEM),
    "text_vectors": Policy(SIGNED_IN, SYSTEM, SYSTEM, SYSTEM),
    "pack_versions": Policy(ANYONE, MARKET, NOBODY),
    "vocabularies": Policy(ANYONE, MARKET, NOBODY),
    "pack_drafts": Policy(*(MARKET,) * 4),
    "offerings": Policy(
        either(OWN, MARKET, OF_A_POOL_MEMBER, WITH_A_LEAD), either(OWN, MARKET), either(OWN, MARKET, WITH_A_LEAD)
    ),
    "leads": Policy(either(OWN, MARKET, FACTORY, OF_A_POOL_MEMBER), either(OWN, MARKET), either(OWN, MARKET, FACTORY)),
    "rankings": Policy(MARKET, OWN_OR_MARKET, NOBODY),
    "quotes": Policy(
        either(OWN, MARKET, FACTORY, OF_A_POOL_MEMBER), either(FACTORY, SYSTEM), either(OWN, MARKET, FACTORY)
    ),
    "quote_steps": Policy(OF_A_QUOTE_WE_SEE, OF_A_QUOTE_WE_SEE, NOBODY),
    "awards": Policy(either(OWN, MARKET, FACTORY), either(OWN, SYSTEM), SYSTEM),
    "deals": Policy(either(OWN, MARKET, FACTORY, A_DEAL_WE_SHARE), SYSTEM, either(OWN, MARKET, FACTORY)),
    "deal_shares": Policy(either(OWN, MARKET, FACTORY), SYSTEM, either(OWN, MARKET, FACTORY)),
    "payment_asks": Policy(either(OWN, MARKET, FACTORY), *(either(OWN, FACTORY, SYSTEM),) * 2),
    "samples": Policy(either(OWN, MARKET, FACTORY, OF_A_DEAL_WE_SHARE), *(either(OWN, FACTORY, SYSTEM),) * 2),
    "voices": Policy(either(OWN, MARKET, FACTORY), OWN, NOBODY),
    "material_proofs": Policy(either(OWN, MARKET, FACTORY, OF_A_DEAL_WE_SHARE), FACTORY, NOBODY),
    "stage_reports": Policy(either(OWN, MARKET, FACTORY, OF_A_DEAL_WE_SHARE), FACTORY, NOBODY),
    "inspections": Policy(either(OWN, MARKET, FACTORY, OF_A_DEAL_WE_SHARE), FACTORY, either(OWN, FACTORY, SYSTEM)),
    "shipments": Policy(either(OWN, MARKET, FACTORY), FACTORY, either(OWN, FACTORY, SYSTEM)),
    "deal_files": Policy(either(OWN, MARKET, FACTORY, OF_ALL_SHARES), either(OWN, FACTORY), NOBODY),
    "share_terms": Policy(either(OWN, MARKET, FACTORY), MARKET, NOBODY),
    "dues": Policy(either(OWN, MARKET, FACTORY), MARKET, MARKET),
    "remittances": Policy(OWN_OR_MARKET, MARKET, MARKET),
    "ledger_accounts": Policy(either(OWN, MARKET, LEDGER), MARKET, LEDGER),
    "ledger_transactions": Policy(either(MARKET, LEDGER, WITH_AN_ENTRY_OF_OURS), MARKET, NOBODY),
    "ledger_entries": Policy(either(OWN, MARKET, LEDGER), MARKET, NOBODY),
    "moderation_cases": Policy(MARKET, SYSTEM, MARKET),
    "text_prints": Policy(*(SYSTEM,) * 3),
    "factory_records": Policy(ANYONE, MARKET, MARKET),
    "health_alarms": Policy(*(MARKET,) * 3),
    "job_faults": Policy(MARKET, SYSTEM, SYSTEM, SYSTEM),
    "backups": Policy(MARKET, MARKET, NOBODY),
    "sweep_runs": Policy(MARKET, SYSTEM, SYSTEM),
    "rooms": Policy(either(IN_THE_ROOM, MARKET), MARKET, either(IN_THE_ROOM, MARKET)),
    "room_members": Policy(OF_A_ROOM_WE_SEE, MARKET, either("member_id = weft_organisation()", SYSTEM)),
    "room_messages": Policy(OF_A_ROOM_WE_SEE, either(SAID_BY_US, SYSTEM), NOBODY),
    "room_files": Policy(OF_A_ROOM_WE_SEE, either(WITH_WORDS_OF_OURS, SYSTEM), NOBODY),
    "room_alarms": Policy(OF_A_ROOM_WE_SEE, MARKET, MARKET),
    "payments": Policy(*(OWN_OR_MARKET,) * 3),
    "refunds": Policy(OWN_OR_MARKET, MARKET, SYSTEM),
    "payout_accounts": Policy(OWN_OR_MARKET, either(OWN, SYSTEM), either(OWN, SYSTEM)),
    "transfers": Policy(OWN_OR_MARKET, MARKET, MARKET),
    "transfer_reversals": Policy(OWN_OR_MARKET, MARKET, SYSTEM),
    "payouts": Policy(OWN_OR_MARKET, MARKET, SYSTEM),
    "gateway_calls": Policy(OWN_OR_MARKET, OWN_OR_MARKET, SYSTEM),
    "gateway_news": Policy(MARKET, SYSTEM, SYSTEM),
    "disputes": Policy(either(OWN, MARKET, FACTORY), either(OWN, FACTORY, SYSTEM), either(OWN, FACTORY, MARKET)),
    "dispute_statements": Policy(
        OF_A_DISPUTE_WE_SEE, f"{OF_A_DISPUTE_WE_SEE} AND ({either(OWN, FACTORY, MARKET)})", NOBODY
    ),
    "dispute_files": Policy(
        OF_A_STATEMENT_WE_SEE, f"{OF_A_STATEMENT_WE_SEE} AND ({either(OWN, FACTORY, MARKET)})", NOBODY
    ),
    "dispute_proposals": Policy(*(either(OWN, FACTORY, MARKET),) * 3),
    "review_exchanges": Policy(either(OWN, FACTORY, MARKET), SYSTEM, either(OWN, FACTORY, MARKET)),
    "reviews": Policy(
        either(OWN, SYSTEM, f"{OPERATOR} AND {PUBLISHED}", f"{ANYONE} AND {PUBLISHED_FOR_US}"),
        OWN,
        either(f"{OWN} AND NOT ({PUBLISHED})", SYSTEM, f"{OPERATOR} AND {PUBLISHED}"),
    ),
    "review_answers": Policy(OF_A_REVIEW_WE_SEE, f"{OWN} AND {OF_A_REVIEW_WE_SEE}", NOBODY),
    **dict.fromkeys(
        ("measure_leads", "measure_facets", "measure_runs", "measure_deals", "measure_exposure", "measure_days"),
        Policy(MARKET, SYSTEM, SYSTEM, SYSTEM),
    ),
    "measure_alarms": Policy(MARKET, SYSTEM, SYSTEM),
    "measure_touched": Policy(MARKET, SYSTEM, NOBODY, SYSTEM),
    "history": Policy(either(OWN, MARKET, "counterparty_id = weft_organisation()"), ANYONE, NOBODY),
    "outbox_events": Policy(MARKET, ANYONE, SYSTEM, SYSTEM),
    "handled_events": Policy(SYSTEM, SYSTEM, SYSTEM, SYSTEM),
    "idempotency_keys": Policy(either(OWN, SYSTEM), either(OWN, SYSTEM), either(OWN, SYSTEM), SYSTEM),
    "notices": Policy(either(OWN, SYSTEM), SIGNED_IN, either(OWN, SYSTEM), SYSTEM),
}
UNPROTECTED = {"roles": "three names that everybody knows", "roles_users": "holds only ids of users and roles"}


def rewrite_reading(*tables: str) -> None:
    """Let rows of these tables be read by whom their policies name now."""
    for table in tables:
        op.execute(f"ALTER POLICY {table}_read ON {table} USING ({POLICIES[table].read})")


def protect_tables(*tables: str) -> None:
    """Turn row-level security on for these tables, for their owner too, and write their policies."""
    for table in tables:
        policy = POLICIES[table]
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({policy.read})")
        op.execute(f"CREATE POLICY {table}_add ON {table} FOR INSERT WITH CHECK ({policy.add})")
        op.execute(f"CREATE POLICY {table}_change ON {table} FOR UPDATE USING ({policy.change})")
        op.execute(f"CREATE POLICY {table}_remove ON {table} FOR DELETE USING ({policy.remove})")
