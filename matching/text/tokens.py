"""Cuts texts into the tokens that lexical search counts: folded Latin words with light stems, and Chinese n-grams."""

import re
from functools import lru_cache
from typing import Final

from matching.verticals.folding import plain, word_form

_RUNS = re.compile(r"(?P<han>[一-鿿]+)|(?P<number>[0-9]+(?:[.,][0-9]+)+)|(?P<word>[a-z0-9]+(?:'[a-z]+)?)")
_ENDINGS = ("ing", "ed", "er", "ly")
_VOWELS = frozenset("aeiouy")
_SHORTEST_STEM = 4
_REMEMBERED: Final = 32_768
"""Words, and clauses of Chinese, that come again and again."""

# Words that say nothing of a product; they only lengthen texts.
_STOP_WORDS = frozenset(
    """
    a an and are as at be but by for from has have i in into is it its me my need needs no not of on or our please some
    such that the their them then there these they this to us want was we will with would you your
    """.split()  # noqa: SIM905  Sixty quoted words would hide the list.
)
_STOP_CHARACTERS = frozenset("的了和与及或在是我你您们请要想个把被也都就等并给让吗呢吧啊")


def tokenize(text: str) -> list[str]:
    """The tokens of a text in its order. Case, width, accents, traditional script, plural and -ing/-ed do not matter.

    A run of Chinese gives its characters and its pairs of neighbours, without particles. Letters and digits that stand
    together are one word (mp3, e27).
    """
    tokens: list[str] = []
    for run in _RUNS.finditer(plain(text)):
        tokens.extend(_of_run(run.lastgroup, run.group()))
    return tokens


@lru_cache(maxsize=_REMEMBERED)
def _of_run(sort: str | None, run: str) -> tuple[str, ...]:
    """The tokens of one run, by the name of its group in `_RUNS`."""
    if sort == "han":
        return tuple(_ngrams(run))
    if sort == "number":
        return (run.replace(",", ""),)
    word = word_form(run)
    return () if word in _STOP_WORDS else (stem(word),)


def stem(word: str) -> str:
    """A light stem of a singular English word: knitting, knitted and knitter all give knit."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM - 1:
            return _without(word, ending)
    if word.endswith("e") and len(word) > _SHORTEST_STEM:
        return word[:-1]
    return word


def _without(word: str, ending: str) -> str:
    rest = word[: -len(ending)]
    if not _VOWELS.intersection(rest):
        return word
    if len(rest) > 2 and rest[-1] == rest[-2] and rest[-1] not in "lsz":
        return rest[:-1]
    return rest[:-1] if rest.endswith("e") and len(rest) > _SHORTEST_STEM else rest


def _ngrams(run: str) -> list[str]:
    characters = [character for character in run if character not in _STOP_CHARACTERS]
    pairs = [
        run[place : place + 2]
        for place in range(len(run) - 1)
        if run[place] not in _STOP_CHARACTERS and run[place + 1] not in _STOP_CHARACTERS
    ]
    return characters + pairs
