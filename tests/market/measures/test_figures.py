"""Every figure of the pages equals one that is counted here from the rows themselves."""

import math
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from market.config import Settings
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from market.measures.chances import LEAST_LEADS, State, all_slices, calibration, worst_slices
from market.measures.counting import recount
from market.measures.funnel import funnel, funnels, positions, precision_at
from market.measures.growth import growth_tree
from market.measures.reach import coverage, weeks_of_exposure
from market.measures.slices import Asked, Slice, Span
from market.measures.statistics import (
    Share,
    always_valid_reach,
    binned_quantile,
    count_change,
    gini,
    product,
    share_change,
)
from tests.conftest import MONDAY
from tests.market.measures.plain import Plain, day_of
from tests.market.measures.rows import RandomMarket

TODAY = day_of(MONDAY)
PARTS = (Slice(), Slice(vertical="apparel"), Slice(vertical="", language="zh"), Slice(buyer="pool"),
    Slice(size="small", newcomer="old"), Slice(region="zhejiang", buyer="returning"),
    Slice(region="nowhere"))  # fmt: skip


def asked(part: Slice, days: int = 28, until: date = TODAY) -> Asked:
    end = until + timedelta(days=1)
    return Asked(part, Span(end - timedelta(days=days), end), TODAY)


@pytest.fixture
def plain(session: Session, settings: Settings) -> Plain:
    RandomMarket(session, 5, days=120).fill(requests=70, factories=10)
    session.execute(text(JOINED))
    recount(Work(session, SYSTEM_ACTOR, MONDAY, new_id, settings))
    return Plain(session)


def total(
    cells: dict[tuple[Any, ...], Counter[str]], keep: Callable[[dict[str, Any]], bool], names: str
) -> Counter[str]:
    found: Counter[str] = Counter()
    for key, cell in cells.items():
        if keep(dict(zip(names.split(), key, strict=True))):
            found += cell
    return found


def within(want: Asked, part: dict[str, str]) -> Callable[[dict[str, Any]], bool]:
    return lambda key: want.span.first <= key["day"] < want.span.end and all(key[k] == v for k, v in part.items())


JOINED = (
    "UPDATE factories SET joined_on = LEAST(joined_on, (SELECT min(market_day(offered_at)) FROM leads "
    "WHERE leads.factory_id = factories.id))"
)
LEAD = "day vertical region language buyer size newcomer"
RUN = "day vertical region language buyer"


@pytest.mark.parametrize("part", PARTS, ids=str)
@pytest.mark.parametrize("days", [28, 84])
def test_funnel_tree_and_coverage(session: Session, plain: Plain, part: Slice, days: int) -> None:
    want = asked(part, days)
    leads = total(plain.lead_cells(), within(want, part.chosen), LEAD)
    found = funnel(session, want)
    assert {name: count for name, count in found.counts.items() if count} == {
        name: count for name, count in leads.items() if count and not name.startswith("chance")
    }
    runs = total(plain.run_cells(), within(want, part.of_requests), RUN)
    tree = growth_tree(session, want)
    assert (tree.traffic.runs, tree.traffic.orders) == (runs["offered"], runs["posted"])
    assert tree.conversion.now == Share(runs["won"], runs["offered"] - runs["open"])
    earlier = Asked(part, want.span.earlier(60), TODAY)
    deals = total(plain.deal_cells(), within(earlier, part.of_requests), f"{RUN} currency")
    assert tree.repeat.now == Share(deals["again"], deals["deals"])
    ripe = Asked(part, want.span.until(TODAY - timedelta(days=1)), TODAY)
    offered = total(plain.run_cells(), within(ripe, part.of_requests), RUN)
    assert coverage(session, want).coverage == Share(offered["quoted_in_a_day"], offered["offered"])


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_calibration_is_that_of_every_lead(session: Session, plain: Plain, part: Slice) -> None:
    want = asked(part, 84)
    cells = plain.lead_cells()
    counts = total(cells, within(want, part.chosen), LEAD)
    told = calibration(session, want)
    n = sum(counts[f"chance_n_{place}"] for place in range(9))
    won = sum(counts[f"chance_y_{place}"] for place in range(9))
    assert told.share == Share(won, n)
    if not n:
        assert (told.brier, told.ece, told.says, told.state) == (None, None, None, State.UNSURE)
        return
    assert told.brier == pytest.approx(counts["chance_squares"] / 1e6 / n)
    assert told.brier_base == pytest.approx(sum((y - won / n) ** 2 for y in [1] * won + [0] * (n - won)) / n)
    off = 0.0
    for place in range(9):
        if counts[f"chance_n_{place}"]:
            off += abs(counts[f"chance_p_{place}"] / 1e6 - counts[f"chance_y_{place}"])
    assert told.ece == pytest.approx(off / n)
    assert [row.closes.of for row in told.bins] == [
        counts[f"chance_n_{place}"] for place in range(9) if counts[f"chance_n_{place}"]
    ]


