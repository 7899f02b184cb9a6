"""The long-lived ranker of a process: every factory that takes leads, held in memory and kept up to date."""

import gc
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from threading import RLock
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from market.factories.queries import FactoryProfile, as_record, matchable_factories, profile_versions, profiles
from market.ranking.encoder_queries import live_encoder
from market.ranking.encoders import Encoders
from market.ranking.queries import live_ranker_id, ranker_version
from market.ranking.release import release_of
from market.ranking.selection import RankingTerms, choose
from market.ranking.vectors import KeptVectors
from market.verticals.live import live_vocabulary
from matching.engine.engine import Engine
from matching.engine.model import PRIOR, RankerModel
from matching.records import OrderRecord, Question, RankedLead
from matching.verticals.pack import Vocabulary

MANY_CHANGES: Final = 200
MOST_VERSIONS_HELD: Final = 4
PINNED: Final = "ranker version of this transaction"


@dataclass(frozen=True, slots=True)
class ServedVersion:
    """A ranker version as this process ranks with it. id: the version's, which leads carry.

    live: the version that was found live, None when there was none. stands_in: whether this is the prior instead of it.
    """

    id: str
    model: RankerModel
    live: str | None = None
    stands_in: bool = False


@dataclass(frozen=True, slots=True)
class RankedOffer:
    """The factories for one order, best first, and all that is needed to rank them again.

    factory_versions: (factory id, profile version) of every factory that stood in the index, by id; their digest is
    index_snapshot. encoder: id of the encoder that made the vectors. penalties: what was taken off the score of each
    lead's factory. terms: what was asked, with those of the penalties that had a part in the outcome. release: the code
    and the packs that ranked.
    """

    leads: tuple[RankedLead, ...]
    ranker_version: str
    index_snapshot: str
    encoder: str
    factory_versions: tuple[tuple[str, int], ...]
    penalties: Mapping[str, float]
    terms: RankingTerms
    release: str


