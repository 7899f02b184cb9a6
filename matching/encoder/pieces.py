"""The pieces that texts are cut into: Latin words and parts of words, Chinese characters and pairs of characters.

A run of Chinese is cut into pairs where the trade knows the pair and into characters elsewhere, so that no phrase is
swallowed whole and an unknown word still has the parts that it shares with known ones. The pieces are counted, not
learned by a random search: the same words always give the same tokenizer.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from matching.encoder.noise import traditional_forms
from matching.verticals.folding import plain

UNKNOWN = "[UNK]"
_FIRST_HAN, _LAST_HAN = "一", "鿿"
# Runs of one script, and every other mark by itself.
_RUNS = f"[{_FIRST_HAN}-{_LAST_HAN}]+|[a-z]+|[0-9]+|[^\\s]"
_MARKS = "0123456789.,;:!?%&+-*/#()'\"~$¥€£℃°×·，。；：！？、（）《》【】…—"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST_PART = 5
_FEWEST_WORDS_WITH_PART = 2
# A part of a word must never be cheaper than the word itself; only the order of these scores matters.
_PART_PENALTY = 3.0


def build_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """A tokenizer with at most `size` pieces, for texts like these; each text counts once."""
    counts = Counter(run for text in texts for run in _runs(text))
    words = {run: count for run, count in counts.items() if run[0] in _LETTERS}
    han = {run: count for run, count in counts.items() if _FIRST_HAN <= run[0] <= _LAST_HAN}
    scores = {UNKNOWN: 0.0}
    for pieces in (_characters(han), _marks(counts), _log_shares(words), _pairs(han), _parts(words)):
        for piece, score in pieces.items():
            if len(scores) < size:
                scores.setdefault(piece, round(score, 6))
    model = models.Unigram(list(scores.items()), unk_id=0, byte_fallback=False)
    return _with_rules(Tokenizer(model))


def traditional_copies(tokenizer: Tokenizer) -> Iterator[tuple[int, int]]:
    """Pairs of pieces (traditional character, its simplified form): the former takes over the vector of the latter."""
    for piece, number in sorted(tokenizer.get_vocab().items()):
        if len(piece) == 1 and plain(piece) != piece and _FIRST_HAN <= piece <= _LAST_HAN:
            original = tokenizer.token_to_id(plain(piece))
            if original is not None:
                yield number, original


def _with_rules(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.BertNormalizer(handle_chinese_chars=False, strip_accents=True, lowercase=True)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_RUNS), "removed", invert=True)
    return tokenizer


def _runs(text: str) -> list[str]:
    normal = _CUTTER.normalizer.normalize_str(text)
    return [run for run, _ in _CUTTER.pre_tokenizer.pre_tokenize_str(normal)]


_CUTTER = _with_rules(Tokenizer(models.Unigram([(UNKNOWN, 0.0)], unk_id=0, byte_fallback=False)))


def _log_shares(counts: dict[str, int], penalty: float = 0.0) -> dict[str, float]:
    """Log shares, most frequent first."""
    total = sum(counts.values()) or 1
    ordered = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    return {piece: math.log(count / total) - penalty for piece, count in ordered}


def _characters(runs: dict[str, int]) -> dict[str, float]:
    """The characters of the runs, the most used characters of Chinese, and the traditional forms of all of them."""
    counts = Counter(dict.fromkeys(_common_characters(), 1))
    for run, count in runs.items():
        for character in run:
            counts[character] += count
    for simplified, forms in traditional_forms().items():
        for form in forms:
            counts[form] = max(counts[form], counts[simplified], 1)
    return _log_shares(counts)


def _pairs(runs: dict[str, int]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for run, count in runs.items():
        for place in range(len(run) - 1):
            counts[run[place : place + 2]] += count
    return _log_shares(counts)


def _parts(words: dict[str, int]) -> dict[str, float]:
    """Parts that several words share, most of them first those that cover most letters."""
    counts: Counter[str] = Counter()
    for word in words:
        counts.update({word[start:end] for start, end in _spans(len(word))})
    shared = {part: count for part, count in counts.items() if count >= _FEWEST_WORDS_WITH_PART or len(part) == 1}
    scores = _log_shares(shared, _PART_PENALTY)
    ordered: Sequence[str] = sorted(scores, key=lambda part: (len(part) > 1, -len(part) * shared[part], part))
    return {part: scores[part] for part in ordered}


def _spans(length: int) -> Iterator[tuple[int, int]]:
    for start in range(length):
        for end in range(start + 1, min(length, start + _LONGEST_PART) + 1):
            yield start, end


def _marks(counts: Counter[str]) -> dict[str, float]:
    """Letters, digits and marks by themselves, and the numbers that the texts name often enough to be a word."""
    lowest = -math.log(sum(counts.values()) or 1) - _PART_PENALTY
    numbers = {run: count for run, count in counts.items() if run[0].isdigit() and count > 1}
    return dict.fromkeys(_MARKS + _LETTERS, lowest) | _log_shares(numbers)


def _common_characters() -> str:
    """The 3,755 most used characters, which GB 2312 keeps in its first level."""
    letters = []
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                letters.append(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return "".join(letters)