def test_slices_positions_and_exposure(session: Session, plain: Plain) -> None:
    want = asked(Slice(), 84)
    sizes = Counter[str]()
    for key, cell in plain.lead_cells().items():
        if want.span.first <= key[0] < want.span.end:
            sizes[key[5]] += cell["offered"]
    assert {row.name: row.offered for row in funnels(session, want, "size")} == dict(sizes)
    by_place: dict[int, list[Counter[str]]] = {}
    for lead in plain.leads:
        if want.span.first <= day_of(lead["offered_at"]) < want.span.end:
            by_place.setdefault(min(lead["rank"], 10), []).append(plain.counts(lead))
    found = positions(session, want)
    assert [(int(row.name), row.offered) for row in found] == [(at, len(by_place[at])) for at in sorted(by_place)]
    hits = [sum(count["won"] for at in by_place for count in by_place[at] if at <= k.k) for k in precision_at(found)]
    assert [row.share.hits for row in precision_at(found)] == hits
    for week in weeks_of_exposure(session, want):
        got = Counter(
            {maker: 0 for maker, row in plain.factories.items() if row["joined_on"] <= week.week + timedelta(6)}
        )
        got.update(lead["factory_id"] for lead in plain.leads if 0 <= (day_of(lead["offered_at"]) - week.week).days < 7)
        values = list(got.values())
        pairs = sum(abs(a - b) for a in values for b in values)
        assert week.leads == sum(values)
        assert week.gini == pytest.approx(pairs / (2 * len(values) * sum(values)))


def test_worst_slices_never_start_with_few_leads(session: Session, plain: Plain) -> None:
    want = asked(Slice(), 84)
    worst = worst_slices(session, want, 100)
    assert all(told.closes.of >= LEAST_LEADS for told in worst)
    assert [told.surely_off for told in worst] == sorted((told.surely_off for told in worst), reverse=True)
    assert len(all_slices(session, want)) > len(worst)


def test_of_nothing_and_of_one() -> None:
    assert (Share(0, 0).value, Share(0, 0).low, Share(0, 0).high) == (None, None, None)
    assert Share(1, 1).value == 1 and 0.2 < (Share(1, 1).low or 0) < 0.21 and Share(1, 1).high == 1
    assert share_change(Share(0, 0), Share(1, 2)).value is None and count_change(0, 5).value is None
    assert not share_change(Share(1, 1), Share(0, 1)).clear
    assert product(10, (Share(0, 0), Share(1, 2))).value is None
    assert (product(10, (Share(0, 4), Share(1, 2))).value, product(10, (Share(0, 4), Share(1, 2))).low) == (0, None)


def test_intervals_against_known_values() -> None:
    """Wilson's interval of 81 of 263 (Newcombe 1998, table I) and the difference of 56/70 and 48/80 (the same, II)."""
    share = Share(81, 263)
    assert (round(share.low or 0, 4), round(share.high or 0, 4)) == (0.2553, 0.3662)
    change = share_change(Share(56, 70), Share(48, 80))
    assert (round(change.low or 0, 4), round(change.high or 0, 4), change.clear) == (0.0524, 0.3339, True)


def test_quantiles_and_gini() -> None:
    edges = [15 * 2 ** (step / 2) for step in range(22)]
    counts = [0] * 23
    assert binned_quantile(counts, edges, 0.5) is None
    counts[22] = 1
    assert binned_quantile(counts, edges, 0.5) == edges[-1]
    minutes = [20 * 1.01**step for step in range(500)]
    for minute in minutes:
        counts[sum(minute >= edge for edge in edges)] += 1
    assert math.isclose(binned_quantile(counts, edges, 0.5) or 0, minutes[250], rel_tol=0.05)
    assert gini({}) is None and gini({0: 4}) is None
    assert gini({3: 5}) == pytest.approx(0) and gini({0: 3, 8: 1}) == pytest.approx(0.75)


def test_looking_again_and_again_raises_few_alarms_but_finds_what_is_off() -> None:
    """Of markets whose probabilities are true at most one in twenty is ever beyond the reach; of wrong ones all are."""
    ever, found = 0, 0
    for seed in range(200):
        chance, hits, off = random.Random(seed), 0, 0
        crossed = caught = False
        for n in range(1, 1001):
            hits += chance.random() < 0.2
            off += chance.random() < 0.05
            reach = always_valid_reach(n * 0.16, n, 0.05)
            crossed = crossed or abs(hits / n - 0.2) > reach
            caught = caught or abs(off / n - 0.2) > reach
        ever += crossed
        found += caught
    assert ever <= 10 and found == 200
