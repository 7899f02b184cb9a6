"""Preparations: at most what is forecast, once for one press, and everybody's part of what is left."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from market.audit import broken_promises
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.history import history_of
from market.kit.ids import new_id
from market.kit.money import Money
from market.materials import preparing, queries
from market.materials.queries import PartRow, PreparationRow, PreparationState
from market.materials.service import RecipeLine
from tests.market.materials.conftest import Valley


def prepare(valley: Valley, quantity: str, deliver: bool = True) -> UUID:
    (row,) = valley.outlook()
    with valley.town.work("factory", valley.factory) as work:
        made = preparing.prepare(work, row.id, Decimal(quantity))
    if deliver:
        valley.town.deliver()
    return made


def say_used(valley: Valley, made: UUID, used: str) -> None:
    with valley.town.work("factory", valley.factory) as work:
        preparing.say_used(work, made, Decimal(used))
    valley.town.deliver()


def preparation(valley: Valley) -> PreparationRow:
    with valley.town.work("factory", valley.factory) as work:
        return queries.preparation_rows(work.session, valley.factory)[0]


def parts(valley: Valley, shops: tuple[UUID, ...]) -> list[PartRow]:
    """The newest part of each shop, as the shop itself reads it."""
    found = []
    for shop in shops:
        with valley.town.work("seller", shop) as work:
            found += queries.part_rows(work.session, shop)[:1]
    return found


def test_every_shop_is_told_its_part_and_what_it_bears_at_most(valley: Valley, three: tuple[UUID, ...]) -> None:
    prepare(valley, "90")
    (outlook,), made = valley.outlook(), preparation(valley)
    assert outlook.prepared == 90
    assert outlook.still == outlook.p80 - 90
    assert (made.risk_percent, made.use_until) == (27, valley.today + timedelta(days=90))
    told = parts(valley, three)
    assert sum(row.part for row in told) == 90
    # Needs of 100, 220 and 150 pieces; 0, 25 and 50 % of them are 27.7 % in all, scaled to the 27 that were told.
    assert [float(row.part) for row in told] == pytest.approx([19.1, 42.1, 28.7], rel=0.02)
    assert [row.percent for row in told] == [0, 25, 50]
    assert [float(row.at_most) for row in told] == pytest.approx([0, 10.3, 14.0], abs=0.2)
    assert float(sum(row.at_most for row in told)) == pytest.approx(90 * 0.27, abs=0.01)
    assert told[2].cost_of(Decimal(10)) == Money(520_000, "CNY")
    assert [valley.town.notices(shop)[-1] for shop in three] == ["material_prepared"] * 3


def test_no_more_is_prepared_than_is_enough_in_nineteen_cases_of_twenty(
    valley: Valley, three: tuple[UUID, ...]
) -> None:
    (row,) = valley.outlook()
    prepare(valley, str(row.p95 - 10))
    with pytest.raises(Invalid):
        prepare(valley, "10.001")
    prepare(valley, "10")
    for odd in ("0", "-5", "0.0001"):
        with pytest.raises(Invalid):
            prepare(valley, odd)
    with valley.town.work("factory", valley.factory) as work, pytest.raises(NotFound):
        preparing.prepare(work, new_id(), Decimal(1))
    assert valley.outlook()[0].prepared == row.p95


def test_what_is_counted_comes_whole(valley: Valley) -> None:
    valley.recipe(RecipeLine("sweater", "织标", "piece", Decimal(1)))
    for name in ("North", "South", "West"):
        valley.shop(name)
    with pytest.raises(Invalid):
        prepare(valley, "10.5")
    prepare(valley, "10")


def test_rivals_together_prepare_no_more_than_is_forecast(valley: Valley, three: tuple[UUID, ...]) -> None:
    (row,) = valley.outlook()
    half = (row.p95 / 2 + 1).quantize(Decimal(1))

    def press(_place: int) -> bool:
        try:
            prepare(valley, str(half), deliver=False)
        except Invalid:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [False, False, False, True]
    assert valley.outlook()[0].prepared == half


def test_all_that_is_used_costs_nobody(valley: Valley, three: tuple[UUID, ...]) -> None:
    made = prepare(valley, "90")
    say_used(valley, made, "30")
    assert preparation(valley).state is PreparationState.PREPARED
    assert preparation(valley).used == 30
    assert valley.outlook()[0].prepared == 60
    say_used(valley, made, "20")  # a mistake is put right
    assert valley.outlook()[0].prepared == 70
    say_used(valley, made, "90")
    assert preparation(valley).state is PreparationState.USED
    assert valley.outlook()[0].prepared == 0
    assert [row.borne for row in parts(valley, three)] == [0, 0, 0]
    with valley.town.work("factory", valley.factory) as work, pytest.raises(Conflict):
        preparing.say_used(work, made, Decimal(10))


def test_what_is_left_when_the_time_is_over_is_borne_as_agreed(valley: Valley, three: tuple[UUID, ...]) -> None:
    made = prepare(valley, "90")
    say_used(valley, made, "60")
    valley.town.clock.advance(timedelta(days=91))
    say_used(valley, made, "60")
    row = preparation(valley)
    assert row.state is PreparationState.USED
    assert row.left == 30
    assert (row.borne_by_shops, row.borne_by_factory) == (Decimal("8.1"), Decimal("21.9"))
    told = parts(valley, three)
    assert float(sum(part.borne or 0 for part in told)) == pytest.approx(8.1, abs=0.005)
    assert all(part.borne == (part.at_most / 3).quantize(Decimal("0.001")) for part in told)
    assert valley.town.notices(three[2])[-1] == "material_ended"


def test_a_factory_that_says_nothing_is_reminded_and_has_used_it_all(valley: Valley, three: tuple[UUID, ...]) -> None:
    prepare(valley, "90")
    for days, state in ((90, "prepared"), (1, "prepared"), (13, "prepared"), (1, "used")):
        valley.town.clock.advance(timedelta(days=days))
        valley.town.sweep(preparing.close_silent_preparations)
        valley.town.deliver()
        assert preparation(valley).state.value == state
    assert preparation(valley).left == 0
    assert valley.town.notices(valley.factory).count("preparation_over") == 1
    assert [row.borne for row in parts(valley, three)] == [0, 0, 0]
    assert valley.outlook()[0].prepared == 0


def test_more_than_was_prepared_is_neither_used_nor_less_than_nothing(valley: Valley, three: tuple[UUID, ...]) -> None:
    made = prepare(valley, "90")
    for odd in ("90.001", "-1"):
        with pytest.raises(Invalid):
            say_used(valley, made, odd)
    assert preparation(valley).used == 0
    with valley.town.work("factory", valley.town.add_factory("Other")) as work, pytest.raises(NotFound):
        preparing.say_used(work, made, Decimal(1))


def test_what_a_factory_keeps_for_something_else_costs_no_shop(valley: Valley, three: tuple[UUID, ...]) -> None:
    made = prepare(valley, "90")
    say_used(valley, made, "40")
    with valley.town.work("factory", valley.factory) as work:
        preparing.release(work, made)
    valley.town.deliver()
    assert preparation(valley).state is PreparationState.RELEASED
    assert preparation(valley).borne_by_shops == 0
    assert valley.outlook()[0].prepared == 0
    assert {row.ended for row in parts(valley, three)} == {PreparationState.RELEASED}
    assert [row.borne for row in parts(valley, three)] == [0, 0, 0]
    with valley.town.work("factory", valley.factory) as work, pytest.raises(Conflict):
        preparing.release(work, made)


def test_the_worker_may_hear_of_the_end_first_and_of_everything_twice(valley: Valley, three: tuple[UUID, ...]) -> None:
    made = prepare(valley, "90", deliver=False)
    with valley.town.work("factory", valley.factory) as work:
        preparing.say_used(work, made, Decimal(90))
    for verb in (preparing.settle_preparation, preparing.split_preparation, preparing.settle_preparation):
        with valley.town.work("system") as work:
            verb(work, valley.factory, made)
    valley.town.deliver()
    assert [row.borne for row in parts(valley, three)] == [0, 0, 0]
    assert valley.town.notices(three[0]) == ["material_prepared", "material_ended"]


def test_a_forecast_that_ended_meanwhile_leaves_the_risk_with_the_factory(
    valley: Valley, three: tuple[UUID, ...]
) -> None:
    prepare(valley, "90", deliver=False)
    with valley.town.work("system") as work:
        work.session.execute(text("DELETE FROM shared_needs"))
    valley.town.deliver()
    assert preparation(valley).risk_percent == 0
    assert parts(valley, three) == []


def test_what_is_prepared_outlives_the_forecast_and_every_move_is_history(
    valley: Valley, three: tuple[UUID, ...]
) -> None:
    made = prepare(valley, "90")
    for shop in three:
        valley.need(shop, 0, 0)
    valley.night()
    assert valley.outlook() == []
    for shop in three:
        valley.need(shop, 150)
    valley.night()
    assert valley.outlook()[0].prepared == 90
    say_used(valley, made, "90")
    with valley.town.work("factory", valley.factory) as work:
        lines = history_of(work.session, valley.factory, "preparations", made)
    assert [line.what for line in lines] == ["became used", "prepared"]
    with valley.town.work("operator") as work:
        assert {promise for promise, breaches in broken_promises(work) if breaches} == set()
