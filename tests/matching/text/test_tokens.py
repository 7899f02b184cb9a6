"""What lexical search holds to be the same word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.text.tokens import tokenize


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Knitted", "knitting"),
        ("T-Shirts", "t shirt"),
        ("MUGS", "mug"),
        ("printed prints", "printing print"),
        ("羽絨服", "羽绒服"),
        ("ＬＥＤ灯", "led灯"),
        ("café", "cafe"),
        ("1,000", "1000"),
        ("我想要的毛衣", "毛衣"),
        ("colour", "color"),
    ],
)
def test_spellings_of_one_word_give_the_same_tokens(one: str, other: str) -> None:
    assert tokenize(one) == tokenize(other)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("羊绒衫", ["羊", "绒", "衫", "羊绒", "绒衫"]),
        ("12针 sweater", ["12", "针", "sweat"]),
        ("mp3 E27", ["mp3", "e27"]),
        ("ring string bed", ["ring", "string", "bed"]),
        ("the of 的", []),
        ("", []),
    ],
)
def test_cuts_into(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@given(st.text(max_size=60))
def test_no_token_is_empty_or_holds_a_blank(text: str) -> None:
    assert all(token and token.split() == [token] for token in tokenize(text))
