"""Money that stopped: an operator sees every kind of it with its age, and moves each once, with a reason."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session, sessionmaker

from market import audit
from market.identity.service import MARKET_ID
from market.kit.heartbeat import beat
from market.kit.ids import new_id
from market.payments.events import PayoutAccountChanged, RefundFailed, RefundSucceeded, TransferRefused
from market.production import service as deals
from market.production.events import DealAccepted
from market.settlement import mending
from market.settlement.gateway_flows import pay_factories, send_back
from market.settlement.paying_out import ask_payout, note_payout_bounced
from market.settlement.refunding import refund
from market.settlement.stuck_queries import Matter, Stuck, stuck, stuck_count
from market.settlement.thread_queries import thread
from tests.market.disputes.bench import broken
from tests.market.production.yard import FEE, PHOTO, Run, pooled_deal, single_deal
from tests.market.settlement.books import Books, cny
from tests.market.settlement.test_flows import (
    DEPOSIT,
    accepted_and_payable,
    asked_of_provider,
    books_of,
    moved,
    tell,
    with_deposits,
)
from tests.market.site import Web
from tests.market.town import Town

WHY = "the buyer has named another card"


def listed(town: Town) -> list[Stuck]:
    """What the desk shows; the menu counts the same."""
    with town.work("operator", MARKET_ID) as work:
        rows = stuck(work.session, work.now)
        assert stuck_count(work.session, work.now) == len(rows)
    return rows


def failed_refund(town: Town, run: Run | None = None) -> Run:
    """A cancelled deal, none of whose refunds arrived."""
    run = run or with_deposits(single_deal(town))
    run.by_shop(run.shops[0], deals.cancel_deal)
    fail_refunds(run)
    return run


def fail_refunds(run: Run) -> None:
    """The provider could pay none of the refunds that it was asked for."""
    with run.town.work("system") as work:
        asked = work.session.execute(
            text("UPDATE refunds SET state = 'failed' WHERE state = 'asked' RETURNING organisation_id, id, reference")
        ).all()
        work.session.execute(text("UPDATE payments SET refunded_minor = 0"))
    for owner, refund_id, reference in asked:
        tell(run, RefundFailed(owner, refund_id, reference, "expired_or_canceled_card"))


def part_that_failed(town: Town) -> Run:
    """A running deal of which a thousand yuan should have gone back."""
    run = with_deposits(single_deal(town))
    with town.work("system") as work:
        send_back(work, refund(work, run.share(run.shops[0]).id, "a part", cny(100_000), "the dispute ended"))
    fail_refunds(run)
    return run


def forgotten(town: Town) -> int:
    """Failed refunds that the audit tells of."""
    promise = audit.PROMISES["no refund that failed waits for longer than a day to be asked again"]
    with town.work("system") as work:
        return int(work.session.scalar(text(promise), {"now": work.now}) or 0)


def of(town: Town, matter: Matter) -> list[Stuck]:
    return [row for row in listed(town) if row.matter is matter]


def test_a_refund_that_failed_is_asked_again_once_and_arrives(town: Town) -> None:
    run = failed_refund(town)
    rows = of(town, Matter.REFUND)
    assert {(row.detail, row.why, row.verbs) for row in rows} == {
        (purpose, "expired_or_canceled_card", ("again", "by_hand")) for purpose in ("sample_fee", "deposit")
    }
    town.clock.advance(timedelta(days=2))
    assert forgotten(town) == 2
    before = asked_of_provider(run, "refund")
    for row in rows:
        with town.work("operator", MARKET_ID) as work:
            posted = mending.refund_again(work, UUID(row.id), WHY)
            assert str(posted.transaction_id) != row.id and posted.minor == (row.money.minor if row.money else 0)
        with town.work("operator", MARKET_ID) as work, pytest.raises(mending.RefundMoved):
            mending.refund_again(work, UUID(row.id), WHY)
    assert of(town, Matter.REFUND) == [] and asked_of_provider(run, "refund") == before + 2
    assert forgotten(town) == 0
    with town.work("operator", MARKET_ID) as work:
        found = thread(work.session, work.now, Matter.REFUND, rows[0].id)
    assert found.row is None and {movement.kind.value for movement in found.movements} == {
        "taken", "refund_asked", "refund_failed"
    }  # fmt: skip
    assert all(sum(line.money.minor for line in movement.lines) == 0 for movement in found.movements)
    assert ("a operator", WHY) in {(line.actor_name, line.why) for line in found.past}
    assert {call.kind.value for call in found.calls} == {"start_payment", "refund"}
    with town.work("system") as work:
        again = work.session.execute(
            text("SELECT organisation_id, id, reference FROM refunds WHERE state = 'asked'")
        ).all()
    for owner, refund_id, reference in again:
        balances = tell(run, RefundSucceeded(owner, refund_id, reference))
    assert balances == {}


def test_what_no_card_takes_is_returned_by_bank_once_and_its_payer_reads_how(town: Town) -> None:
    run = failed_refund(town)
    before = asked_of_provider(run, "refund")
    for row in of(town, Matter.REFUND):
        with town.work("operator", MARKET_ID) as work:
            mending.returned_by_hand(work, UUID(row.id), WHY)
        for again in (mending.returned_by_hand, mending.refund_again):
            with town.work("operator", MARKET_ID) as work, pytest.raises(mending.RefundMoved, match="already"):
                again(work, UUID(row.id), WHY)
    town.clock.advance(timedelta(days=2))
    assert of(town, Matter.REFUND) == [] and forgotten(town) == 0
    assert asked_of_provider(run, "refund") == before
    assert town.notices(run.shops[0])[-2:] == ["refund_by_hand"] * 2
    with books_of(run) as books:
        books.check()
        assert books.balances(*books.shops) == {"gateway": -FEE - DEPOSIT, "bank": FEE + DEPOSIT}
        assert {state for share in books.shops for state in books.states(share).values()} == {"refunded"}
    assert broken(town) == {}


def test_what_a_failed_refund_left_here_never_goes_to_the_factory(town: Town) -> None:
    run = part_that_failed(town)
    with town.work("system") as work:
        work.session.execute(text("UPDATE deals SET state = 'accepted'"))
    for _told in range(2):
        balances = tell(run, DealAccepted(run.deal.organisation_id, run.deal_id))
        assert balances["held"] == 100_000, balances
    (row,) = of(town, Matter.REFUND)
    with town.work("operator", MARKET_ID) as work:
        posted = mending.refund_again(work, UUID(row.id), WHY)
    with town.work("system") as work:
        asked = text("SELECT organisation_id, id, reference FROM refunds WHERE reference = :reference")
        told = work.session.execute(asked, {"reference": posted.transaction_id}).one()
    assert "held" not in tell(run, RefundSucceeded(*told))


def test_of_a_cancelled_deal_it_goes_back_whatever_the_materials_cost(town: Town) -> None:
    run = part_that_failed(town)
    run.by_factory(deals.prove_materials, 10**9, [PHOTO])
    run.by_shop(run.shops[0], deals.cancel_deal)
    with books_of(run) as books:
        balances = books.balances(*books.shops)
    assert "held" not in balances and balances["refunding"] == 100_000, balances


def test_of_two_operators_one_asks_for_the_refund_though_more_is_held(town: Town) -> None:
    run = with_deposits(single_deal(town))
    with town.work("system") as work:
        send_back(work, refund(work, run.share(run.shops[0]).id, "a part", cny(100_000)))
    fail_refunds(run)
    row = of(town, Matter.REFUND)[0]
    before = asked_of_provider(run, "refund")

    def ask(_number: int) -> str:
        try:
            with town.work("operator", MARKET_ID) as work:
                mending.refund_again(work, UUID(row.id), WHY)
        except mending.RefundMoved as fault:
            return fault.code
        return "asked"

    with ThreadPoolExecutor(2) as operators:
        assert sorted(operators.map(ask, range(2))) == ["asked", "refund_moved"]
    assert asked_of_provider(run, "refund") == before + 1


def test_a_refund_that_fails_again_is_stuck_again_and_one_that_went_elsewhere_is_not(town: Town) -> None:
    run = failed_refund(town)
    first = of(town, Matter.REFUND)[0]
    with town.work("operator", MARKET_ID) as work:
        mending.refund_again(work, UUID(first.id), WHY)
    fail_refunds(run)
    rows = of(town, Matter.REFUND)
    assert len(rows) == 2 and first.id not in {row.id for row in rows}
    with books_of(run) as books:
        books.work.session.execute(text("UPDATE dues SET held_minor = 0, refunded_minor = refunded_minor + held_minor"))
    assert of(town, Matter.REFUND) == []
    with town.work("operator", MARKET_ID) as work, pytest.raises(mending.RefundMoved, match="elsewhere"):
        mending.refund_again(work, UUID(rows[0].id), WHY)


def test_a_bounced_payout_goes_again_only_to_a_bank_that_takes_it(town: Town) -> None:
    run = accepted_and_payable(town)
    tell(run, TransferRefused(run.factory, *moved(run, "transfers"), "restricted"))
    with town.work("system") as work:
        work.session.execute(text("UPDATE payout_accounts SET state = 'restricted'"))
    (row,) = listed(town)
    assert (row.matter, row.detail, row.verbs, row.why) == (Matter.PAYOUT, "restricted", ("remind",), "restricted")
    with town.work("operator", MARKET_ID) as work, pytest.raises(mending.BankNotReady):
        mending.send_payout_again(work, UUID(row.id), WHY)
    with town.work("system") as work:
        work.session.execute(text("UPDATE payout_accounts SET state = 'enabled'"))
    assert listed(town)[0].verbs == ("again",)
    with town.work("operator", MARKET_ID) as work:
        mending.send_payout_again(work, UUID(row.id), WHY)
    assert listed(town) == [] and town.sweep(pay_factories) == 1
    with town.work("operator", MARKET_ID) as work, pytest.raises(mending.PayoutMoved):
        mending.send_payout_again(work, UUID(row.id), WHY)
    with town.work("operator", MARKET_ID) as work:
        found = thread(work.session, work.now, Matter.PAYOUT, row.id)
    assert [movement.kind.value for movement in found.movements] == ["payout_asked", "payout_bounced"]
    assert WHY in {line.why for line in found.past} and found.calls[0].kind.value == "transfer"


def test_a_payout_past_its_seven_days_says_what_it_waits_for(town: Town) -> None:
    run = accepted_and_payable(town)
    town.clock.advance(timedelta(days=7, seconds=1))
    (row,) = of(town, Matter.LATE)
    assert (row.matter, row.detail, row.factory_id) == (Matter.LATE, "under_way", run.factory)
    assert row.money == cny(FEE + DEPOSIT - 145_900)
    tell(run, TransferRefused(run.factory, *moved(run, "transfers"), "restricted"))
    assert of(town, Matter.LATE) == [] and len(of(town, Matter.PAYOUT)) == 1
    tell(run, PayoutAccountChanged(run.factory, enabled=True))
    assert of(town, Matter.PAYOUT) == []
    with town.work("system") as work:
        work.session.execute(text("UPDATE payout_accounts SET state = 'restricted'"))
    town.clock.advance(timedelta(days=8))
    (row,) = of(town, Matter.LATE)
    assert (row.matter, row.detail, row.verbs) == (Matter.LATE, "restricted", ("remind",))


def test_a_debt_is_set_off_or_written_off_as_it_was_seen(books: Books) -> None:
    """A payout under way bounces after its refund was taken back: something is payable, and something is owed."""
    share = books.accepted()
    sent = ask_payout(books.work, books.factory, "CNY")
    assert sent is not None
    books.pay_back(share, 30_000)
    note_payout_bounced(books.work, sent.id, "closed")
    owed = {row.matter: row for row in stuck(books.work.session, books.work.now)}[Matter.DEBT]
    assert (owed.money, owed.verbs, owed.since) == (cny(28_500), ("set_off", "write_off"), books.work.now)
    with pytest.raises(mending.DebtMoved, match=r"285\.00 CNY now, not 285\.01"):
        mending.set_off(books.work, books.factory, cny(28_501), WHY)
    assert mending.set_off(books.work, books.factory, cny(28_500), WHY) == cny(28_500)
    assert books.lines()[-1] == {"owed_by_factory": 28_500, "payable": -28_500}
    with pytest.raises(mending.DebtMoved):
        mending.write_off(books.work, books.factory, cny(28_500), WHY)
    books.check()
    found = thread(books.work.session, books.work.now, Matter.DEBT, f"{books.factory}.CNY")
    assert found.row is None and found.movements[-1].why == WHY
    assert [(line.what, line.why) for line in found.past if line.aggregate == "ledger_accounts"] == [
        ("debt set off", WHY)
    ]


def test_a_debt_that_nothing_is_payable_against_is_borne_by_the_market(books: Books) -> None:
    share = books.accepted()
    sent = ask_payout(books.work, books.factory, "CNY")
    assert sent is not None
    books.pay_back(share, 30_000)
    with pytest.raises(mending.NothingPayable):
        mending.set_off(books.work, books.factory, cny(28_500), WHY)
    mending.write_off(books.work, books.factory, cny(28_500), WHY)
    assert books.lines()[-1] == {"owed_by_factory": 28_500, "costs": -28_500}
    books.check()
    assert not [row for row in stuck(books.work.session, books.work.now) if row.matter is Matter.DEBT]


def test_unpaid_dues_and_silent_sweeps_are_listed_by_urgency(town: Town) -> None:
    run = single_deal(town)
    assert listed(town) == []
    town.clock.advance(timedelta(days=6))
    with town.work("system") as work:
        beat(work.session, MARKET_ID, "pay_factories", timedelta(minutes=1), work.now - timedelta(minutes=6))
        work.session.execute(text("UPDATE gateway_calls SET state = 'stuck', why = 'no answer'"))
    assert [(row.matter.value, row.detail, row.share_id) for row in listed(town)] == [
        ("sweep", "pay_factories", None),
        ("call", "start_payment", run.share(run.shops[0]).id),
        ("due", "sample_fee", run.share(run.shops[0]).id),
    ]


def test_the_list_takes_as_many_statements_for_many_rows_as_for_one(
    town: Town, sessions: sessionmaker[Session]
) -> None:
    failed_refund(town, with_deposits(pooled_deal(town)))
    add = text(
        "INSERT INTO gateway_calls (organisation_id, id, kind, about, state, request, tries, asked_at, try_at, why) "
        "SELECT organisation_id, gen_random_uuid(), 'refund', id, 'stuck', '{}', 14, now(), now(), '' FROM refunds"
    )
    counts = []
    for times in (1, 20):
        with town.work("system") as work:
            for _each in range(times):
                work.session.execute(add)
        counts.append(statements_of(town, sessions))
    assert len(of(town, Matter.CALL)) >= 21
    assert counts[0] == counts[1] <= 20


def statements_of(town: Town, sessions: sessionmaker[Session]) -> int:
    """How many statements the desk takes."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = sessions.kw["bind"]
    listed(town)
    event.listen(engine, "before_cursor_execute", note)
    try:
        with town.work("operator", MARKET_ID) as work:
            stuck(work.session, work.now)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len([one for one in statements if one.lstrip().startswith(("SELECT", "WITH")) and "FROM" in one])


