"""The papers of a deal: there once there is something to say, the same figures for both sides, nobody else's."""

import re
import zlib
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from market.deals.documents import Document
from market.kit.clock import FrozenClock
from market.kit.pdf import HERE, STATIC, is_offered, own_files
from market.production import progress_queries as progress
from market.production import service
from market.production.events import DealAccepted
from tests.market.deals.test_money_pages import plain, signed_in
from tests.market.production.yard import FEE, PHOTO, PRICE, Run, pooled_deal, single_deal
from tests.market.settlement.test_flows import tell, with_deposits
from tests.market.town import Town

PAPERS = [document.value for document in Document]


@pytest.fixture
def clock(clock_of_site: FrozenClock) -> FrozenClock:
    """One clock for the town and its pages."""
    return clock_of_site


def award_of(run: Run, shop: UUID) -> UUID:
    return run.share(shop).award_id


def yuan(minor: int) -> str:
    return f"¥{minor / 100:,.2f}"


def there(run: Run, app: Flask) -> set[str]:
    """The papers that the factory finds by now."""
    visitor, award = signed_in(app, run.town, run.factory, "factory"), award_of(run, run.shops[0])
    return {paper for paper in PAPERS if visitor.get(f"/deals/{award}/{paper}").status_code == 200}


def to_inspection(run: Run) -> Run:
    """From paid deposits to the inspection."""
    run.by_factory(service.prove_materials, 500_000, [PHOTO])
    run.by_factory(service.begin_production)
    for stage in service.stages_of(run.deal.vertical):
        run.by_factory(service.report_stage, stage)
    return run


def test_each_paper_is_there_from_its_moment_on(app_of_site: Flask, town: Town) -> None:
    run = single_deal(town)
    assert there(run, app_of_site) == set()


def test_the_invoice_follows_the_sheet_the_discount_and_what_was_paid(app_of_site: Flask, town: Town) -> None:
    run = to_inspection(with_deposits(single_deal(town)))
    shop = run.shops[0]
    share = run.share(shop)
    run.by_factory(
        service.report_inspection, run.report(major=20, discount_percent=10, allocated={share.id: 790}, note="流苏太短")
    )
    factory = signed_in(app_of_site, town, run.factory, "factory")
    buyer = signed_in(app_of_site, town, shop, "seller")
    award = award_of(run, shop)
    report = plain(buyer.read(f"/deals/{award}/quality-report"))
    assert "不合格" in report and "流苏太短" in report and "严重 20" in report
    assert buyer.get(f"/deals/{award}/invoice").status_code == 404
    with town.work("system") as work:
        (row,) = progress.inspections_of_deal(work.session, run.deal_id)
    run.by_shop(shop, service.decide_inspection, row.id, "discount")
    goods, deposit = 790 * PRICE, 800 * PRICE * 3 // 10
    balance = goods - goods // 10 - deposit - FEE
    for reader in (buyer, factory):
        page = plain(reader.read(f"/deals/{award}/invoice"))
        for amount in (goods, goods // 10, goods - goods // 10, deposit, FEE, balance):
            assert yuan(amount) in page
        assert "下单800 件，验货分配单给790 件" in page and "发货前付清" in page
    assert yuan(800 * PRICE) in plain(buyer.read(f"/deals/{award}/pro-forma"))


def test_the_settlement_tells_each_side_its_own_accounts(app_of_site: Flask, town: Town) -> None:
    run = with_deposits(single_deal(town))
    award = award_of(run, run.shops[0])
    with town.work("system") as work:
        work.session.execute(text("UPDATE deals SET state = 'accepted'"))
    tell(run, DealAccepted(run.deal.organisation_id, run.deal_id))
    buyer = plain(signed_in(app_of_site, town, run.shops[0], "seller").read(f"/deals/{award}/settlement"))
    factory = plain(signed_in(app_of_site, town, run.factory, "factory").read(f"/deals/{award}/settlement"))
    assert "付入 平台保管中" in buyer and "服务费账单" not in buyer and "应付给您" not in buyer
    assert "服务费 5%" in factory and "验收后放款 应付给您" in factory and "平台保管中" not in factory


def test_a_factory_packs_for_every_member_and_a_member_sees_its_own_parcel(app_of_site: Flask, town: Town) -> None:
    run = pooled_deal(town).to_balance()
    small, large = run.shops
    awards = {shop: award_of(run, shop) for shop in run.shops}
    page = signed_in(app_of_site, town, run.factory, "factory").read(f"/deals/{awards[small]}/packing-list")
    assert len(re.findall(r'<svg[^>]*class="segno"', page)) == 2
    assert {run.share(shop).code for shop in run.shops} <= set(re.findall(r"R-\d+", page))
    own = signed_in(app_of_site, town, small, "seller").read(f"/deals/{awards[small]}/packing-list")
    assert "第 1 包，共 1 包" in own and run.share(large).code not in own
    assert signed_in(app_of_site, town, large, "seller").get(f"/deals/{awards[small]}/packing-list").status_code == 404


def test_strangers_find_no_paper(app_of_site: Flask, town: Town) -> None:
    run = with_deposits(single_deal(town))
    award = award_of(run, run.shops[0])
    far = signed_in(app_of_site, town, town.add_factory("Far Knit"), "factory")
    assert there(run, app_of_site) == {"pro-forma"}
    assert all(far.get(f"/deals/{found}/{paper}").status_code == 404 for paper in PAPERS for found in (award, "x"))


@pytest.mark.skipif(not is_offered(), reason="Pango is not installed")
def test_every_paper_is_a_pdf_on_one_sheet_and_only_for_its_sides(app_of_site: Flask, town: Town) -> None:
    run = to_inspection(with_deposits(single_deal(town)))
    run.by_factory(service.report_inspection, run.report(major=1))
    award = award_of(run, run.shops[0])
    factory = signed_in(app_of_site, town, run.factory, "factory")
    for paper in ("purchase-order", "pro-forma", "invoice", "quality-report"):
        answer = factory.client.get(f"/deals/{award}/{paper}.pdf")
        assert answer.status_code == 200 and answer.mimetype == "application/pdf", paper
        assert f"filename={paper}-" in answer.headers["Content-Disposition"]
        assert answer.data.startswith(b"%PDF-") and sheets(answer.data) == 1, paper
        assert f'href="/deals/{award}/{paper}.pdf"' in factory.read(f"/deals/{award}")
    stranger = signed_in(app_of_site, town, town.add_factory("Elsewhere"), "factory")
    for visitor, paper in ((stranger, "invoice"), (factory, "settlement"), (factory, "novel")):
        assert visitor.client.get(f"/deals/{award}/{paper}.pdf").status_code == 404


@pytest.mark.skipif(not is_offered(), reason="Pango is not installed")
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/static/css/weft.css",
        (STATIC / "css" / "weft.css").as_uri(),
        f"{HERE}/deals",
        f"{HERE}/static/../pyproject.toml",
        f"{HERE}/static/",
    ],
)
def test_a_pdf_takes_only_what_everybody_may_have(address: str) -> None:
    files = own_files(pytest.importorskip("weasyprint"))
    assert b"wf-card" in files.fetch(f"{HERE}/static/css/weft.css?v=1").read()
    with pytest.raises(ValueError, match="is no file of this market"):
        files.fetch(address)


def sheets(written: bytes) -> int:
    """How many pages a PDF has; its objects are packed."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", written, re.DOTALL)
    unpacked = [zlib.decompressobj().decompress(one) for one in packed if one[:1] == b"\x78"]
    return len(re.findall(rb"/Type */Page\b", b"\n".join([written, *unpacked])))
