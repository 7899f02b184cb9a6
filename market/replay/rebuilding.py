"""Makes a kept ranking again: the version, the profiles and the encoder of then, in an index of its own.

The index that ranks new orders is never touched. One index is moved from snapshot to snapshot, so that of the next one
only the factories that differ are read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from threading import RLock
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from market.factories.queries import records_at
from market.leads.freezing import columns_of, record_of_json
from market.leads.rankings import RankingRow
from market.ranking.asking import NoAnswer
from market.ranking.encoder_queries import encoder_states
from market.ranking.encoders import EncoderAbsent
from market.ranking.queries import ranker_version, snapshot_versions
from market.ranking.ranker import RankedOffer, Ranker
from market.ranking.release import release_of
from market.ranking.selection import RankingTerms, choose
from market.ranking.vectors import KeptVectors
from matching.engine.engine import Engine
from matching.engine.index import FactoryIndex
from matching.engine.model import PRIOR, RankerModel
from matching.ports import Embedder
from matching.records import OrderRecord, RankedLead
from matching.verticals.pack import Vocabulary

READ_AT_ONCE: Final = 1_000


class Obstacle(StrEnum):
    """Why a ranking cannot be made again."""

    SNAPSHOT_GONE = "snapshot_gone"
    PROFILES_GONE = "profiles_gone"
    VERSION_GONE = "version_gone"
    VERSION_UNREADABLE = "version_unreadable"
    ENCODER_ABSENT = "encoder_absent"
    OTHER_RELEASE = "other_release"


class CannotRebuild(Exception):
    """A ranking whose parts are not all there. details: the id that is missing, or how many are."""

    def __init__(self, obstacle: Obstacle, **details: Any) -> None:
        super().__init__(f"{obstacle.value}: {details}")
        self.obstacle = obstacle
        self.details = details


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that a kept ranking was made of, as long as its `Rebuilder` lends it.

    snapshot: factory -> profile version. model: of the version of then, with its chances as they were shown.
    """

    row: RankingRow
    record: OrderRecord
    terms: RankingTerms
    snapshot: Mapping[UUID, int]
    model: RankerModel
    engine: Engine
    index: FactoryIndex
    vocabulary: Vocabulary

    def rank(self, terms: RankingTerms | None = None) -> RankedOffer:
        """The ranking as it was asked then, or under other terms."""
        asked = self.terms if terms is None else terms
        leads, decisive = choose(self.engine, self.index, self.record, asked, self.model)
        return RankedOffer(
            leads=leads,
            ranker_version=self.row.ranker_version,
            index_snapshot=self.row.index_snapshot,
            encoder=self.row.encoder,
            factory_versions=tuple((str(one), self.snapshot[one]) for one in sorted(self.snapshot)),
            penalties={lead.factory_id: decisive.get(lead.factory_id, 0.0) for lead in leads},
            terms=replace(asked, penalties=decisive),
            release=release_of(self.vocabulary),
        )

    def columns(self, ranked: RankedOffer, lead: RankedLead) -> dict[str, Any]:
        """What a lead would keep of the ranking."""
        return columns_of(self.record, ranked, lead, self.row.as_of)


class Rebuilder:
    """One object serves all threads of a process; `ground` is lent to one of them at a time."""

    def __init__(self, ranker: Ranker) -> None:
        self.lock = RLock()
        self._ranker = ranker
        self._vocabulary: Vocabulary | None = None
        self._vectors: KeptVectors | None = None
        self._engine: Engine | None = None
        self._index: FactoryIndex | None = None
        self._held: dict[UUID, int] = {}

    @property
    def release(self) -> str:
        """The release by which it ranks."""
        return release_of(self._ranker.vocabulary)

    def ground(self, session: Session, row: RankingRow) -> Ground:
        """What the ranking was made of. Hold `lock` for as long as it is used. Raises CannotRebuild."""
        with self.lock:
            snapshot = snapshot_versions(session, row.index_snapshot)
            if snapshot is None:
                raise CannotRebuild(Obstacle.SNAPSHOT_GONE, id=row.index_snapshot)
            model = self._model(session, row)
            vectors = self._follow(session, row.encoder)
            assert self._engine is not None and self._index is not None
            try:
                with vectors.reading(session):
                    self._move(session, self._index, snapshot)
            except NoAnswer:
                raise CannotRebuild(Obstacle.ENCODER_ABSENT, id=row.encoder) from None
            record = record_of_json(row.request)
            terms = row.asked_terms(snapshot)
            vocabulary = self._ranker.vocabulary
            return Ground(row, record, terms, snapshot, model, self._engine, self._index, vocabulary)

    def _model(self, session: Session, row: RankingRow) -> RankerModel:
        try:
            found = ranker_version(session, row.ranker_version)
        except (ValueError, TypeError, KeyError):
            raise CannotRebuild(Obstacle.VERSION_UNREADABLE, id=row.ranker_version) from None
        if found is not None:
            return replace(found.model, calibrated=found.model.calibrated and found.encoder == row.encoder)
        if row.ranker_version == PRIOR.name:
            return PRIOR
        raise CannotRebuild(Obstacle.VERSION_GONE, id=row.ranker_version)

    def _follow(self, session: Session, encoder: str) -> KeptVectors:
        """Stand on the packs of now and on the encoder of then."""
        if self._vocabulary is not self._ranker.vocabulary:
            self._vocabulary, self._vectors, self._index = self._ranker.vocabulary, None, None
            self._held.clear()
        if self._vectors is None or self._vectors.model_id != encoder:
            vectors = KeptVectors(self._encoder(session, encoder))
            engine = Engine(self._vocabulary, vectors)
            with vectors.reading(session):
                self._index = engine.index([]) if self._index is None else engine.adopt(self._index)
            self._vectors, self._engine = vectors, engine
        return self._vectors

    def _encoder(self, session: Session, encoder: str) -> Embedder:
        encoders = self._ranker.encoders
        if encoders.own.model_id == encoder:
            return encoders.own
        state = next((state for state in encoder_states(session) if state.id == encoder), None)
        try:
            if state is not None:
                return encoders.serving(state)
        except EncoderAbsent:
            pass
        raise CannotRebuild(Obstacle.ENCODER_ABSENT, id=encoder)

    def _move(self, session: Session, index: FactoryIndex, snapshot: Mapping[UUID, int]) -> None:
        """Let the index hold exactly the profiles of the snapshot."""
        for factory_id in self._held.keys() - snapshot.keys():
            index.remove(str(factory_id))
            del self._held[factory_id]
        changed = sorted(one for one, version in snapshot.items() if self._held.get(one) != version)
        missing = 0
        for batch in _batches(iter(changed)):
            found = records_at(session, {factory_id: snapshot[factory_id] for factory_id in batch})
            index.add_all([found[factory_id] for factory_id in sorted(found)])
            self._held.update({factory_id: snapshot[factory_id] for factory_id in found})
            missing += len(batch) - len(found)
        if missing:
            raise CannotRebuild(Obstacle.PROFILES_GONE, count=missing)


def _batches(items: Iterator[UUID]) -> Iterator[list[UUID]]:
    while batch := list(islice(items, READ_AT_ONCE)):
        yield batch
