"""The open market: the same market from the same seed, rules that hold, nothing known too early."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.market import factory_files, order_files
from benchmarks.market.engine_policy import Engine, shuffled, write_rows
from benchmarks.market.figures import calibration_error, recovered, season_of
from benchmarks.market.learners import Learner
from benchmarks.market.market import OUTCOME_HEADER, Market, make_market
from benchmarks.market.parameters import Parameters, draw_parameters
from benchmarks.market.phrases import mistype
from benchmarks.market.policies import Cosine, Oracle, Popularity, Random, Rules
from benchmarks.market.season import Policy, RuleBroken, Week, hold_rules, play
from benchmarks.market.sharing import Lead
from benchmarks.market.views import make_view
from matching.commands.market_files import read_factories, read_orders, read_outcomes
from matching.tables import Faults


def small(seed: int = 900, **changes: Any) -> Parameters:
    small_parameters = replace(draw_parameters(seed), factories=60, orders_a_week=25, weeks=5, learning_weeks=2)
    return replace(small_parameters, **changes)


@pytest.fixture(scope="module")
def market() -> Market:
    return make_market(small())


def week_of(market: Market, number: int = 3) -> Week:
    orders = tuple(int(one) for one in market.orders.of_week(number))
    day = market.parameters.monday(number)
    return Week(market, number, day, orders, tuple(market.present(number)), (), learning=False)


def test_a_seed_makes_one_market_and_another_seed_another(market: Market) -> None:
    again, other = make_market(small()), make_market(small(901))
    assert (again.order_rows, again.factory_rows) == (market.order_rows, market.factory_rows)
    assert np.array_equal(again.chances(3).deal, market.chances(3).deal)
    assert other.order_rows != market.order_rows


def test_how_it_is_written_does_not_change_what_is_true(market: Market) -> None:
    plain = make_market(small(plain=True))
    assert plain.order_rows != market.order_rows
    assert np.array_equal(plain.chances(4).deal, market.chances(4).deal)


def test_what_is_written_is_accepted_by_the_engine(market: Market, tmp_path: Path) -> None:
    fates = [market.fate(Lead(order, 0), 1) for order in market.orders.of_week(1)]
    as_of = market.parameters.monday(4)
    write_rows(tmp_path / "factories.csv", factory_files.HEADER, market.factory_rows)
    write_rows(tmp_path / "orders.csv", order_files.HEADER, market.order_rows)
    write_rows(tmp_path / "outcomes.csv", OUTCOME_HEADER, [fate.row(as_of) for fate in fates])
    faults = Faults()
    known = [row["order_id"] for row in market.order_rows]
    read = (
        read_factories(tmp_path / "factories.csv", faults),
        read_orders(tmp_path / "orders.csv", faults),
        read_outcomes(tmp_path / "outcomes.csv", as_of, known, faults),
    )
    assert len(faults) == 0
    assert [len(records) for records in read] == [60, 125, 25]


def test_an_outcome_is_told_only_when_its_day_has_passed(market: Market) -> None:
    fates = [market.fate(Lead(order, factory), 1) for order in market.orders.of_week(1) for factory in range(8)]
    won = next(fate for fate in fates if fate.deal)
    assert won.row(won.answered_on)["accepted"] == ""
    assert won.row(won.answered_on + timedelta(days=1))["accepted"] == "1"
    assert won.row(won.decided_on)["won"] == ""
    assert won.row(won.decided_on + timedelta(days=1))["won"] == "1"
    assert won.row(won.delivered_on + timedelta(days=1))["on_time"] != ""
    declined = next(fate for fate in fates if not fate.accepted)
    last = declined.row(declined.delivered_on + timedelta(days=99))
    assert (last["accepted"], last["won"], last["quoted_unit_price"]) == ("0", "", "")


def test_fates_come_out_as_often_as_the_true_probabilities_say(market: Market) -> None:
    pairs = [(int(order), factory) for order in market.orders.of_week(2) for factory in range(60)]
    fates = [market.fate(Lead(order, factory), 2) for order, factory in pairs]
    expected = sum(fate.chance for fate in fates)
    spread = np.sqrt(sum(fate.chance * (1 - fate.chance) for fate in fates))
    assert abs(sum(fate.deal for fate in fates) - expected) < 4 * spread


@pytest.mark.parametrize("wrong", ["same order twice", "over the limit", "not joined", "other week"])
def test_broken_rules_are_refused(market: Market, wrong: str) -> None:
    week = week_of(market)
    limited = next(one for one in week.factories if market.factories.limit[one] == 1)
    absent = next(one for one in range(60) if market.factories.joined[one] > week.number)
    leads = {
        "same order twice": [Lead(week.orders[0], one) for one in week.factories[:2]],
        "over the limit": [Lead(one, limited) for one in week.orders[:2]],
        "not joined": [Lead(week.orders[0], absent)],
        "other week": [Lead(0, week.factories[0])],
    }
    with pytest.raises(RuleBroken):
        hold_rules(week, leads[wrong])


def test_no_policy_can_expect_more_than_the_oracle(market: Market) -> None:
    view = make_view(market)
    policies: list[Policy] = [Random(), Popularity(), Cosine(view), Rules(view), Learner(view, "logistic", 0.1)]
    best = sum(fate.chance for fate in play(market, Oracle()))
    shares = {policy.name: sum(fate.chance for fate in play(market, policy)) for policy in policies}
    assert all(share < best for share in shares.values()), shares
    assert shares["random"] < shares["cosine"]


def test_the_engine_plays_through_files_and_its_forecasts_come_back(market: Market) -> None:
    season = season_of(market, "blind", play(market, Engine("blind", 0.0, in_process=True)), 0.0)
    assert season.slots == 75
    assert 0 < len(season.chance) <= 75
    assert all(0.0 < forecast < 1.0 for forecast in season.forecast)
    oracle = season_of(market, "oracle", play(market, Oracle()), 0.0)
    assert recovered(oracle, season, oracle) == 1.0
    assert recovered(season, season, oracle) == 0.0


def test_shuffling_exchanges_results_among_the_leads_of_a_day_and_keeps_the_leads(market: Market) -> None:
    fates = [
        market.fate(Lead(int(order), int(best)), week)
        for week in (1, 2)
        for order, best in zip(market.orders.of_week(week), market.chances(week).deal.argmax(axis=1), strict=True)
    ]
    rows = [fate.row(market.parameters.monday(5)) for fate in fates]
    mixed = shuffled(rows, seed=1)
    assert [(row["order_id"], row["factory_id"]) for row in mixed] == [(r["order_id"], r["factory_id"]) for r in rows]
    for day in {row["offered_on"] for row in rows}:
        before = sorted(row["accepted"] + row["won"] for row in rows if row["offered_on"] == day)
        assert before == sorted(row["accepted"] + row["won"] for row in mixed if row["offered_on"] == day)
    assert [row["accepted"] + row["won"] for row in mixed] != [row["accepted"] + row["won"] for row in rows]


def test_without_signal_a_pair_tells_nothing_about_its_factory() -> None:
    deal = make_market(small(signal=False)).chances(3).deal
    assert deal.mean(axis=0).std() < 2.0 * deal.std() / np.sqrt(len(deal))


def test_calibration_error_by_hand() -> None:
    forecast = np.repeat([0.2, 0.8], 50)
    assert calibration_error(forecast, np.tile([0.0, 0.0, 0.0, 0.0, 1.0], 20)) == pytest.approx(0.3)
    assert calibration_error(forecast, forecast) == pytest.approx(0.0)


@pytest.mark.parametrize("word", ["绣花", "embroidery", "PU", "涤纶"])
def test_a_slip_stays_near_the_word(word: str) -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        slipped = mistype(random, word)
        assert abs(len(slipped) - len(word)) <= 1
        assert len(set(slipped) - set(word)) <= 1