def test_commands_list_show_and_move_what_is_stuck(web: Web, town: Town) -> None:
    run_command = web.app.test_cli_runner().invoke
    assert run_command(args=["money", "stuck"]).output == "Nothing is stuck.\n"
    failed_refund(town)
    told = run_command(args=["money", "stuck"])
    assert told.exit_code == 1 and "expired_or_canceled_card" in told.output and "2 stuck." in told.output
    refund = of(town, Matter.REFUND)[0].id
    shown = run_command(args=["money", "show", "refund", refund])
    assert shown.exit_code == 0 and "refund_failed" in shown.output and "call refund" in shown.output
    assert "Missing option '--why'" in run_command(args=["money", "retry", "refund", refund]).output
    nobody = run_command(args=["money", "retry", "refund", str(new_id()), "--why", WHY])
    assert (nobody.exit_code, "There is no refund" in nobody.output) == (1, True)
    done = run_command(args=["money", "retry", "refund", refund, "--why", WHY])
    assert (done.exit_code, done.output) == (0, "The refund is asked again.\n")
    twice = run_command(args=["money", "retry", "refund", refund, "--why", WHY])
    assert twice.exit_code == 1 and "nothing was sent twice" in twice.output
    assert "is no debt" in run_command(args=["money", "write-off", "x.CNY", "--amount", "1", "--why", WHY]).output
    with town.work("system") as work:
        entry = text("SELECT actor_name FROM history WHERE why = :why")
        assert set(work.session.scalars(entry, {"why": WHY})) == {"the command line"}
