"""The operators' desk: its lists are the tables, its decisions have their effect, and nobody else gets in."""

import re
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from market.factories.queries import profile
from market.factories.service import reason_of_pause
from market.leads.queries import leads_of_order
from market.orders.queries import order_row
from tests.conftest import AS_SYSTEM
from tests.market.quotes.test_award import award, ladder, quote
from tests.market.site import Person, Web
from tests.market.town import Town

STATES = {
    "orders": "SELECT id, state FROM orders",
    "pools": "SELECT id, state FROM pools",
    "leads": "SELECT id, state FROM leads",
    "quotes": "SELECT id, state FROM quotes",
    "awards": "SELECT id, NULL FROM awards",
    "factories": "SELECT id, state FROM factories",
    "organisations": "SELECT id, kind FROM organisations",
}


def rows(engine: Engine, statement: str) -> list[tuple[UUID, str | None]]:
    """What the table's owner reads behind row-level security."""
    with engine.begin() as connection:
        connection.execute(AS_SYSTEM)
        return [(row[0], row[1]) for row in connection.execute(text(statement))]


def listed(operator: Person, name: str, query: str) -> list[UUID]:
    """The ids of every row of a list, page after page, by their links to the history."""
    found: list[UUID] = []
    path: str | None = f"/operator/{name}?limit=2{query}"
    while path:
        page = operator.get(path)
        assert page.status_code == 200, page.text
        found += [UUID(text) for text in re.findall(rf'href="/operator/history/{name}/([^"]+)"', page.text)]
        older = re.search(r'href="([^"]+)" rel="next"', page.text)
        path = older[1].replace("&amp;", "&") if older else None
    return found


@pytest.fixture
def busy(town: Town) -> tuple[UUID, UUID]:
    """A town with something in every list: pooled, offered, quoting and awarded orders. Returns a shop, its order."""
    factories = [town.add_factory(f"Knit {number}") for number in range(3)]
    shop, other = town.add_shop("North Shop"), town.add_shop("South Shop")
    sold = town.post(shop, town.sweaters(800, title="Sold crew necks"))
    first = quote(town, factories[0], ladder((200, 13_400), (800, 11_800)))
    quote(town, factories[1], ladder((200, 13_000)))
    quote(town, factories[1], ladder((200, 12_900)))
    award(town, shop, sold, first)
    open_order = town.post(shop, town.sweaters(700, title="Crew necks"))
    town.post(shop, town.sweaters(120))
    town.post(other, town.sweaters(100))
    return shop, open_order


def test_every_list_is_its_table_and_every_number_its_count(
    operator: Person, busy: tuple[UUID, UUID], owner_engine: Engine
) -> None:
    overview = operator.get("/operator/lists").text
    for name, statement in STATES.items():
        table = rows(owner_engine, statement)
        counted = {state for _id, state in table}
        assert len(table) >= 1
        for state in counted:
            key = "kind" if name == "organisations" else "state"
            chosen = [found for found, its_state in table if its_state == state]
            query = f"&{key}={state}" if state else ""
            assert sorted(listed(operator, name, query)) == sorted(chosen), (name, state)
            if state != "superseded":
                address = f"/operator/{name}?{key}={state}" if state else f"/operator/{name}"
                assert f'href="{address}">{len(chosen)}<span' in overview, address
    shown = {found for found, state in rows(owner_engine, STATES["quotes"]) if state != "superseded"}
    assert set(listed(operator, "quotes", "")) == shown
    assert len(listed(operator, "quotes", "&words=knit+1")) == 1
    assert listed(operator, "quotes", "&vertical=toys") == listed(operator, "awards", "&words=nothing+like+it") == []
    assert len(listed(operator, "awards", "&words=sold+crew")) == 1


@pytest.mark.parametrize("name", [*STATES, "history"])
def test_a_filter_that_means_nothing_is_told(operator: Person, name: str) -> None:
    for query in ("state=none", "kind=none", "of=none", "vertical=none", "limit=0", "cursor=%21"):
        key = query.partition("=")[0]
        known = {"organisations": {"kind"}, "history": {"of"}, "awards": {"vertical"}}.get(name, {"state", "vertical"})
        expected = 422 if key in known | {"limit", "cursor"} else 200
        assert operator.get(f"/operator/{name}?{query}").status_code == expected, query


def test_the_desk_is_closed_to_everybody_else(web: Web, app_of_site: Flask) -> None:
    someone = "00000000-0000-7000-8000-000000000000"
    rules = [rule for rule in app_of_site.url_map.iter_rules() if rule.endpoint.startswith(("quality.", "history."))]
    assert len(rules) > 15
    people = web.person("seller", "shop"), web.person("factory", "mill")
    for rule in rules:
        path = re.sub(r"<[^>]+>", someone, rule.rule)
        for person in people:
            answer = person.post(path, {"why": "mine"}) if "POST" in (rule.methods or ()) else person.get(path)
            assert answer.status_code == 403, path
        assert "GET" not in (rule.methods or ()) or web.visitor().get(path).status_code == 302, path


