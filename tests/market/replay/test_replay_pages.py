"""The operators' pages and the command of replay."""

import re
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine

from market.factories.queries import profile
from market.kit.i18n import LANGUAGE_COOKIE
from tests.market.replay.conftest import LARGE, add_factories, kept
from tests.market.replay.test_replay import change_row
from tests.market.site import Person, Web
from tests.market.town import Town


@pytest.fixture
def operator(web: Web) -> Person:
    """One who reads English."""
    person = web.person("operator", "the operator")
    person.client.set_cookie(LANGUAGE_COOKIE, "en")
    return person


@pytest.fixture
def offered(town: Town, shop: UUID) -> str:
    """The address of the replay of an order that seven factories could make."""
    add_factories(town, 7)
    town.post(shop, town.sweaters(LARGE))
    return f"/operator/replay/{kept(town)[0].offering_id}"


def test_the_page_says_identical_and_why_the_sixth_was_not_asked(operator: Person, town: Town, offered: str) -> None:
    page = operator.get(offered)
    assert page.status_code == 200 and "Every byte that was stored came out again" in page.text
    shown = {lead.factory_id for lead in kept(town)[0].leads}
    with town.work("operator") as work:
        left = [
            found.name
            for one in town.ranker._versions
            if one not in shown and (found := profile(work.session, one)) is not None
        ]
    assert len(left) == 2
    answers = [operator.get(f"{offered}?factory={name.upper()}").text for name in left]
    places = [re.search(r"ranked at place (\d) of 7 that could make it", answer) for answer in answers]
    assert sorted(found[1] for found in places if found) == ["6", "7"]
    many = operator.get(f"{offered}?factory=Sample").text
    assert many.count(f'href="{offered}?ranking=') == 7, "several fit the name: one of them is chosen"
    assert "No factory has this name" in operator.get(f"{offered}?factory=zzz").text


def test_a_difference_and_a_pruned_snapshot_are_said(operator: Person, offered: str, owner_engine: Engine) -> None:
    change_row(owner_engine, "UPDATE leads SET score = score + 1e-9 WHERE rank = 2")
    changed = operator.get(offered).text
    assert "1 place came out otherwise" in changed and "<code>score</code>" in changed
    change_row(owner_engine, "DELETE FROM index_snapshots")
    pruned = operator.get(f"{offered}?factory=Sample Knit 06").text
    assert "The index snapshot that it was made with is no longer kept" in pruned


def test_rankings_are_found_by_order_factory_and_day(operator: Person, town: Town, shop: UUID, offered: str) -> None:
    town.post(shop, town.sweaters(LARGE, title="Another"))
    code = operator.get(offered).text.split("<title>")[1].split("</title>")[0]
    number = re.search(r"R-\d+", code)
    assert number
    first = kept(town)[0].leads[0].factory_id

    def listed(query: str) -> int:
        return operator.get(f"/operator/replay?{query}").text.count('class="wf-name"')

    assert listed("") == 2 and listed("limit=1") == 1
    assert listed(f"code={number[0].lower()}") == 1 and listed("code=R-999999") == 0
    assert listed("day=2026-11-23") == 2 and listed("day=2026-11-24") == 0
    assert listed(f"factory={first}") == 2 and listed(f"factory={first}&code={number[0]}") == 1
    assert listed("factory=Sample") == 0, "several fit the name"
    for wrong in ("code=none", "day=tomorrow", "cursor=x"):
        assert operator.get(f"/operator/replay?{wrong}").status_code == 422, wrong
    assert operator.get("/operator/replay/none").status_code == 404


def test_nobody_else_gets_in(web: Web, offered: str) -> None:
    for kind in ("seller", "factory"):
        person = web.person(kind, f"a {kind}")
        assert person.get(offered).status_code == person.get("/operator/replay").status_code == 403
    assert web.visitor().get(offered).status_code == 302


def test_the_command_exits_1_on_a_difference(
    app_of_site: Flask, web: Web, town: Town, offered: str, owner_engine: Engine
) -> None:
    runner = app_of_site.test_cli_runner()
    code = re.search(r"R-\d+", web.person("operator", "an operator").get(offered).text)
    assert code
    one, every = runner.invoke(args=["replay", code[0]]), runner.invoke(args=["replay", "--all"])
    assert (one.exit_code, every.exit_code) == (0, 0) and one.output.startswith("identical")
    assert every.output == "1 identical, 0 differs, 0 impossible\n"
    assert "0 identical" in runner.invoke(args=["replay", "--all", "--since", "2026-11-24"]).output
    for wrong in ([], [code[0], "--all"], ["nonsense"]):
        assert runner.invoke(args=["replay", *wrong]).exit_code != 0
    change_row(owner_engine, "UPDATE leads SET score = score + 1e-9 WHERE rank = 2")
    changed = runner.invoke(args=["replay", "--all"])
    assert changed.exit_code == 1 and changed.output.startswith("differs") and "score" in changed.output
    change_row(owner_engine, "DELETE FROM index_snapshots")
    pruned = runner.invoke(args=["replay", "--all"])
    assert pruned.exit_code == 0 and "snapshot_gone" in pruned.output and "1 impossible" in pruned.output
