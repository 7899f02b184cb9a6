"""Pages of disputes through the whole web door: opening with photos, both sides, the operator's desk, strangers."""

import io
import re
from datetime import timedelta

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from market.disputes import service
from market.disputes.service import Terms
from market.rooms.flows import room_of_order
from tests.market.disputes.bench import Case, balances, cases, cny, delivered, dispute, paid_out
from tests.market.disputes.conftest import SignIn, main_of
from tests.market.production.yard import PRICE, Run, pooled_deal, single_deal
from tests.market.quotes.conftest import Visitor, words_of
from tests.market.town import Town

CLAIM = 48 * PRICE
PHOTO = b"\x89PNG\r\n\x1a\n and more"


@pytest.fixture
def run(town: Town) -> Run:
    return delivered(single_deal(town))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]+)"', page)
    assert found, name
    return found[1]


def photo() -> FileStorage:
    return FileStorage(io.BytesIO(PHOTO), "seam.png")


def test_a_shop_opens_a_dispute_from_the_page_of_its_deal_with_photos(town: Town, run: Run, sign_in: SignIn) -> None:
    shop = sign_in(run.shops[0])
    share = run.share(run.shops[0])
    assert "提争议" in main_of(shop.read(f"/deals/{share.award_id}"))
    form = shop.read(f"/disputes/new?share={share.id}")
    assert "其余货款放给工厂" in form and "¥96,000.00" in form
    assert "¥5,760.00" in shop.read(f"/disputes/amount?share={share.id}&pieces=48")
    address, key = f"/disputes/new?share={share.id}", hidden(form, "key")
    empty = shop.post(address, reason="defects", words="", key=key)
    assert empty.status_code == 422 and "请简单说明情况" in words_of(empty)
    typed = {"reason": "defects", "words": "48 件跳针 <b>", "key": key}
    nothing = shop.post(address, **typed)
    assert nothing.status_code == 422 and "48 件跳针 &lt;b&gt;" in nothing.get_data(as_text=True)
    forged = shop.post(address, **typed, amount="96000.01")
    assert forged.status_code == 422 and "96000.00" in words_of(forged) and cases(run) == []
    for _press in range(2):
        sent = shop.post(address, **typed, pieces="48", files=[photo()])
        assert sent.status_code == 303
    town.deliver()
    (case,) = cases(run)
    page = main_of(shop.read(f"/disputes/{case.id}"))
    assert "只冻结有争议的 ¥5,760.00" in page and "跳针 &lt;b&gt;" in shop.get(f"/disputes/{case.id}").text
    assert "请双方在" in page and "seam.png" in page
    section = main_of(shop.read(f"/deals/{share.award_id}"))
    assert "到账，冻结的部分等争议结束" in section
    assert "冻结的部分没有日期" in main_of(sign_in(run.factory).read(f"/deals/{share.award_id}"))
    assert "只冻结有争议的 ¥5,760.00" in section and "查看争议" in section
    assert "已有进行中的争议" in shop.read(address)


def test_evidence_is_read_by_both_sides_and_by_nobody_else(run: Run, sign_in: SignIn, town: Town) -> None:
    case = dispute(run, run.shops[0], CLAIM)
    factory = sign_in(run.factory)
    page = factory.read(f"/disputes/{case.id}")
    file = re.search(r'href="(/disputes/files/[^"]+)"', page)
    assert file and factory.client.get(file[1]).headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    key = hidden(page, "key")
    for _press in range(2):
        assert (
            factory.post(f"/disputes/{case.id}/say", words="验货报告附上", key=key, files=[photo()]).status_code == 303
        )
    assert factory.read(f"/disputes/{case.id}").count("验货报告附上") == 1
    refused = factory.post(
        f"/disputes/{case.id}/say", words="typed", key="2", files=[FileStorage(io.BytesIO(b"x"), "a.exe")]
    )
    assert refused.status_code == 422 and "typed" in words_of(refused)
    stranger = sign_in(town.add_shop("Elsewhere"))
    for address in (f"/disputes/{case.id}", file[1], f"/disputes/new?share={run.share(run.shops[0]).id}"):
        assert stranger.get(address).status_code == 404
    for act in ("say", "propose", "withdraw", "call"):
        assert stranger.post(f"/disputes/{case.id}/{act}", words="x").status_code == 404
    assert stranger.get("/operator/disputes").status_code == 403


