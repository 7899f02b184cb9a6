"""The pages of an import of sales through the whole web door, and the worker's job behind them."""

import io
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from market.kit.db import SYSTEM, act_as
from market.replenishment import imports
from market.worker import IMPORT_TRIES, take_sales
from tests.market.replenishment.sales_files import ENGLISH_HEADERS, table, year_of_sales
from tests.market.site import Person, Web

PRESSED = 'aria-pressed="true"'


@pytest.fixture
def shop(web: Web) -> Person:
    """A signed-in shop that reads English."""
    person = web.person("seller", "a shop")
    person.get("/language/en")
    return person


def upload(person: Person, content: bytes, name: str = "sales.csv") -> TestResponse:
    return person.post("/restock/import", {"file": (io.BytesIO(content), name)})


def import_id_of(answer: TestResponse) -> UUID:
    assert answer.status_code == 303, answer.text
    return UUID(answer.location.rpartition("/")[2])


def let_work(web: Web, shop: Person) -> None:
    """What the worker does about every job of this shop's imports that waits."""
    with web.sessions() as session:
        act_as(session, SYSTEM)
        taken = text(
            "DELETE FROM procrastinate_jobs WHERE task_name = 'sales_import' AND args ->> 'organisation_id' = :shop "
            "RETURNING args ->> 'import_id'"
        )
        waiting = session.scalars(taken, {"shop": str(shop.organisation_id)}).all()
        session.commit()
    assert shop.organisation_id
    for import_id in waiting:
        take_sales(web.market, shop.organisation_id, UUID(import_id), tries=0)


def page(person: Person, import_id: UUID) -> str:
    answer = person.get(f"/restock/import/{import_id}")
    assert answer.status_code == 200
    return answer.text


def form(person: Person, import_id: UUID, verb: str, **fields: str) -> TestResponse:
    return person.post(f"/restock/import/{import_id}/{verb}", fields)


def test_a_file_goes_from_upload_to_done(web: Web, shop: Person) -> None:
    last = web.market.clock.now().date() - timedelta(days=1)
    year = year_of_sales(last, items=2, headers=ENGLISH_HEADERS)
    broken = year.content.replace(year.first.isoformat().encode(), b"2026/2/30", 1)
    import_id = import_id_of(upload(shop, broken))
    waiting = page(shop, import_id)
    assert 'hx-trigger="sales_import from:body' in waiting and "Reading every row" in waiting
    assert 'name="expected"' not in waiting
    fragment = shop.get(f"/restock/import/{import_id}", headers={"HX-Request": "true"}).text
    assert fragment.lstrip().startswith('<div id="import-live"')
    let_work(web, shop)
    checked = page(shop, import_id)
    assert "hx-trigger" not in checked.split("import-live")[1].split(">")[0]
    assert f'name="expected" value="{year.rows - 1}"' in checked
    assert "encoding UTF-8, detected" not in checked and "GB18030" in checked
    assert "No rows from" in checked and PRESSED not in checked
    assert form(shop, import_id, "gap", first=year.gap[0].isoformat(), meaning="closed").status_code == 303
    assert PRESSED in page(shop, import_id)
    faulty = shop.get(f"/restock/import/{import_id}/faulty.csv")
    assert faulty.mimetype == "text/csv" and len(faulty.text.splitlines()) == 2
    for _press in range(2):
        assert form(shop, import_id, "take", expected=str(year.rows - 1)).status_code == 303
    let_work(web, shop)
    done = page(shop, import_id)
    assert f"{year.rows - 1} rows are taken in" in done and year.rows < 1000 and "2 items are new" in done
    again = import_id_of(upload(shop, broken))
    let_work(web, shop)
    assert "was taken in already" in page(shop, again)
    assert "sales.csv" in shop.get("/restock/import").text


def test_columns_and_channel_can_be_said(web: Web, shop: Person) -> None:
    import_id = import_id_of(upload(shop, table("what,when,many", "A,2026-11-01,3", "B,2026-11-02,4")))
    asked = page(shop, import_id)
    assert "Say which column holds the code" in asked and "hx-get" not in asked.split("import-live")[1].split(">")[0]
    refused = form(shop, import_id, "columns", column_0="sku", column_1="sku")
    assert refused.status_code == 303 and "wf-flashes" in page(shop, import_id)
    form(shop, import_id, "columns", column_0="sku", column_1="day", column_2="quantity", channel_name="market stall")
    let_work(web, shop)
    checked = page(shop, import_id)
    assert 'value="market stall" selected' in checked and 'name="expected" value="2"' in checked
    assert form(shop, import_id, "discard").status_code == 303
    assert str(import_id) not in shop.get("/restock/import").text


def test_what_cannot_be_taken_is_said_on_the_page(web: Web, shop: Person) -> None:
    for content, name, said in ((b"", "", "Choose a file"), (b"%PDF-1.7", "a.csv", "PDF"), (b"a,b\n", "a.csv", "rows")):
        answer = shop.client.post(
            "/restock/import",
            data={"csrf_token": token(shop), **({"file": (io.BytesIO(content), name)} if name else {})},
        )
        assert answer.status_code == 422 and said in answer.text
    assert shop.get("/restock/import/sample.csv").text.count("\n") == 15
    assert "KN-218" in shop.get("/restock/import/sample.csv").text


def token(person: Person) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', person.get("/factories").text)
    assert found
    return found[1]


def test_a_file_may_be_larger_here_than_elsewhere(web: Web, shop: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    eleven = b"sku,date,quantity\n" + b"A,2026-11-01,1\n" * (12 * 1024 * 1024 // 15)
    assert len(eleven) > web.market.settings.upload_limit_bytes + 1024 * 1024
    import_id_of(upload(shop, eleven))
    elsewhere = shop.post("/orders/import", {"file": (io.BytesIO(eleven), "orders.csv")})
    assert elsewhere.status_code == 413 and "10 MB" in elsewhere.text
    monkeypatch.setattr(imports, "MOST_BYTES", 1000)
    refused = upload(shop, eleven)
    assert refused.status_code == 422


def test_imports_of_other_shops_are_not_found(web: Web, shop: Person) -> None:
    import_id = import_id_of(upload(shop, table("sku,date,quantity", "A,2026-11-01,1")))
    let_work(web, shop)
    rival = web.person("seller", "a rival")
    for path in ("", "/faulty.csv"):
        assert rival.get(f"/restock/import/{import_id}{path}").status_code == 404
    for verb in ("take", "discard", "columns", "gap", "code", "months"):
        assert (
            form(rival, import_id, verb, expected="1", first="2026-11-01", meaning="zero", sku="A").status_code == 404
        )
    assert rival.get(f"/restock/import/{uuid4()}").status_code == 404
    assert rival.get("/restock/import/nothing").status_code == 404
    assert web.person("factory", "a factory").get("/restock/import").status_code == 403
    assert 'name="expected" value="1"' in page(shop, import_id)


def test_a_file_that_no_try_gets_through_is_given_up(web: Web, shop: Person) -> None:
    import_id = import_id_of(upload(shop, table("sku,date,quantity", "A,2026-11-01,1")))
    assert shop.organisation_id
    with web.sessions() as session:
        act_as(session, SYSTEM)
        session.execute(text("UPDATE sales_imports SET found = found - 'samples'"))
        session.commit()
    for tries in range(IMPORT_TRIES):
        with pytest.raises(KeyError):
            take_sales(web.market, shop.organisation_id, import_id, tries)
    take_sales(web.market, shop.organisation_id, import_id, IMPORT_TRIES)
    shown = page(shop, import_id)
    assert "cannot be taken in" in shown and "went wrong on our side" in shown
