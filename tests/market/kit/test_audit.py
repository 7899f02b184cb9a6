"""Every promise that the audit checks is broken once on purpose, in the tables themselves, and the audit tells it."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from market.audit import CHAINS, PROMISES, broken_promises
from market.identity.service import MARKET_ID
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from market.settlement.paying_out import ask_payout, note_payout_paid
from tests.conftest import AS_SYSTEM, MONDAY
from tests.market.quotes.test_award import award, ladder, quote
from tests.market.settlement.books import Books
from tests.market.site import Web
from tests.market.town import Town

MAKER, MADE = new_id(), new_id()
DISPUTE = (
    "INSERT INTO disputes (organisation_id, id, deal_id, factory_id, share_id, award_id, code, opened_by, state, "
    "reason, pieces, amount_minor, currency, halts, opened_at, negotiate_until, escalates_at, refund_minor, "
    "money_moved_at, preview_hash, why) SELECT organisation_id, gen_random_uuid(), deal_id, factory_id, id, award_id, "
    "code, 'shop', '{state}', 'defects', 0, 10, 'CNY', false, :now, :now, :now - interval '2 hours', 10, "
    "{moved_at}, '', '' FROM deal_shares"
)
BREACHES: dict[str, tuple[str, ...]] = {
    "every counted day holds the leads, the deals of leads, the requests and the awards that it had": (
        "DELETE FROM measure_touched",
    ),
    "no offering is held by more factories than it allows": (
        "ALTER TABLE offerings DROP CONSTRAINT ck_offerings_places",
        "UPDATE offerings SET max_acceptances = 0 WHERE accepted_count > 0",
    ),
    "the places taken in an offering are the leads that hold one": (
        "UPDATE leads SET holds_place = NOT holds_place WHERE state IN ('won', 'lost')",
    ),
    "a pool holds the pieces of its members": ("UPDATE pools SET quantity = quantity + 1",),
    "no pool is committed above its capacity": (
        "ALTER TABLE pools DROP CONSTRAINT ck_pools_capacity_holds_minimum",
        "ALTER TABLE pools DROP CONSTRAINT ck_pools_within_capacity",
        "UPDATE pools SET capacity = quantity - 1",
    ),
    "an order is awarded at most once, for quantity times unit price": (
        "ALTER TABLE awards DROP CONSTRAINT ck_awards_total",
        "UPDATE awards SET total_minor = total_minor - 1",
    ),
    "every awarded order has its award": (
        "ALTER TABLE deal_shares DROP CONSTRAINT fk_deal_shares_organisation_id_award_id",
        "DELETE FROM awards",
    ),
    "no lead has two open quotes": (
        "DROP INDEX uq_quotes_one_open",
        "ALTER TABLE quotes DROP CONSTRAINT uq_quotes_organisation_id_lead_id_version",
        "UPDATE quotes SET state = 'open', lead_id = (SELECT lead_id FROM quotes ORDER BY id LIMIT 1)",
    ),
    "a preparation is the sum of the shops' parts, and none bears more than it agreed to": (
        f"INSERT INTO preparations (organisation_id, id, state, material, unit, categories, quantity, used, "
        f"risk_percent, use_until, currency, made_at) VALUES ('{MAKER}', '{MADE}', 'prepared', 'wool', 'kg', '{{}}', "
        f"10, 0, 10, :now, 'CNY', :now)",
        f"INSERT INTO preparation_shares (organisation_id, id, maker_id, preparation_id, material, unit, categories, "
        f"part, percent, at_most, currency, use_until, made_at) VALUES ('{new_id()}', '{new_id()}', '{MAKER}', "
        f"'{MADE}', 'wool', 'kg', '{{}}', 10, 10, 2, 'CNY', :now, :now)",
    ),
    "in a split every request is ranked by the version of its arm": (
        f"INSERT INTO splits (organisation_id, id, version, live, encoder, percent, state, started_at) VALUES "
        f"('{MARKET_ID}', '{MADE}', 'another', '', '', 50, 'promoted', :now)",
        f"INSERT INTO split_requests (organisation_id, id, split_id, offering_id, candidate, joined_at) SELECT "
        f"organisation_id, gen_random_uuid(), '{MADE}', offering_id, true, :now FROM rankings LIMIT 1",
    ),
    "the entries of every transaction sum to zero in each currency, and are at least two": (
        "ALTER TABLE ledger_entries DISABLE TRIGGER USER",
        "UPDATE ledger_entries SET minor = minor + 1",
    ),
    "every balance is the sum of its entries": (
        "ALTER TABLE ledger_accounts DISABLE TRIGGER USER",
        "UPDATE ledger_accounts SET balance_minor = balance_minor - 1 WHERE kind = 'gateway'",
    ),
    "of no share is more held, frozen or on its way back than its payer paid and did not get back": (
        "ALTER TABLE ledger_accounts DISABLE TRIGGER USER",
        "UPDATE ledger_accounts SET balance_minor = balance_minor + 1 WHERE kind = 'held' AND balance_minor > 0",
    ),
    "what the dues of a share say is held, frozen or on its way back is what its accounts hold": (
        "UPDATE dues SET held_minor = held_minor - 1, refunded_minor = refunded_minor + 1 WHERE held_minor > 0",
    ),
    "whatever was released became payable to the factory, or went into what it owed": (
        "ALTER TABLE ledger_transactions DISABLE TRIGGER USER",
        "UPDATE ledger_transactions SET kind = 'thawed' WHERE kind = 'released'",
    ),
    "no released money waits for longer than seven days for its payout to be asked": (
        "UPDATE dues SET state = 'released', released_at = :now - interval '8 days' WHERE released_minor > 0",
    ),
    "no refund that failed waits for longer than a day to be asked again": (
        "INSERT INTO ledger_transactions (organisation_id, id, kind, key, due_id, minor, currency, actor_name, why, "
        "at) SELECT organisation_id, gen_random_uuid(), 'refund_failed', 'x refund_failed', id, 1, 'CNY', '', '', "
        ":now - interval '2 days' FROM dues WHERE held_minor > 0 LIMIT 1",
    ),
    "no payout that bounced waits for longer than seven days to be sent again": (
        "UPDATE remittances SET state = 'bounced', bounced_at = :now - interval '8 days'",
    ),
    "no payout is under way for longer than fourteen days": (
        "UPDATE remittances SET state = 'asked', asked_at = :now - interval '15 days'",
    ),
    "nothing that a bank sent back stays in the account of its factory": (
        f'INSERT INTO transfers (organisation_id, id, reference, "group", state, minor, currency, reversed_minor, '
        f"gateway_id, why, asked_at) VALUES ('{MAKER}', '{MADE}', '{MADE}', '{MADE}', 'made', 10, 'CNY', 0, '', '', "
        f":now)",
        f"INSERT INTO transfer_reversals (organisation_id, id, transfer_id, reference, state, minor, currency, "
        f"gateway_id, why, asked_at) VALUES ('{MAKER}', '{MADE}', '{MADE}', '{MADE}', 'refused', 10, 'CNY', '', '', "
        f":now)",
    ),
    "no debt of a factory stands for thirty days without a movement": (
        "ALTER TABLE ledger_accounts DISABLE TRIGGER USER",
        f"INSERT INTO ledger_accounts (organisation_id, id, kind, currency, balance_minor) VALUES ('{MAKER}', "
        f"'{MADE}', 'owed_by_factory', 'CNY', -5)",
    ),
    "every sweep ran within five of its periods": (
        f"INSERT INTO sweep_runs VALUES ('{new_id()}', 'asleep', :now - interval '6 minutes', 60)",
    ),
    "a room is open to its members and to nobody else": ("UPDATE rooms SET open_to = open_to[1:1]",),
    "what is said in a room follows without a gap, and nobody has read further": (
        "UPDATE rooms SET last_sequence = last_sequence + 1",
    ),
    "what goes back to a payer is what its refunds say, and never more than was taken": (
        f'INSERT INTO payments (organisation_id, id, reference, "group", state, minor, currency, hold, taken_minor, '
        f"refunded_minor, gateway_id, charge, page, why, drop_asked, asked_at) VALUES ('{MAKER}', '{MADE}', "
        f"'{MADE}', '{MADE}', 'taken', 10, 'CNY', false, 10, 5, '', '', '', '', false, :now)",
    ),
    "what is taken back from a factory is what the reversals say, and never more than was moved": (
        f'INSERT INTO transfers (organisation_id, id, reference, "group", state, minor, currency, reversed_minor, '
        f"gateway_id, why, asked_at) VALUES ('{MAKER}', '{MADE}', '{MADE}', '{MADE}', 'made', 10, 'CNY', 5, '', '', "
        f":now)",
    ),
    "no call to the payment provider is stuck, forgotten, or refused where money waits for it": (
        f"INSERT INTO gateway_calls (organisation_id, id, kind, about, state, request, tries, asked_at, try_at, why) "
        f"VALUES ('{MAKER}', '{MADE}', 'refund', '{MADE}', 'stuck', '{{}}', 14, :now, :now, '')",
    ),
    "no news of the payment provider is parked for longer than an hour": (
        f'INSERT INTO gateway_news (organisation_id, id, event, kind, subject, object_id, account, "row", state, '
        f"tries, happened_at, received_at, try_at, why) VALUES ('{MAKER}', '{MADE}', 'evt_1', 'refund.created', "
        f"'refund', 're_1', '', '', 'parked', 3, :now, :now - interval '2 hours', :now, '')",
    ),
    "a deal holds the pieces of its shares": ("UPDATE deals SET pieces = pieces + 1",),
    "an awarded pool holds the pieces of its deal": ("UPDATE deals SET pool_id = (SELECT id FROM pools)",),
    "no parcel holds more than the sheet of its run gives": (
        "INSERT INTO shipments (organisation_id, id, deal_id, factory_id, share_id, carrier, waybill, pieces, short, "
        "shipped_at, received_by) SELECT organisation_id, id, deal_id, factory_id, id, 'SF', '1', pieces + 1, 0, "
        ":now, '' FROM deal_shares",
    ),
    "a deal is accepted when every share in it is": ("UPDATE deals SET state = 'accepted'",),
    "no dispute waits for longer than its seven days without the market": (
        DISPUTE.format(state="open", moved_at="NULL"),
    ),
    "what is frozen is what disputes keep back that are not over": (
        "ALTER TABLE ledger_accounts DISABLE TRIGGER USER",
        "UPDATE ledger_accounts SET kind = 'frozen' WHERE kind = 'held' AND balance_minor > 0",
    ),
    "what a dispute gave back to its buyer stands in the ledger": (DISPUTE.format(state="decided", moved_at=":now"),),
    "no event waits for longer than five minutes": (
        "UPDATE outbox_events SET handled_at = NULL, occurred_at = :now - interval '6 minutes'",
    ),
    "no job is stuck": (
        "INSERT INTO procrastinate_jobs (task_name, queue_name, status, args) VALUES ('sleep', 'q', 'doing', '{}')",
    ),
    CHAINS: ("UPDATE history SET why = 'nothing' WHERE sequence = 1 AND aggregate = 'orders'",),
}

CHANGED = (
    "awards", "dues", "history", "leads", "ledger_accounts", "ledger_entries", "ledger_transactions", "offerings",
    "outbox_events", "pools", "quotes", "rooms", "shipments", "sweep_runs",
)  # fmt: skip


@pytest.fixture
def sound(town: Town) -> None:
    """A town with an award, a pool, leads and quotes in which every promise holds."""
    factories = [town.add_factory(f"Knit {number}") for number in range(2)]
    shop = town.add_shop("North Shop")
    sold = town.post(shop, town.sweaters(800))
    first = quote(town, factories[0], ladder((200, 11_800)))
    quote(town, factories[1], ladder((200, 12_800)))
    award(town, shop, sold, first)
    town.post(shop, town.sweaters(120))
    town.post(shop, town.sweaters(140))
    town.deliver()
    with town.work("system") as work:
        books = Books(work)
        books.accepted()
        sent = ask_payout(work, books.factory, "CNY")
        assert sent is not None
        note_payout_paid(work, sent.id)
        books.sold()


def audit(session: Session, web: Web) -> dict[str, int]:
    return dict(broken_promises(Work(session, SYSTEM_ACTOR, MONDAY, new_id, web.market.settings)))


def test_every_promise_has_its_breach() -> None:
    assert set(BREACHES) == {*PROMISES, CHAINS}


@pytest.mark.usefixtures("sound")
def test_the_audit_tells_each_broken_promise(web: Web, owner_engine: Engine) -> None:
    for promise, statements in BREACHES.items():
        with owner_engine.connect() as connection, Session(connection) as session:
            session.execute(AS_SYSTEM)
            assert audit(session, web) == dict.fromkeys(BREACHES, 0), promise
            for table in CHANGED:
                session.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            for statement in statements:
                session.execute(text(statement), {"now": MONDAY} if ":now" in statement else {})
            assert audit(session, web)[promise] > 0, promise
            session.rollback()


@pytest.mark.usefixtures("sound")
def test_the_command_ends_with_one_when_a_promise_is_broken(web: Web, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(AS_SYSTEM)
        connection.execute(text("UPDATE outbox_events SET handled_at = now()"))
    run = web.app.test_cli_runner()
    fine = run.invoke(args=["audit"])
    assert (fine.exit_code, "BROKEN" in fine.output) == (0, False)
    assert all(f"ok     {promise}" in fine.output for promise in BREACHES)
    with owner_engine.begin() as connection:
        connection.execute(AS_SYSTEM)
        connection.execute(text("UPDATE pools SET quantity = quantity + 1"))
    broken = run.invoke(args=["audit"])
    assert broken.exit_code == 1
    assert "BROKEN a pool holds the pieces of its members: 1" in broken.output
