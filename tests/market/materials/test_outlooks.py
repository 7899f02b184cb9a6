"""What a factory is told of its buyers' forecasts: with their consent, of three and more, and nothing of one."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from forecasting.replenishment.materials import Use, pool_materials
from market.kit.errors import Invalid, NotFound
from market.materials import queries, service
from market.materials.figures import two_digits
from market.materials.service import RecipeLine, TwiceInRecipe
from market.materials.stakes import ground_of
from tests.market.materials.conftest import YARN, Valley


def test_nothing_is_told_of_fewer_than_three_shops(valley: Valley) -> None:
    valley.recipe()
    valley.shop("North")
    valley.shop("South")
    valley.shop("West", risk=None)
    valley.night()
    assert valley.outlook() == []
    with valley.town.work("factory", valley.factory) as work:
        assert queries.withheld_categories(work.session, valley.factory) == ["sweater"]
    valley.shop("East")
    assert [(row.material, row.sellers) for row in valley.outlook()] == [("cashmere", 3)]
    assert valley.town.notices(valley.factory) == ["materials_told"]


def test_nothing_is_told_while_one_shop_is_most_of_the_sum(valley: Valley) -> None:
    valley.recipe()
    for name, mean in (("North", 20), ("South", 20), ("Giant", 900)):
        valley.shop(name, mean, 5)
    assert valley.outlook() == []


def test_what_is_told_is_the_engines_pooled_total_in_two_digits(valley: Valley, three: tuple[UUID, ...]) -> None:
    with valley.town.work("system") as work:
        needs = ground_of(work.session, valley.factory).needs()
    (told,) = pool_materials(needs, [Use("sweater", "cashmere", "kg", 0.3)]).requirements
    (row,) = valley.outlook()
    assert (row.p50, row.p80, row.p95) == tuple(map(two_digits, (told.needed_p50, told.needed_p80, told.needed_p95)))
    assert row.p50 == Decimal(140)  # 470 pieces at 0.3 kg, 141 kg, in two digits
    assert row.p95 < two_digits(0.3 * sum(one.pieces[one.chances.index(0.95)] for one in needs))
    assert row.orders == 3
    # South and West bear 25 % of 220 and 50 % of 150 of 470 pieces.
    assert row.risk_percent == int((25 * 220 + 50 * 150) / 470)


def test_every_item_of_a_shop_is_in_the_sum(valley: Valley, three: tuple[UUID, ...]) -> None:
    for number in range(3):
        valley.need(three[0], 80, 10, sku=f"more {number}")
    valley.night()
    (row,) = valley.outlook()
    assert row.p50 == two_digits(0.3 * 710)
    assert (row.sellers, row.orders) == (3, 6)


def test_the_day_is_the_monday_of_the_first_order_less_the_days_of_sourcing(
    valley: Valley, three: tuple[UUID, ...]
) -> None:
    valley.need(three[0], 100, order_in=20)
    valley.night()
    (row,) = valley.outlook()
    first = valley.today - timedelta(days=1) + timedelta(days=20 - YARN.sourcing_days)
    assert row.by == first - timedelta(days=first.weekday())


def test_figures_stand_for_a_week_when_somebody_joins(valley: Valley, three: tuple[UUID, ...]) -> None:
    before = valley.outlook()
    valley.shop("East", 390, 20)
    assert valley.outlook() == before
    valley.night(6)
    assert [(row.p50, row.p80, row.p95) for row in valley.outlook()] == [(row.p50, row.p80, row.p95) for row in before]
    valley.night(1)
    assert valley.outlook()[0].p50 == two_digits(0.3 * 860)


def test_figures_stand_for_a_week_when_somebody_leaves_and_are_then_withheld(
    valley: Valley, three: tuple[UUID, ...]
) -> None:
    (before,) = valley.outlook()
    with valley.town.work("seller", three[1]) as work:
        (share,) = queries.share_rows(work.session, three[1])
        service.withdraw_share(work, share.id)
    with valley.town.work("seller", three[1]) as work:
        (left,) = queries.share_rows(work.session, three[1])
        assert left.counts_until == valley.today + timedelta(days=7)
    valley.night(3)
    assert valley.outlook()[0].p80 == before.p80
    valley.night(4)
    assert valley.outlook() == []
    with valley.town.work("seller", three[1]) as work:
        assert queries.share_rows(work.session, three[1]) == []


def test_a_group_that_stays_is_renewed_by_night_alone(valley: Valley, three: tuple[UUID, ...]) -> None:
    (before,) = valley.outlook()
    valley.need(three[0], 300)
    assert valley.outlook() == [before]
    valley.night()
    assert valley.outlook()[0].p50 == two_digits(0.3 * 670)


def test_a_changed_recipe_is_answered_from_what_was_frozen(valley: Valley, three: tuple[UUID, ...]) -> None:
    """Who changes a recipe to and fro learns nothing of what one shop's forecast did meanwhile."""
    (before,) = valley.outlook()
    valley.need(three[0], 300)
    with valley.town.work("factory", valley.factory) as work:
        (line,) = queries.recipe_rows(work.session, valley.factory)
        service.save_recipe_line(work, replace(YARN, per_piece=Decimal("0.6")), line.id)
    valley.town.deliver()
    assert valley.outlook()[0].p50 == two_digits(2 * 141)
    with valley.town.work("factory", valley.factory) as work:
        service.save_recipe_line(work, YARN, line.id)
    valley.town.deliver()
    (after,) = valley.outlook()
    assert after == replace(before, made_at=after.made_at)
    with valley.town.work("factory", valley.factory) as work:
        service.remove_recipe_line(work, line.id)
    valley.town.deliver()
    assert valley.outlook() == []


