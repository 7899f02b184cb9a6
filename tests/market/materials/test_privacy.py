"""What a factory can get at: every table as the database shows it, and every page, hold no figure of one shop."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from market.materials import preparing
from market.materials.models import SharedNeed
from tests.market.materials.conftest import Valley

HIDDEN = ("demand_shares", "shared_needs", "preparation_shares", "items", "suggestions")


def prepare(valley: Valley, quantity: str = "50") -> None:
    (row,) = valley.outlook()
    with valley.town.work("factory", valley.factory) as work:
        preparing.prepare(work, row.id, Decimal(quantity))
    valley.town.deliver()


@pytest.mark.parametrize("table", HIDDEN)
def test_a_factory_reads_no_row_of_a_shop(valley: Valley, three: tuple[UUID, ...], table: str) -> None:
    prepare(valley)
    with valley.town.work("system") as work:
        assert work.session.scalar(text(f"SELECT count(*) FROM {table}"))
    with valley.town.work("factory", valley.factory) as work:
        assert work.session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_a_factory_reads_no_history_of_a_consent(valley: Valley, three: tuple[UUID, ...]) -> None:
    prepare(valley)
    count = text("SELECT count(*) FROM history WHERE aggregate IN ('demand_shares', 'preparation_shares')")
    with valley.town.work("system") as work:
        assert work.session.scalar(count) == 3
    with valley.town.work("factory", valley.factory) as work:
        assert work.session.scalar(count) == 0


def test_a_shop_reads_its_own_part_and_nothing_of_others_nor_of_the_factory(
    valley: Valley, three: tuple[UUID, ...]
) -> None:
    prepare(valley)
    with valley.town.work("seller", three[0]) as work:
        for table in ("demand_shares", "shared_needs", "preparation_shares"):
            assert work.session.scalars(text(f"SELECT organisation_id FROM {table}")).all() == [three[0]]
        for table in ("material_outlooks", "material_uses", "preparations"):
            assert work.session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_another_factory_reads_nothing_of_it(valley: Valley, three: tuple[UUID, ...]) -> None:
    prepare(valley)
    with valley.town.work("factory", valley.town.add_factory("Other Knit")) as work:
        for table in ("material_outlooks", "material_uses", "preparations", *HIDDEN):
            assert work.session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_a_factory_cannot_change_what_it_is_told_by(valley: Valley, three: tuple[UUID, ...]) -> None:
    with valley.town.work("factory", valley.factory) as work:
        assert work.session.execute(text("UPDATE demand_shares SET risk_percent = 50 RETURNING id")).all() == []
        assert work.session.execute(text("DELETE FROM material_outlooks RETURNING id")).all() == []
        assert work.session.execute(text("UPDATE shared_needs SET risk_percent = 50 RETURNING category")).all() == []


def test_the_row_that_a_factory_reads_holds_no_figure_of_one_shop(valley: Valley, three: tuple[UUID, ...]) -> None:
    """Neither a shop's expected amount, nor its order, nor its day, nor its risk, nor how many they are exactly."""
    valley.need(three[0], 101, order_in=33)
    valley.need(three[1], 207, order_in=25)
    valley.shop("East", 173, 30, risk=10)
    valley.night(7)
    prepare(valley)
    with valley.town.work("system") as work:
        frozen = work.session.query(SharedNeed).all()
        own = {Decimal(str(need["quantity"])) for row in frozen for need in row.needs}
        days = {need["order_by"] for row in frozen for need in row.needs}
    with valley.town.work("factory", valley.factory) as work:
        (row,) = work.session.execute(text("SELECT * FROM material_outlooks")).mappings().all()
        (made,) = work.session.execute(text("SELECT * FROM preparations")).mappings().all()
    told = [*row.values(), *made.values()]
    figures = {value for value in told if isinstance(value, int | Decimal)}
    hidden = own | {amount * Decimal("0.3") for amount in own}
    assert not {figure for figure in figures if figure in hidden}
    assert row["sellers"] == 3
    assert row["by"].weekday() == 0 and str(row["by"]) not in days
    assert row["risk_percent"] not in (10, 25, 50)
    for amount in (row["p50"], row["p80"], row["p95"]):
        assert len(amount.normalize().as_tuple().digits) <= 2
