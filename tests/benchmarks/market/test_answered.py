"""Factories that are asked: what their owners say is what is true, but for slips, and stands in the profile."""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.market.answered import QUESTIONS_A_WEEK, Answered
from benchmarks.market.engine_policy import Engine
from benchmarks.market.market import Market, make_market
from benchmarks.market.owners import Owners
from benchmarks.market.parameters import Parameters, draw_parameters
from benchmarks.market.season import play


def small(**changes: Any) -> Parameters:
    tiny = replace(draw_parameters(901), factories=40, orders_a_week=15, weeks=3, learning_weeks=2)
    return replace(tiny, **{"answers": 1.0, "misanswers": 0.0, **changes})


@pytest.fixture(scope="module")
def market() -> Market:
    return make_market(small())


def question(factory: int, words: str, kind: str = "process", identifier: str = "x") -> dict[str, str]:
    return {"factory_id": f"F{factory:04d}", "kind": kind, "id": identifier, "name_en": words, "name_zh": ""}


def test_an_owner_who_understands_tells_the_truth_but_for_slips(market: Market) -> None:
    words = [(number, term.words("zh")[0]) for number, term in enumerate(market.trade.terms["process"])]
    honest, wrong = Owners(market), Owners(replace_parameters(market, misanswers=1.0))
    told = [(number, honest.answer(7, "process", [word]), wrong.answer(7, "process", [word])) for number, word in words]
    truth = market.factories.able["process"][7]
    one_meaning = [(number, said, slipped) for number, said, slipped in told if said == truth[number]]
    assert len(one_meaning) > 0.9 * len(words)
    assert all(slipped is not said for _, said, slipped in told)
    assert honest.answer(7, "process", ["no such thing"]) is None
    assert Owners(replace_parameters(market, answers=0.0)).answer(7, "process", [words[0][1]]) is None


def replace_parameters(market: Market, **changes: float) -> Market:
    return replace(market, parameters=small(**changes))


def test_answers_stand_in_the_profile_and_nothing_is_asked_twice_or_too_often(market: Market) -> None:
    answered = Answered(market)
    terms = market.trade.terms["process"][: 2 * QUESTIONS_A_WEEK]
    asked = [question(3, term.words("en")[0], identifier=f"p{number}") for number, term in enumerate(terms)]
    answered.ask(asked)
    row = answered.rows[3]
    put = [*row["confirmed"].split(";"), *row["denied"].split(";")]
    assert len([entry for entry in put if entry.startswith("process:p")]) == QUESTIONS_A_WEEK
    answered.ask(asked[:QUESTIONS_A_WEEK])
    assert answered.rows[3] == row
    assert market.factory_rows[3]["denied"] == ""


def test_a_season_with_questions_changes_profiles_and_keeps_the_rules() -> None:
    market = make_market(small())
    policy = Engine("asking", explore=0.1, in_process=True)
    fates = play(market, policy)
    assert fates
    assert policy.answered is not None
    changed = [row for row, before in zip(policy.answered.rows, market.factory_rows, strict=True) if row != before]
    assert len(changed) > len(market.factories) / 4
    assert any(row["denied"] for row in changed)
    assert any(row["confirmed"] for row in changed)
