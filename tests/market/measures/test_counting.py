"""The sums of every day equal an independent recount, after any change, and nothing but the changed days is counted."""

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from market.config import Settings
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from market.measures.columns import TABLES
from market.measures.counting import count_touched_days, differences, recount
from tests.conftest import MONDAY
from tests.market.measures.plain import Cells, Plain
from tests.market.measures.rows import ORDER, RandomMarket
from tests.market.site import Web

CHANGES = (
    "UPDATE leads SET state = 'won' WHERE state = 'quoted'",
    "UPDATE leads SET state = 'declined', decline_reason = 'time' WHERE state = 'viewed'",
    "UPDATE leads SET offered_at = offered_at - interval '3 days' WHERE state = 'withdrawn'",
    "UPDATE leads SET viewed_at = offered_at WHERE rank = 2",
    "UPDATE offerings SET open = false WHERE open",
    "UPDATE offerings SET vertical = 'toys' WHERE vertical IS NULL",
    "UPDATE orders SET title = '改过的标题' WHERE title = 'Crew necks'",
    "UPDATE orders SET posted_at = posted_at - interval '9 days' WHERE state = 'awarded'",
    "UPDATE factories SET staff_count = 20",
    "UPDATE factories SET joined_on = joined_on - 30 WHERE staff_count IS NULL",
    "UPDATE awards SET awarded_at = awarded_at - interval '2 days' WHERE currency = 'EUR'",
)


@pytest.fixture
def work(session: Session, settings: Settings) -> Work:
    return Work(session, SYSTEM_ACTOR, MONDAY, new_id, settings)


@pytest.fixture(params=[1, 2])
def market(session: Session, request: pytest.FixtureRequest) -> RandomMarket:
    made = RandomMarket(session, request.param)
    made.fill()
    return made


def count_all(work: Work) -> int:
    passes = 0
    while count_touched_days(work):
        passes += 1
    return passes


def kept(session: Session, table: str) -> Cells:
    keys, counts = TABLES[table]
    rows = session.execute(text(f"SELECT * FROM {table} WHERE grain = 'day'")).mappings()
    cells = {tuple(row[key] for key in ("day", *keys)): {name: row[name] for name in counts} for row in rows}
    return {key: +Counter(cell) for key, cell in cells.items()}


def hold(session: Session) -> None:
    session.expire_all()
    plain = Plain(session)
    for table, cells in (
        ("measure_leads", plain.lead_cells()),
        ("measure_runs", plain.run_cells()),
        ("measure_deals", plain.deal_cells()),
    ):
        assert kept(session, table) == {key: +cell for key, cell in cells.items()}, table


def test_sums_equal_a_plain_recount_after_every_change(work: Work, market: RandomMarket) -> None:
    count_all(work)
    hold(work.session)
    for change in CHANGES:
        work.session.execute(text(change))
        count_all(work)
        hold(work.session)
        assert list(differences(work.session)) == [], change
    earlier = {"shop": market.shops[0], "id": new_id(), "title": "Very first", "vertical": None, "region": None}
    market.run(ORDER, **earlier, state="offered", at=MONDAY - timedelta(days=200))
    count_all(work)
    hold(work.session)
    before = {table: kept(work.session, table) for table in TABLES}
    recount(work)
    assert {table: kept(work.session, table) for table in TABLES} == before


def test_months_are_the_sums_of_their_days(work: Work, market: RandomMarket) -> None:
    count_all(work)
    for table, (_keys, counts) in TABLES.items():
        sums = ", ".join(f"sum({name})" for name in counts)
        days, months = (
            work.session.execute(
                text(
                    f"SELECT date_trunc('month', day), {sums} FROM {table} WHERE grain = '{grain}' GROUP BY 1 "
                    "ORDER BY 1"
                )
            ).all()
            for grain in ("day", "month")
        )
        assert days == months != []


def test_only_touched_days_are_counted_and_a_wrong_sum_is_found(work: Work, market: RandomMarket) -> None:
    count_all(work)
    lead = work.session.execute(text("SELECT id, offered_at FROM leads ORDER BY offered_at LIMIT 1")).one()
    work.session.execute(text("UPDATE leads SET viewed_at = offered_at WHERE id = :id"), {"id": lead.id})
    assert 1 <= count_touched_days(work) <= 2
    assert list(differences(work.session)) == []
    work.session.execute(text("UPDATE measure_leads SET won = won + 1 WHERE grain = 'day' AND day = (SELECT min(day) "
                              "FROM measure_leads WHERE grain = 'day')"))  # fmt: skip
    assert {table for _day, table, _rows in differences(work.session)} == {"measure_leads"}


def test_an_empty_market_counts_nothing(work: Work) -> None:
    assert (count_touched_days(work), recount(work), list(differences(work.session))) == (0, 0, [])


def test_commands_count_and_check(web: Web, app_of_site: Flask) -> None:
    run = app_of_site.test_cli_runner()
    with web.market.unit() as work:
        RandomMarket(work.session, 3, days=10).fill(requests=5, factories=6)
    counted = run.invoke(args=["measures", "recount"])
    assert (counted.exit_code, "days were counted" in counted.output) == (0, True)
    assert run.invoke(args=["measures", "check"]).exit_code == 0
    with web.market.unit() as work:
        work.session.execute(text("UPDATE measure_runs SET posted = posted + 1 WHERE grain = 'day'"))
    wrong = run.invoke(args=["measures", "check"])
    assert (wrong.exit_code, "measure_runs" in wrong.output) == (1, True)
