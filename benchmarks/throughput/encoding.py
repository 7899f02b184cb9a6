"""How fast our static encoder is beside a transformer of the shape of all-MiniLM-L6-v2 on torch, in the same run."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from transformers import BertConfig, BertModel

from matching.encoder.load import load_embedder

ROUNDS: Final = 3
TEXTS_OF_OURS: Final = 20_000
TEXTS_OF_TRANSFORMER: Final = 256
BATCH: Final = 64
WORDS_A_PIECE: Final = 1.3
"""English WordPiece cuts a word into about this many pieces; our own pieces of a text say nothing of theirs."""


def encode_speed(texts: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """Texts a CPU-second of both, and their ratio, from rounds that alternate (medians).

    The transformer has random weights, which cost the same as trained ones: 6 layers, 384 dimensions, 12 heads, one
    thread. It is spared the cutting of texts: it gets batches of the right lengths, sorted as sentence-transformers
    sorts them. Ours is timed from text to unit vectors.
    """
    ours = load_embedder()
    chance = np.random.default_rng(seed)
    many = [texts[place] for place in chance.integers(0, len(texts), TEXTS_OF_OURS)]
    lengths = sorted((_pieces(text) for text in many[:TEXTS_OF_TRANSFORMER]), reverse=True)
    transformer = _transformer(seed)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rounds = [
            (_rate(lambda: ours.encode(many), len(many)), _rate(lambda: _forward(transformer, lengths), len(lengths)))
            for _ in range(ROUNDS)
        ]
    finally:
        torch.set_num_threads(threads)
    return {
        "ours, texts a CPU-second": round(statistics.median(rate for rate, _ in rounds)),
        "transformer of MiniLM's shape, texts a CPU-second": round(statistics.median(rate for _, rate in rounds), 1),
        "ratio": round(statistics.median(fast / slow for fast, slow in rounds), 1),
        "pieces a text, mean": round(float(np.mean(lengths)), 1),
    }


def _pieces(text: str) -> int:
    """A Chinese character is a piece of its own."""
    characters = sum("一" <= letter <= "鿿" for letter in text)
    words = len("".join(" " if "一" <= letter <= "鿿" else letter for letter in text).split())
    return 2 + characters + round(words * WORDS_A_PIECE)


def _transformer(seed: int) -> BertModel:
    torch.manual_seed(seed)
    shape = BertConfig(
        vocab_size=30_522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1_536
    )
    transformer = BertModel(shape)
    transformer.train(False)
    return transformer


def _forward(transformer: BertModel, lengths: Sequence[int]) -> None:
    with torch.inference_mode():
        for start in range(0, len(lengths), BATCH):
            batch = lengths[start : start + BATCH]
            mask = torch.tensor([[place < length for place in range(batch[0])] for length in batch], dtype=torch.long)
            states = transformer(input_ids=mask * 1_000, attention_mask=mask).last_hidden_state
            torch.nn.functional.normalize((states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True), dim=1)


def _rate(work: Callable[[], object], count: int) -> float:
    began = time.process_time()
    work()
    return count / (time.process_time() - began)


def main() -> None:
    """Prints the figures for short order texts in both languages."""
    texts = ["找工厂做 300 件 12 针羊绒圆领毛衣，套口，一个月内交货", "500 pcs cotton t-shirts, screen print, by May"]
    print(encode_speed(texts))


if __name__ == "__main__":
    main()
