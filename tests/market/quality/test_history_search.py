"""The history looked through: filters narrow to what they say, pages lose nothing, and none looks at too much."""

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from market.identity.service import pause_organisation
from market.kit.clock import market_day
from market.kit.history import HistoryEntry
from market.orders.service import withdraw_order
from market.quality.history_search import Search, read_cursor, search_history
from tests.market.site import Person, Web
from tests.market.town import Town


@pytest.fixture
def lived(town: Town) -> tuple[UUID, UUID]:
    """Two shops on two days; one is paused with a reason that holds a sign of patterns."""
    town.add_factory("Near Knit")
    north, south = town.add_shop("North Shop"), town.add_shop("South Shop")
    town.post(north, town.sweaters(800))
    town.clock.advance(timedelta(days=2))
    order = town.post(south, town.sweaters(900))
    with town.work("seller", south) as work:
        withdraw_order(work, order, "we sell 100% fewer")
    with town.work("operator") as work:
        pause_organisation(work, north, "asked 1000 times")
    return north, south


def every(town: Town, search: Search, size: int = 3, most: int = 50_000) -> list[UUID]:
    """The ids of all pages."""
    found, cursor = list[UUID](), None
    with town.work("operator") as work:
        while True:
            page = search_history(work.session, search, read_cursor(cursor), size, most)
            found += [row.id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                return found


@pytest.mark.parametrize("most", [2, 5, 50_000])
def test_pages_lose_nothing_and_tell_nothing_twice(town: Town, lived: tuple[UUID, UUID], most: int) -> None:
    north, _south = lived
    days = market_day(town.clock.now())
    with town.work("operator") as work:
        rows = work.session.scalars(select(HistoryEntry).order_by(HistoryEntry.at.desc(), HistoryEntry.id.desc())).all()
    assert len(rows) > 12
    concerns = [row.id for row in rows if north in (row.organisation_id, row.counterparty_id)]
    expected = {
        Search(): [row.id for row in rows],
        Search(aggregate="leads"): [row.id for row in rows if row.aggregate == "leads"],
        Search(words="0%"): [row.id for row in rows if "0%" in row.why],
        Search(words="BECAME"): [row.id for row in rows if "became" in row.what],
        Search(organisations=frozenset({north})): concerns,
        Search(first=days): [row.id for row in rows if market_day(row.at) == days],
        Search(last=days - timedelta(days=1)): [row.id for row in rows if market_day(row.at) < days],
        Search(aggregate="orders", words="nothing says this"): [],
    }
    for search, ids in expected.items():
        assert every(town, search, most=most) == ids, search
    assert len(expected[Search(words="0%")]) == 1


def test_a_page_looks_at_no_more_than_it_may_and_says_how_far(town: Town, lived: tuple[UUID, UUID]) -> None:
    assert lived
    with town.work("operator") as work:
        page = search_history(work.session, Search(words="nothing says this"), None, 50, most=4)
        assert page.rows == () and page.looked_back_to is not None and page.next_cursor is not None
        work.session.execute(text("SET LOCAL enable_seqscan = off"))
        work.session.execute(text("SET LOCAL enable_sort = off"))
        plan = work.session.scalars(text(PLAN)).all()
    assert any("ix_history_at" in line for line in plan), plan


PLAN = """EXPLAIN SELECT * FROM history ORDER BY at DESC, id DESC LIMIT 50"""


def test_the_page_and_its_table_say_the_same(town: Town, operator: Person, lived: tuple[UUID, UUID]) -> None:
    assert lived
    page = operator.get("/operator/history?organisation=south&of=orders").text
    assert "South Shop" in page and "North Shop" not in page.partition('id="main"')[2]
    file = operator.get("/operator/history/history.csv?organisation=south&of=orders").data.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(file)))
    assert lines and {line["organisation"] for line in lines} == {"South Shop"}
    assert {line["kind"] for line in lines} == {"orders"} and "we sell 100% fewer" in {line["why"] for line in lines}
    assert "没有" in operator.get("/operator/history?organisation=nobody+at+all").text
    assert operator.get("/operator/history?words=%25_%27%22").status_code == 200


@pytest.mark.parametrize("query", ["of=kings", "first=soon", "last=2026-02-30", "cursor=abc", "cursor=%F0"])
def test_what_means_nothing_is_refused_by_name(operator: Person, query: str) -> None:
    answer = operator.get(f"/operator/history?{query}")
    assert answer.status_code == 422, answer.text


def test_nobody_else_reads_it(web: Web) -> None:
    for kind in ("seller", "factory"):
        stranger = web.person(kind, f"a {kind}")
        assert stranger.get("/operator/history").status_code == 403
        assert stranger.get("/operator/history/history.csv").status_code == 403
