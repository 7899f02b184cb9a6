"""The reason of an order: its numbers are its quantity, in data and in words."""

import re

from hypothesis import given
from hypothesis import strategies as st

from forecasting.replenishment.parts import Kind, Reason, reason_of, worded

pieces = st.integers(0, 2_000)


def reason(
    expected: float = 420, level: int = 496, on_hand: int = 236, on_order: int = 0, minimum: int = 0, pack: int = 1
) -> Reason:
    return reason_of(expected, level, on_hand, on_order, 56, 0.9, minimum, pack)


def added_up(sentence: str) -> tuple[int, int]:
    """The sum of the numbers before `=`, each after its sign, and the number after it."""
    said, total = sentence.rsplit(" = ", 1)
    signed = re.findall(
        r"(?:^|(?<= ))([+-] ?|^-?)(\d+) (?=expected|extra|that would|in stock|on the|more|up to|to fill|left)", said
    )
    return sum(-int(number) if "-" in sign else int(number) for sign, number in signed), int(total)


def test_the_sentence_is_the_one_a_seller_checks() -> None:
    assert worded(reason()) == (
        "420 expected in 8 weeks + 76 extra so that 9 in 10 times you do not run out "
        "- 236 in stock - 0 on the way = 260"
    )


def test_rounding_is_a_part_of_its_own() -> None:
    packed = reason(minimum=300, pack=48)
    assert packed.pieces(Kind.MINIMUM) == 40
    assert packed.pieces(Kind.PACK) == 36
    assert packed.quantity == 336


def test_a_budget_is_a_part_of_its_own() -> None:
    assert reason().cut_to(100).pieces(Kind.BUDGET) == -160
    assert reason().cut_to(100).cut_to(260) == reason()


@given(st.floats(0, 2_000), pieces, pieces, pieces, st.integers(0, 500), st.integers(1, 60), st.integers(0, 50))
def test_parts_sum_to_an_order_that_keeps_its_terms(
    expected: float, level: int, on_hand: int, on_order: int, minimum: int, pack: int, more: int
) -> None:
    told = reason(expected, level, on_hand, on_order, minimum, pack)
    assert told.quantity % pack == 0
    assert told.quantity == 0 or told.quantity >= minimum
    assert on_hand + on_order + told.quantity >= level
    assert reason(expected, level, on_hand + more, on_order, minimum, pack).quantity <= told.quantity
    assert added_up(worded(told)) == (told.quantity, told.quantity)
