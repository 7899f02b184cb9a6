"""Chances are shown only when calibrated, with their range and n; before that pages say why there are none."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from market.leads.queries import lead_row
from market.ranking.models import RankerVersion
from market.ranking.service import PRIOR, ensure_live_ranker, publish_ranker
from tests.market.quotes.conftest import Visitor
from tests.market.quotes.test_award import ladder, lead_of, quote
from tests.market.town import Town

WHY_NOT = "成交机会还不显示"
LEARNED = replace(PRIOR, id="learned", evidence=412, calibrated=True)


@pytest.fixture
def order_id(town: Town, seller: Visitor, factory: Visitor) -> UUID:
    """An order that the factory's profile nearly fits: late, and below its minimum."""
    return town.post(
        seller.organisation_id,
        town.sweaters(150, due_on=town.clock.now().date() + timedelta(days=12), wants_pool=False),
    )


def give_range(town: Town) -> None:
    """What a learned model tells of every lead."""
    with town.work("system") as work:
        work.session.execute(text("UPDATE leads SET low = deal_probability * 0.5, high = deal_probability + 0.1"))


def test_before_calibration_every_page_says_why_there_is_none(
    town: Town, seller: Visitor, factory: Visitor, order_id: UUID
) -> None:
    lead_id = lead_of(town, factory.organisation_id)
    quote(town, factory.organisation_id, ladder((100, 13_400)))
    pages = {
        f"/leads/{lead_id}": factory, f"/orders/{order_id}": seller, f"/orders/{order_id}/terms": seller,
        "/leads?part=held": factory,
    }  # fmt: skip
    for path, reader in pages.items():
        page = reader.read(path)
        assert WHY_NOT in page and "wf-odds" not in page.replace("band", ""), path
    lead = factory.read(f"/leads/{lead_id}")
    assert "怎样更容易拿下" in lead and "只列您改得了的" in lead and "等验证过才显示" in lead
    assert "起订量是 200" in lead and "机会 " not in lead


def test_after_calibration_chance_range_and_n_stand_together(town: Town, seller: Visitor, factory: Visitor) -> None:
    with town.work("operator") as work:
        publish_ranker(work, LEARNED, town.ranker.encoder)
    due_on = town.clock.now().date() + timedelta(days=12)
    order_id = town.post(seller.organisation_id, town.sweaters(150, due_on=due_on, wants_pool=False))
    lead_id = lead_of(town, factory.organisation_id)
    give_range(town)
    with town.work("system") as work:
        row = lead_row(work.session, lead_id)
    assert row.deal_probability is not None and row.low is not None
    shown = f"{round(row.deal_probability * 100)}%"
    for path, reader in {"/leads": factory, f"/leads/{lead_id}": factory, f"/orders/{order_id}": seller}.items():
        page = reader.read(path)
        assert shown in page and "412 条已了结的商机" in page and WHY_NOT not in page, path
    would = max(row.would_win, key=lambda change: change["deal_probability"])
    assert would["deal_probability"] > row.deal_probability
    page = factory.read(f"/leads/{lead_id}")
    assert f"机会 {round(row.deal_probability * 100)} →" in page
    assert f"{round(would['deal_probability'] * 100)}%" in page
    quote(town, factory.organisation_id, ladder((100, 13_400)))
    compared = seller.read(f"/orders/{order_id}")
    assert "排名时的成交机会" in compared and "n=412" in compared


def test_a_version_of_an_older_release_is_replaced_by_the_prior_one(town: Town) -> None:
    with town.work("system") as work:
        ensure_live_ranker(work, town.ranker)
        live = work.session.query(RankerVersion).one()
        live.parameters, live.id = {"written": "long ago"}, "older.1@000000000000"
    town.add_factory("Sample Knit")
    with town.work("system") as work:
        assert ensure_live_ranker(work, town.ranker) == PRIOR.name
    with town.work("system") as work:
        assert [(line.id, line.live) for line in work.session.query(RankerVersion).order_by(RankerVersion.id)] == [
            ("older.1@000000000000", False), (PRIOR.name, True)
        ]  # fmt: skip
