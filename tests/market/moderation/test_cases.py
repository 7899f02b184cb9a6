"""New posts are looked at once, nothing is stopped by a signal, and what an operator decided is remembered."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session, sessionmaker

from market.kit.errors import Conflict, Invalid
from market.moderation import queries, service
from market.moderation.queries import CaseRow, false_alarms, moderation_count
from market.orders.service import TooManyOrders, restore_order
from market.records.parts import Part
from tests.market.site import Person, Web
from tests.market.town import Town

FAKE = "Please add wechat: quickprofit88 before you quote, we pay everything outside of the market at once"


def waiting(town: Town) -> list[CaseRow]:
    with town.work("operator") as work:
        return queries.waiting_cases(work.session, work.now)


def decide(town: Town, verb: str, case: CaseRow, why: str = "it is a fake") -> None:
    with town.work("operator") as work:
        service.VERBS[verb](work, case.id, why)
    town.deliver()


def again(town: Town, shop: UUID, order_id: UUID) -> None:
    with town.work("system") as work:
        service.score_order(work, shop, order_id)


def test_a_fake_waits_with_its_reasons_and_goes_on_until_somebody_decides(town: Town) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("Fast Shop")
    order_id = town.post(shop, town.sweaters(800, description=FAKE))
    town.post(shop, town.sweaters(810))
    (case,) = waiting(town)
    assert (case.order_id, [signal["name"] for signal in case.signals], case.weight) == (order_id, ["contact"], 3)
    assert "lead_offered" in town.notices(factory) and case.order_state == "offered"
    again(town, shop, order_id)
    assert len(waiting(town)) == 1
    decide(town, "reject", case)
    assert waiting(town) == [] and "order_rejected" in town.notices(shop)
    assert "lead_withdrawn" in town.notices(factory)


def test_what_was_called_fine_stays_so_until_another_signal_speaks(town: Town) -> None:
    shop, other = town.add_shop("Fast Shop"), town.add_shop("Copying Shop")
    order_id = town.post(shop, town.sweaters(800, description=FAKE))
    decide(town, "dismiss", waiting(town)[0], "their own showroom account")
    again(town, shop, order_id)
    assert waiting(town) == []
    town.post(other, town.sweaters(800, description=FAKE.replace("88", "99")))
    assert [signal["name"] for signal in waiting(town)[0].signals] == ["copied", "contact"]
    again(town, shop, order_id)
    back = next(case for case in waiting(town) if case.order_id == order_id)
    assert [signal["name"] for signal in back.signals] == ["copied"], "what was cleared does not count again"
    with town.work("operator") as work:
        assert (false_alarms(work.session), moderation_count(work.session)) == (Part(0, 0), 2)


def test_a_pause_decides_all_of_a_shop_takes_its_leads_back_and_is_told(town: Town) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("Fast Shop")
    for more in range(3):
        town.post(shop, town.sweaters(800 + more, description=FAKE))
    assert len(waiting(town)) == 3
    first = waiting(town)[0]
    decide(town, "pause", first, "three fakes in an hour")
    assert waiting(town) == [] and town.notices(factory).count("lead_withdrawn") == 3
    with town.work("system") as work:
        told = work.session.execute(
            text("SELECT actor_name, why FROM history WHERE aggregate = 'organisations' AND to_state = 'paused'")
        ).one()
        states = set(work.session.scalars(text("SELECT state FROM leads")))
        assert false_alarms(work.session) == Part(0, 3)
    assert tuple(told) == ("a operator", "three fakes in an hour") and states == {"withdrawn"}
    with pytest.raises(Conflict):
        decide(town, "pause", first)


def test_a_reason_is_needed_and_of_two_operators_one_decides(town: Town) -> None:
    shop = town.add_shop("Fast Shop")
    town.post(shop, town.sweaters(800, description=FAKE))
    (case,) = waiting(town)
    with pytest.raises(Invalid):
        decide(town, "dismiss", case, "  ")
    decide(town, "ask", case, "Which account is that?")
    assert "order_clarifying" in town.notices(shop)
    with pytest.raises(Conflict):
        decide(town, "dismiss", case)
    with town.work("operator") as work:
        assert [row.decision for row in queries.decided_cases(work.session, work.now)] == ["ask"]


@pytest.mark.parametrize("source", sorted(service.NOT_LOOKED_AT))
def test_what_the_market_made_itself_is_left_alone(town: Town, source: str) -> None:
    order_id = town.post(town.add_shop("Past Shop"), town.sweaters(800, description=FAKE), deliver=False)
    with town.work("system") as work:
        work.session.execute(
            text("UPDATE orders SET source = :source WHERE id = :id"), {"source": source, "id": order_id}
        )
    town.deliver()
    assert waiting(town) == []


def test_a_restored_order_is_not_put_back_into_the_queue(town: Town) -> None:
    shop = town.add_shop("Fast Shop")
    order_id = town.post(shop, town.sweaters(800, description=FAKE))
    decide(town, "reject", waiting(town)[0])
    with town.work("operator") as work:
        restore_order(work, shop, order_id, "it was a mistake")
    town.deliver()
    assert waiting(town) == []


def test_a_new_shop_posts_fewer_in_a_day(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.orders.service.NEW_SHOP_A_DAY", 2)
    shop = town.add_shop("Fast Shop")
    for more in range(2):
        town.post(shop, town.sweaters(800 + more))
    with pytest.raises(TooManyOrders, match="new"):
        town.post(shop, town.sweaters(900))
    town.clock.advance(timedelta(days=8))
    for more in range(3):
        town.post(shop, town.sweaters(910 + more))


def test_the_queue_asks_the_same_for_many(town: Town, sessions: sessionmaker[Session]) -> None:
    counts = []
    for place in range(4):
        town.post(town.add_shop(f"Shop {place}"), town.sweaters(800, description=f"{FAKE} {'x' * place}"))
        counts.append(statements_of(town, sessions))
    assert len(waiting(town)) == 4 and len(set(counts)) == 1


def statements_of(town: Town, sessions: sessionmaker[Session]) -> int:
    """How many statements the queue takes."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        waiting(town)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_the_queue_is_the_operators_alone_and_takes_one_press_with_its_reason(
    town: Town, web: Web, operator: Person
) -> None:
    town.post(town.add_shop("Fast Shop"), town.sweaters(800, description=FAKE))
    seller = web.person("seller", "a seller")
    (case,) = waiting(town)
    assert seller.get("/operator/moderation").status_code == 403
    assert seller.post(f"/operator/moderation/{case.id}/pause", {"why": "x"}).status_code == 403
    page = operator.get("/operator/moderation").text
    assert "Fast Shop" in page and "聊天账号" in page and "还没有可统计的" in page
    assert operator.post(f"/operator/moderation/{case.id}/dismiss", {"why": ""}).status_code == 303
    assert operator.post(f"/operator/moderation/{case.id}/nothing", {"why": "x"}).status_code == 404
    assert len(waiting(town)) == 1
    assert operator.post(f"/operator/moderation/{case.id}/dismiss", {"why": "their showroom"}).status_code == 303
    assert operator.post(f"/operator/moderation/{case.id}/pause", {"why": "too late"}).status_code == 303
    assert waiting(town) == []
    page = operator.get("/operator/moderation?show=decided").text
    assert "their showroom" in page and "too late" not in page and "1 中 1" in page


def test_people_of_a_paused_shop_read_why_and_whom_to_write_to(web: Web, operator: Person) -> None:
    seller = web.person("seller", "a seller")
    assert seller.get("/orders").status_code == 200
    paused = operator.post(f"/operator/organisations/{seller.organisation_id}/pause", {"why": "posts fakes"})
    assert paused.status_code == 302
    for path in ("/orders", "/", "/account"):
        answer = seller.get(path)
        assert (answer.status_code, answer.mimetype) == (403, "text/html") and "posts fakes" in answer.text
        assert "the.operator@example.com" in answer.text
    resumed = operator.post(f"/operator/organisations/{seller.organisation_id}/resume", {"why": "sorted out"})
    assert resumed.status_code == 302 and seller.get("/orders").status_code == 200
