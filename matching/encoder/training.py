"""Trains the bilingual static encoder with sentence-transformers. Nothing that serves needs it, or torch."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

from matching.encoder.concepts import Concept
from matching.encoder.phrases import FACTORIES, ORDERS, Pair, PhraseMaker
from matching.encoder.pieces import UNKNOWN, build_tokenizer, traditional_copies

DIMENSIONS = 256
PIECES = 16_000
BATCH = 256
STEPS = 2400
_LEARNING_RATE = 0.01
_FIRST_SPREAD = 0.05


def train(
    concepts: Sequence[Concept], folder: Path, seed: int = 0, steps: int = STEPS, told: Iterable[int] | None = None
) -> None:
    """Trains on pairs made from the concepts and saves the model to a folder, in half precision.

    The same concepts and seed give the same files. told: the steps, wrapped by whoever shows progress.
    """
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    tokenizer = build_tokenizer(_texts(concepts), PIECES)
    weights = torch.nn.init.normal_(torch.empty(tokenizer.get_vocab_size(), DIMENSIONS), std=_FIRST_SPREAD)
    embedding = StaticEmbedding(tokenizer, embedding_weights=weights)
    model = SentenceTransformer(modules=[embedding, Normalize()], device="cpu")
    _fit(model, PhraseMaker(concepts, seed + 1), told if told is not None else range(steps), steps)
    with torch.no_grad():
        embedding.embedding.weight[tokenizer.token_to_id(UNKNOWN)] = 0.0
        for copy, original in traditional_copies(tokenizer):
            embedding.embedding.weight[copy] = embedding.embedding.weight[original]
    _save(model, folder)


def _texts(concepts: Sequence[Concept]) -> Iterator[str]:
    """Every word of every concept, and the sentences around them."""
    for concept in concepts:
        yield from concept.words
    for templates in (*ORDERS.values(), *FACTORIES.values()):
        for template in templates:
            yield re.sub(r"{\w+}", " ", template)


def _fit(model: SentenceTransformer, maker: PhraseMaker, told: Iterable[int], steps: int) -> None:
    loss = MultipleNegativesRankingLoss(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, total_iters=steps)
    model.train()
    for _ in told:
        pairs = maker.batch(BATCH)
        optimizer.zero_grad()
        loss(_features(model, pairs), torch.empty(0)).backward()
        optimizer.step()
        schedule.step()
    model.eval()


def _features(model: SentenceTransformer, pairs: Sequence[Pair]) -> list[dict[str, torch.Tensor]]:
    return [model.preprocess([pair.left for pair in pairs]), model.preprocess([pair.right for pair in pairs])]


def _save(model: SentenceTransformer, folder: Path) -> None:
    model.half()
    model.save(str(folder), create_model_card=False)
    (folder / "model.safetensors").chmod(0o644)
    # Versions of libraries would make the same training give other bytes on another machine.
    settings = folder / "config_sentence_transformers.json"
    kept = {name: value for name, value in json.loads(settings.read_text("utf-8")).items() if name != "__version__"}
    settings.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", "utf-8")
