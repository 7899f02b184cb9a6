"""What each side reads of a deal: where it stands, what waits for it, and nothing of another member."""

from uuid import UUID

import pytest
from sqlalchemy import text

from market.kit.errors import NotFound
from market.production import progress_queries, queries, service
from market.production.cancelling import cancel_deal
from market.production.models import DealState
from tests.market.production.test_clocks import what
from tests.market.production.yard import PHOTO, pooled_deal, single_deal
from tests.market.town import Town

OF_ONE_SHOP = ("deal_shares", "payment_asks", "voices", "shipments")
OF_THE_RUN = ("deals", "samples", "material_proofs", "stage_reports", "inspections")


def seen(town: Town, role: str, organisation_id: UUID) -> dict[str, int]:
    with town.work(role, organisation_id) as work:
        tables = (*OF_ONE_SHOP, *OF_THE_RUN, "deal_files")
        return {table: work.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables}


def test_each_side_sees_its_part_of_a_pooled_deal_and_a_stranger_nothing(town: Town) -> None:
    run = pooled_deal(town).to_shipped()
    small, large = run.shops
    with town.work("seller", small) as work:
        service.confirm_delivery(work, run.share(small).id, "the warehouse", [PHOTO])
    town.deliver()
    whole = seen(town, "factory", run.factory)
    mine, theirs = seen(town, "seller", small), seen(town, "seller", large)
    for table in OF_THE_RUN:
        assert mine[table] == theirs[table] == whole[table] > 0, table
    for table in OF_ONE_SHOP:
        assert mine[table] + theirs[table] == whole[table], table
    assert mine["deal_files"] == theirs["deal_files"] + 1 == whole["deal_files"]
    assert mine["shipments"] == theirs["shipments"] == 1
    with town.work("seller", small) as work:
        history = "SELECT count(*) FROM history WHERE organisation_id <> :own"
        assert work.session.scalar(text(history), {"own": small}) == 0
    for role, stranger in (("seller", town.add_shop("Strange Shop")), ("factory", town.add_factory("Other Knit"))):
        assert not any(seen(town, role, stranger).values())


def test_a_file_of_one_member_is_missing_for_the_other(town: Town) -> None:
    run = pooled_deal(town).to_shipped()
    small, large = run.shops
    with town.work("seller", small) as work:
        service.confirm_delivery(work, run.share(small).id, "the warehouse", [PHOTO])
    with town.work("seller", small) as work:
        parcel = progress_queries.shipments_of_deal(work.session, run.deal_id)[0]
        file_id = parcel.files[0].id
        assert queries.file_content(work.session, file_id)[1] == PHOTO.content
    with town.work("seller", large) as work, pytest.raises(NotFound):
        queries.file_content(work.session, file_id)


def test_every_step_has_its_date_and_its_task(town: Town) -> None:
    run = single_deal(town)
    shop = run.shops[0]

    def stands(state: str, for_factory: list[str], for_shop: list[str]) -> None:
        found = [step for step in progress_queries.steps_of(run.deal) if step.current]
        assert [(step.state.value, step.reached_at) for step in found] == [(state, town.clock.now())]
        assert (what(run, run.factory), what(run, shop)) == (for_factory, for_shop)

    stands("sampling", ["make_sample"], ["pay_sample_fee"])
    run.by_factory(service.make_sample, [PHOTO])
    stands("sampling", [], ["decide_sample", "pay_sample_fee"])
    run.approve()
    stands("deposit_due", [], ["pay_deposit"])
    run.pay("deposit")
    stands("materials", ["buy_materials"], [])
    run.by_factory(service.prove_materials, 5, [PHOTO])
    run.by_factory(service.begin_production)
    stands("producing", ["report_stage"], [])
    for stage in service.stages_of("apparel"):
        run.by_factory(service.report_stage, stage)
    stands("inspecting", ["inspect"], [])
    run.by_factory(service.report_inspection, run.report(critical=1))
    stands("inspecting", [], ["decide_inspection"])
    run.by_factory(cancel_deal)
    stands("inspecting", [], ["decide_inspection", "answer_cancelling"])
    with town.work("factory", run.factory) as work:
        inspection = progress_queries.inspections_of_deal(work.session, run.deal_id)[0]
        stages = [report.stage for report in progress_queries.reports_of_deal(work.session, run.deal_id)]
        proofs = progress_queries.proofs_of_deal(work.session, run.deal_id)
    assert (inspection.letter, inspection.sampled, inspection.accept_major) == ("J", 80, 5)
    assert stages == ["materials", *service.stages_of("apparel")]
    assert [proof.amount.minor for proof in proofs] == [5]
    run.by_shop(shop, cancel_deal)
    steps = progress_queries.steps_of(run.deal)
    assert run.state == "cancelled"
    assert [step.state for step in steps if step.current] == [DealState.INSPECTING]
    assert (what(run, run.factory), what(run, shop)) == ([], [])


def test_a_deposit_that_arrives_during_a_dispute_counts_when_the_deal_goes_on(town: Town) -> None:
    run = single_deal(town)
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    with town.work("system") as work:
        service.dispute_deal(work, run.deal_id, "the price")
    run.pay("deposit")
    assert run.state == "disputed"
    with town.work("system") as work:
        service.resume_deal(work, run.deal_id, "settled in the room")
    town.deliver()
    assert run.state == "materials"
