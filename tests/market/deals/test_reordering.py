"""What was made well is ordered again in one press: from its factory, at the price that it agreed to."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from market.factories.service import say_full
from market.kit.money import Money
from market.kit.uploads import UploadedFile
from market.leads.queries import inbox, leads_of_order
from market.leads.service import LeadStanding, decline_lead, expire_due_leads
from market.orders.attachments import attach_file
from market.orders.queries import OrderRow, order_files, order_row, orders_page
from market.orders.service import TermsChange, change_terms
from market.production import queries as production
from market.quotes import queries as quotes
from market.quotes.ladder import QuoteDraft
from tests.market.deals.conftest import SignIn
from tests.market.deals.test_buying import key_of
from tests.market.deals.test_standing import address, flat
from tests.market.production.yard import FEE, PHOTO, Run, pooled_deal, single_deal
from tests.market.quotes.conftest import Visitor
from tests.market.town import Town

STEPS = ((200, Money(12_000, "CNY")), (1_000, Money(11_000, "CNY")))
LADDER = QuoteDraft(STEPS, 30, 200, 14, Money(FEE, "CNY"), 7)


@pytest.fixture
def run(town: Town) -> Run:
    """A deal of 800 pieces whose goods were accepted, and two other factories that could make it."""
    made = single_deal(town, draft=LADDER).to_delivered()
    made.accept(made.shops[0])
    for place in range(2):
        town.add_factory(f"Other Knit {place}")
    return made


def press(shop: Visitor, run: Run, pieces: str = "800", key: str = "") -> UUID:
    """Order again, and let the worker do what comes of it; the id of the order that the shop is led to."""
    place = address(run)
    answer = shop.post(f"{place}/again", key=key or key_of(shop.read(place)), pieces=pieces)
    assert answer.status_code == 303, flat(answer.text)
    run.town.deliver()
    return UUID(answer.headers["Location"].rsplit("/", 1)[1])


def order_of(run: Run, order_id: UUID) -> OrderRow:
    with run.town.work("system") as work:
        return order_row(work.session, run.shops[0], order_id)


def asked(run: Run, order_id: UUID) -> dict[UUID, str]:
    """The factories that were asked for an order, and how each stands."""
    with run.town.work("system") as work:
        found = leads_of_order(work.session, run.shops[0], order_id)
    return {entry.factory.id: entry.lead.state.value for entry in found}


def waiting_lead(run: Run) -> UUID:
    with run.town.work("factory", run.factory) as work:
        return inbox(work.session, run.factory).rows[0].id


def accept(factory: Visitor, run: Run) -> str:
    """The factory's one tap; its page right after."""
    lead = waiting_lead(run)
    answer = factory.post(f"/leads/{lead}/accept")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/leads/{lead}")
    page = flat(factory.read(f"/leads/{lead}"))
    run.town.deliver()
    return page


def test_one_press_and_one_tap_make_a_deal_at_the_agreed_price(run: Run, sign_in: SignIn) -> None:
    shop, factory = sign_in(run.shops[0]), sign_in(run.factory)
    page = flat(shop.read(address(run)))
    assert "再下一单" in page and 'value="800"' in page and "¥120.00" in page and "满 1,000 件：" in page
    order_id = press(shop, run)
    order = order_of(run, order_id)
    due_on = run.town.clock.now().date() + timedelta(days=33)
    assert (order.quantity, order.due_on, order.source, order.wants_pool) == (800, due_on, "reorder", False)
    assert asked(run, order_id) == {run.factory: "offered"}
    assert "lead_repeated" in run.town.notices(run.factory)
    page = flat(shop.read(f"/orders/{order_id}"))
    assert "再次下单，每件 ¥120.00" in page and "等 Near Knit 答复" in page
    page = flat(factory.read(f"/leads/{waiting_lead(run)}"))
    assert "按 ¥120 接单" in page and "您当时的报价是每件 ¥120.00" in page
    assert "再次下单" in flat(factory.read("/leads"))
    assert "您按每件 ¥120.00 接了这张再次下的单" in accept(factory, run)
    with run.town.work("system") as work:
        award = quotes.award_of_order(work.session, run.shops[0], order_id)
        assert award is not None
        taken, deal = quotes.quote(work.session, award.quote_id), production.deal_of_award(work.session, award.id)
    assert (award.factory_id, award.unit_price, award.quantity) == (run.factory, Money(12_000, "CNY"), 800)
    assert taken is not None and (len(taken.steps), taken.lead_time_days, taken.sample_fee) == (2, 30, None)
    assert deal is not None and deal.id != run.deal_id
    assert run.town.notices(run.shops[0])[-1] == "order_awarded"
    assert "lead_accepted" not in run.town.notices(run.shops[0])[-3:]
    assert shop.get(f"/deals/{award.id}").status_code == 200


def test_the_price_is_that_of_the_ladder_for_the_pieces(run: Run, sign_in: SignIn) -> None:
    order_id = press(sign_in(run.shops[0]), run, "1,200")
    assert "¥110 接单" in flat(sign_in(run.factory).read(f"/leads/{waiting_lead(run)}"))
    accept(sign_in(run.factory), run)
    with run.town.work("system") as work:
        award = quotes.award_of_order(work.session, run.shops[0], order_id)
    assert award is not None and award.total == Money(1_200 * 11_000, "CNY")


