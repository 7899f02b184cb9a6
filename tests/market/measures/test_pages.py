"""The operators' pages of figures: an empty market, n of one, bad input, files and programs, and no more statements."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, text

from market.identity.service import MARKET_ID, issue_key
from market.measures.counting import recount
from market.measures.drift import open_alarms, watch_drift
from market.measures.funnel import funnel
from market.measures.slices import Asked, Slice, Span
from market.measures.tables import TABLES
from tests.market.measures.rows import RandomMarket
from tests.market.site import Person, Web
from tests.market.town import Town

PAGES = (
    "/operator", "/operator/lists", "/operator/quality", "/operator/quality?by=size&days=84", "/operator/report",
    "/operator/quality/leads", "/operator/quality/leads?step=won&vertical=apparel",
    "/operator?vertical=apparel&newcomer=new",
)  # fmt: skip


def fill(web: Web, seed: int = 1, requests: int = 20, factories: int = 6, days: int = 40) -> None:
    with web.market.unit() as work:
        RandomMarket(work.session, seed, days, work.now).fill(requests, factories)
        recount(work)


@contextmanager
def counted() -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_market_reads_well(operator: Person, language: str) -> None:
    operator.client.set_cookie("weft_language", language)
    for path in PAGES:
        page = operator.get(path)
        assert page.status_code == 200, path
        assert not re.search(r">\s*(nan|None|inf)\b|(nan|None|inf)%", page.text.replace("None yet", "")), path


def test_one_lead_reads_well(web: Web, operator: Person) -> None:
    with web.market.unit() as work:
        market = RandomMarket(work.session, 2, 1, work.now)
        market.add_factory(0)
        while not work.session.scalar(text("SELECT count(*) FROM leads")):
            market.add_request()
        recount(work)
    for path in PAGES:
        assert operator.get(path).status_code == 200, path


def test_no_page_asks_more_the_more_there_is(web: Web, operator: Person) -> None:
    fill(web, 1, requests=10)
    asked = {}
    for path in PAGES:
        operator.get(path)
        with counted() as said:
            assert operator.get(path).status_code == 200
        asked[path] = len(said)
    fill(web, 2, requests=60, factories=12)
    for path in PAGES:
        with counted() as said:
            operator.get(path)
        assert len(said) <= asked[path] + 2, path


def test_numbers_lead_to_as_many_leads(web: Web, operator: Person) -> None:
    fill(web, 3, requests=40)
    with web.market.unit() as work:
        end = work.today + timedelta(days=1)
        found = funnel(work.session, Asked(Slice(), Span(end - timedelta(days=28), end), work.today))
    for step in ("offered", "quoted", "won", "closed", "declined"):
        seen, path = set[str](), f"/operator/quality/leads?step={step}"
        while path:
            page = operator.get(path)
            seen |= set(re.findall(r'href="/operator/history/leads/([^"]+)"', page.text))
            older = re.search(r'href="([^"]+)" rel="next"', page.text)
            path = older[1].replace("&amp;", "&") if older else ""
        assert len(seen) == found.counts[step], step
    lead = next(iter(seen))
    assert operator.get(f"/operator/quality/leads?step={step}").text.count("/operator/orders/") > 0
    assert lead


@pytest.mark.parametrize(
    "bad",
    ["days=7", "until=yesterday", "until=2999-01-01", "vertical=spaceships", "language=fr", "by=colour", "size=big"],
)
def test_bad_input_is_told(operator: Person, bad: str) -> None:
    page = operator.get(f"/operator/quality?{bad}")
    assert page.status_code == 422
    assert bad.split("=")[1] in page.text or bad.split("=")[0] in page.text
    assert operator.get("/operator/quality/nothing.csv").status_code == 404
    assert operator.get("/operator/quality/leads?step=flown").status_code == 422
    assert operator.get("/operator/quality/leads?after=never").status_code == 422
    assert operator.get("/operator/report?week=soon").status_code == 422


def test_nobody_else_gets_in(web: Web) -> None:
    shop = web.person("seller", "A shop")
    for path in (*PAGES, "/operator/quality/funnel.csv"):
        assert shop.get(path).status_code == 403
        assert web.visitor().get(path).status_code in {302, 401}


def test_files_and_programs_read_the_same_rows(web: Web, operator: Person) -> None:
    fill(web, 4, requests=30)
    with web.market.unit() as work:
        from_market = web.market.work(work.session, type(work.actor)(MARKET_ID, None, "the market", "operator"))
        _row, secret = issue_key(from_market, "figures", ("measures:read",))
        _other, blind = issue_key(from_market, "orders", ("orders:read",))
    key = {"Authorization": f"Bearer {secret}"}
    reader = web.app.test_client()
    assert reader.get("/api/v1/measures", headers=key).json == {"tables": list(TABLES)}
    assert reader.get("/api/v1/measures/funnel").status_code == 401
    assert reader.get("/api/v1/measures/funnel", headers={"Authorization": f"Bearer {blind}"}).status_code == 403
    assert reader.get("/api/v1/measures/funnel?days=9", headers=key).status_code == 422
    assert reader.get("/api/v1/measures/nothing", headers=key).status_code == 404
    for name in TABLES:
        told = reader.get(f"/api/v1/measures/{name}?days=84&by=size", headers=key)
        assert told.status_code == 200, told.text
        file = operator.get(f"/operator/quality/{name}.csv?days=84&by=size").data.decode("utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(file)))
        rows = (told.json or {})["rows"]
        assert len(lines) == len(rows), name
        for line, row in zip(lines, rows, strict=True):
            assert set(line) == set(row)
            for column, value in row.items():
                if isinstance(value, int) and not isinstance(value, bool):
                    assert line[column] == str(value), (name, column)


def test_drift_is_told_once_and_ends(web: Web, operator: Person, town: Town) -> None:
    fill(web, 6, requests=120, factories=9, days=20)
    told_wrong = "UPDATE leads SET calibrated = true, deal_probability = 0.95 WHERE state <> 'won'"
    with web.market.unit() as work:
        assert watch_drift(work) == 0
    with web.market.unit() as work:
        work.session.execute(text(told_wrong))
        recount(work)
        raised = watch_drift(work)
        assert raised >= 1
        assert {} in [alarm.slice for alarm in open_alarms(work.session)]
    with web.market.unit() as work:
        assert watch_drift(work) == 0
    assert town.notices(MARKET_ID).count("drift") == raised
    page = operator.get("/operator")
    assert page.text.count("wf-ban warn") >= 1 and "/operator/quality" in page.text
    assert operator.get("/notices").status_code == 200
    with web.market.unit() as work:
        work.session.execute(text("UPDATE leads SET calibrated = false"))
        recount(work)
        assert (watch_drift(work), open_alarms(work.session)) == (0, [])
