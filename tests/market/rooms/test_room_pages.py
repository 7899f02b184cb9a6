"""The pages and the JSON of rooms through the whole web door: saying, reading, photos, strangers, operators."""

import base64
import io
import json
import re
from datetime import timedelta
from itertools import islice
from uuid import UUID

import pytest
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from market.identity.service import issue_key
from market.rooms import queries, service
from tests.market.quotes.conftest import Visitor, clock, factory, seller, words_of
from tests.market.rooms.conftest import Deal, strike_deal
from tests.market.site import Person, Web
from tests.market.town import Town

__all__ = ["clock", "factory", "seller"]
PHOTO = b"\x89PNG\r\n\x1a\n and more"


@pytest.fixture
def deal(town: Town, seller: Visitor, factory: Visitor) -> Deal:
    return strike_deal(town, seller.organisation_id, factory.organisation_id)


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def unread_in_list(visitor: Visitor) -> list[str]:
    return re.findall(r'wf-tag shi">(\d+) 条未读', visitor.read("/rooms"))


def say(visitor: Visitor, deal: Deal, text: str, *photos: tuple[str, bytes]) -> str:
    """What a browser without scripts does: open the room, send, and read the room again."""
    page = visitor.read(f"/rooms/{deal.room_id}")
    files = [FileStorage(io.BytesIO(content), name) for name, content in photos]
    sent = visitor.post(f"/rooms/{deal.room_id}/say", text=text, key=key_of(page), files=files)
    assert sent.status_code == 303
    return visitor.read(f"/rooms/{deal.room_id}")


def test_what_the_shop_says_is_unread_then_read_by_the_factory(seller: Visitor, factory: Visitor, deal: Deal) -> None:
    page = say(seller, deal, "流苏改 8 厘米\n<b>行吗</b>")
    assert "近织厂 还没读" in page
    assert "<b>行吗</b>" in page and "<b>行吗</b>" not in seller.get(f"/rooms/{deal.room_id}").text
    assert unread_in_list(factory) == ["2"]
    opened = factory.read(f"/rooms/{deal.room_id}")
    assert "流苏改 8 厘米" in opened and "北店" in opened and "已选定：800" in opened
    assert unread_in_list(factory) == []
    assert re.search(r"近织厂 已读，.*\d\d:\d\d", seller.read(f"/rooms/{deal.room_id}"))


def test_the_menu_counts_rooms_with_something_to_read(seller: Visitor, factory: Visitor, deal: Deal) -> None:
    counted = re.compile(r'href="/rooms"[^>]*>[^<]*<span class="wf-count">1<')
    assert counted.search(factory.read("/deals"))
    factory.read(f"/rooms/{deal.room_id}")
    assert not counted.search(factory.read("/deals"))
    say(seller, deal, "在吗")
    assert counted.search(factory.read("/deals"))
    assert "有新消息" in factory.read("/notices")


def test_the_way_in_stands_on_the_order_and_on_the_purchase_order(
    town: Town, seller: Visitor, factory: Visitor, deal: Deal
) -> None:
    address = f'href="/rooms/{deal.room_id}"'
    assert address in seller.read(f"/orders/{deal.order_id}")
    award = re.search(r"/deals/[0-9a-f-]{36}", factory.read("/deals"))
    assert award
    paper = f"{award[0]}/purchase-order"
    assert address in factory.read(paper) and address in seller.read(paper)
    assert award[0] in seller.read(f"/rooms/{deal.room_id}")


def test_an_open_page_fetches_what_came_and_keeps_its_line(seller: Visitor, factory: Visitor, deal: Deal) -> None:
    say(factory, deal, "纱到了")
    place = f"/rooms/{deal.room_id}/news?after=1"
    fresh = words_of(seller.get(place, fragment=True))
    assert "纱到了" in fresh and "已选定" not in fresh and "<textarea" not in fresh
    assert 'data-last="2"' in fresh and 'id="marks" hx-swap-oob="true"' in fresh
    assert 'data-last="2"' in words_of(seller.get(f"/rooms/{deal.room_id}/news?after=2", fragment=True))
    assert unread_in_list(seller) == ["2"]
    assert seller.post(f"/rooms/{deal.room_id}/read", upto="2").status_code == 204
    assert unread_in_list(seller) == []


