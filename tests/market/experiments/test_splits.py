"""Live splits: a request stays in its arm, can be ranked again alike, and the guard stops a candidate that harms."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from market import audit
from market.experiments.guard import seen, watch_split
from market.experiments.queries import candidates
from market.experiments.service import add_candidate, end_running, promote, promote_split, split_live
from market.identity.service import MARKET_ID
from market.kit.errors import Conflict, Invalid
from market.kit.history import history_of
from market.kit.ids import new_id
from market.kit.work import Work
from market.leads.models import Offering
from market.quotes.models import Award
from market.ranking.models import RankerVersion, SplitRequest
from market.ranking.queries import live_ranker_id
from market.ranking.ranker import Ranker
from market.ranking.service import NotCalibrated, publish_ranker, roll_back
from market.ranking.splits import draws_candidate, latest_splits, running_split
from market.replay.comparing import Verdict
from market.replay.rebuilding import Rebuilder
from matching.engine.model import PRIOR, RankerModel
from tests.market.replay.conftest import kept, live_through, replay
from tests.market.site import Person
from tests.market.town import Town

OTHER = replace(PRIOR, id="other")
"""Another version that ranks as the prior does."""


def split(town: Town, percent: int = 50, model: RankerModel = OTHER) -> UUID:
    """Start one in a market whose prior is live."""
    with town.work("operator") as work:
        publish_ranker(work, PRIOR, town.ranker.encoder)
        candidate = add_candidate(work, model, town.ranker.encoder, "worth a look", from_file=True)
        return split_live(work, candidate, percent, "worth a try")


def arms(town: Town) -> dict[UUID, bool]:
    with town.work("system") as work:
        rows = work.session.execute(select(SplitRequest.offering_id, SplitRequest.candidate))
        return {offering: candidate for offering, candidate in rows}  # noqa: C416 (rows are no pairs to the checker)


def state_of(town: Town, running: UUID) -> tuple[str, str]:
    """What became of a split, and why."""
    with town.work("operator") as work:
        (row,) = [row for row in latest_splits(work.session, 9) if row.id == running]
        return row.state.value, history_of(work.session, MARKET_ID, "splits", running)[0].why


@pytest.mark.parametrize("percent", [5, 20, 50])
def test_the_share_is_kept_and_an_arm_comes_out_the_same(percent: int) -> None:
    running, requests = uuid4(), [new_id() for _ in range(4_000)]
    drawn = [draws_candidate(running, request, percent) for request in requests]
    assert drawn == [draws_candidate(running, request, percent) for request in requests]
    assert abs(sum(drawn) / len(drawn) - percent / 100) < 4 * (percent / 100 / len(drawn)) ** 0.5


def test_a_request_stays_in_its_arm_and_each_ranking_comes_out_identical(town: Town, ranker: Ranker) -> None:
    shop = town.add_shop("Quiet Wool")
    town.add_factory("Sample Knit 99")
    town.post(shop, town.sweaters(700))
    running = split(town)
    for _month in range(2):
        live_through(town, shop)
    drawn = arms(town)
    assert len(drawn) == 6 and 0 < sum(drawn.values()) < 6, drawn
    rows = kept(town, 200)
    assert len(rows) > len(drawn) and {row.offering_id for row in rows} > set(drawn)
    for row in rows:
        assert row.ranker_version == (OTHER.name if drawn.get(row.offering_id) else PRIOR.name)
    rebuilder = Rebuilder(ranker)
    found = [replay(town, rebuilder, row) for row in rows]
    assert {one.verdict for one in found} == {Verdict.IDENTICAL}
    assert sound(town)
    with town.work("operator") as work:
        end_running(work, running, "seen enough")
    live_through(town, shop)
    assert {row.ranker_version for row in kept(town, 200)[: -len(rows)]} == {PRIOR.name} and len(arms(town)) == 6


def sound(town: Town) -> bool:
    with town.work("system") as work:
        return dict(audit.broken_promises(work))[SPLIT_PROMISE] == 0


SPLIT_PROMISE = "in a split every request is ranked by the version of its arm"


def test_the_audit_finds_a_request_of_the_other_arm(town: Town) -> None:
    town.add_factory("Sample Knit 99")
    split(town)
    town.post(town.add_shop("Quiet Wool"), town.sweaters(700))
    assert sound(town)
    with town.work("system") as work:
        other = "CASE WHEN (SELECT candidate FROM split_requests) THEN 'a third one' ELSE live END"
        work.session.execute(text(f"UPDATE splits SET version = {other}"))
    assert not sound(town)


def add_requests(work: Work, running: UUID, count: int, deals: tuple[float, float], at: datetime) -> None:
    """`count` requests of each arm, of which these shares came to a deal a week later: the candidate's, the live's."""
    for candidate, share in zip((True, False), deals, strict=True):
        for place in range(count):
            offering = Offering(
                organisation_id=MARKET_ID, id=work.new_id(), order_id=work.new_id(), title="past", vertical="apparel",
                brief={}, quantity=500, max_acceptances=3, open=False, created_at=at,
            )  # fmt: skip
            joined = at + timedelta(minutes=2 * place + candidate)
            asked = SplitRequest(
                organisation_id=MARKET_ID, id=work.new_id(), split_id=running, offering_id=offering.id,
                candidate=candidate, joined_at=joined,
            )  # fmt: skip
            work.session.add_all([offering, asked])
            if place < share * count:
                work.session.add(an_award(work, offering, joined + timedelta(days=7)))
    work.session.flush()


def an_award(work: Work, offering: Offering, at: datetime) -> Award:
    return Award(
        organisation_id=MARKET_ID, id=work.new_id(), order_id=offering.order_id, quote_id=work.new_id(),
        factory_id=work.new_id(), quantity=500, unit_price_minor=100, total_minor=50_000, currency="CNY",
        lead_time_days=20, awarded_at=at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("deals", "days", "stops"),
    [((0.05, 0.5), 60, True), ((0.5, 0.05), 60, False), ((0.3, 0.3), 60, False), ((0.05, 0.5), 20, False)],
    ids=["harms", "helps", "alike", "too young to tell"],
)
def test_the_guard_stops_what_harms_and_nothing_else(
    town: Town, deals: tuple[float, float], days: int, stops: bool
) -> None:
    running = split(town)
    with town.work("system") as work:
        add_requests(work, running, 100, deals, town.clock.now() - timedelta(days=days))
    with town.work("operator") as work:
        (row,) = latest_splits(work.session, 1)
        quoted, awarded = seen(work.session, row, work.now)
    assert (quoted.waiting, awarded.waiting) == (0, 200 if days < 28 else 0)
    counted = (awarded.watched.candidate, awarded.watched.candidate_deals, awarded.watched.live_deals)
    assert counted == ((0, 0, 0) if days < 28 else (100, round(100 * deals[0]), round(100 * deals[1])))
    assert town.sweep(watch_split) == int(stops)
    assert town.sweep(watch_split) == 0
    assert state_of(town, running) == (("stopped", "harms") if stops else ("running", "worth a try"))
    assert town.notices(MARKET_ID).count("split_stopped") == int(stops)


def unreadable(work: Work) -> None:
    work.session.execute(text("UPDATE ranker_versions SET parameters = '{}' WHERE id = :id"), {"id": OTHER.name})


def another_goes_live(work: Work) -> None:
    publish_ranker(work, replace(PRIOR, id="third"), "encoder")


@pytest.mark.parametrize(
    ("happens", "why"),
    [(unreadable, "unreadable"), (another_goes_live, "live_changed")],
    ids=["unreadable", "another goes live"],
)
def test_a_candidate_that_cannot_rank_leaves_the_live_one(town: Town, happens: object, why: str) -> None:
    assert callable(happens)
    town.add_factory("Sample Knit 99")
    running = split(town, 50)
    with town.work("system") as work:
        happens(work)
        live = live_ranker_id(work.session)
    for place in range(6):
        town.post(town.add_shop(f"Shop {place}"), town.sweaters(700))
    assert {row.ranker_version for row in kept(town)} == {live}
    town.sweep(watch_split)
    state, reason = state_of(town, running)
    assert state == "stopped" and reason in (why, "cannot_rank")


def test_one_split_at_a_time_of_what_ranks_in_shadow_calibrated_and_with_a_reason(town: Town) -> None:
    running = split(town)
    learned = replace(PRIOR, id="learned", evidence=50)
    with town.work("operator") as work:
        (first,) = [row.id for row in candidates(work.session)]
        wild = add_candidate(work, learned, town.ranker.encoder, "x", from_file=True)
        for why, percent in ((" ", 20), ("x", 4), ("x", 51)):
            with pytest.raises(Invalid):
                split_live(work, first, percent, why)
        with pytest.raises(NotCalibrated):
            split_live(work, wild, 20, "hope")
        with pytest.raises(Conflict, match="running already"):
            split_live(work, first, 20, "twice")
        end_running(work, running, "enough")
        with pytest.raises(Conflict, match="ended"):
            promote_split(work, running, first, "too late")
        assert live_ranker_id(work.session) == PRIOR.name


def test_promoted_and_gone_back_from(town: Town) -> None:
    running = split(town)
    with town.work("operator") as work:
        (candidate,) = [row.id for row in candidates(work.session)]
        promote_split(work, running, candidate, "better in both arms")
        assert live_ranker_id(work.session) == OTHER.name and running_split(work.session) is None
        roll_back(work, PRIOR.name, "it was luck")
        tried = work.session.scalars(select(RankerVersion.was_live).order_by(RankerVersion.id)).all()
    assert state_of(town, running) == ("promoted", "better in both arms") and all(tried)


def test_promoting_from_the_shadows_ends_the_split(town: Town) -> None:
    running = split(town)
    with town.work("operator") as work:
        promote(work, candidates(work.session)[0].id, "sure now")
    assert state_of(town, running) == ("promoted", "sure now")


def test_the_pages_start_show_and_end(town: Town, operator: Person) -> None:
    page = operator.get("/operator/splits").text
    assert "还没有分流" in page and "没有影子排名" in page
    running = split(town)
    with town.work("operator") as work:
        candidate = candidates(work.session)[0].id
    assert "正在分流" in operator.get("/operator/splits").text
    fields = {"candidate": str(candidate), "percent": "20", "why": "再来一次"}
    assert operator.post("/operator/splits", fields).status_code == 409
    address = f"/operator/splits/{running}"
    assert "50% 的新需求" in operator.get(address).text
    assert operator.post(f"{address}/end", {"why": " "}).status_code == 303
    assert state_of(town, running)[0] == "running"
    assert operator.post(f"{address}/end", {"why": "看够了"}).status_code == 303
    ended = operator.get(address).text
    assert "看够了" in ended and "已结束" in ended
    assert operator.post("/operator/splits", {**fields, "percent": "99"}).status_code == 422
    assert operator.post("/operator/splits", fields).status_code == 303
    assert operator.get(f"/operator/splits/{uuid4()}").status_code == 404
    assert operator.post(f"{address}/burn", {"why": "x"}).status_code == 404
