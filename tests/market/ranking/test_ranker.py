"""The ranker of a process follows the factories at once, reads only what changed, and can be repeated."""

import threading
import time
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from market.factories.queries import profile
from market.factories.service import change_profile, say_full, say_open
from market.ranking.models import IndexSnapshot, RankerVersion
from market.ranking.queries import live_ranker_id, ranker_version, snapshot_versions, version_lines
from market.ranking.ranker import RankedOffer, Ranker, snapshot_id
from market.ranking.selection import DECLINES
from market.ranking.service import PRIOR, ensure_live_ranker, keep_snapshot, publish_ranker
from matching.records import OrderRecord
from tests.market.town import Town

DAY = date(2026, 11, 23)
ORDER = OrderRecord(
    order_id="o",
    quantity=800,
    title="12-gauge cashmere crew necks",
    category="sweater",
    processes=("flat-knitting",),
    materials=("cashmere",),
    due_on=date(2027, 1, 2),
)


def rank(town: Town, top: int = 10, **wanted: Any) -> RankedOffer:
    with town.work("system") as work:
        return town.ranker.rank(work.session, ORDER, today=DAY, top=top, **wanted)


def ranked(town: Town) -> list[UUID]:
    return [UUID(lead.factory_id) for lead in rank(town).leads]


def refresh(town: Town) -> int:
    with town.work("system") as work:
        return town.ranker.refresh(work.session)


def change(town: Town, factory_id: UUID, **changes: object) -> None:
    with town.work("factory", factory_id) as work:
        found = profile(work.session, factory_id)
        assert found is not None
        change_profile(work, changes, found.version)


def test_every_change_of_a_factory_counts_with_the_next_ranking(town: Town) -> None:
    first, second = town.add_factory("Sample Knit 01"), town.add_factory("Sample Knit 02", lead_time_days=20)
    assert ranked(town) == [first, second]
    change(town, first, lead_time_days=90)
    assert ranked(town) == [second, first]
    with town.work("factory", second) as work:
        say_full(work)
    assert ranked(town) == [first]
    with town.work("factory", second) as work:
        say_open(work)
    third = town.add_factory("Sample Knit 03", lead_time_days=10)
    assert set(ranked(town)) == {first, second, third}


def test_a_changed_profile_is_found_within_a_second_without_a_rebuild(town: Town) -> None:
    for place in range(20):
        town.add_factory(f"Sample Knit {place:02}")
    best, *_others = ranked(town)
    change(town, best, lead_time_days=90)
    started = time.process_time()
    assert ranked(town)[0] != best
    assert time.process_time() - started < 1.0
    change(town, best, lead_time_days=12)
    assert refresh(town) == 1, "the index stands; one profile is read"
    assert best in ranked(town)


def test_only_what_changed_is_read(town: Town) -> None:
    factories = [town.add_factory(f"Sample Knit {place:02}") for place in range(4)]
    assert (refresh(town), refresh(town)) == (4, 0)
    change(town, factories[2], minimum_quantity=50)
    assert (refresh(town), refresh(town)) == (1, 0)
    with town.work("factory", factories[0]) as work:
        say_full(work)
    assert (refresh(town), refresh(town)) == (1, 0)


def test_a_snapshot_names_exactly_what_stood_in_the_index_and_is_kept_once(town: Town) -> None:
    factory_id = town.add_factory("Sample Knit 01")
    for _ in range(2):
        before = rank(town)
        with town.work("system") as work:
            keep_snapshot(work, before)
    change(town, factory_id, minimum_quantity=50)
    after = rank(town)
    assert after.index_snapshot != before.index_snapshot == snapshot_id(before.factory_versions)
    with town.work("system") as work:
        keep_snapshot(work, after)
        assert work.session.scalar(select(func.count()).select_from(IndexSnapshot)) == 2
        assert snapshot_versions(work.session, before.index_snapshot) == {factory_id: 1}
        assert snapshot_versions(work.session, after.index_snapshot) == {factory_id: 2}


