"""The plans of ISO 2859-1: the whole of table 2-A as printed, known lots, and what must hold from row to row."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.production.acceptance_sampling import (
    AQLS,
    CODE_LETTERS,
    DOWN,
    LARGEST_LOTS,
    LETTERS,
    LEVELS,
    SAMPLE_SIZES,
    UP,
    NoSuchPlan,
    acceptance_number,
    code_letter,
    sampling_plan,
)
from market.production.inspecting import inspection_terms

TABLE_2A = """
      n    0.065 0.10 0.15 0.25 0.40 0.65 1.0 1.5 2.5 4.0 6.5
A     2    v     v    v    v    v    v    v   v   v   v   0
B     3    v     v    v    v    v    v    v   v   v   0   ^
C     5    v     v    v    v    v    v    v   v   0   ^   v
D     8    v     v    v    v    v    v    v   0   ^   v   1
E     13   v     v    v    v    v    v    0   ^   v   1   2
F     20   v     v    v    v    v    0    ^   v   1   2   3
G     32   v     v    v    v    0    ^    v   1   2   3   5
H     50   v     v    v    0    ^    v    1   2   3   5   7
J     80   v     v    0    ^    v    1    2   3   5   7   10
K     125  v     0    ^    v    1    2    3   5   7   10  14
L     200  0     ^    v    1    2    3    5   7   10  14  21
M     315  ^     v    1    2    3    5    7   10  14  21  ^
N     500  v     1    2    3    5    7    10  14  21  ^   ^
P     800  1     2    3    5    7    10   14  21  ^   ^   ^
Q     1250 2     3    5    7    10   14   21  ^   ^   ^   ^
R     2000 3     5    7    10   14   21   ^   ^   ^   ^   ^
"""
MARKS = {"v": DOWN, "^": UP}
KNOWN = [
    (501, "II", "2.5", ("J", 80, 5, 6)),
    (1_200, "II", "2.5", ("J", 80, 5, 6)),
    (800, "II", "1.0", ("J", 80, 2, 3)),
    (800, "II", "4.0", ("J", 80, 7, 8)),
    (1_201, "II", "2.5", ("K", 125, 7, 8)),
    (500, "II", "2.5", ("H", 50, 3, 4)),
    (200, "II", "4.0", ("G", 32, 3, 4)),
    (3_200, "I", "1.5", ("H", 50, 2, 3)),
    (10_000, "III", "0.65", ("M", 315, 5, 6)),
    (800, "II", "0.40", ("K", 125, 1, 2)),
    (400, "II", "0.40", ("G", 32, 0, 1)),
    (400, "II", "0.65", ("J", 80, 1, 2)),
    (800, "II", "0.25", ("H", 50, 0, 1)),
    (400, "II", "1.0", ("H", 50, 1, 2)),
    (100, "II", "0.065", ("L", 100, 0, 1)),
    (1_000_000, "III", "6.5", ("L", 200, 21, 22)),
    (600_000, "S-4", "2.5", ("K", 125, 7, 8)),
    (9, "II", "6.5", ("A", 2, 0, 1)),
    (2, "II", "6.5", ("A", 2, 0, 1)),
]


def test_table_2a_is_the_printed_one() -> None:
    head, *rows = (line.split() for line in TABLE_2A.strip().splitlines())
    assert tuple(head[1:]) == AQLS
    assert tuple(row[0] for row in rows) == tuple(LETTERS)
    assert tuple(int(row[1]) for row in rows) == SAMPLE_SIZES
    for place, row in enumerate(rows):
        printed = [MARKS[mark] if mark in MARKS else int(mark) for mark in row[2:]]
        assert printed == [acceptance_number(place, column) for column in range(len(AQLS))], row[0]


@pytest.mark.parametrize(("lot", "level", "aql", "expected"), KNOWN)
def test_known_plans(lot: int, level: str, aql: str, expected: tuple[str, int, int, int]) -> None:
    plan = sampling_plan(lot, aql, level)
    assert (plan.letter, plan.sampled, plan.accept, plan.reject) == expected
    assert plan.whole == (plan.sampled == lot)


def test_code_letters_rise_with_the_lot_and_with_the_level() -> None:
    assert len(CODE_LETTERS) == len(LARGEST_LOTS) + 1
    places = [[LETTERS.index(letter) for letter in row] for row in CODE_LETTERS]
    for before, after in pairwise(places):
        assert all(one <= other for one, other in zip(before, after, strict=True))
    for row in places:
        assert len(row) == len(LEVELS)
        assert row[:4] == sorted(row[:4]) and row[4:] == sorted(row[4:])
        assert row[3] <= row[5]


@given(st.integers(2, 2_000_000), st.sampled_from(LEVELS), st.integers(0, len(AQLS) - 2))
def test_a_laxer_limit_never_accepts_a_smaller_share(lot: int, level: str, column: int) -> None:
    strict, lax = (sampling_plan(lot, AQLS[place], level) for place in (column, column + 1))
    assert strict.reject == strict.accept + 1
    assert 1 < strict.sampled <= lot
    assert strict.accept * lax.sampled <= lax.accept * strict.sampled or strict.whole or lax.whole


@given(st.integers(2, 1_000_000), st.integers(1, 1_000_000), st.sampled_from(LEVELS), st.sampled_from(AQLS))
def test_a_larger_lot_has_no_smaller_letter_and_accepts_no_fewer(lot: int, more: int, level: str, aql: str) -> None:
    assert LETTERS.index(code_letter(lot, level)) <= LETTERS.index(code_letter(lot + more, level))
    assert sampling_plan(lot, aql, level).accept <= sampling_plan(lot + more, aql, level).accept


@pytest.mark.parametrize(
    ("lot", "aql", "level", "named"),
    [(1, "2.5", "II", "begin at 2"), (0, "2.5", "II", "begin at 2"), (80, "3", "II", "0.065, 0.10"),
     (80, "many", "II", "acceptance quality limit"), (80, "2.5", "IV", "S-1, S-2")],
)  # fmt: skip
def test_what_the_tables_do_not_hold_is_named(lot: int, aql: str, level: str, named: str) -> None:
    with pytest.raises(NoSuchPlan, match=named):
        sampling_plan(lot, aql, level)


def test_a_limit_is_read_as_anyone_writes_it() -> None:
    assert sampling_plan(800, "1") == sampling_plan(800, "1.0") == sampling_plan(800, "1.00")
    assert sampling_plan(800, ".65") == sampling_plan(800, "0.65")


@pytest.mark.parametrize(
    ("asked", "minor"), [("AQL 2.5", "4.0"), ("AQL 4.0", "4.0"), ("AQL 6.5", "6.5"), ("100%", "4.0")]
)
def test_minor_defects_are_never_judged_harder_than_major_ones(asked: str, minor: str) -> None:
    terms = inspection_terms(asked, 800)
    assert terms.aql_minor == minor and terms.accept_minor >= terms.accept_major