def test_a_factory_proposes_and_the_shop_accepts(run: Run, sign_in: SignIn, town: Town) -> None:
    case = dispute(run, run.shops[0], CLAIM)
    factory, shop = sign_in(run.factory), sign_in(run.shops[0])
    shop.client.set_cookie("weft_language", "en")
    address = f"/disputes/{case.id}"
    assert "退给买家" in factory.read(address)

    def propose(**fields: str) -> TestResponse:
        typed: dict[str, object] = {f"propose-{name}": value for name, value in fields.items()}
        return factory.post(f"{address}/propose", **typed)

    silent = propose(kind="refund")
    assert silent.status_code == 422 and "请填写退多少" in words_of(silent)
    beyond = propose(kind="refund", refund="5760.01")
    assert beyond.status_code == 422 and 'value="5760.01"' in words_of(beyond)
    assert propose(kind="refund", refund="2,880").status_code == 303
    town.deliver()
    page = main_of(shop.read(address))
    assert "¥2,880.00 goes back to the buyer" in page and "Accept this proposal?" in page
    accept = re.search(r'action="([^"]+/accept)"', page)
    assert accept and shop.post(accept[1]).status_code == 303
    town.deliver()
    assert "Over: ¥2,880.00 goes back to the buyer" in main_of(shop.read(address))
    assert shop.post(accept[1]).status_code == 303
    assert "The dispute has moved on" in shop.read(address)
    assert balances(run)["refunding"] == 288_000
    assert "退给买家 ¥2,880.00" in main_of(factory.read("/notices"))


def test_a_factory_of_a_pool_sees_each_and_a_member_only_its_own(town: Town, sign_in: SignIn) -> None:
    run = delivered(pooled_deal(town))
    small, large = run.shops
    case = dispute(run, small, PRICE)
    assert case.run.share(small).code in sign_in(run.factory).read(f"/deals/{run.share(large).award_id}")
    member = sign_in(large)
    page = main_of(member.read(f"/deals/{run.share(large).award_id}"))
    assert "提争议" in page and "查看争议" not in page
    assert member.get(f"/disputes/{case.id}").status_code == 404
    assert run.share(small).title == case.run.share(small).title


def test_a_factory_of_a_pool_opens_one_about_each_order_alone(town: Town, sign_in: SignIn) -> None:
    """By whichever of its orders it reads the run; the shop's page says what opening one accepted."""
    run = delivered(pooled_deal(town))
    small, large = (run.share(shop) for shop in run.shops)
    factory, ways = sign_in(run.factory), {share.id: f"/disputes/new?share={share.id}" for share in (small, large)}
    for share in (small, large):
        page = factory.read(f"/deals/{share.award_id}")
        assert all(way in page for way in ways.values()) and "每张订单单独提争议" in page
    heading = re.search(r"<h1.*?</h1>", page, re.DOTALL)
    assert heading and run.deal.title == run.deal.code and run.deal.code not in heading[0]
    dispute(run, run.shops[0], PRICE)
    page = factory.read(f"/deals/{large.award_id}")
    assert ways[large.id] in page and ways[small.id] not in page and "查看争议" in page
    assert run.share(run.shops[0]).accepted_by == "dispute"
    own = main_of(sign_in(run.shops[0]).read(f"/deals/{small.award_id}"))
    assert "您验收了没有争议的部分" in own and "没有争议的部分算已验收" in own
    assert "提争议" in main_of(sign_in(run.shops[1]).read(f"/deals/{large.award_id}"))