def test_sending_with_scripts_gives_a_fresh_line_with_another_key(seller: Visitor, deal: Deal) -> None:
    key = key_of(seller.read(f"/rooms/{deal.room_id}"))
    fields = {"csrf_token": seller.token, "text": "一次", "key": key}
    headers = {"HX-Request": "true"}
    answers = [
        seller.client.post(f"/rooms/{deal.room_id}/say", data=dict(fields), headers=headers) for _press in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("data-said" in answer.text and key_of(answer.text) != key for answer in answers)
    assert seller.read(f"/rooms/{deal.room_id}").count('class="wf-typed">一次<') == 1


def test_what_cannot_be_sent_comes_back_with_its_words_and_the_reason(seller: Visitor, deal: Deal) -> None:
    program = FileStorage(io.BytesIO(b"MZ"), "a.png")
    refused = seller.post(f"/rooms/{deal.room_id}/say", text="看图", key="k", files=[program])
    assert refused.status_code == 422
    page = words_of(refused)
    assert ">看图</textarea>" in page and "a.png" in page and "重新选" in page
    empty = seller.post(f"/rooms/{deal.room_id}/say", text=" ", key="k")
    assert (empty.status_code, "没有要发的内容" in words_of(empty)) == (422, True)


def test_a_photo_is_shown_and_downloads_without_running(seller: Visitor, factory: Visitor, deal: Deal) -> None:
    page = say(factory, deal, "", ("IMG_1.png", PHOTO))
    found = re.search(r'<img src="(/rooms/[^"]+)"', page)
    assert found
    answer = seller.client.get(found[1])
    assert (answer.status_code, answer.data) == (200, PHOTO)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_stranger_gets_what_a_missing_room_gives(town: Town, web: Web, seller: Visitor, deal: Deal) -> None:
    stranger = web.person("seller", "south shop")
    missing = "0199aaaa-0000-7000-8000-000000000000"
    for room in (str(deal.room_id), missing, "no-id"):
        for path in ("", "/news?after=0", f"/files/{missing}"):
            assert stranger.get(f"/rooms/{room}{path}").status_code == 404
        for path in ("say", "read", "help"):
            assert stranger.post(f"/rooms/{room}/{path}", {"text": "hello", "why": "x"}).status_code == 404
    assert web.visitor().get(f"/rooms/{deal.room_id}").status_code == 302


def test_an_operator_says_why_before_reading_and_the_history_keeps_it(
    operator: Person, town: Town, seller: Visitor, factory: Visitor, deal: Deal
) -> None:
    say(seller, deal, "只给工厂看的话")
    path = f"/rooms/{deal.room_id}"
    assert "只给工厂看的话" not in operator.get(path).text
    assert operator.post(f"{path}/look", {"why": "", "how": "look"}).status_code == 422
    assert operator.post(f"{path}/look", {"why": "a complaint", "how": "look"}).status_code == 303
    page = operator.get(path)
    assert "只给工厂看的话" in page.text and "<textarea" not in page.text
    assert operator.post(f"{path}/say", {"text": "hello"}).status_code == 403
    town.clock.advance(timedelta(hours=2))
    assert "只给工厂看的话" not in operator.get(path).text
    assert operator.post(f"{path}/look", {"why": "to settle it", "how": "come_in"}).status_code == 303
    assert "<textarea" in operator.get(path).text
    assert "to settle it" in seller.read(path)


def test_a_raised_room_shows_why_since_when_and_the_time_to_each_reply(
    operator: Person, town: Town, seller: Visitor, factory: Visitor, deal: Deal
) -> None:
    told = {
        "due_on": "2026-12-20",
        "expected_on": "2026-12-24",
        "parts": [{"stage": "cutting", "days": 3}, {"stage": "sewing", "days": 1}],
    }
    with town.work("system") as work:
        service.raise_room(work, deal.room_id, "predicted_late", told)
    town.clock.advance(timedelta(minutes=40))
    say(factory, deal, "染厂晚了")
    page = " ".join(seller.read(f"/rooms/{deal.room_id}").replace("\u00a0", " ").split())
    assert "预计延期：12 月 24 日 能好，约定 12 月 20 日：裁剪 3 天、缝制 1 天" in page
    assert "40 分钟后" in page and "还没回复" in page
    assert "预计延期" in seller.read("/notices")
    desk = " ".join(words_of_person(operator, "/rooms").split())
    assert "中位数" in desk and "n = 1" in desk and "1 次没有回复" in desk
    alarm = re.search(
        rf"/rooms/{deal.room_id}/alarms/[0-9a-f-]+/end", words_of_person(operator, f"/rooms/{deal.room_id}")
    )
    assert alarm
    assert operator.post(alarm[0], {"why": "caught up"}).status_code == 303
    assert operator.post(alarm[0], {"why": "caught up"}).status_code == 303
    assert "没有预警中的沟通" in words_of_person(operator, "/rooms")
    assert "caught up" in seller.read(f"/rooms/{deal.room_id}")


def words_of_person(person: Person, path: str) -> str:
    answer = person.get(path, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200
    return answer.text.replace("\u00a0", " ")


def test_a_member_calls_weft_in(town: Town, operator: Person, seller: Visitor, deal: Deal) -> None:
    path = f"/rooms/{deal.room_id}"
    assert seller.post(f"{path}/help", why="").status_code == 303
    assert seller.post(f"{path}/help", why="工厂三天没回").status_code == 303
    town.deliver()
    page = seller.read(path)
    assert "买家请平台介入：工厂三天没回" in page and f"{path}/help" not in page.split("wf-dialog")[0]
    assert "工厂三天没回" in words_of_person(operator, path)


def test_older_messages_are_one_link_away(town: Town, seller: Visitor, deal: Deal) -> None:
    with town.work("factory", deal.factory) as work:
        for number in range(65):
            service.say(work, deal.room_id, f"第{number}句话")
    page = seller.read(f"/rooms/{deal.room_id}")
    assert "第64句话" in page and "第3句话" not in page
    older = re.search(r'href="(/rooms/[^"]+\?before=\d+)"', page)
    assert older
    page = seller.read(older[1])
    assert "第3句话" in page and "第64句话" not in page and 'id="more"' not in page


def test_live_news_of_a_room_reaches_the_other_side(
    town: Town, seller: Visitor, factory: Visitor, deal: Deal, session: Session
) -> None:
    answer = factory.client.get("/live")
    lines = iter(answer.response)
    assert b"retry:" in next(lines)
    assert b"opened" in next(lines)
    say(seller, deal, "新消息")
    heard = next(line for line in islice(lines, 20) if b"event: room" in line)
    assert heard == f"event: room\ndata: {deal.room_id}\n\n".encode()
    answer.close()


def test_programs_list_read_and_say_once(town: Town, web: Web, seller: Visitor, factory: Visitor, deal: Deal) -> None:
    with town.work("seller", deal.shop) as work:
        _row, secret = issue_key(work, "erp", ("rooms:read", "rooms:write"))
    client = web.app.test_client()
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"}
    (room,) = client.get("/api/v1/rooms", headers=headers).get_json()["rooms"]
    assert (room["id"], room["unread"], room["subject_id"]) == (str(deal.room_id), 1, str(deal.order_id))
    address = f"/api/v1/rooms/{deal.room_id}/messages"
    answers = [client.post(address, json={"text": "from the ERP"}, headers=headers) for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    messages = client.get(f"{address}?after=1", headers=headers).get_json()["messages"]
    assert [(message["sequence"], message["text"]) for message in messages] == [(2, "from the ERP")]
    (happened,) = client.get(f"{address}?limit=200", headers={**headers, "Accept-Language": "en"}).get_json()[
        "messages"
    ][:1]
    assert happened["what"] == "awarded" and happened["words"].startswith("Awarded: ")
    chinese = client.get(address, headers={**headers, "Accept-Language": "zh"}).get_json()["messages"][0]["words"]
    assert chinese != happened["words"] and chinese and messages[0]["words"] == ""
    photo = {"name": "seam.png", "content": base64.b64encode(PHOTO).decode()}
    shown = client.post(address, json={"files": [photo]}, headers={**headers, "Idempotency-Key": "photo"}).get_json()
    place = shown["files"][0]["href"]
    assert client.get(place, headers=headers).data == PHOTO
    assert client.get(place).status_code == 401
    foreign_key = {"Authorization": f"Bearer {key_of_stranger(town)}"}
    assert client.get(place, headers=foreign_key).status_code == 404
    empty = client.post(address, json={}, headers={**headers, "Idempotency-Key": "empty"})
    assert empty.status_code == 422
    other = client.post(address, json={"text": "other"}, headers=headers)
    assert (other.status_code, other.mimetype) == (422, "application/problem+json")
    foreign = client.get(f"/api/v1/rooms/{UUID(int=1)}/messages", headers=headers)
    assert foreign.status_code == 404
    assert json.loads(foreign.data)["status"] == 404
    with town.work("seller", deal.shop) as work:
        assert queries.unread_rooms(work.session, deal.shop) == 1


def key_of_stranger(town: Town) -> str:
    stranger = town.add_shop("South Shop")
    with town.work("seller", stranger) as work:
        return issue_key(work, "erp", ("rooms:read",))[1]
