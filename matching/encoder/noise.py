"""Disturbs training texts the way people do: typing errors, traditional characters, plurals, words broken."""

import random
import re
from functools import cache

from matching.verticals.folding import plain

_HAN_RUN = re.compile(r"[一-鿿]{2,}")
_LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
_LONG_LATIN_WORD = re.compile(r"[A-Za-z]{4,}")
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FFF


def disturb(text: str, chance: random.Random) -> str:
    """The text, often unchanged. Setting characters apart teaches the encoder each character of a known word."""
    if chance.random() < 0.3:
        text = _HAN_RUN.sub(lambda run: _set_apart(run[0], chance), text)
    if chance.random() < 0.3:
        text = _LATIN_WORD.sub(lambda word: _inflect(word[0], chance), text)
    if chance.random() < 0.2:
        text = _LONG_LATIN_WORD.sub(lambda word: _break(word[0], chance), text)
    if chance.random() < 0.05:
        text = "".join(chance.choice(traditional_forms().get(letter, letter)) for letter in text)
    if chance.random() < 0.35:
        text = _LONG_LATIN_WORD.sub(lambda word: _mistype(word[0], chance), text)
    return text


@cache
def traditional_forms() -> dict[str, str]:
    """Each simplified character with the traditional ones that are folded to it."""
    forms: dict[str, str] = {}
    for code in range(_FIRST_HAN, _LAST_HAN + 1):
        letter = chr(code)
        simplified = plain(letter)
        if simplified != letter:
            forms[simplified] = forms.get(simplified, "") + letter
    return forms


def _set_apart(run: str, chance: random.Random) -> str:
    """Splits a run of characters at one place, or everywhere."""
    if chance.random() < 0.5:
        return " ".join(run)
    place = chance.randint(1, len(run) - 1)
    return f"{run[:place]} {run[place:]}"


def _inflect(word: str, chance: random.Random) -> str:
    """Makes one of several or several of one, now and then; the ending comes to mean nothing by itself."""
    if chance.random() < 0.5 or word.endswith("ss"):
        return word
    return word[:-1] if word.endswith("s") else f"{word}s"


def _break(word: str, chance: random.Random) -> str:
    """Breaks some words in two, so that parts of a word come to mean what the word means."""
    if chance.random() < 0.5:
        return word
    place = chance.randint(2, len(word) - 2)
    return f"{word[:place]} {word[place:]}"


def _mistype(word: str, chance: random.Random) -> str:
    if chance.random() < 0.6:
        return word
    place = chance.randint(1, len(word) - 2)
    way = chance.randint(0, 3)
    if way == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if way == 1:
        return word[:place] + word[place + 1 :]
    if way == 2:
        return word[:place] + word[place] + word[place:]
    return word[:place] + chance.choice("abcdefghijklmnoprstuwy") + word[place + 1 :]
