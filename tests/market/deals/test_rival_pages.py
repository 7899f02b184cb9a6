"""Two at one moment over the web door: who comes second reads in words what happened, and nothing is done twice."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from market.identity.service import MARKET_ID
from market.production import clocks, service
from tests.market.deals.conftest import SignIn
from tests.market.deals.test_buying import key_of
from tests.market.deals.test_standing import address, flat
from tests.market.disputes.bench import balances, cny, delivered, dispute
from tests.market.moments import paid
from tests.market.production.yard import PHOTO, single_deal
from tests.market.quotes.conftest import Visitor
from tests.market.rivals import LONGEST, WAITING
from tests.market.town import Town

Post = Callable[[], TestResponse]


class Posting(threading.Thread):
    """A form that is sent while somebody else is at work."""

    def __init__(self, post: Post) -> None:
        super().__init__()
        self.post = post

    def run(self) -> None:
        self.answer = self.post()

    def wait_for_lock(self, engine: Engine) -> None:
        """Until it waits for what the other holds."""
        self.start()
        with engine.connect() as connection:
            until = time.monotonic() + LONGEST
            while not connection.scalar(WAITING):
                assert self.is_alive() and time.monotonic() < until, "it did not wait"
                self.join(0.003)

    def read(self) -> str:
        self.join(LONGEST)
        assert self.answer.status_code == 409
        return flat(self.answer.text)


def ready(shop: Visitor, place: str, what: str, **fields: str) -> Posting:
    """A form of a page that was opened before."""
    key = key_of(shop.read(place))
    return Posting(lambda: shop.post(f"{place}/{what}", key=key, **fields))


def test_a_shop_that_approves_while_its_factory_cancels_reads_that_the_deal_is_cancelled(
    town: Town, sign_in: SignIn, owner_engine: Engine
) -> None:
    run = single_deal(town)
    paid("sample_fee")(run)
    run.by_factory(service.make_sample, [PHOTO])
    approving = ready(
        sign_in(run.shops[0]), address(run), f"samples/{run.sample_id()}", choice="approve", comments="好"
    )
    with town.work("factory", run.factory) as work:
        service.cancel_deal(work, run.deal_id)
        approving.wait_for_lock(owner_engine)
    page = approving.read()
    assert "情况已经变了：交易已取消" in page
    town.deliver()
    assert run.state == "cancelled"


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "情况已经变了：货已验收"), ("en", "Somebody was faster: the goods are accepted")]
)
def test_a_shop_that_accepts_while_the_clock_does_reads_that_the_goods_are_accepted(
    town: Town, sign_in: SignIn, owner_engine: Engine, language: str, words: str
) -> None:
    run = delivered(single_deal(town))
    for days in (4, 4, 2):
        town.clock.advance(timedelta(days=days))
        town.sweep(clocks.remind_to_accept)
    accepting = ready(sign_in(run.shops[0], language), address(run), "accept")
    with town.work("system") as work:
        assert clocks.accept_silent_shares(work) == 1
        accepting.wait_for_lock(owner_engine)
    assert words in accepting.read()
    town.deliver()
    assert (run.state, balances(run)["payable"]) == ("accepted", 800 * 12_000 * 95 // 100)


def test_of_two_operators_who_decide_at_once_one_reads_that_the_dispute_moved_on(town: Town, sign_in: SignIn) -> None:
    run = delivered(single_deal(town))
    case = dispute(run, run.shops[0], 100_000).escalated()
    place = f"/operator/disputes/{case.id}"
    together, posts = threading.Barrier(2), []
    for outcome in ("refund", "reject"):
        operator = sign_in(MARKET_ID)
        fields = {"outcome": outcome, "why": "照片很清楚"}
        operator.read(place)
        seen = operator.post(place, do="preview", **fields)
        fields["seen"] = seen_of(flat(seen.text))
        posts.append(Posting(decide_at(together, operator, place, fields)))
    for posting in posts:
        posting.start()
    for posting in posts:
        posting.join(LONGEST)
    answers = sorted((posting.answer for posting in posts), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [303, 409]
    assert "争议已有变化" in flat(answers[1].text)
    town.deliver()
    assert case.state == "decided"
    refunded = balances(run).get("refunding", 0)
    assert refunded == (100_000 if case.row.refund == cny(100_000) else 0)


def decide_at(together: threading.Barrier, operator: Visitor, place: str, fields: dict[str, str]) -> Post:
    def post() -> TestResponse:
        together.wait(LONGEST)
        return operator.post(place, do="decide", **fields)

    return post


def seen_of(page: str) -> str:
    return page.partition('name="seen" value="')[2].partition('"')[0]
