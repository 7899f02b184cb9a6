"""Vectors are kept by text and encoder, damaged ones are made again, and a new encoder takes over only when whole."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from market.factories.queries import profile
from market.factories.service import change_profile
from market.ranking.asking import AskedOfWorker, NoAnswer
from market.ranking.embedding import (
    announce_encoder,
    begin_serving,
    embed_ahead,
    encode_asked,
    keep_vectors,
    make_live,
)
from market.ranking.encoder_queries import EncoderState, encoder_states, live_encoder
from market.ranking.encoders import EncoderAbsent, Encoders
from market.ranking.models import TextVector
from market.ranking.ranker import Ranker
from market.ranking.vectors import KeptVectors, kept_vectors, pack, text_hash, unpack
from matching.encoder.static_encoder import EmbedderError, unit_rows
from matching.index import in_exact_steps
from matching.ports import Embedder, Vectors
from matching.records import OrderRecord
from matching.verticals.pack import Vocabulary, load_vocabulary
from tests.market.town import Town

ROOT = Path(__file__).parents[3]
ORDER = OrderRecord(order_id="o", quantity=800, title="12-gauge cashmere crew necks", category="sweater")


class PairEncoder:
    """A real if simple encoder: counts pairs of neighbouring letters into buckets that the name chooses."""

    dimensions = 16

    def __init__(self, name: str) -> None:
        self.model_id = name
        self.texts: list[str] = []
        self.before_each: Callable[[], None] = lambda: None

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.before_each()
        self.texts += texts
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, told in enumerate(texts):
            for place in range(len(told) - 1):
                pair = f"{self.model_id} {told[place : place + 2]}"
                rows[row, hashlib.sha256(pair.encode()).digest()[0] % self.dimensions] += 1
        return unit_rows(rows)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def shelf(*encoders: PairEncoder) -> Encoders:
    """What a machine holds on which these encoders are installed; its process is set to the first."""
    installed: dict[str, Embedder] = {f"path/{encoder.model_id}": encoder for encoder in encoders}

    def load(state: EncoderState) -> Embedder:
        if state.setting not in installed:
            raise EmbedderError(f"{state.setting} is not on this machine")
        return installed[state.setting]

    return Encoders(encoders[0], f"path/{encoders[0].model_id}", load)


def process(town: Town, vocabulary: Vocabulary, *encoders: PairEncoder) -> Ranker:
    """A worker that has just started with the first encoder, on a machine that holds all of them."""
    town.clock.advance(timedelta(minutes=1))
    ranker = Ranker(vocabulary, shelf(*encoders))
    begin_serving(lambda: town.work("system"), ranker)
    return ranker


def serves(town: Town, ranker: Ranker) -> str:
    """The encoder behind a ranking of one order."""
    with town.work("system") as work:
        return ranker.rank(work.session, ORDER, today=date(2026, 11, 23), top=3).encoder


def ahead(town: Town, ranker: Ranker) -> int:
    return embed_ahead(lambda: town.work("system"), ranker, batch=4)


def describe(town: Town, count: int) -> None:
    for place in range(count):
        town.add_factory(f"Sample Knit {place:02}", description=f"knitting number {place}")


def states(town: Town) -> dict[str, tuple[bool, int, int]]:
    with town.work("system") as work:
        return {state.id: (state.live, state.embedded, state.total) for state in encoder_states(work.session)}


@given(st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4), st.text(max_size=9), st.integers(0, 11))
def test_a_packed_vector_comes_back_exactly_and_never_damaged(numbers: list[float], told: str, place: int) -> None:
    key, vector = text_hash(told), in_exact_steps(unit_rows(np.array([numbers], np.float32)))[0]
    packed = pack(key, vector)
    found = unpack(key, packed, 4)
    assert found is not None and found.tolist() == vector.tolist()
    damaged = packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :]
    assert unpack(key, damaged, 4) is None
    assert unpack(text_hash(told + "x"), packed, 4) is None
    assert unpack(key, packed[:-1], 4) is None and unpack(key, b"", 4) is None and unpack(key, packed, 5) is None


def test_a_start_makes_no_vector_that_is_kept(town: Town, vocabulary: Vocabulary) -> None:
    describe(town, 3)
    first = process(town, vocabulary, PairEncoder("one"))
    assert ahead(town, first) == 3
    encoder = PairEncoder("one")
    again = process(town, vocabulary, encoder)
    assert encoder.texts == []
    with town.work("system") as work:
        ranked, as_before = (
            ranker.rank(work.session, ORDER, today=date(2026, 11, 23), top=3) for ranker in (again, first)
        )
    assert ranked.leads == as_before.leads and encoder.texts != []


def test_only_a_changed_text_is_made_and_kept_again(town: Town, vocabulary: Vocabulary) -> None:
    describe(town, 3)
    ranker = process(town, vocabulary, encoder := PairEncoder("one"))
    ahead(town, ranker)
    with town.work("system") as work:
        factory_id = work.session.scalars(text("SELECT id FROM factories ORDER BY id LIMIT 1")).one()
    for changes, made in (({"minimum_quantity": 50}, 0), ({"description": "weaving of silk"}, 1)):
        with town.work("factory", factory_id) as work:
            found = profile(work.session, factory_id)
            assert found is not None
            change_profile(work, changes, found.version)
        encoder.texts.clear()
        assert ahead(town, ranker) == made
        assert all("weaving of silk" in told for told in encoder.texts)
    assert states(town) == {"one": (True, 3, 3)}


@pytest.mark.parametrize("damage", ["vector = 'short'", "vector = set_byte(vector, 9, 255 - get_byte(vector, 9))", ""])
def test_a_damaged_or_missing_row_is_made_again_from_the_text(town: Town, vocabulary: Vocabulary, damage: str) -> None:
    describe(town, 3)
    ahead(town, process(town, vocabulary, PairEncoder("one")))
    hurt = f"UPDATE text_vectors SET {damage}" if damage else "DELETE FROM text_vectors"
    with town.work("system") as work:
        key, packed = work.session.execute(select(TextVector.text_hash, TextVector.vector).limit(1)).one()
        work.session.execute(text(f"{hurt} WHERE text_hash = :key"), {"key": key})
    ranker = process(town, vocabulary, encoder := PairEncoder("one"))
    assert [text_hash(told) for told in encoder.texts] == [key]
    assert ahead(town, ranker) == 1
    with town.work("system") as work:
        assert work.session.scalar(select(TextVector.vector).where(TextVector.text_hash == key)) == packed


def test_the_old_encoder_serves_until_the_new_one_is_whole_and_then_all_change_at_once(
    town: Town, vocabulary: Vocabulary
) -> None:
    describe(town, 7)
    old, new = PairEncoder("old"), PairEncoder("new")
    elsewhere = process(town, vocabulary, old, new)
    ahead(town, elsewhere)
    here = process(town, vocabulary, new, PairEncoder("old"))
    begun, may_end = threading.Event(), threading.Event()

    def wait() -> None:
        """Holds the new encoder up before its second batch."""
        if new.texts:
            begun.set()
            assert may_end.wait(60)

    new.before_each = wait
    making = threading.Thread(target=ahead, args=(town, here))
    making.start()
    assert begun.wait(60)
    assert states(town) == {"old": (True, 7, 7), "new": (False, 4, 7)}
    assert (serves(town, here), serves(town, elsewhere)) == ("old", "old")
    may_end.set()
    making.join(60)
    assert states(town) == {"old": (False, 7, 7), "new": (True, 7, 7)}
    made = len(new.texts)
    assert (serves(town, here), serves(town, elsewhere)) == ("new", "new")
    assert len(new.texts) == made + 2, "each process made the vector of the order alone"


def test_what_was_made_before_a_crash_is_not_made_again(town: Town, vocabulary: Vocabulary) -> None:
    describe(town, 7)
    ahead(town, process(town, vocabulary, PairEncoder("old")))
    new = PairEncoder("new")
    ranker = process(town, vocabulary, new, PairEncoder("old"))

    def fail_later() -> None:
        if new.texts:
            raise MemoryError("the worker died")

    new.before_each = fail_later
    with pytest.raises(MemoryError):
        ahead(town, ranker)
    assert states(town)["new"] == (False, 4, 7) and serves(town, ranker) == "old"
    new.before_each = lambda: None
    assert ahead(town, ranker) == 7 - 4
    assert serves(town, ranker) == "new"


def test_where_the_live_encoder_is_gone_the_new_one_is_whole_before_anything_is_ranked(
    town: Town, vocabulary: Vocabulary
) -> None:
    describe(town, 3)
    stale = process(town, vocabulary, PairEncoder("old"))
    upgraded = process(town, vocabulary, PairEncoder("new"))
    assert states(town)["new"] == (True, 3, 3) and serves(town, upgraded) == "new"
    with pytest.raises(EncoderAbsent, match="path/new is not on this machine"):
        serves(town, stale)


def test_another_model_under_the_same_setting_is_refused(town: Town) -> None:
    swapped = Encoders(PairEncoder("mine"), "", lambda _state: PairEncoder("another"))
    with town.work("system") as work:
        announce_encoder(work, shelf(PairEncoder("live")))
        live = live_encoder(work.session)
        assert live is not None
        with pytest.raises(EncoderAbsent, match="here path/live is another"):
            swapped.serving(live)


def test_the_worker_that_starts_last_is_followed_back_too(town: Town, vocabulary: Vocabulary) -> None:
    describe(town, 2)
    old, new = PairEncoder("old"), PairEncoder("new")
    for first, second, made in ((old, new, 2), (new, old, 2), (old, new, 0)):
        ranker = process(town, vocabulary, first, second)
        assert ahead(town, ranker) == made
        assert serves(town, ranker) == first.model_id


def test_vectors_of_encoders_before_the_last_and_of_texts_long_unsaid_are_forgotten(
    town: Town, vocabulary: Vocabulary
) -> None:
    describe(town, 2)
    with town.work("system") as work:
        keep_vectors(work, "one", ["unsaid"], PairEncoder("one").encode(["unsaid"]))
    for name, kept in (("one", {"one": 3}), ("two", {"one": 3, "two": 2}), ("three", {"two": 2, "three": 2})):
        ahead(town, process(town, vocabulary, PairEncoder(name), *map(PairEncoder, ("one", "two", "three"))))
        assert counted(town) == kept
    with town.work("system") as work:
        keep_vectors(work, "three", ["unsaid"], PairEncoder("three").encode(["unsaid"]))
    for days, count in ((6, 3), (2, 2)):
        town.clock.advance(timedelta(days=days))
        ahead(town, process(town, vocabulary, PairEncoder("three")))
        assert counted(town)["three"] == count


def counted(town: Town) -> dict[str, int]:
    with town.work("system") as work:
        rows = work.session.execute(text("SELECT encoder, count(*) FROM text_vectors GROUP BY encoder"))
        return {str(encoder): int(count) for encoder, count in rows}


def test_a_process_without_the_encoder_asks_a_worker_and_gets_the_same_vectors(
    town: Town, vocabulary: Vocabulary
) -> None:
    worker = process(town, vocabulary, encoder := PairEncoder("heavy"))
    with town.work("system") as work:
        live = live_encoder(work.session)
    assert live is not None

    def let_the_worker_run(_seconds: float) -> None:
        with town.work("system") as work:
            rows = work.session.scalars(text("DELETE FROM procrastinate_jobs RETURNING args::text")).all()
        for arguments in rows:
            encode_asked(lambda: town.work("system"), worker, **json.loads(arguments))

    far = AskedOfWorker(live, town.sessions, let_the_worker_run)
    asked = ["silk scarf", "", "silk scarf"]
    assert far.encode(asked).tolist() == in_exact_steps(PairEncoder("heavy").encode(asked)).tolist()
    assert (far.model_id, far.dimensions, far.encode([]).shape) == ("heavy", 16, (0, 16))
    made = len(encoder.texts)
    assert far.encode(["silk scarf"]).shape == (1, 16) and len(encoder.texts) == made, "what is kept is not asked"
    with pytest.raises(NoAnswer, match="is one up"):
        AskedOfWorker(live, town.sessions, lambda _seconds: None).encode(["never asked before"])


def test_only_the_system_writes_vectors_and_encoders(town: Town) -> None:
    with town.work("system") as work:
        announce_encoder(work, shelf(PairEncoder("one")))
        keep_vectors(work, "one", ["silk"], PairEncoder("one").encode(["silk"]))
    with town.work("seller", town.add_shop("Quiet Wool")) as work:
        assert list(kept_vectors(work.session, PairEncoder("one"), [text_hash("silk")])) == [text_hash("silk")]
        assert work.session.execute(text("UPDATE text_vectors SET vector = '' RETURNING 1")).all() == []
        assert work.session.execute(text("UPDATE encoders SET live = false RETURNING 1")).all() == []
        with pytest.raises(Exception, match="row-level security"), work.session.begin_nested():
            keep_vectors(work, "one", ["wool"], PairEncoder("one").encode(["wool"]))


def test_one_encoder_is_live_however_many_change_it_at_once(town: Town) -> None:
    names = [f"encoder {number}" for number in range(6)]
    for name in names:
        with town.work("system") as work:
            announce_encoder(work, shelf(PairEncoder(name)))

    def change(name: str) -> None:
        with town.work("system") as work:
            make_live(work, name)

    threads = [threading.Thread(target=change, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [live for live, _, _ in states(town).values()].count(True) == 1


def test_the_web_process_loads_no_torch_whatever_model_is_set(tmp_path: Path) -> None:
    script = "import sys, app; print(sorted({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)))"
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/weft",
        "WEFT_EMBEDDER": "sentence-transformers/all-MiniLM-L6-v2",
    }
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_kept_vectors_are_the_encoders_own_in_exact_steps(town: Town) -> None:
    encoder = PairEncoder("one")
    kept = KeptVectors(encoder)
    with town.work("system") as work:
        keep_vectors(work, "one", ["silk"], in_exact_steps(encoder.encode(["silk"])))
        encoder.texts.clear()
        with kept.reading(work.session):
            found = kept.encode(["silk", "wool", "silk"])
    assert encoder.texts == ["wool"] and kept.made == 1
    assert found.tolist() == in_exact_steps(encoder.encode(["silk", "wool", "silk"])).tolist()
    assert kept.encode(["silk"]).tolist() == found[:1].tolist()
