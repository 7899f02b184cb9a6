"""Vectors made ahead and kept: for every text of the open factories, by the live encoder and by the one to follow.

The encoder of the worker that started last is wanted. Its vectors are made in the background while the live one
serves; when none is missing it becomes live, in one statement that every process reads with its next ranking.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from market.identity.service import MARKET_ID
from market.kit.work import Work
from market.ranking.encoder_queries import EncoderState, live_encoder, wanted_encoder
from market.ranking.encoders import EncoderAbsent, Encoders
from market.ranking.models import Encoder, TextVector
from market.ranking.ranker import Ranker
from market.ranking.vectors import kept_vectors, pack, text_hash
from matching.index import in_exact_steps
from matching.ports import Embedder, Vectors

ENCODER_LOCK: Final = 7_335_014
BATCH: Final = 256
KEPT_FOR: Final = timedelta(days=7)
"""How long the vector of a text that no open factory says any more is kept: a pause is often shorter."""

Units = Callable[[], AbstractContextManager[Work]]
"""Gives a unit of work of the system, committed when it ends."""


def announce_encoder(work: Work, encoders: Encoders) -> None:
    """Note that a worker set to this encoder starts: it is wanted from now on, and live at once where none is."""
    own = encoders.own
    row = {
        "organisation_id": MARKET_ID,
        "id": own.model_id,
        "setting": encoders.setting,
        "dimensions": own.dimensions,
        "live": False,
        "embedded": 0,
        "total": 0,
        "announced_at": work.now,
    }
    renewed = {"setting": encoders.setting, "announced_at": work.now}
    work.session.execute(
        insert(Encoder).values(row).on_conflict_do_update(index_elements=["organisation_id", "id"], set_=renewed)
    )
    if live_encoder(work.session) is None:
        make_live(work, own.model_id)


def make_live(work: Work, encoder: str) -> None:
    """Let every process rank with this encoder from its next ranking on. The vectors of the one before are kept."""
    work.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ENCODER_LOCK})
    before = live_encoder(work.session)
    if before is not None and before.id == encoder:
        return
    ours = Encoder.organisation_id == MARKET_ID
    work.session.execute(update(Encoder).where(ours, Encoder.live).values(live=False, live_at=work.now))
    work.session.execute(update(Encoder).where(ours, Encoder.id == encoder).values(live=True, live_at=work.now))
    useful = {encoder} if before is None else {encoder, before.id}
    work.session.execute(
        delete(TextVector).where(TextVector.organisation_id == MARKET_ID, TextVector.encoder.not_in(useful))
    )


def begin_serving(units: Units, ranker: Ranker) -> None:
    """What a worker does first. Where it cannot load the encoder that is live (the product was upgraded, say), its own
    is made whole before anything is ranked, and then takes over."""
    encoders = ranker.encoders
    with units() as work:
        announce_encoder(work, encoders)
        live = live_encoder(work.session)
    if live is not None and not _can_serve(encoders, live):
        with units() as work:
            texts = ranker.texts(work.session)
        _fill(units, encoders, encoders.own, texts)
        with units() as work:
            make_live(work, encoders.own.model_id)
    with units() as work:
        ranker.refresh(work.session)


def embed_ahead(units: Units, ranker: Ranker, batch: int = BATCH) -> int:
    """Make and keep what is missing, for the live encoder and then for the wanted one, which becomes live when it is
    whole. Each `batch` of texts is a unit of work, so what was made before a crash stays. Returns how many were made.

    Safe to run twice at once: the same texts give the same rows.
    """
    with units() as work:
        ranker.refresh(work.session)
        texts = ranker.texts(work.session)
        live, wanted = live_encoder(work.session), wanted_encoder(work.session)
    if live is None or wanted is None:
        return 0
    made = _fill(units, ranker.encoders, ranker.encoders.serving(live), texts, batch)
    if wanted.id != live.id and _can_serve(ranker.encoders, wanted):
        made += _fill(units, ranker.encoders, ranker.encoders.serving(wanted), texts, batch)
        with units() as work:
            make_live(work, wanted.id)
    return made


def encode_asked(units: Units, ranker: Ranker, encoder: str, texts: Sequence[str]) -> None:
    """Make and keep the vectors that a process asked for that cannot make them itself. An encoder that is no longer
    live is not asked for in earnest: whoever waits finds the new one."""
    with units() as work:
        live = live_encoder(work.session)
        if live is None or live.id != encoder:
            return
        serving = ranker.encoders.serving(live)
        keep_vectors(work, encoder, texts, in_exact_steps(serving.encode(texts)))


def keep_vectors(work: Work, encoder: str, texts: Sequence[str], vectors: Vectors) -> None:
    """Store the vectors of texts; a row that is there already, damaged or not, is written anew."""
    packed = {text_hash(told): (told, vector) for told, vector in zip(texts, vectors, strict=True)}
    rows = [
        {
            "organisation_id": MARKET_ID,
            "encoder": encoder,
            "text_hash": key,
            "vector": pack(key, packed[key][1]),
            "made_at": work.now,
        }
        for key in sorted(packed)
    ]
    if rows:
        statement = insert(TextVector)
        renewed = {"vector": statement.excluded.vector, "made_at": statement.excluded.made_at}
        keys = ["organisation_id", "encoder", "text_hash"]
        work.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=renewed), rows)


def _can_serve(encoders: Encoders, state: EncoderState) -> bool:
    try:
        encoders.serving(state)
    except EncoderAbsent:
        return False
    return True


def _fill(units: Units, encoders: Encoders, encoder: Embedder, texts: Sequence[str], size: int = BATCH) -> int:
    """Make and keep the vectors that are missing or damaged, a batch at a time; returns how many."""
    keys = [text_hash(told) for told in texts]
    digest = text_hash("".join(keys))
    if encoders.whole.get(encoder.model_id) == digest:
        return 0
    with units() as work:
        _forget_old(work, encoder.model_id, set(keys))
        kept = kept_vectors(work.session, encoder, keys)
        missing = [told for key, told in zip(keys, texts, strict=True) if key not in kept]
        _note_progress(work, encoder.model_id, len(texts) - len(missing), len(texts))
    done = len(texts) - len(missing)
    for batch in _batches(missing, size):
        vectors = in_exact_steps(encoder.encode(batch))
        done += len(batch)
        with units() as work:
            keep_vectors(work, encoder.model_id, batch, vectors)
            _note_progress(work, encoder.model_id, done, len(texts))
    encoders.whole[encoder.model_id] = digest
    return len(missing)


def _note_progress(work: Work, encoder: str, embedded: int, total: int) -> None:
    changed = (Encoder.embedded != embedded) | (Encoder.total != total)
    work.session.execute(
        update(Encoder)
        .where(Encoder.organisation_id == MARKET_ID, Encoder.id == encoder, changed)
        .values(embedded=embedded, total=total)
    )


def _forget_old(work: Work, encoder: str, used: set[str]) -> None:
    """Remove the vectors of texts that no open factory has said for KEPT_FOR."""
    ours = (TextVector.organisation_id == MARKET_ID) & (TextVector.encoder == encoder)
    old = select(TextVector.text_hash).where(ours, TextVector.made_at < work.now - KEPT_FOR)
    for batch in _batches(sorted(set(work.session.scalars(old)) - used), BATCH):
        work.session.execute(delete(TextVector).where(ours, TextVector.text_hash.in_(batch)))


def _batches(texts: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(texts), size):
        yield list(texts[start : start + size])