class Ranker:
    """Ranks the factories whose state is open. One object serves all threads of a process.

    `refresh` reads one (id, version) pair a factory and then only the profiles that changed, so a change is searchable
    with the next ranking. A ranking holds a lock, because the index changes in place. All rankings of one transaction
    use the version that the first of them found live, whatever is published meanwhile, but for requests that a split
    gives to a candidate. All processes rank with the
    encoder that the database says is live; vectors that are kept there are not made again. When other packs are in
    use, every factory is read anew with them.
    """

    def __init__(self, vocabulary: Vocabulary, encoders: Encoders) -> None:
        self.encoders = encoders
        self._vocabulary = vocabulary
        self._vectors = KeptVectors(encoders.own)
        self.engine = Engine(vocabulary, self._vectors)
        self._index = self.engine.index([])
        self._versions: dict[UUID, int] = {}
        self._snapshot = snapshot_id(())
        self._served: dict[str, ServedVersion] = {}
        self._lock = RLock()

    @property
    def vocabulary(self) -> Vocabulary:
        """The packs in which it reads orders and factories."""
        return self._vocabulary

    @property
    def encoder(self) -> str:
        """The id of the encoder that its index was made with."""
        return self._vectors.model_id

    def refresh(self, session: Session) -> int:
        """Bring the index up to date; returns how many factories were read, added or taken out.

        Raises EncoderAbsent when this process cannot load the encoder that is live.
        """
        with self._lock:
            self._follow_live_vocabulary(session)
            self._follow_live_encoder(session)
            return self._follow_factories(session)

    def texts(self, session: Session) -> list[str]:
        """What is encoded of the open factories, each text once, whichever encoder is live."""
        with self._lock:
            self._follow_live_vocabulary(session)
            self._follow_factories(session)
            return sorted({factory.text for factory in self._index.read()})

    def rank(
        self,
        session: Session,
        order: OrderRecord,
        *,
        today: date,
        top: int,
        exclude: frozenset[UUID] = frozenset(),
        only: frozenset[UUID] | None = None,
        penalties: Mapping[UUID, float] | None = None,
        explore: float = 0.0,
        seed: int = 0,
        would_win: bool = False,
        version: ServedVersion | None = None,
    ) -> RankedOffer:
        """The `top` best open factories for an order or a pool, none of them in `exclude`, all of them in `only`.

        penalties: points between 0 and 1 to take off the score of some factories; they show as the signal DECLINES, so
        that the signals still sum to the score. today: the day on which work would start. explore: the share of leads
        given to learning, drawn by `seed`; the propensities are then below 1 and true. would_win: adds to each lead
        what its factory could change. version: what ranks, the live one unless given.
        """
        terms = RankingTerms(
            as_of=today,
            top=top,
            exclude=frozenset(str(factory_id) for factory_id in exclude),
            only=None if only is None else frozenset(str(factory_id) for factory_id in only),
            penalties={str(factory_id): points for factory_id, points in (penalties or {}).items()},
            explore=explore,
            seed=seed,
            would_win=would_win,
        )
        with self._lock:
            self.refresh(session)
            version = version or self.version_of(session)
            leads, decisive = choose(self.engine, self._index, order, terms, version.model)
            return RankedOffer(
                leads=leads,
                ranker_version=version.id,
                index_snapshot=self._snapshot,
                encoder=self.encoder,
                factory_versions=self._factory_versions(),
                penalties={lead.factory_id: decisive.get(lead.factory_id, 0.0) for lead in leads},
                terms=replace(terms, penalties=decisive),
                release=release_of(self._vocabulary),
            )

    def questions(
        self, session: Session, factory_id: UUID, demand: Sequence[OrderRecord], *, today: date
    ) -> tuple[Question, ...]:
        """What to ask a factory, the answer that moves its ranking most first; nothing for one that takes no leads."""
        with self._lock:
            self.refresh(session)
            version = self.version_of(session)
            if factory_id not in self._versions or not demand:
                return ()
            name = str(factory_id)
            return self.engine.questions(self._index, [name], demand, as_of=today, model=version.model)[name]

    def version_of(self, session: Session) -> ServedVersion:
        """The version that this transaction ranks with: the live one when it first asked.

        Chances that were checked with another encoder's vectors are not calibrated for this one's. The prior model
        stands in while nothing is live, and for a version that an older release wrote and this one cannot read.
        """
        session.connection()
        transaction = session.get_transaction()
        pinned_in, pinned = session.info.get(PINNED, (None, None))
        if pinned_in is not transaction or not isinstance(pinned, ServedVersion):
            pinned = self._live_version(session)
            session.info[PINNED] = transaction, pinned
        return pinned

    def version_named(self, session: Session, version_id: str) -> ServedVersion:
        """A kept version as this process would rank with it; the prior model stands in for one that cannot be read."""
        with self._lock:
            if version_id not in self._served:
                while len(self._served) >= MOST_VERSIONS_HELD:
                    del self._served[next(iter(self._served))]
                self._served[version_id] = self._read_version(session, version_id)
            return self._served[version_id]

    def _live_version(self, session: Session) -> ServedVersion:
        live = live_ranker_id(session)
        return ServedVersion(PRIOR.name, PRIOR, stands_in=True) if live is None else self.version_named(session, live)

    def _read_version(self, session: Session, version_id: str) -> ServedVersion:
        try:
            found = ranker_version(session, version_id)
        except (ValueError, TypeError, KeyError):
            return ServedVersion(PRIOR.name, PRIOR, version_id, stands_in=True)
        if found is None:
            raise LookupError(f"the ranker version {version_id} has no row")
        calibrated = found.model.calibrated and found.encoder == self.encoder
        return ServedVersion(found.id, replace(found.model, calibrated=calibrated), found.id)

    def _follow_live_vocabulary(self, session: Session) -> None:
        live = live_vocabulary(session)
        if live.digest == self._vocabulary.digest:
            return
        self._vocabulary = live
        self.engine = Engine(live, self._vectors)
        self._index = self.engine.index([])
        self._versions.clear()
        self._snapshot = snapshot_id(())

    def _follow_live_encoder(self, session: Session) -> None:
        live = live_encoder(session)
        if live is None or live.id == self.encoder:
            return
        vectors = KeptVectors(self.encoders.serving(live))
        engine = Engine(self._vocabulary, vectors)
        with vectors.reading(session):
            self._index = engine.adopt(self._index)
        self._vectors, self.engine = vectors, engine
        self._served.clear()

    def _follow_factories(self, session: Session) -> int:
        wanted = profile_versions(session)
        if wanted == self._versions:
            return 0
        gone = self._versions.keys() - wanted.keys()
        changed = {factory for factory, version in wanted.items() if self._versions.get(factory) != version}
        for factory_id in gone:
            self._index.remove(str(factory_id))
            del self._versions[factory_id]
        read = self._read(session, changed)
        with self._vectors.reading(session):
            self._index.add_all([as_record(profile) for profile in read])
        self._versions.update({profile.id: profile.version for profile in read})
        self._snapshot = snapshot_id(self._factory_versions())
        if len(read) > MANY_CHANGES:
            _spare_from_collection()
        return len(gone) + len(read)

    def _read(self, session: Session, factory_ids: set[UUID]) -> list[FactoryProfile]:
        if len(factory_ids) > MANY_CHANGES:
            found = [profile for profile in matchable_factories(session) if profile.id in factory_ids]
        else:
            found = list(profiles(session, factory_ids).values()) if factory_ids else []
        return sorted((profile for profile in found if profile.state == "open"), key=lambda profile: profile.id)

    def _factory_versions(self) -> tuple[tuple[str, int], ...]:
        return tuple((str(factory_id), self._versions[factory_id]) for factory_id in sorted(self._versions))


def _spare_from_collection() -> None:
    """Every full collection of garbage would look through the index: a third of a second with 25,000 factories."""
    gc.collect()
    gc.freeze()


def snapshot_id(factory_versions: Sequence[tuple[str, int]]) -> str:
    """sha256 over "id version" lines in the order of the ids."""
    lines = "".join(f"{factory_id} {version}\n" for factory_id, version in factory_versions)
    return hashlib.sha256(lines.encode()).hexdigest()
