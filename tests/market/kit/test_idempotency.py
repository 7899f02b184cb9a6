"""The same key does its work once, whoever else sends it at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session, sessionmaker

from market.kit.clock import FrozenClock
from market.kit.db import SYSTEM, Scope, Tenant, act_as
from market.kit.errors import Invalid
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.kit.ids import new_id

ASKED = request_hash("POST /orders", b"{}")


def test_a_repetition_gets_the_first_answer_and_another_body_is_refused(session: Session, clock: FrozenClock) -> None:
    shop = new_id()
    act_as(session, Tenant(Scope.ORGANISATION, shop))
    assert claim_key(session, shop, "k", ASKED, clock.now()) is None
    store_answer(session, shop, "k", 201, {"id": "1"})
    session.flush()
    again = claim_key(session, shop, "k", ASKED, clock.now())
    assert again is not None
    assert (again.status, again.body) == (201, {"id": "1"})
    with pytest.raises(Invalid, match="another request"):
        claim_key(session, shop, "k", request_hash("POST /orders", b"{ }"), clock.now())


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_has_1_to_200_characters(session: Session, clock: FrozenClock, key: str) -> None:
    with pytest.raises(Invalid):
        claim_key(session, new_id(), key, ASKED, clock.now())


def test_keys_of_two_shops_do_not_meet(session: Session, clock: FrozenClock) -> None:
    first, second = new_id(), new_id()
    assert claim_key(session, first, "k", ASKED, clock.now()) is None
    assert claim_key(session, second, "k", ASKED, clock.now()) is None


def test_of_many_at_once_one_does_the_work(sessions: sessionmaker[Session], clock: FrozenClock) -> None:
    shop = new_id()

    def send(_number: int) -> str:
        with sessions() as session:
            act_as(session, SYSTEM)
            earlier = claim_key(session, shop, "k", ASKED, clock.now())
            if earlier is not None:
                return f"repeated {earlier.body['id']}"
            store_answer(session, shop, "k", 201, {"id": "1"})
            session.commit()
            return "did it"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(send, range(8))) == ["did it"] + ["repeated 1"] * 7
