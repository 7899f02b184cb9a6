"""Every verb with the entries that follow from it, worked out by hand; the commission is 5 %."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from market.kit.errors import Conflict, DomainFault
from market.kit.history import IllegalMove
from market.kit.ids import new_id
from market.kit.money import Money, MoneyFault
from market.settlement.cancelling import cancel_deal, cancel_share, refund_in_parts
from market.settlement.ledger import KeyReused
from market.settlement.models import DUE_TRANSITIONS, REMITTANCE_TRANSITIONS, DueState, Purpose, RemittanceState
from market.settlement.refunding import RefundEnded, note_refund_failed, note_refund_paid, refund, refund_frozen
from market.settlement.releasing import freeze, release, release_frozen, thaw
from market.settlement.service import (
    OtherAmount,
    OtherTerms,
    Sale,
    ask_due,
    drop_due,
    fail_payment,
    freeze_terms,
    note_authorised,
    take_payment,
)
from market.settlement.shares import OtherCurrency, TooMuch
from tests.market.settlement.books import Books, cny

MONEY = {
    "due": {"authorised", "held", "failed", "dropped"},
    "authorised": {"held", "failed", "dropped"},
    "failed": {"authorised", "held", "dropped"},
    "dropped": {"held"},
    "held": {"released", "frozen", "refunded"},
    "frozen": {"held", "released"},
    "released": {"paying_out", "held", "frozen", "refunded"},
    "paying_out": {"paid_out", "released", "clawed_back"},
    "paid_out": {"released", "clawed_back"},
    "refunded": {"held"},
    "clawed_back": set[str](),
}


def test_the_states_of_money_are_this_table() -> None:
    assert {state.value: {to.value for to in DUE_TRANSITIONS[state]} for state in DueState} == MONEY
    assert {state.value: {to.value for to in REMITTANCE_TRANSITIONS[state]} for state in RemittanceState} == {
        "asked": {"transferred", "bounced"},
        "transferred": {"paid", "bounced"},
        "paid": {"bounced"},
        "bounced": set(),
    }


def test_a_payment_is_held_once(books: Books) -> None:
    share = books.sell((Purpose.DEPOSIT, 30_000))
    due = books.due(share, Purpose.DEPOSIT)
    for _ in range(2):
        take_payment(books.work, due.id, cny(30_000), "payment")
    assert books.lines() == [{"gateway": -30_000, "held": 30_000}]
    assert books.states(share) == {"deposit": "held"}
    with pytest.raises(IllegalMove, match="is held"):
        take_payment(books.work, due.id, cny(30_000), "a second payment")
    books.check()


def test_another_amount_than_was_asked_is_not_held(books: Books) -> None:
    share = books.sell((Purpose.DEPOSIT, 30_000))
    due = books.due(share, Purpose.DEPOSIT)
    for money in (cny(29_999), Money(30_000, "EUR")):
        with pytest.raises(OtherAmount, match="30000 CNY was asked"):
            take_payment(books.work, due.id, money, "payment")
    assert (books.lines(), books.states(share)) == ([], {"deposit": "due"})


def test_what_a_share_is_asked_stands(books: Books) -> None:
    share = books.sell((Purpose.DEPOSIT, 30_000))
    due = books.due(share, Purpose.DEPOSIT)
    assert ask_due(books.work, share, Purpose.DEPOSIT, cny(30_000), books.work.now) == due.id
    with pytest.raises(OtherTerms, match="asked for 30000 before"):
        ask_due(books.work, share, Purpose.DEPOSIT, cny(30_001), books.work.now)
    with pytest.raises(OtherTerms, match="in CNY"):
        ask_due(books.work, share, Purpose.BALANCE, Money(1, "EUR"), books.work.now)
    with pytest.raises(OtherTerms):
        freeze_terms(books.work, Sale(share, books.shops[share], share, new_id(), "CNY"))


def test_a_failed_card_has_48_hours(books: Books) -> None:
    share = books.sell((Purpose.DEPOSIT, 30_000))
    due = books.due(share, Purpose.DEPOSIT)
    assert fail_payment(books.work, due.id, "no cover")
    assert due.cure_until == books.work.now + timedelta(hours=48)
    books.work = replace(books.work, now=books.work.now + timedelta(hours=47))
    assert fail_payment(books.work, due.id, "no cover again")
    assert due.cure_until == books.work.now + timedelta(hours=1)
    books.pay(share, Purpose.DEPOSIT)
    paid = books.due(share, Purpose.DEPOSIT)
    assert (paid.state.value, paid.cure_until) == ("held", None)
    assert not fail_payment(books.work, due.id, "told late")
    assert drop_due(books.work, share, Purpose.DEPOSIT) is None


def test_deposits_of_a_pool_are_taken_together_or_not_at_all(books: Books) -> None:
    deal = new_id()
    shares = [books.sell((Purpose.DEPOSIT, 10_000), deal=deal, together=True) for _ in range(3)]
    dues = [books.due(share, Purpose.DEPOSIT).id for share in shares]
    assert note_authorised(books.work, dues[0]) == []
    assert note_authorised(books.work, dues[1]) == []
    fail_payment(books.work, dues[2], "no cover")
    assert note_authorised(books.work, dues[0]) == []
    assert note_authorised(books.work, dues[2]) == dues
    alone = books.sell((Purpose.DEPOSIT, 10_000))
    due = books.due(alone, Purpose.DEPOSIT).id
    assert note_authorised(books.work, due) == [due]


def test_what_is_dropped_and_paid_all_the_same_is_there_to_be_given_back(books: Books) -> None:
    share = books.sell((Purpose.DEPOSIT, 30_000))
    assert drop_due(books.work, share, Purpose.DEPOSIT) == books.due(share, Purpose.DEPOSIT).id
    books.pay(share, Purpose.DEPOSIT)
    books.pay_back(share, 30_000)
    assert (books.balances(share), books.states(share)) == ({}, {"deposit": "refunded"})
    books.check()


Verb = Callable[[Books], object]
VERBS: dict[str, tuple[Verb, list[dict[str, int]]]] = {
    "release": (
        lambda books: release(books.work, books.sold(), "key"),
        [{"held": -100_000, "payable": 95_000, "fees": 5_000}],
    ),
    "release of a part for materials": (
        lambda books: release(books.work, books.sold(), "key", cny(12_345)),
        [{"held": -12_345, "payable": 11_728, "fees": 617}],
    ),
    "refund of a part before release": (
        lambda books: refund(books.work, books.sold(), "key", cny(80_000)),
        [{"held": -70_000, "refunding": 70_000}, {"held": -10_000, "refunding": 10_000}],
    ),
    "freezing": (
        lambda books: freeze(books.work, books.sold(), "key", cny(6_000)),
        [{"held": -6_000, "frozen": 6_000}],
    ),
    "freezing of what is released and not paid out": (
        lambda books: freeze(books.work, books.accepted(), "key", cny(6_001)),
        [{"payable": -5_701, "fees": -300, "frozen": 6_001}],
    ),
    "refund of a part after release": (
        lambda books: refund(books.work, books.accepted(), "key", cny(30_000)),
        [{"payable": -28_500, "fees": -1_500, "refunding": 30_000}],
    ),
    "refund of the whole after release": (
        lambda books: refund(books.work, books.accepted(), "key", cny(100_000)),
        [
            {"payable": -66_500, "fees": -3_500, "refunding": 70_000},
            {"payable": -28_500, "fees": -1_500, "refunding": 30_000},
        ],
    ),
}


@pytest.mark.parametrize("name", VERBS)
def test_each_verb_posts_these_lines(books: Books, name: str) -> None:
    verb, expected = VERBS[name]
    verb(books)
    assert books.lines()[-len(expected) :] == expected
    books.check()


@pytest.mark.parametrize("basis_points", [0, 1, 333, 500, 5_000])
def test_the_commission_on_parts_sums_to_that_on_the_whole(books: Books, basis_points: int) -> None:
    settings = replace(books.work.settings, commission_basis_points=basis_points)
    books.work = replace(books.work, settings=settings)
    share = books.sold(333, 668)
    settings = replace(books.work.settings, commission_basis_points=9_999)
    books.work = replace(books.work, settings=settings)
    for number, part in enumerate((1, 1, 7, 100, 333, 559)):
        release(books.work, share, f"part {number}", cny(part))
    assert books.balances(share).get("fees", 0) == (1_001 * basis_points + 5_000) // 10_000
    refund(books.work, share, "back", cny(1_001))
    assert books.balances(share) == {"gateway": -1_001, "refunding": 1_001}
    books.check()


def test_a_refund_leaves_when_the_gateway_says_so(books: Books) -> None:
    share = books.sold()
    balance, deposit = refund(books.work, share, "key", cny(100_000), "never made")
    assert (balance.minor, deposit.minor) == (70_000, 30_000)
    assert refund(books.work, share, "key", cny(100_000)) == [balance, deposit]
    for _ in range(2):
        note_refund_paid(books.work, balance.transaction_id)
    assert books.balances(share) == {"gateway": -30_000, "refunding": 30_000}
    assert books.states(share) == {"deposit": "held", "balance": "refunded"}
    note_refund_failed(books.work, deposit.transaction_id, "the card is closed")
    with pytest.raises(RefundEnded):
        note_refund_paid(books.work, deposit.transaction_id)
    for _ in range(2):
        note_refund_failed(books.work, balance.transaction_id, "came back")
    assert books.balances(share) == {"gateway": -100_000, "held": 100_000}
    assert books.states(share) == {"deposit": "held", "balance": "held"}
    books.check()


ENDS: dict[str, tuple[Callable[..., object], dict[str, int], str]] = {
    "for neither yet": (thaw, {"gateway": -100_000, "held": 100_000}, "held"),
    "for the buyer": (refund_frozen, {"gateway": -100_000, "held": 94_000, "refunding": 6_000}, "held"),
    "for the factory": (
        release_frozen,
        {"gateway": -100_000, "held": 94_000, "payable": 5_700, "fees": 300},
        "held",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_dispute_freezes_its_part_and_ends_one_of_three_ways(books: Books, name: str) -> None:
    end, balances, state = ENDS[name]
    share = books.sold()
    freeze(books.work, share, "dispute", cny(6_000))
    assert books.states(share) == {"deposit": "held", "balance": "frozen"}
    with pytest.raises(TooMuch):
        release(books.work, share, "the frozen part too", cny(94_001))
    for _ in range(2):
        end(books.work, share, "end", cny(6_000))
    assert books.balances(share) == balances
    assert books.states(share)["balance"] == state
    with pytest.raises(TooMuch):
        end(books.work, share, "another end", cny(1))
    books.check()


def test_an_undisputed_part_goes_to_the_factory_while_the_rest_is_frozen(books: Books) -> None:
    share = books.sold()
    freeze(books.work, share, "dispute", cny(6_000))
    assert release(books.work, share, "accepted") == cny(94_000)
    assert books.states(share) == {"deposit": "released", "balance": "frozen"}
    refund_frozen(books.work, share, "decided", cny(2_000))
    release_frozen(books.work, share, "decided for the factory", cny(4_000))
    assert books.states(share) == {"deposit": "released", "balance": "released"}
    assert books.balances(share) == {"gateway": -100_000, "fees": 4_900, "payable": 93_100, "refunding": 2_000}
    books.check()


def test_a_cancelled_run_keeps_proven_materials_by_what_each_paid(books: Books) -> None:
    deal, thirds = new_id(), (3_334, 3_333, 3_333)
    shares = [books.sell((Purpose.DEPOSIT, part), deal=deal) for part in thirds]
    for share in shares:
        books.pay(share, Purpose.DEPOSIT)
    posted = cancel_deal(books.work, deal, "cancelled", cny(1_000), "the buyers")
    # 1,000 by 3,334 : 3,333 : 3,333 is 333.4, 333.3, 333.3; the largest remainder gets the last fen.
    assert [part.minor for part in posted] == [3_334 - 334, 3_333 - 333, 3_333 - 333]
    assert cancel_deal(books.work, deal, "cancelled", cny(1_000)) == posted
    # Each share's commission is rounded by itself: 16.7, 16.65 and 16.65 are 17 each.
    assert books.balances(*shares) == {"gateway": -10_000, "refunding": 9_000, "payable": 949, "fees": 51}
    books.check()


def test_one_member_leaves_and_the_others_stay(books: Books) -> None:
    deal = new_id()
    shares = [books.sell((Purpose.DEPOSIT, part), deal=deal) for part in (3_334, 3_333)]
    for share in shares:
        books.pay(share, Purpose.DEPOSIT)
    (part,) = cancel_share(books.work, shares[0], "left", cny(0))
    assert cancel_share(books.work, shares[0], "left", cny(0)) == [part]
    note_refund_paid(books.work, part.transaction_id)
    assert books.balances(*shares) == {"gateway": -3_333, "held": 3_333}
    assert books.states(shares[0]) == {"deposit": "refunded"}
    books.check()


@pytest.mark.parametrize(
    ("money", "pieces", "parts"),
    [
        (1_000, (1, 1, 1), [334, 333, 333]),  # Uneven thirds: the first gets the fen that is left.
        (999, (100, 100, 100), [333, 333, 333]),
        (500, (0, 7, 3), [350, 150]),
        (2, (1, 1, 1), [1, 1]),
    ],
)
def test_defects_and_missing_pieces_are_refunded_by_pieces(
    books: Books, money: int, pieces: tuple[int, ...], parts: list[int]
) -> None:
    deal = new_id()
    shares = sorted(books.sold(3_000, 7_000, deal=deal) for _ in pieces)
    asked = dict(zip(shares, pieces, strict=True))
    posted = refund_in_parts(books.work, "short", cny(money), asked)
    assert [part.minor for part in posted] == parts
    assert refund_in_parts(books.work, "short", cny(money), asked) == posted
    assert books.balances(*shares) == {"gateway": -30_000, "held": 30_000 - money, "refunding": money}
    books.check()


REFUSED: dict[str, tuple[Callable[[Books], object], type[Exception], str]] = {
    "release beyond what is held": (
        lambda books: release(books.work, books.sold(), "key", cny(100_001)),
        TooMuch, r"1000\.01 CNY is more than is held",
    ),
    "release in another currency": (
        lambda books: release(books.work, books.sold(), "key", Money(1, "EUR")), OtherCurrency, "in CNY",
    ),
    "release of nothing": (lambda books: release(books.work, books.sold(), "key", cny(0)), TooMuch, "above zero"),
    "release below zero": (lambda books: release(books.work, books.sold(), "key", cny(-5)), TooMuch, "above zero"),
    "refund above the charge": (
        lambda books: refund(books.work, books.sold(), "key", cny(100_001)), TooMuch, r"1000\.00 CNY .* not 1000\.01",
    ),
    "refund in another currency": (
        lambda books: refund(books.work, books.sold(), "key", Money(1, "USD")), OtherCurrency, "in CNY",
    ),
    "freezing beyond what is there": (
        lambda books: freeze(books.work, books.sold(), "key", cny(100_001)), TooMuch, "can be frozen",
    ),
    "thawing what is not frozen": (
        lambda books: thaw(books.work, books.sold(), "key", cny(1)), TooMuch, "more than is frozen",
    ),
    "refunding what is not frozen": (
        lambda books: refund_frozen(books.work, books.sold(), "key", cny(1)), TooMuch, "more than is frozen",
    ),
    "materials beyond the deposit": (
        lambda books: cancel_share(books.work, books.sold(), "key", cny(100_001)), TooMuch, "cannot be kept",
    ),
    "materials in another currency": (
        lambda books: cancel_share(books.work, books.sold(), "key", Money(1, "EUR")), OtherCurrency, "in EUR",
    ),
    "defects that concern nobody": (
        lambda books: refund_in_parts(books.work, "key", cny(1), {books.sold(): 0}), MoneyFault, "not all zero",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_moved_is_refused_and_nothing_is_written(books: Books, name: str) -> None:
    verb, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        verb(books)
    assert books.lines() == [{"gateway": -30_000, "held": 30_000}, {"gateway": -70_000, "held": 70_000}]
    books.check()


def test_a_refund_in_parts_is_whole_or_not_at_all(books: Books) -> None:
    rich, poor = books.sold(), books.sold(10, 10)
    before = books.lines()
    with pytest.raises(TooMuch):
        refund_in_parts(books.work, "short", cny(100), {rich: 1, poor: 1})
    assert books.lines() == before


def test_a_key_of_one_verb_is_not_taken_for_another(books: Books) -> None:
    share = books.sold()
    release(books.work, share, "key", cny(10))
    for verb in (
        lambda: release(books.work, share, "key", cny(11)),
        lambda: refund(books.work, share, "key", cny(10)),
        lambda: release(books.work, books.sold(), "key", cny(10)),
    ):
        with pytest.raises(KeyReused):
            verb()
    assert issubclass(TooMuch, Conflict) and issubclass(KeyReused, DomainFault)
    books.check()
