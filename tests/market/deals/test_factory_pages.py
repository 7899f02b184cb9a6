"""What a factory sees of its deals and does in them, through the whole web door."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from market.production import clocks, progress_queries, service
from market.production.queries import ShareRow
from tests.market.deals.conftest import SignIn, main_of
from tests.market.moments import latest_inspection
from tests.market.production.yard import PHOTO, Run, pooled_deal, single_deal
from tests.market.quotes.conftest import Visitor, words_of
from tests.market.settlement.test_flows import pay
from tests.market.town import Town


def photo(name: str = "front.png", content: bytes = PHOTO.content) -> FileStorage:
    return FileStorage(io.BytesIO(content), name)


def address(run: Run, place: int = 0) -> str:
    return f"/deals/{run.share(run.shops[place]).award_id}"


def verb(run: Run, name: str) -> str:
    return f"/factory{address(run)}/{name}"


def flat(text: str) -> str:
    return main_of(text).replace("\xa0", " ")


def said_day(town: Town, day: date) -> str:
    """A day as pages say it: with the year when it is not this one."""
    year = "" if day.year == town.clock.now().year else f"{day.year} 年 "
    return f"{year}{day.month} 月 {day.day} 日"


def now_card(visitor: Visitor, run: Run) -> str:
    """The words of the card that says what is to be done now."""
    page = flat(visitor.read(address(run)))
    return page.partition('id="now"')[2].partition("</section>")[0]


def failed(run: Run) -> Run:
    run.to_balance(critical=1, discount_percent=8)
    return run


def sorted_out(run: Run) -> Run:
    failed(run)
    run.by_shop(run.shops[0], service.decide_inspection, latest_inspection(run), "sort")
    return run


def made(run: Run) -> Run:
    run.by_factory(service.make_sample, [PHOTO])
    return run


def approved(run: Run) -> Run:
    made(run).approve()
    return run


def proven(run: Run) -> Run:
    run.to_materials().by_factory(service.prove_materials, 500_000, [PHOTO])
    return run


def begun(run: Run) -> Run:
    proven(run).by_factory(service.begin_production)
    return run


def paid(run: Run) -> Run:
    run.to_balance().pay("balance")
    return run


def accepted(run: Run) -> Run:
    run.to_delivered().accept(run.shops[0])
    return run


def cancelled(run: Run) -> Run:
    proven(run).by_shop(run.shops[0], service.cancel_deal)
    return run


CARDS: list[tuple[Callable[[Run], Run], str, str]] = [
    (lambda run: run, "做第 1 版样品", "/sample"),
    (made, "等买家看样", ""),
    (approved, "等定金", ""),
    (Run.to_materials, "采购材料", "/purchase"),
    (proven, "材料到齐，开工", "/begin"),
    (begun, "哪道工序完成了？", "/stages/panels"),
    (Run.to_inspection, "从 800 件里随机抽 80 件（字码 J）", "/inspection"),
    (failed, "验货没通过，等买家决定", ""),
    (sorted_out, "买家要求挑选", "/inspection"),
    (Run.to_balance, "等尾款", ""),
    (paid, "全款已到账保管", "/shipment"),
    (Run.to_shipped, "运输中", "/delivery"),
    (Run.to_delivered, "买家有 10 天验收", ""),
    (accepted, "已验收，货款正在打给您", ""),
    (cancelled, "没有保留款项", ""),
]


@pytest.mark.parametrize(("bring", "words", "action"), CARDS, ids=[words for _bring, words, _action in CARDS])
def test_every_state_has_one_card_and_its_action(
    town: Town, sign_in: SignIn, bring: Callable[[Run], Run], words: str, action: str
) -> None:
    run = single_deal(town)
    bring(run)
    visitor = sign_in(run.factory)
    card = now_card(visitor, run)
    assert words in card
    actions = re.findall(r'action="([^"]+)"', card)
    assert bool(actions) == bool(action)
    assert not action or any(found.endswith(action) for found in actions)
    listed = flat(visitor.read("/deals"))
    due = f'{address(run)}#now"' in listed
    assert due == (bool(action) and run.state != "shipped")
    english = sign_in(run.factory, "en").read(address(run))
    assert not re.search("[一-鿿]", main_of(english))


def test_the_menu_counts_what_is_due_and_the_list_says_by_when_and_when_it_is_paid(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    visitor = sign_in(run.factory)
    counted = re.compile(r'href="/deals"[^>]*>[^<]*<span class="wf-count">1<')
    assert counted.search(visitor.read("/deals"))
    page = flat(visitor.read("/deals"))
    pay_by = run.deal.due_on + timedelta(days=22)
    day = said_day(town, pay_by)
    assert "1 件事等您做" in page and "打样中" in page and f"最晚 {day}到账" in page
    assert "¥91,200.00" in page, "96,000.00 less 5 %"
    assert f"最晚 {day}到账" in flat(visitor.read(address(run)))
    run.by_factory(service.make_sample, [PHOTO])
    assert not counted.search(visitor.read("/deals"))


def test_the_day_moves_on_every_page_while_the_buyer_is_silent(town: Town, sign_in: SignIn) -> None:
    run = made(single_deal(town))
    visitor = sign_in(run.factory)
    town.clock.advance(timedelta(days=5))
    town.sweep(clocks.nudge_silent_buyers)
    town.clock.advance(timedelta(days=3))
    due = run.deal.due_on + timedelta(days=3)
    day = said_day(town, due)
    assert f"{day}前完成" in flat(visitor.read("/deals"))
    assert f"{day}前完成" in money_card(visitor, run)


def test_a_sample_needs_a_photo_and_keeps_what_was_typed(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    visitor = sign_in(run.factory)
    for files, words in (([], "请拍一张照片"), ([photo("a.png", b"MZ")], "a.png")):
        refused = visitor.post(verb(run, "sample"), **{"sample-note": "领口改圆", "sample-files": files})
        assert refused.status_code == 422
        page = flat(refused.text)
        assert words in page and "领口改圆" in page and "data-error-summary" in page
    assert send_sample(visitor, run).status_code == 303
    assert run.state == "sampling"
    run.by_shop(run.shops[0], service.reject_sample, run.sample_id(), "流苏太短")
    card = now_card(visitor, run)
    assert "做第 2 版样品" in card and "流苏太短" in card
    send_sample(visitor, run)
    assert "这一版已经送出了" in words_of(followed(visitor, send_sample(visitor, run)))


def send_sample(visitor: Visitor, run: Run) -> TestResponse:
    return visitor.post(verb(run, "sample"), **{"sample-files": [photo()]})


def followed(visitor: Visitor, answer: TestResponse) -> TestResponse:
    assert answer.status_code == 303
    return visitor.get(answer.location.partition("#")[0])


def test_a_purchase_counts_once_however_often_it_is_pressed(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town).to_materials()
    visitor = sign_in(run.factory)
    key = re.search(r'name="purchase-key"[^>]*value="([^"]+)"', visitor.read(address(run)))
    assert key
    fields = {"purchase-key": key[1], "purchase-amount": "6,120.50", "purchase-note": "羊毛纱"}
    refused = visitor.post(verb(run, "purchase"), **{**fields, "purchase-amount": "0"})
    page = flat(refused.text)
    assert refused.status_code == 422 and "价格要大于零" in page and "请拍下单据" in page and "羊毛纱" in page
    early = visitor.post(verb(run, "begin"), **{"begin-finished_on": town.clock.now().date().isoformat()})
    assert "请先提交一笔采购凭证" in words_of(followed(visitor, early))
    for _press in range(2):
        assert visitor.post(verb(run, "purchase"), **fields, **{"purchase-files": [photo()]}).status_code == 303
    assert run.deal.proven_minor == 612_050
    tomorrow = (town.clock.now() + timedelta(days=2)).date().isoformat()
    refused = visitor.post(verb(run, "begin"), **{"begin-finished_on": tomorrow})
    assert refused.status_code == 422 and tomorrow in refused.text
    day = town.clock.now().date().isoformat()
    assert visitor.post(verb(run, "begin"), **{"begin-finished_on": day}).status_code == 303
    assert run.state == "producing"


def test_stages_are_reported_in_any_order_on_days_that_can_be(town: Town, sign_in: SignIn) -> None:
    run = begun(single_deal(town))
    visitor = sign_in(run.factory)
    day = town.clock.now().date()
    early = {"assembly-finished_on": (day - timedelta(days=3)).isoformat(), "assembly-note": "缝合完"}
    refused = visitor.post(verb(run, "stages/assembly"), **early)
    assert refused.status_code == 422 and "缝合完" in refused.text
    assert "<details open>" in flat(refused.text)
    assert visitor.post(verb(run, "stages/ironing")).status_code == 404
    for stage in ("panels", "assembly", "finishing", "packing"):
        sent = visitor.post(verb(run, f"stages/{stage}"), **{f"{stage}-finished_on": day.isoformat()})
        assert sent.status_code == 303
    assert run.state == "inspecting"
    again = visitor.post(verb(run, "stages/packing"), **{"packing-finished_on": day.isoformat()})
    assert "这道工序已经报过了" in words_of(followed(visitor, again))


def inspected(run: Run, **changes: str) -> dict[str, str]:
    found = {"sampled": "200", "critical": "0", "major": "0", "minor": "0", "inspector": "factory"}
    sheet = {f"pieces_{place}": str(share.pieces) for place, share in enumerate(in_page_order(run))}
    return {f"inspection-{name}": typed for name, typed in {**found, **sheet, **changes}.items()}


def in_page_order(run: Run) -> list[ShareRow]:
    return sorted(map(run.share, run.shops), key=lambda share: share.award_id)


def test_the_factory_of_a_pool_inspects_packs_and_ships_by_codes_alone(town: Town, sign_in: SignIn) -> None:
    run = pooled_deal(town).to_inspection()
    visitor = sign_in(run.factory)
    shares = in_page_order(run)
    small = next(place for place, share in enumerate(shares) if share.pieces == 120)
    assert visitor.post(verb(run, "inspection"), **inspected(run, sampled="1", major="2")).status_code == 422
    refused = visitor.post(verb(run, "inspection"), **inspected(run, **{f"pieces_{small}": "121"}, note="缝线"))
    page = flat(refused.text)
    assert refused.status_code == 422 and 'value="121"' in page and "缝线" in page
    assert f'id="inspection-pieces_{small}-error"' in page
    sent = visitor.post(verb(run, "inspection"), **inspected(run, **{f"pieces_{small}": "118"}))
    assert sent.status_code == 303 and run.state == "balance_due"
    waits = now_card(visitor, run)
    assert all(share.code in waits for share in shares) and "等各家尾款" in waits
    run.pay("balance", run.shops[0])
    assert "已到账保管" in now_card(visitor, run)
    early = visitor.post(verb(run, "shipment"), **packed(run))
    assert "现在不能发货" in words_of(followed(visitor, early))
    run.pay("balance", run.shops[1])
    assert 'value="118"' in now_card(visitor, run)
    refused = visitor.post(verb(run, "shipment"), **packed(run, **{f"pieces_{small}": "119", f"waybill_{small}": ""}))
    page = flat(refused.text)
    assert refused.status_code == 422 and "请填运单号" in page and f'id="ship-pieces_{small}-error"' in page
    assert visitor.post(verb(run, "shipment"), **packed(run, **{f"pieces_{small}": "117"})).status_code == 303
    page = flat(visitor.read(address(run)))
    assert "比分货单少 1 件" in page and "Small Shop" not in page and "Large Shop" not in page
    assert page.count("确认送达") == 2


def packed(run: Run, **changes: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for place, share in enumerate(in_page_order(run)):
        pieces = share.pieces if share.allocated is None else share.allocated
        fields |= {f"pieces_{place}": str(pieces), f"carrier_{place}": "顺丰", f"waybill_{place}": f"SF{place}"}
    return {f"ship-{name}": typed for name, typed in {**fields, **changes}.items()}


def test_a_delivery_needs_the_carriers_proof_and_is_said_once(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town).to_shipped()
    visitor = sign_in(run.factory)
    share = run.share(run.shops[0])
    path = verb(run, f"shares/{share.id}/delivery")
    refused = visitor.post(path, **{f"{share.id}-received_by": "仓库老李"})
    assert refused.status_code == 422 and "仓库老李" in refused.text and "请拍下单据" in refused.text
    fields = {f"{share.id}-received_by": "仓库老李"}
    assert visitor.post(path, **fields, **{f"{share.id}-files": [photo()]}).status_code == 303
    assert run.state == "delivered"
    again = visitor.post(path, **fields, **{f"{share.id}-files": [photo()]})
    assert "已经签收了" in words_of(followed(visitor, again))
    with town.work("factory", run.factory) as work:
        (parcel,) = progress_queries.shipments_of_deal(work.session, run.deal_id)
    assert parcel.received_by == "仓库老李" and len(parcel.files) == 1


def test_cancelling_says_what_goes_back_and_after_production_began_asks(town: Town, sign_in: SignIn) -> None:
    run = begun(single_deal(town))
    visitor = sign_in(run.factory)
    page = flat(visitor.read(address(run)))
    assert "要买家同意才能结束" in page and "¥5,000.00" in page
    assert visitor.post(verb(run, "cancel")).status_code == 303
    assert run.state == "producing"
    assert "您已要求取消" in flat(visitor.read(address(run)))
    assert "不能取消" in words_of(followed(visitor, visitor.post(verb(run, "cancel"))))


def test_a_buyers_wish_to_cancel_is_answered_on_its_own_card(town: Town, sign_in: SignIn) -> None:
    run = begun(single_deal(town))
    run.by_shop(run.shops[0], service.cancel_deal)
    visitor = sign_in(run.factory)
    assert "买家要求取消" in flat(visitor.read(address(run)))
    assert visitor.post(verb(run, "cancel")).status_code == 303
    town.deliver()
    assert run.state == "cancelled"


def test_before_production_a_factory_leaves_alone_and_everything_goes_back(town: Town, sign_in: SignIn) -> None:
    run = proven(single_deal(town))
    visitor = sign_in(run.factory)
    assert "全部退回，已买的材料由您自己承担" in flat(visitor.read(address(run)))
    visitor.post(verb(run, "cancel"))
    assert run.state == "cancelled"
    assert "没有保留款项" in now_card(visitor, run)


def test_the_money_is_shown_where_it_is_with_the_fee_of_the_sale(town: Town, sign_in: SignIn) -> None:
    run = approved(single_deal(town))
    visitor = sign_in(run.factory)
    pay(run, "deposit")
    assert "¥28,800.00" in money_card(visitor, run), "30 % of 96,000.00 is held"
    run.by_factory(service.prove_materials, 500_000, [PHOTO])
    run.by_factory(service.begin_production)
    for stage in service.stages_of(run.deal.vertical):
        run.by_factory(service.report_stage, stage)
    run.by_factory(service.report_inspection, run.report())
    pay(run, "balance")
    run.by_factory(service.ship, sum(one.pieces for one in run.parcels()), run.parcels())
    town.clock.advance(timedelta(days=2))
    run.deliver(run.shops[0])
    day = town.clock.now().date() + timedelta(days=17)
    assert f"最晚 {said_day(town, day)}到账" in money_card(visitor, run)
    run.accept(run.shops[0])
    card = money_card(visitor, run)
    day = town.clock.now().date() + timedelta(days=7)
    assert f"最晚 {said_day(town, day)}到账" in card
    assert "已放款给您（扣服务费）" in card and "¥91,200.00" in card


def test_what_is_kept_of_proven_materials_stands_after_a_cancelling(town: Town, sign_in: SignIn) -> None:
    run = approved(single_deal(town))
    visitor = sign_in(run.factory)
    pay(run, "deposit")
    run.by_factory(service.prove_materials, 500_000, [PHOTO])
    run.by_shop(run.shops[0], service.cancel_deal)
    assert "已凭证的材料款 ¥4,750.00 留给您" in now_card(visitor, run), "5,000.00 less 5 %"
    assert "您留 ¥4,750.00" in flat(visitor.read("/deals"))


def money_card(visitor: Visitor, run: Run) -> str:
    return flat(visitor.read(address(run))).partition('id="money"')[2].partition("</section>")[0]


def test_a_foreign_factory_and_the_shop_find_none_of_it(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    stranger, shop = sign_in(town.add_factory("Far Knit")), sign_in(run.shops[0])
    assert stranger.get(address(run)).status_code == 404
    for name in ("sample", "purchase", "begin", "stages/panels", "inspection", "shipment", "cancel"):
        assert stranger.post(verb(run, name)).status_code == 404
        assert shop.post(verb(run, name)).status_code == 403
    share_id = run.share(run.shops[0]).id
    assert stranger.post(verb(run, f"shares/{share_id}/delivery")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("lot=800&aql=2.5", "从 800 件里随机抽 80 件（字码 J）"),
        ("lot=800&aql=2.5", "严重缺陷（AQL 2.5）：5 件以内收，6 件起拒收"),
        ("lot=１,２００&aql=2.5", "抽 80 件"),
        ("lot=8&aql=1.0", "8 件全检"),
    ],
)
def test_anybody_signed_in_works_out_a_plan(town: Town, sign_in: SignIn, asked: str, words: str) -> None:
    assert words in flat(sign_in(town.add_shop("North Shop")).read(f"/deals/aql?{asked}"))


@pytest.mark.parametrize("asked", ["lot=1&aql=2.5", "lot=many&aql=2.5", "lot=&aql=2.5", "lot=800&aql=3", "lot=9999999"])
def test_a_plan_that_cannot_be_is_refused_in_words(town: Town, sign_in: SignIn, asked: str) -> None:
    answer = sign_in(town.add_factory("Near Knit")).get(f"/deals/aql?{asked}")
    page = flat(answer.text)
    assert answer.status_code == 422 and "data-error-summary" in page and "随机抽" not in page