def test_another_factory_is_told_nothing(valley: Valley, three: tuple[UUID, ...]) -> None:
    other = valley.town.add_factory("Other Knit")
    valley.recipe(factory=other)
    valley.night()
    assert valley.outlook(other) == []


def test_a_consent_given_twice_is_one_and_another_share_of_risk_takes_its_place(valley: Valley) -> None:
    shop = valley.town.add_shop("North")
    assert valley.share(shop, 10) == valley.share(shop, 10)
    assert valley.share(shop, 25) != valley.share(shop, 10)
    with valley.town.work("seller", shop) as work:
        (share,) = queries.share_rows(work.session, shop)
        assert (share.risk_percent, share.use_within_days) == (10, 90)
        service.withdraw_share(work, share.id)
        service.withdraw_share(work, share.id)
        assert queries.share_rows(work.session, shop) == []


def test_a_consent_that_cannot_be_is_refused(valley: Valley) -> None:
    shop = valley.town.add_shop("North")
    with valley.town.work("seller", shop) as work:
        with pytest.raises(Invalid):
            service.share_demand(work, "sweater", valley.factory, 30)
        with pytest.raises(Invalid):
            service.share_demand(work, "no-such-thing", valley.factory, 10)
        with pytest.raises(NotFound):
            service.share_demand(work, "t-shirt", valley.factory, 10)
        with pytest.raises(NotFound):
            service.share_demand(work, "sweater", shop, 10)
    mine = valley.share(shop)
    with valley.town.work("seller", valley.town.add_shop("South")) as work, pytest.raises(NotFound):
        service.withdraw_share(work, mine)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"category": "no-such-thing"}, "category"),
        ({"material": "  "}, "material"),
        ({"material": "x" * 61}, "material"),
        ({"unit": "bale"}, "unit"),
        ({"per_piece": Decimal(0)}, "per_piece"),
        ({"sourcing_days": 400}, "sourcing_days"),
        ({"unit_cost_minor": 0}, "unit_cost"),
    ],
)
def test_a_line_that_cannot_be_taken_names_its_fault(valley: Valley, wrong: dict[str, object], field: str) -> None:
    with valley.town.work("factory", valley.factory) as work:
        with pytest.raises(Invalid) as refused:
            service.save_recipe_line(work, replace(YARN, **wrong))  # type: ignore[arg-type]  # wrong on purpose
        assert [fault.field for fault in refused.value.faults] == [field]
        assert queries.recipe_rows(work.session, valley.factory) == []


def test_own_words_that_the_packs_know_are_one_material(valley: Valley) -> None:
    valley.recipe()
    with valley.town.work("factory", valley.factory) as work:
        with pytest.raises(TwiceInRecipe):
            service.save_recipe_line(work, replace(YARN, material="羊绒"))
        service.save_recipe_line(work, RecipeLine("sweater", " 主唛  织标 ", "piece", Decimal(1)))
        assert [row.material for row in queries.recipe_rows(work.session, valley.factory)] == ["cashmere", "主唛 织标"]