def test_a_second_press_finds_the_first_order_with_its_files(run: Run, sign_in: SignIn) -> None:
    with run.town.work("system") as work:
        work.session.execute(text("UPDATE orders SET state = 'quoting'"))
    with run.town.work("seller", run.shops[0]) as work:
        attach_file(work, run.share(run.shops[0]).order_id, UploadedFile("card.png", PHOTO.content))
    with run.town.work("system") as work:
        work.session.execute(text("UPDATE orders SET state = 'awarded'"))
    shop = sign_in(run.shops[0])
    assert press(shop, run, key="once") == press(shop, run, key="once")
    with run.town.work("seller", run.shops[0]) as work:
        newest, _first = orders_page(work.session, run.shops[0]).rows
        files = order_files(work.session, run.shops[0], newest.id)
    assert [file.name for file in files] == ["card.png"]


@pytest.mark.parametrize(("pieces", "why"), [("199", "约定价格从 200 件起"), ("abc", "请填"), ("", "请填")])
def test_too_few_or_no_number_is_refused_at_the_field(run: Run, sign_in: SignIn, pieces: str, why: str) -> None:
    answer = sign_in(run.shops[0]).post(f"{address(run)}/again", key="1", pieces=pieces)
    page = flat(answer.text)
    assert answer.status_code == 422 and why in page.partition('id="pieces-error"')[2]
    assert re.search(rf'<input [^>]*name="pieces"[^>]* value="{pieces}"', page)
    with run.town.work("seller", run.shops[0]) as work:
        assert len(orders_page(work.session, run.shops[0]).rows) == 1


def test_other_factories_are_asked_once_it_declines(run: Run, sign_in: SignIn) -> None:
    shop = sign_in(run.shops[0])
    order_id = press(shop, run)
    with run.town.work("factory", run.factory) as work:
        standing: LeadStanding = decline_lead(work, waiting_lead(run), "capacity")
    run.town.deliver()
    states = asked(run, order_id)
    assert standing.factory_id == run.factory and states.pop(run.factory) == "declined"
    assert list(states.values()) == ["offered", "offered"]
    assert "repeat_lost" in run.town.notices(run.shops[0])
    assert "已改问别的工厂" in flat(shop.read(f"/orders/{order_id}"))
    for other in states:
        assert "120" not in flat(sign_in(other).read("/leads")), "nobody else reads the agreed price"


def test_other_factories_are_asked_once_it_lets_the_time_pass(run: Run, sign_in: SignIn) -> None:
    order_id = press(sign_in(run.shops[0]), run)
    run.town.clock.advance(timedelta(hours=run.town.settings.lead_hours + 1))
    run.town.sweep(expire_due_leads)
    run.town.deliver()
    assert sorted(asked(run, order_id).values()) == ["expired", "offered", "offered"]
    assert "repeat_lost" in run.town.notices(run.shops[0])


def test_other_factories_are_asked_where_it_takes_no_orders_any_more(run: Run, sign_in: SignIn) -> None:
    shop, place = sign_in(run.shops[0]), address(run)
    answer = shop.post(f"{place}/again", key="1", pieces="800")
    with run.town.work("factory", run.factory) as work:
        say_full(work, work.today + timedelta(days=9))
    run.town.deliver()
    states = asked(run, UUID(answer.headers["Location"].rsplit("/", 1)[1]))
    assert (run.factory in states, list(states.values())) == (False, ["offered", "offered"])
    assert run.town.notices(run.shops[0]).count("repeat_lost") == 1
    assert "/again" not in shop.read(place), "nor is it offered then"


def test_moved_terms_make_it_an_order_like_any_other(run: Run, sign_in: SignIn) -> None:
    order_id = press(sign_in(run.shops[0]), run)
    with run.town.work("seller", run.shops[0]) as work:
        change_terms(work, order_id, TermsChange(version=1, quantity=900))
    run.town.deliver()
    assert len(asked(run, order_id)) == 3
    factory, lead = sign_in(run.factory), waiting_lead(run)
    answer = factory.post(f"/leads/{lead}/accept")
    assert answer.headers["Location"] == f"/leads/{lead}/quote"
    run.town.deliver()
    assert order_of(run, order_id).state.value == "offered"


def test_both_are_told_where_the_deal_would_hold_the_money_for_too_long(run: Run, sign_in: SignIn) -> None:
    order_id = press(sign_in(run.shops[0]), run)
    strict = replace(run.town, settings=replace(run.town.settings, longest_hold_days=40))
    accept(sign_in(run.factory), replace(run, town=strict))
    assert (order_of(run, order_id).state.value, asked(run, order_id)) == ("offered", {run.factory: "accepted"})
    for side in (run.shops[0], run.factory):
        assert "repeat_not_awarded" in run.town.notices(side)


def test_a_member_of_a_pool_orders_again_by_itself_from_the_minimum_on(town: Town, sign_in: SignIn) -> None:
    run = pooled_deal(town, QuoteDraft(((400, Money(12_000, "CNY")),), 30, 400, 14)).to_delivered()
    for one in run.shops:
        run.accept(one)
    shop = sign_in(run.shops[0])
    page = flat(shop.read(address(run)))
    assert 'value="400"' in page and "至少 400 件" in page
    order_id = press(shop, run, "400")
    accept(sign_in(run.factory), run)
    with town.work("system") as work:
        award = quotes.award_of_order(work.session, run.shops[0], order_id)
    assert award is not None and (award.pool_id, award.unit_price) == (None, Money(12_000, "CNY"))


def test_it_is_not_offered_before_the_goods_are_accepted_nor_to_a_stranger(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town).to_delivered()
    shop, place = sign_in(run.shops[0]), address(run)
    assert "/again" not in shop.read(place)
    answer = shop.post(f"{place}/again", key="1", pieces="800")
    assert answer.status_code == 409 and "没有下单" in flat(answer.text)
    for stranger in (town.add_shop("South Shop"), run.factory):
        assert sign_in(stranger).post(f"{place}/again", key="1", pieces="800").status_code in (403, 404)
    assert sign_in(town.add_shop("West Shop")).post(f"{place}/again", key="1", pieces="800").status_code == 404
