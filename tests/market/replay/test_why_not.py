"""Why a factory was not offered a request: a reason for each thing that may stand in its way, and its true place."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from market.factories.service import pause_factory, say_full
from market.leads.rankings import RankingRow
from market.ranking.service import PRIOR, publish_ranker
from market.replay.rebuilding import Obstacle, Rebuilder
from market.replay.today import today_beside
from market.replay.why_not import Reason, WhyNot, why_not
from tests.market.replay.conftest import LARGE, add_factories, decline, kept, live_through
from tests.market.town import Town


def ask(town: Town, rebuilder: Rebuilder, row: RankingRow, factory_id: UUID) -> WhyNot:
    with town.work("operator") as work:
        return why_not(work.session, rebuilder, row, factory_id)


def test_each_thing_that_stood_in_the_way_is_named(town: Town, shop: UUID, rebuilder: Rebuilder) -> None:
    full, paused, *able = add_factories(town, 9)
    tiny = town.add_factory("Sample Knit 50", capacity_per_week=5)
    goods = {"vertical": "tableware", "categories": ("mug",), "processes": (), "materials": (), "attributes": {}}
    potter = town.add_factory("Sample Clay 51", description="Stoneware mugs", **goods)
    uncertified = town.add_factory("Sample Knit 52", certifications=("bsci",), lead_time_days=13)
    sated = town.add_factory("Sample Knit 53", leads_per_week=1, lead_time_days=10)
    with town.work("factory", full) as work:
        say_full(work)
    with town.work("operator") as work:
        pause_factory(work, paused, "documents are missing")
    town.post(shop, town.sweaters(LARGE))
    assert sated in {lead.factory_id for lead in kept(town)[0].leads}
    town.clock.advance(timedelta(hours=1))
    certified = town.sweaters(LARGE, title="Certified crew necks", certifications=("oeko-tex-100",))
    town.post(shop, certified)
    row = kept(town)[0]
    town.clock.advance(timedelta(hours=1))
    late = town.add_factory("Sample Knit 54")
    expected = {
        full: Reason.FULL,
        paused: Reason.PAUSED,
        tiny: Reason.CAPACITY,
        potter: Reason.OTHER_GOODS,
        uncertified: Reason.CERTIFICATION,
        sated: Reason.SATED,
        late: Reason.NOT_REGISTERED,
        row.leads[0].factory_id: Reason.OFFERED,
    }
    found = {factory_id: ask(town, rebuilder, row, factory_id) for factory_id in expected}
    assert {factory_id: answer.reason for factory_id, answer in found.items()} == expected
    assert found[paused].details["why"] == "documents are missing"
    assert found[sated].details == {"leads_per_week": 1}
    assert [one.name for one in found[uncertified].requirements if one.verdict == "misses"] == ["certification"]
    assert [one.name for one in found[tiny].requirements if one.verdict == "misses"] == ["capacity"]
    below = [one for one in able if one not in {lead.factory_id for lead in row.leads}]
    answers = sorted((ask(town, rebuilder, row, one) for one in below), key=lambda answer: answer.place or 0)
    assert [(answer.reason, answer.place) for answer in answers] == [(Reason.BELOW, 6), (Reason.BELOW, 7)]
    for answer in answers:
        assert answer.own and answer.bar and answer.own.score < answer.bar.score
        assert sum(gap.gap for gap in answer.gaps) == pytest.approx(answer.own.score - answer.bar.score, abs=1e-12)
        assert answer.gaps[0].gap == min(gap.gap for gap in answer.gaps) < 0


def test_the_place_is_that_of_a_ranking_of_everybody(town: Town, shop: UUID, rebuilder: Rebuilder) -> None:
    factories = add_factories(town, 12)
    town.post(shop, town.sweaters(LARGE))
    (row,) = kept(town)
    with town.work("operator") as work:
        whole = town.ranker.rank(work.session, rebuilder.ground(work.session, row).record, today=row.as_of, top=99)
    places = {UUID(lead.factory_id): place for place, lead in enumerate(whole.leads, start=1)}
    assert len(places) == 12
    for factory_id in factories:
        answer = ask(town, rebuilder, row, factory_id)
        assert (answer.place or answer.details["rank"]) == places[factory_id]


def test_whoever_was_asked_before_or_lost_its_place_to_learning_reads_so(
    curious: Town, shop: UUID, rebuilder: Rebuilder
) -> None:
    live_through(curious, shop)
    rows = kept(curious)
    again = next(row for row in rows if row.terms["asked"])
    asked = sorted(again.asked())[0]
    answer = ask(curious, rebuilder, again, asked)
    assert answer.reason is Reason.ASKED_BEFORE and answer.details["state"]
    reasons: dict[Reason, WhyNot] = {}
    for row in rows:
        with curious.work("operator") as work:
            ground = rebuilder.ground(work.session, row)
            best = ground.rank(replace(ground.terms, explore=0.0)).leads
        shown = {lead.factory_id for lead in row.leads}
        for place, lead in enumerate(best, start=1):
            if UUID(lead.factory_id) not in shown:
                answer = ask(curious, rebuilder, row, UUID(lead.factory_id))
                reasons[answer.reason] = answer
                assert (answer.reason, answer.place) == (Reason.EXPLORED, place)
                assert answer.bar and UUID(answer.bar.factory_id) in shown
    assert list(reasons) == [Reason.EXPLORED]


def test_a_ranking_that_cannot_be_rebuilt_answers_what_it_can(town: Town, shop: UUID, rebuilder: Rebuilder) -> None:
    factories = add_factories(town, 7)
    town.post(shop, town.sweaters(LARGE))
    decline(town, 1, "price")
    row = replace(kept(town)[0], index_snapshot="pruned")
    shown = row.leads[0].factory_id
    assert ask(town, rebuilder, row, shown).reason is Reason.OFFERED
    assert ask(town, rebuilder, row, sorted(row.asked())[0]).reason is Reason.ASKED_BEFORE
    other = next(one for one in factories if one != shown and one not in row.asked())
    answer = ask(town, rebuilder, row, other)
    assert (answer.reason, answer.obstacle) == (Reason.UNKNOWN, Obstacle.SNAPSHOT_GONE)


def test_today_says_who_moved_and_why(town: Town, shop: UUID, rebuilder: Rebuilder) -> None:
    factories = add_factories(town, 7)
    town.post(shop, town.sweaters(LARGE))
    (row,) = kept(town)
    first, second = row.leads[0].factory_id, row.leads[1].factory_id
    with town.work("factory", second) as work:
        say_full(work)
    better = replace(PRIOR, id="another")
    with town.work("operator") as work:
        publish_ranker(work, better, "encoder")
    new = town.add_factory("Sample Knit 99", lead_time_days=5)
    with town.work("operator") as work:
        then = rebuilder.ground(work.session, row).rank().leads
        found = today_beside(work.session, town.ranker, row, then)
    lines = {line.factory_id: line for line in found.lines}
    assert found.version == better.name and found.index_snapshot != row.index_snapshot
    assert (lines[second].then, lines[second].now, lines[second].takes_leads) == (2, None, False)
    assert lines[new].then is None and lines[new].now is not None
    assert lines[first].gaps == () and lines[first].then_score == lines[first].now_score
    assert [line.now for line in found.lines if line.now] == sorted(line.now for line in found.lines if line.now)
    assert set(lines) <= {*factories, new}
