"""Shadow rankers: every request is ranked beside the live one, a file with faults changes nothing, promote and back."""

import io
import json
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from market.experiments.models import Candidate, CandidateState, ShadowRanking
from market.experiments.queries import candidates, comparison
from market.experiments.reading import PARTS, read_ranker
from market.experiments.service import add_candidate, add_kept, end_candidate, promote
from market.kit.errors import Conflict, Invalid, NotFound
from market.leads.models import Lead
from market.ranking.queries import live_ranker_id
from market.ranking.service import NotCalibrated, publish_ranker
from matching.engine.model import PRIOR, RankerModel
from tests.market.site import Person
from tests.market.town import Town

OTHER = replace(PRIOR, id="other")
"""Another version that ranks as the prior does."""
EARLIER = replace(PRIOR, id="earlier")


def curious(town: Town, percent: int = 20) -> Town:
    return replace(town, settings=replace(town.settings, explore_percent=percent))


def add_other(town: Town, model: RankerModel = OTHER) -> None:
    with town.work("operator") as work:
        add_candidate(work, model, town.ranker.encoder, "worth a look", from_file=True)
    town.deliver()


def shadows(town: Town) -> list[ShadowRanking]:
    with town.work("system") as work:
        return list(work.session.scalars(select(ShadowRanking).order_by(ShadowRanking.made_at, ShadowRanking.id)))


def test_past_and_new_requests_are_ranked_beside_the_live_one_once(town: Town) -> None:
    for place in range(12):
        town.add_factory(f"Mill {place}", minimum_quantity=100 + 50 * place)
    shop = town.add_shop("Shop")
    orders = [curious(town).post(shop, town.sweaters(800 + place)) for place in range(3)]
    add_other(town)
    assert len(shadows(town)) == 3
    orders.append(curious(town).post(shop, town.sweaters(900)))
    found = shadows(town)
    assert len(found) == 4 and {row.obstacle for row in found} == {""}
    with town.work("system") as work:
        shown = work.session.scalars(select(Lead).where(Lead.order_id.in_(orders))).all()
        told = {(lead.offering_id, str(lead.factory_id)): lead.deal_probability for lead in shown}
        propensities = {(lead.offering_id, str(lead.factory_id)): lead.propensity for lead in shown}
    for row in found:
        chances = {name: chance for place in row.live for name, chance in place.items()}
        logged = {name: chance for (offering, name), chance in propensities.items() if offering == row.offering_id}
        assert logged and {name: chances[name] for name in logged} == pytest.approx(logged)
        assert row.ours == row.live
        assert set(row.forecasts) == set(chances) and set(row.chances) == set(logged)
        assert all(row.chances[name] == row.forecasts[name] == told[row.offering_id, name] for name in logged)
    with town.work("operator") as work:
        compared = comparison(work.session, candidates(work.session)[0], work.now)
    assert (compared.ranked, compared.untold, compared.agreement) == (4, 0, 1.0)
    assert not compared.gain.told and compared.check is None


def test_ended_it_ranks_no_more_and_may_come_back(town: Town) -> None:
    for place in range(3):
        town.add_factory(f"Mill {place}")
    shop = town.add_shop("Shop")
    add_other(town)
    with town.work("operator") as work:
        candidate = candidates(work.session)[0].id
        end_candidate(work, candidate, "seen enough")
    town.post(shop, town.sweaters(800))
    assert shadows(town) == []
    add_other(town)
    assert len(shadows(town)) == 1
    with town.work("operator") as work, pytest.raises(Conflict):
        add_candidate(work, OTHER, town.ranker.encoder, "twice", from_file=True)


def test_promote_and_refuse(town: Town) -> None:
    with town.work("operator") as work:
        publish_ranker(work, EARLIER, town.ranker.encoder)
        publish_ranker(work, PRIOR, town.ranker.encoder)
        with pytest.raises(Conflict):
            add_candidate(work, PRIOR, town.ranker.encoder, "live already", from_file=False)
        with pytest.raises(NotFound):
            add_kept(work, "nobody", "x")
        with pytest.raises(Invalid):
            add_kept(work, EARLIER.name, " ")
        first = add_kept(work, EARLIER.name, "the earlier one")
        assert promote(work, first, "better on the whole") == EARLIER.name == live_ranker_id(work.session)
    learned = replace(PRIOR, id="learned", evidence=50)
    add_other(town, learned)
    with town.work("operator") as work:
        wild = work.session.scalars(select(Candidate).where(Candidate.version == learned.name)).one()
        with pytest.raises(NotCalibrated):
            promote(work, wild.id, "hope")
        assert live_ranker_id(work.session) == EARLIER.name
        assert wild.state is CandidateState.SHADOW


def test_a_file_tells_every_fault_at_once() -> None:
    whole = json.loads(OTHER.to_json())
    assert read_ranker(OTHER.to_json().encode()) == (OTHER, [])
    for content, kinds in (
        (b"\xff\xfe", ["not_json"]),
        (b'{"id": ', ["not_json"]),
        (b"[1, 2]", ["not_object"]),
        (b"{}", ["missing"] * (len(PARTS) + 1)),
        (json.dumps({**whole, "version": 3, "market": 7}).encode(), ["format", "unreadable"]),
    ):
        model, faults = read_ranker(content)
        assert model is None and [fault.kind for fault in faults] == kinds


def test_the_page_adds_refuses_promotes_and_goes_back(town: Town, operator: Person) -> None:
    with town.work("operator") as work:
        publish_ranker(work, PRIOR, town.ranker.encoder)
    assert "还没有候选" in operator.get("/operator/shadows").text
    broken = operator.post("/operator/shadows", {"file": (io.BytesIO(b'{"version": 1}'), "r.json"), "why": "试试"})
    assert broken.status_code == 422 and "缺少字段 market" in broken.text and "缺少字段 beliefs" in broken.text
    with town.work("operator") as work:
        assert live_ranker_id(work.session) == PRIOR.name and candidates(work.session) == []
    fields = {"file": (io.BytesIO(OTHER.to_json().encode()), "r.json"), "why": "试试"}
    assert operator.post("/operator/shadows", fields).status_code == 303
    page = operator.get("/operator/shadows").text
    assert OTHER.name in page and "影子运行" in page and "有结果的需求还不够" in page
    with town.work("operator") as work:
        candidate = candidates(work.session)[0].id
    operator.post(f"/operator/shadows/{candidate}/promote", {"why": ""})
    with town.work("operator") as work:
        assert live_ranker_id(work.session) == PRIOR.name
    operator.post(f"/operator/shadows/{candidate}/promote", {"why": "看着更好"})
    with town.work("operator") as work:
        assert live_ranker_id(work.session) == OTHER.name
    operator.post("/operator/shadows/roll-back", {"why": "还是旧的稳"})
    with town.work("operator") as work:
        assert live_ranker_id(work.session) == PRIOR.name
        said = text("SELECT why FROM history WHERE aggregate = 'ranker_versions' ORDER BY sequence DESC LIMIT 2")
        assert list(work.session.scalars(said)) == ["还是旧的稳", "看着更好"]
