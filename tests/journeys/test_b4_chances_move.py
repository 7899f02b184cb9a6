"""B4 with chances: a seller moves the deadline by five days and sees ranks and probabilities move, with range and n."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, accessibility_faults
from tests.journeys.learned_market import learned
from tests.journeys.shoemakers import seller, seller_key, shoemakers
from tests.journeys.test_b4_moving_the_date import post_order

__all__ = ["learned", "seller", "seller_key", "shoemakers"]


def chances(page: Page) -> list[str]:
    return [cell.strip() for cell in page.locator("#preview tbody td:nth-child(4)").all_inner_texts()]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_b4_five_days_more_move_ranks_and_chances(open_page: OpenPage, learned: str, language: str) -> None:
    page = open_page("/orders/new", role="seller", language=language)
    address = post_order(page)
    ranked = page.locator("#ranked-factories li.wf-rank .wf-odds")
    expect(ranked.first).to_contain_text(re.compile(r"\d+%"))
    expect(ranked.first).to_contain_text(re.compile(r"依据 [\d,]+ 条|from [\d,]+ closed leads"))
    assert accessibility_faults(page) == []

    page.locator(f"a[href$='{address.rpartition('/')[2]}/terms']").click()
    before = date.fromisoformat(page.locator("#due_on").input_value())
    page.locator(f"a[href*='due_on={(before + timedelta(days=5)).isoformat()}']").click()
    expect(page.locator("#preview tbody tr").filter(has_text="→").first).to_be_visible()
    moved = [re.search(r"(\d+) → (\d+)%\s*(\d+)–(\d+)%", text) for text in chances(page)]
    assert any(found and found[1] != found[2] for found in moved), chances(page)
    for found in moved:
        assert found is None or int(found[3]) <= int(found[2]) <= int(found[4])
    expect(page.locator("main")).to_contain_text(re.compile(r"依据 [\d,]+ 条|from [\d,]+ closed leads"))
    assert accessibility_faults(page) == []
