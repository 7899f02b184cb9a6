"""What a person reads about each wish, and which factories a wish removes."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matching.engine.feasibility import refusals
from matching.engine.model import PRIOR
from matching.records import Verdict
from tests.matching.engine.market import TODAY, engine, factory, leads_of, order

MEETS, NEAR, MISSES, UNKNOWN = Verdict.MEETS, Verdict.NEAR, Verdict.MISSES, Verdict.UNKNOWN
Changes = dict[str, Any]


@pytest.mark.parametrize(
    ("name", "wants", "has", "verdict", "difference"),
    [
        ("category", {}, {}, MEETS, None),
        ("category", {"category": "T恤"}, {"categories": ("Tops",)}, MEETS, None),
        ("category", {}, {"categories": ("polo",)}, NEAR, None),
        ("category", {}, {"categories": ()}, UNKNOWN, None),
        ("process", {}, {}, MEETS, None),
        ("process", {}, {"categories": (), "processes": ()}, UNKNOWN, None),
        ("process", {"processes": ("绣花",)}, {}, MISSES, None),
        ("process", {"processes": ("绣花",)}, {"processes": ()}, UNKNOWN, None),
        ("process", {"processes": ("裁剪缝制",)}, {"processes": ()}, MEETS, None),
        ("process", {"processes": ("裁剪缝制",)}, {"processes": (), "categories": ("sweater",)}, MISSES, None),
        ("material", {"materials": ("organic cotton",)}, {}, NEAR, None),
        ("material", {"materials": ("silk",)}, {}, MISSES, None),
        ("material", {}, {"materials": ()}, UNKNOWN, None),
        ("certification", {}, {}, MEETS, None),
        ("certification", {}, {"certifications": ()}, UNKNOWN, None),
        ("attribute:fabric_weight", {}, {}, MEETS, None),
        ("attribute:fabric_weight", {"attributes": (("fabric_weight", "240"),)}, {}, NEAR, None),
        ("attribute:fabric_weight", {"attributes": (("fabric_weight", "400"),)}, {}, MISSES, None),
        ("attribute:fabric_weight", {}, {"attributes": ()}, UNKNOWN, None),
        ("quantity", {}, {}, MEETS, 300),
        ("quantity", {"quantity": 200}, {}, NEAR, -100),
        ("quantity", {"quantity": 199}, {}, MISSES, -101),
        ("quantity", {}, {"minimum_quantity": None}, UNKNOWN, None),
        ("capacity", {}, {}, MEETS, 3400),
        ("capacity", {"quantity": 3600}, {}, NEAR, 400),
        ("capacity", {"due_on": None, "quantity": 12_001}, {}, MISSES, -1),
        ("capacity", {}, {"capacity_per_week": None}, UNKNOWN, None),
        ("due", {}, {}, MEETS, 8),
        ("due", {}, {"lead_time_days": 31}, NEAR, -3),
        ("due", {}, {"lead_time_days": 32}, MISSES, -4),
        ("due", {"grace_days": 5}, {"lead_time_days": 33}, NEAR, -5),
        ("due", {"posted_on": date(2026, 12, 1)}, {}, NEAR, -1),
        ("due", {}, {"lead_time_days": None}, UNKNOWN, None),
        ("price", {}, {}, MEETS, 10),
        ("price", {"target_unit_price": 19.0}, {}, NEAR, -1),
        ("price", {"target_unit_price": 15.0}, {}, MISSES, -5),
        ("price", {"currency": "USD"}, {}, UNKNOWN, None),
        ("price", {"currency": "RMB"}, {}, MEETS, 10),
        ("price", {}, {"unit_price_low": None}, UNKNOWN, None),
        ("region", {}, {}, MEETS, None),
        ("region", {"region": "浙江"}, {"region": "Ningbo"}, MEETS, None),
        ("region", {}, {"region": "广东"}, MISSES, None),
        ("region", {}, {"region": None}, UNKNOWN, None),
    ],
)
def test_each_wish_gets_its_verdict(
    name: str, wants: Changes, has: Changes, verdict: Verdict, difference: float | None
) -> None:
    (lead,) = leads_of(order(**wants), factory(**has))
    found = {requirement.name: requirement for requirement in lead.requirements}[name]
    assert (found.verdict, found.difference) == (verdict, difference)
    assert (found.offered is None) == (verdict is UNKNOWN and name != "price")


@pytest.mark.parametrize(
    ("wants", "has", "refused"),
    [
        ({}, {}, None),
        ({}, {"certifications": ("bsci",)}, "certification"),
        ({}, {"certifications": ("bsci", "某某认证")}, None),
        ({}, {"certifications": ()}, None),
        ({"certifications": ("dishwasher-safe",)}, {}, None),
        ({"quantity": 4001}, {}, "capacity"),
        ({"quantity": 4001, "grace_days": 7}, {}, None),
        ({"quantity": 4001}, {"capacity_per_week": None}, None),
        ({"quantity": 99_999, "due_on": None}, {}, None),
        ({"due_on": TODAY}, {}, "overdue"),
        ({"due_on": TODAY, "grace_days": 5}, {"capacity_per_week": None}, None),
        ({}, {"categories": ("desk-lamp",), "processes": ()}, "other goods"),
        ({}, {"categories": ("hat",), "processes": ("cut-and-sew",)}, "other goods"),
        ({}, {"categories": ("hat",)}, None),
        ({}, {"categories": (), "processes": ()}, None),
        ({}, {"minimum_quantity": 50_000, "lead_time_days": 200, "unit_price_low": 39.0}, None),
    ],
)
def test_only_what_a_factory_says_against_a_hard_requirement_removes_it(
    wants: Changes, has: Changes, refused: str | None
) -> None:
    index = engine().index([factory(**has)])
    (found,) = engine().shortlists([order(**wants)], index, as_of=TODAY, size=5)
    assert refusals(found.order, index.table, found.window) == ({} if refused is None else {refused: 1})
    assert found.possible == (1 if refused is None else 0)


@pytest.mark.parametrize(
    ("has", "possible"),
    [({"certifications": ("bsci",)}, 1), ({"denied": (("certification", "oeko-tex-100"),)}, 0)],
)
def test_a_model_that_knows_outcomes_takes_no_list_of_certificates_for_whole(has: Changes, possible: int) -> None:
    index, taught = engine().index([factory(**has)]), replace(PRIOR, evidence=1)
    (found,) = engine().shortlists([order()], index, as_of=TODAY, size=5, model=taught)
    assert found.possible == possible
    assert bool(refusals(found.order, index.table, found.window, taught)) is not bool(possible)


def test_words_complete_a_record_and_lists_win_over_them() -> None:
    told = factory(
        categories=(),
        processes=(),
        materials=(),
        minimum_quantity=None,
        lead_time_days=None,
        capacity_per_week=None,
        unit_price_low=None,
        unit_price_high=None,
        region=None,
        description="专业T恤工厂，纯棉面料，丝网印花，起订量100件，交期15天，月产能10万件",
    )
    asked = order(
        category=None,
        processes=(),
        materials=(),
        due_on=None,
        description="Screen printed cotton T-shirts, delivery by 2026-12-20",
    )
    (lead,) = leads_of(asked, told)
    found = {requirement.name: requirement for requirement in lead.requirements}
    assert found["category"].verdict is MEETS
    assert found["process"].verdict is MEETS
    assert found["quantity"].difference == 500
    assert found["due"].difference == 13
    assert found["due"].wanted == "2026-12-20"
    listed, described = leads_of(asked, factory(factory_id="listed"), told)
    assert listed.factory_id == "listed"
    assert listed.score > described.score


def test_an_unresolvable_word_is_evidence_not_an_error() -> None:
    leads = leads_of(
        order(category="slub burnout tee thing", processes=("zigzag flocking",)),
        factory(factory_id="A", categories=("spaceship parts",), processes=()),
        factory(factory_id="B", categories=("slub burnout tee thing",), processes=()),
    )
    assert [lead.factory_id for lead in leads] == ["B", "A"]