def test_one_version_is_live_and_an_earlier_one_comes_back(town: Town) -> None:
    town.add_factory("Sample Knit 01")
    other = replace(PRIOR, id="learned")
    with town.work("system") as work:
        first = ensure_live_ranker(work, town.ranker)
        assert first == ensure_live_ranker(work, town.ranker) == live_ranker_id(work.session) == PRIOR.name
    assert rank(town).ranker_version == PRIOR.name
    with town.work("operator") as work:
        assert publish_ranker(work, other, "encoder") == other.name
    assert rank(town).ranker_version == other.name and rank(town).leads[0].model == other.name
    with town.work("operator") as work:
        publish_ranker(work, PRIOR, "encoder")
        kept = ranker_version(work.session, other.name)
        assert kept is not None and kept.model == other and not kept.live
        assert [version.live for version in version_lines(work.session)].count(True) == 1
    assert rank(town).ranker_version == PRIOR.name
    with town.work("seller", town.add_shop("Quiet Wool")) as work:
        changed = work.session.execute(text("UPDATE ranker_versions SET live = false RETURNING id"))
        assert changed.all() == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(points=st.lists(st.floats(0, 0.5), min_size=4, max_size=4))
def test_penalties_reorder_and_the_signals_still_sum(town: Town, points: list[float]) -> None:
    with town.work("system") as work:
        standing = work.session.scalar(text("SELECT count(*) FROM factories")) or 0
    for place in range(standing, 4):
        town.add_factory(f"Sample Knit {place:02}", lead_time_days=12 + 6 * place)
    whole = rank(town)
    penalties = {UUID(lead.factory_id): cost for lead, cost in zip(whole.leads, points, strict=True)}
    shown = rank(town, top=2, penalties=penalties).leads
    assert len(shown) == 2 and shown[0].score >= shown[1].score
    for lead in rank(town, penalties=penalties).leads:
        assert sum(signal.contribution for signal in lead.signals) == lead.score
        assert lead.score <= next(old.score for old in whole.leads if old.factory_id == lead.factory_id)
        assert (DECLINES in {signal.name for signal in lead.signals}) == (rank_cost(penalties, lead.factory_id) > 0)


def rank_cost(penalties: dict[UUID, float], factory_id: str) -> float:
    return round(penalties[UUID(factory_id)] * 2**20) / 2**20


@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf")])
def test_a_penalty_that_is_none_is_refused(town: Town, wrong: float) -> None:
    factory_id = town.add_factory("Sample Knit 01")
    with pytest.raises(ValueError, match="penalty"):
        rank(town, penalties={factory_id: wrong})


def test_excluded_and_only_narrow_the_ranking(town: Town) -> None:
    first, second, third = (town.add_factory(f"Sample Knit {place}") for place in range(3))
    assert {lead.factory_id for lead in rank(town, exclude=frozenset({first})).leads} == {str(second), str(third)}
    assert [lead.factory_id for lead in rank(town, only=frozenset({third})).leads] == [str(third)]
    assert rank(town, only=frozenset()).leads == ()


def test_threads_share_one_ranker_while_factories_change(town: Town, ranker: Ranker) -> None:
    factories = [town.add_factory(f"Sample Knit {place:02}") for place in range(6)]
    counts: list[int] = []

    def keep_ranking() -> None:
        for _ in range(15):
            counts.append(len(rank(town).leads))

    threads = [threading.Thread(target=keep_ranking) for _ in range(4)]
    for thread in threads:
        thread.start()
    for place in range(6):
        change(town, factories[place], minimum_quantity=100 + place)
    for thread in threads:
        thread.join(60)
    assert counts == [6] * 60, "no thread failed, and none saw a factory half changed"
    with town.work("system") as work:
        assert work.session.scalar(select(func.count()).select_from(RankerVersion)) == 0, "ranking alone stores nothing"