def call(case: Case, shop: Visitor) -> None:
    """The three days are over and the shop calls Weft on its page."""
    early = shop.post(f"/disputes/{case.id}/call")
    assert early.status_code == 303 and "协商期内" in shop.read(f"/disputes/{case.id}")
    case.run.town.clock.advance(timedelta(days=3))
    assert "请平台裁定" in shop.read(f"/disputes/{case.id}")
    assert shop.post(f"/disputes/{case.id}/call").status_code == 303
    case.run.town.deliver()


def test_an_operator_sees_every_line_before_and_does_what_was_shown(
    town: Town, run: Run, sign_in: SignIn, operator_at: Visitor
) -> None:
    case = dispute(paid_out(run), run.shops[0], CLAIM)
    assert "还不到裁定的时候" in operator_at.read(f"/operator/disputes/{case.id}")
    call(case, sign_in(run.shops[0]))
    desk = operator_at.read("/operator/disputes")
    assert case.row.code in desk and re.search(r'href="/operator/disputes"[^>]*>[^<]*<span class="wf-count">1<', desk)
    address = f"/operator/disputes/{case.id}"
    assert operator_at.get(f"/disputes/{case.id}").headers["Location"] == address
    assert operator_at.post(address, outcome="part_refund", why="x", do="preview").status_code == 422
    beyond = operator_at.post(address, outcome="part_refund", refund="9999999", why="x", do="preview")
    assert beyond.status_code == 422 and case.state == "escalated"
    before = balances(run)
    typed = {"outcome": "part_refund", "refund": "1728", "why": "照片清楚"}
    shown = operator_at.post(address, **typed, do="preview")
    page = words_of(shown)
    assert shown.status_code == 200 and balances(run) == before
    assert "从工厂追回" in page and "-¥1,641.60" in page.replace("−", "-") and "¥1,728.00" in page
    stale = operator_at.post(address, **{**typed, "refund": "1729"}, seen=hidden(page, "seen"), do="decide")
    assert stale.status_code == 409 and "您查看之后款项有变动" in words_of(stale) and case.state == "escalated"
    assert operator_at.post(address, **typed, seen=hidden(page, "seen"), do="decide").status_code == 303
    town.deliver()
    assert (case.state, balances(run)["owed_by_factory"]) == ("decided", -164_160)
    past = main_of(operator_at.read(address)).partition('id="past"')[2]
    assert "争议已提出" in past and "买家要求" in past and not re.search("became|opened|asked by", past)
    again = operator_at.post(address, **typed, seen=hidden(page, "seen"), do="decide")
    assert again.status_code == 409 and "争议已有变化" in words_of(again)
    assert "照片清楚" in sign_in(run.factory).read(f"/disputes/{case.id}")
    assert case.row.code in operator_at.read("/operator/disputes?show=ended")


def test_remade_goods_are_told_and_accepted_on_the_page(town: Town, run: Run, sign_in: SignIn) -> None:
    case = dispute(run, run.shops[0], CLAIM)
    case.settle(0, remake_by=town.clock.now().date() + timedelta(days=10))
    factory, shop = sign_in(run.factory), sign_in(run.shops[0])
    page = factory.read(f"/disputes/{case.id}")
    assert "重做的货已到" in page
    told = factory.post(f"/disputes/{case.id}/say", words="SF 12", key="a", about="remade")
    assert told.status_code == 303
    town.deliver()
    assert "接受重做的货" in shop.read(f"/disputes/{case.id}")
    assert shop.post(f"/disputes/{case.id}/accept-remade").status_code == 303
    town.deliver()
    assert case.state == "remade" and "frozen" not in balances(run)


def test_what_a_dispute_does_stands_in_the_room(run: Run, sign_in: SignIn, town: Town) -> None:
    case = dispute(run, run.shops[0], CLAIM)
    case.by_factory(service.propose, Terms(cny(0)))
    case.escalated()
    with town.work("system") as work:
        share = run.share(run.shops[0])
        room = room_of_order(work, share.organisation_id, share.order_id).id
    told = sign_in(run.factory).read(f"/rooms/{room}")
    assert "对 ¥5,760.00 提出争议：货有瑕疵。只冻结有争议的 ¥5,760.00" in told
    assert "工厂在争议中提了方案：不退款给买家" in told and "平台在" in told