def test_a_rejected_order_leaves_the_market_and_can_come_back(
    operator: Person, town: Town, busy: tuple[UUID, UUID]
) -> None:
    shop, order_id = busy
    address = f"/operator/orders/{shop}/{order_id}"

    def states() -> tuple[str, set[str]]:
        with town.work("operator") as work:
            leads = leads_of_order(work.session, shop, order_id)
            return order_row(work.session, shop, order_id).state.value, {row.lead.state.value for row in leads}

    assert states() == ("offered", {"offered"})
    operator.post(f"{address}/reject", {"why": " "})
    assert states() == ("offered", {"offered"})
    assert operator.post(f"{address}/reject", {"why": "a copy of another brand"}).status_code == 302
    town.deliver()
    assert states() == ("rejected", {"withdrawn"})
    assert town.notices(shop)[-1] == "order_rejected"
    assert "a copy of another brand" in operator.get(address).text
    assert operator.post(f"{address}/reject", {"why": "again"}).status_code == 409
    assert operator.post(f"{address}/restore", {"why": "it is their own brand"}).status_code == 302
    town.deliver()
    state, leads = states()
    assert (state, "offered" in leads) == ("offered", True)
    assert "order_restored" in town.notices(shop)
    for wrong in (f"{address}/burn", f"/operator/orders/{order_id}/{shop}/reject", "/operator/orders/x/y/reject"):
        assert operator.post(wrong, {"why": "why"}).status_code == 404


def test_pausing_a_shop_takes_back_what_it_has_open(operator: Person, town: Town, busy: tuple[UUID, UUID]) -> None:
    shop, order_id = busy
    address = f"/operator/organisations/{shop}"
    assert operator.post(f"{address}/pause", {"why": "it never answers"}).status_code == 302
    town.deliver()
    with town.work("operator") as work:
        assert order_row(work.session, shop, order_id).state.value == "withdrawn"
    assert "it never answers" in operator.get(address).text
    assert operator.post(f"{address}/pause", {"why": "again"}).status_code == 409
    assert operator.post(f"{address}/resume", {"why": "it answered"}).status_code == 302
    assert operator.post(f"/operator/organisations/{UUID(int=1)}/pause", {"why": "why not"}).status_code == 409


@pytest.mark.parametrize("alone_before", [False, True], ids=["with its organisation", "on its own before"])
def test_a_factory_is_paused_and_resumed_with_its_organisation(
    operator: Person, town: Town, alone_before: bool
) -> None:
    """A pause that an operator gave the factory itself outlives the organisation's."""
    factory = town.add_factory("Near Knit")
    address, own = f"/operator/organisations/{factory}", f"/operator/factories/{factory}"

    def state() -> str:
        town.deliver()
        with town.work("operator") as work:
            found = profile(work.session, factory)
            assert found is not None
            return found.state.value

    if alone_before:
        assert operator.post(f"{own}/pause", {"why": "papers are missing"}).status_code == 302
        assert town.notices(factory) == ["factory_paused"]
        with town.work("factory", factory) as work:
            assert reason_of_pause(work, factory) == "papers are missing"
    assert operator.post(f"{address}/pause", {"why": "it never pays"}).status_code == 302
    assert state() == "paused"
    assert operator.post(f"{own}/resume", {"why": "why not"}).status_code == 409
    assert operator.post(f"{address}/resume", {"why": "it paid"}).status_code == 302
    assert state() == ("paused" if alone_before else "open")
    assert town.notices(factory)[-1] == "organisation_resumed"
    if alone_before:
        assert operator.post(f"{own}/resume", {"why": "papers came"}).status_code == 302
        assert (state(), town.notices(factory)[-1]) == ("open", "factory_resumed")


FORGERIES = {
    "words": "UPDATE history SET why = 'nothing happened' WHERE id = :id",
    "actor": "UPDATE history SET actor_name = 'somebody' WHERE id = :id",
    "details": """UPDATE history SET details = '{"x": 1}' WHERE id = :id""",
    "gap": "DELETE FROM history WHERE id = :id",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_history_shows(operator: Person, busy: tuple[UUID, UUID], owner_engine: Engine, forgery: str) -> None:
    page = f"/operator/history/orders/{busy[1]}"
    mark = 'class="wf-ban bad"'
    assert mark not in operator.get(page).text
    with owner_engine.begin() as connection:
        connection.execute(AS_SYSTEM)
        forged = text("SELECT id FROM history WHERE aggregate_id = :id AND sequence = 2")
        found = connection.scalar(forged, {"id": busy[1]})
        # The owner's own tables: the policies hold for the owner too, so the forger lifts them.
        connection.execute(text("ALTER TABLE history NO FORCE ROW LEVEL SECURITY"))
        assert connection.execute(text(FORGERIES[forgery]), {"id": found}).rowcount == 1
        connection.execute(text("ALTER TABLE history FORCE ROW LEVEL SECURITY"))
    assert mark in operator.get(page).text
