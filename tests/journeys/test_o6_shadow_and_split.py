"""O6: a ranker of a file runs in shadow, then ranks a part of new requests, goes live, and is gone back from."""

import json
import re
from dataclasses import replace

from playwright.sync_api import Page, expect
from sqlalchemy import text

from market.ranking.queries import live_ranker
from matching.engine.model import PRIOR, RankerModel
from tests.browser import LiveMarket, OpenPage, accessibility_faults
from tests.journeys.learned_market import add_factory, system_work
from tests.journeys.test_o4_why_not_me import SOCK_KNITTER

WHY = "It tells prices apart better"
WORDS = "{count} pairs of cotton socks in 45 days, target price 8 yuan"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0)


def post(page: Page, count: int) -> None:
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(WORDS.format(count=count))
    expect(page.locator("#category")).to_have_value("socks")
    page.locator("button[name=post]:visible").last.click()
    expect(page.locator("#ranked-factories li.wf-rank").first).to_be_visible(timeout=30_000)


def arms(market: LiveMarket) -> list[tuple[bool, str]]:
    """For each request of the split whether it is the candidate's, and the versions that ranked it."""
    statement = text(
        "SELECT asked.candidate, string_agg(DISTINCT ranking.ranker_version, ' ') FROM split_requests asked "
        "JOIN rankings ranking ON ranking.offering_id = asked.offering_id GROUP BY asked.offering_id, asked.candidate"
    )
    with system_work(market) as work:
        return [(bool(row[0]), str(row[1])) for row in work.session.execute(statement)]


def add_candidate(page: Page, model: RankerModel) -> None:
    """Let the ranker of a file rank in shadow, and go to where it can be split off."""
    ranker = {"name": "ranker.json", "mimeType": "application/json", "buffer": model.to_json().encode()}
    page.locator("#file").set_input_files(ranker)  # type: ignore[arg-type]  # Playwright's own name for these
    page.locator("form[action='/operator/shadows'] #why").fill(WHY)
    page.get_by_role("button", name="Rank in shadow").click()
    card = page.locator("section", has=page.locator("h2", has_text=model.name)).last
    expect(card).to_contain_text("in shadow")
    expect(card).to_contain_text("Difference")
    card.get_by_role("link", name="Let it rank a part of new requests first").click()
    assert not accessibility_faults(page) and fits(page)


def begin_split(page: Page) -> None:
    """Too large a share is refused; half of new requests is not."""
    page.locator("#percent").fill("90")
    page.locator("#why").fill(WHY)
    page.get_by_role("button", name="Split new requests").click()
    expect(page.locator(".wf-err").first).to_contain_text("5 to 50")
    page.locator("#percent").fill("50")
    page.get_by_role("button", name="Split new requests").click()
    expect(page.locator("main")).to_contain_text("50% of new requests are the candidate’s")
    assert not accessibility_faults(page) and fits(page)


def promote_and_go_back(page: Page, market: LiveMarket, candidate: str, before: str) -> None:
    page.locator("#why").fill("Both arms do well")
    page.get_by_role("button", name="Let it rank everything").click()
    expect(page.locator("main")).to_contain_text("Both arms do well")
    expect(page.locator("main")).to_contain_text("promoted")
    assert live_version(market)[0] == candidate
    page.get_by_role("link", name="Shadow rankers").last.click()
    page.locator("#why-back").fill("One look was enough")
    page.get_by_role("button", name="Go back to it").click()
    expect(page.locator("main")).to_contain_text("ranked by this version")
    assert live_version(market)[0] == before


def live_version(market: LiveMarket) -> tuple[str, RankerModel]:
    with system_work(market) as work:
        found = live_ranker(work.session)
    assert found is not None
    return found.id, found.model


def test_o6_a_candidate_goes_from_shadow_through_a_split_to_live_and_back(
    live_market: LiveMarket, open_page: OpenPage
) -> None:
    with system_work(live_market) as work:
        for place in range(8):
            add_factory(work, replace(SOCK_KNITTER, name=f"Split Sock Knitting {place}"))
    before, model = live_version(live_market)
    candidate = replace(model, id="candidate-of-o6")
    page = open_page("/operator/shadows", role="operator", language="en")
    add_candidate(page, candidate)
    begin_split(page)

    shop = open_page("/orders/new", role="seller", language="en")
    for place in range(12):
        post(shop, 1500 + place)
        if {own for own, _versions in arms(live_market)} == {True, False}:
            break
        shop.goto("/orders/new")
    told = arms(live_market)
    assert {own for own, _versions in told} == {True, False}, told
    assert all(versions == (candidate.name if own else before) for own, versions in told), told

    page.reload()
    expect(page.locator("main")).to_contain_text("too young")
    phone = open_page(re.sub(r"^https?://[^/]+", "", page.url), role="operator", phone=True)
    assert not accessibility_faults(phone) and fits(phone)
    expect(phone.locator("main")).to_contain_text("两组对照")

    promote_and_go_back(page, live_market, candidate.name, before)
    page.goto("/operator/rankers")
    for words in ("Both arms do well", "One look was enough"):
        expect(page.locator("main")).to_contain_text(words)


def test_o6_a_file_that_is_no_ranker_leaves_the_live_one(live_market: LiveMarket, open_page: OpenPage) -> None:
    before, _model = live_version(live_market)
    broken = json.dumps({**json.loads(PRIOR.to_json()), "market": 7}).encode()
    page = open_page("/operator/shadows", role="operator", language="en")
    page.locator("#file").set_input_files({"name": "ranker.json", "mimeType": "application/json", "buffer": broken})
    page.locator("form[action='/operator/shadows'] #why").fill("x")
    page.get_by_role("button", name="Rank in shadow").click()
    expect(page.locator(".wf-err").first).to_contain_text("The field market cannot be read")
    assert live_version(live_market)[0] == before
