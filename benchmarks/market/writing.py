"""Words for terms: which of them a text uses, in which language, with which slips."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.market.parameters import Parameters
from benchmarks.market.phrases import CHATTER, Choices, mistype, pick
from benchmarks.market.trade import Kind, Language, Trade

CNY_PER_USD: Final = 7.1
_ENDS: Final[dict[Language, tuple[str, ...]]] = {"zh": ("，", "；", "。", " "), "en": (", ", ". ", "; ", " - ")}


@dataclass(slots=True)
class Pen:
    """Writes one text. language: of its sentences; in a mixed text each word may come from the other one."""

    random: np.random.Generator
    parameters: Parameters
    trade: Trade
    language: Language
    mixed: bool
    sentences: list[str] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def word(self, kind: Kind, number: int, *, free: bool = True) -> str:
        """A word for the term. free: in running text, where people slip and use more synonyms than in a field."""
        term = self.trade.terms[kind][number]
        if self.parameters.plain:
            return (term.names["en"] or term.names["zh"] or term.words("en"))[0]
        language = self.language
        if self.mixed and self.chance(0.5):
            language = "en" if language == "zh" else "zh"
        names, synonyms = term.names[language], term.synonyms[language]
        share = self.parameters.synonyms if free else self.parameters.synonyms / 2
        words = synonyms if synonyms and (not names or self.chance(share)) else names
        word = pick(self.random, words or term.words(language))
        if self.language == "en" and free and not word.isupper():
            word = word[0].lower() + word[1:] if word[1:].islower() else word
        return mistype(self.random, word) if free and self.chance(self.parameters.typos) else word

    def say(self, choices: Choices, told: object) -> None:
        self.sentences.append(pick(self.random, choices[self.language]).format(x=told))

    def listed(self, words: list[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(words)

    def chatter(self, choices: Choices = CHATTER) -> None:
        for _ in range(int(self.random.integers(0, 3))):
            self.sentences.append(pick(self.random, choices[self.language]))

    def text(self) -> str:
        """The sentences with the first in its place and the others shuffled."""
        first, rest = self.sentences[:1], self.sentences[1:]
        self.random.shuffle(rest)
        end = pick(self.random, _ENDS[self.language])
        return end.join(first + rest)


def new_pen(random: np.random.Generator, parameters: Parameters, trade: Trade) -> Pen:
    language: Language = "zh" if random.random() < parameters.chinese else "en"
    return Pen(random, parameters, trade, language, bool(random.random() < parameters.mixed))


def rounded(value: float) -> int:
    """A number as people write it: two digits, then zeros."""
    size = 10 ** max(int(np.floor(np.log10(max(value, 1.0)))) - 1, 0)
    return max(int(round(value / size) * size), 1)


def price(yuan: float, currency: str) -> str:
    value = yuan / CNY_PER_USD if currency == "USD" else yuan
    return f"{value:.2f}" if value < 20 else f"{value:.1f}"
