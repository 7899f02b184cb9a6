"""The exposure knob: figures that equal a recount, an effect on the next ranking, and who, when and why."""

import pytest
from sqlalchemy import select, text

from market.experiments.exposure import Preview, logged_requests, preview
from market.kit.errors import Invalid
from market.leads.models import Lead
from market.ranking.exposure import explore_percent, set_explore_percent
from tests.market.experiments.logged import PLACES, add_rankings
from tests.market.site import Person, Web
from tests.market.town import Town


def looked(town: Town, percent: int, current: int) -> Preview:
    with town.work("operator") as work:
        return preview(logged_requests(work.session, work.now), percent, current)


def add_past(town: Town, count: int, share: float = 0.1) -> None:
    factories = [town.add_factory(f"Mill {place}", staff_count=20 if place >= PLACES else 90) for place in range(8)]
    shop = town.add_shop("Past Shop")
    with town.work("system") as work:
        work.session.execute(text("UPDATE factories SET joined_on = joined_on - 300"))
        add_rankings(work, shop, factories, count, share, best=0.8, other=0.2)


def test_what_it_costs_equals_a_recount(town: Town) -> None:
    add_past(town, 600)
    told = looked(town, 0, 10)
    with town.work("operator") as work:
        requests = logged_requests(work.session, work.now)
    weights = [
        1 + sum((0.0 if lead.propensity < 0.5 else 1 / 0.9) - 1 for lead in request.leads) for request in requests
    ]
    deals = [any(lead.won for lead in request.leads) for request in requests]
    recount = sum(weight * deal for weight, deal in zip(weights, deals, strict=True)) / sum(weights)
    assert told.then.value == pytest.approx(recount)
    assert told.now.value == pytest.approx(sum(deals) / 600) and told.now.requests == 600
    # Nothing explored makes .8 deals a request, a tenth explored .8 x .9 + .2 x .1 = .74.
    assert told.then.low is not None and told.then.high is not None and told.then.low <= 0.8 <= told.then.high
    assert told.change.low is not None and told.change.high is not None and told.change.low <= 0.06 <= told.change.high
    assert told.change.high - told.change.low < told.then.high - told.then.low
    explored = sum(lead.propensity < 0.5 for request in requests for lead in request.leads)
    assert (told.explored, told.leads, told.skipped) == (explored, 600 * PLACES, 0)
    assert told.reach_now is not None and told.reach_then is not None
    assert told.reach_now.value == pytest.approx(0.1) and told.reach_then.value == 0.0 and told.reach_then.high > 0.0


@pytest.mark.parametrize("count", [0, 1])
def test_too_little_says_so(town: Town, count: int) -> None:
    add_past(town, count)
    told = looked(town, 8, 5)
    assert told.now.value is None and told.change.value is None and told.reach_then is None
    assert not told.change.told and told.now.requests == count


def test_a_time_without_learning_tells_nothing(town: Town) -> None:
    add_past(town, 60, share=0.0)
    told = looked(town, 8, 0)
    assert told.skipped == 60 and not told.change.told and told.reach_then is None


def test_the_next_ranking_follows_with_true_propensities(town: Town) -> None:
    for place in range(12):
        town.add_factory(f"Mill {place}")
    with town.work("operator") as work:
        assert explore_percent(work.session, 5) == 5
        assert set_explore_percent(work, 10, "new mills wait")
        assert not set_explore_percent(work, 10, "again")
    order = town.post(town.add_shop("Shop"), town.sweaters(800))
    with town.work("system") as work:
        leads = list(work.session.scalars(select(Lead).where(Lead.order_id == order)))
    assert leads and {round(lead.propensity, 6) for lead in leads} <= {0.9, 1.0, 0.1, 0.05, round(0.1 / 3, 6), 0.025}
    assert any(lead.propensity == pytest.approx(0.9) for lead in leads)


def test_what_cannot_be_given_is_refused(town: Town) -> None:
    with town.work("operator") as work:
        for percent, why in ((-1, "x"), (11, "x"), (3, "  "), (3, "x" * 501)):
            with pytest.raises(Invalid):
                set_explore_percent(work, percent, why)
        assert explore_percent(work.session, 5) == 5


def test_the_page_tells_before_it_turns(town: Town, operator: Person) -> None:
    assert "数据还不够" in operator.get("/operator/exposure?percent=8").text
    add_past(town, 600)
    page = operator.get("/operator/exposure?percent=10").text
    assert "依据过去一年里满四周的 600 个需求" in page and "把 10% 拿来学习" in page and "每个需求的成交" in page
    assert operator.get("/operator/exposure?percent=11").status_code == 422
    assert operator.get("/operator/exposure?percent=many").status_code == 422
    refused = operator.post("/operator/exposure", {"percent": "10", "why": " "})
    assert refused.status_code == 422 and "请写明原因" in refused.text
    with town.work("operator") as work:
        assert explore_percent(work.session, 5) == 5
    for _ in range(2):
        assert operator.post("/operator/exposure", {"percent": "10", "why": "新厂等得太久"}).status_code == 303
    after = operator.get("/operator/exposure").text
    assert after.count("新厂等得太久") == 1 and "→ 10%" in after
    assert "占 10%" in operator.get("/operator/rankers").text


def test_nobody_else_reaches_it(web: Web) -> None:
    for kind in ("seller", "factory"):
        stranger = web.person(kind, f"a {kind}")
        assert stranger.get("/operator/exposure").status_code == 403
        assert stranger.post("/operator/exposure", {"percent": "1", "why": "x"}).status_code == 403
