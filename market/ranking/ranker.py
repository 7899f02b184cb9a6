"""The long-lived ranker of a process: every factory that takes leads, held in memory and kept up to date."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from threading import RLock
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from market.factories.queries import FactoryProfile, as_record, matchable_factories, profile_versions, profiles
from market.ranking.queries import live_ranker_id, ranker_version
from matching.engine.engine import Engine
from matching.engine.model import PRIOR, RankerModel
from matching.ports import Embedder
from matching.records import OrderRecord, RankedLead, Signal
from matching.verticals.pack import Vocabulary

DECLINES: Final = "declines"
"""Name of the signal by which a factory comes less often for what it has declined."""

MANY_CHANGES: Final = 200
_STEPS: Final = 2.0**20


@dataclass(frozen=True, slots=True)
class RankedOffer:
    """The factories for one order, best first, and all that is needed to rank them again.

    factory_versions: (factory id, profile version) of every factory that stood in the index, by id; their digest is
    index_snapshot. penalties: what was taken off the score of each lead's factory.
    """

    leads: tuple[RankedLead, ...]
    ranker_version: str
    index_snapshot: str
    factory_versions: tuple[tuple[str, int], ...]
    penalties: Mapping[str, float]


class Ranker:
    """Ranks the factories whose state is open. One object serves all threads of a process.

    `refresh` reads one (id, version) pair a factory and then only the profiles that changed, so a change is searchable
    with the next ranking. A ranking holds a lock, because the index changes in place.
    """

    def __init__(self, vocabulary: Vocabulary, embedder: Embedder) -> None:
        self.encoder = embedder.model_id
        self._engine = Engine(vocabulary, embedder)
        self._index = self._engine.index([])
        self._versions: dict[UUID, int] = {}
        self._snapshot = snapshot_id(())
        self._model = PRIOR
        self._lock = RLock()

    def refresh(self, session: Session) -> int:
        """Bring the index and the live model up to date; returns how many factories were read, added or taken out."""
        with self._lock:
            self._follow_live_model(session)
            wanted = profile_versions(session)
            if wanted == self._versions:
                return 0
            gone = self._versions.keys() - wanted.keys()
            changed = {factory for factory, version in wanted.items() if self._versions.get(factory) != version}
            for factory_id in gone:
                self._index.remove(str(factory_id))
                del self._versions[factory_id]
            read = self._read(session, changed)
            self._index.add_all([as_record(profile) for profile in read])
            self._versions.update({profile.id: profile.version for profile in read})
            self._snapshot = snapshot_id(self._factory_versions())
            return len(gone) + len(read)

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
    ) -> RankedOffer:
        """The `top` best open factories for an order or a pool, none of them in `exclude`, all of them in `only`.

        penalties: points between 0 and 1 to take off the score of some factories; they show as the signal DECLINES, so
        that the signals still sum to the score. today: the day on which work would start.
        """
        taken_off = {str(factory_id): _in_steps(points) for factory_id, points in (penalties or {}).items()}
        with self._lock:
            self.refresh(session)
            left_out = {str(factory_id) for factory_id in exclude}
            if only is not None:
                left_out |= {str(factory_id) for factory_id in self._versions.keys() - only}
            found = self._engine.rank(
                [order],
                self._index,
                as_of=today,
                top=top + len(taken_off),
                model=self._model,
                exclude={order.order_id: left_out},
            )
            leads = _with_penalties(found.leads, taken_off, self._model)[:top]
            kept = {lead.factory_id: taken_off.get(lead.factory_id, 0.0) for lead in leads}
            return RankedOffer(leads, self._model.name, self._snapshot, self._factory_versions(), kept)

    def _follow_live_model(self, session: Session) -> None:
        live = live_ranker_id(session)
        if live is None or live == self._model.name:
            return
        version = ranker_version(session, live)
        if version is not None:
            self._model = version.model

    def _read(self, session: Session, factory_ids: set[UUID]) -> list[FactoryProfile]:
        if len(factory_ids) > MANY_CHANGES:
            found = [profile for profile in matchable_factories(session) if profile.id in factory_ids]
        else:
            found = list(profiles(session, factory_ids).values()) if factory_ids else []
        return sorted((profile for profile in found if profile.state == "open"), key=lambda profile: profile.id)

    def _factory_versions(self) -> tuple[tuple[str, int], ...]:
        return tuple((str(factory_id), self._versions[factory_id]) for factory_id in sorted(self._versions))


def snapshot_id(factory_versions: Sequence[tuple[str, int]]) -> str:
    """sha256 over "id version" lines in the order of the ids."""
    lines = "".join(f"{factory_id} {version}\n" for factory_id, version in factory_versions)
    return hashlib.sha256(lines.encode()).hexdigest()


def _in_steps(points: float) -> float:
    """Rounded to a whole multiple of 2**-20, like every part of a score, so that sums stay exact."""
    if not math.isfinite(points) or points < 0:
        raise ValueError(f"a penalty is {points}; accepted is a finite number of zero or more")
    return round(points * _STEPS) / _STEPS


def _with_penalties(
    leads: Sequence[RankedLead], taken_off: Mapping[str, float], model: RankerModel
) -> tuple[RankedLead, ...]:
    weighed = [_penalised(lead, taken_off.get(lead.factory_id, 0.0), model) for lead in leads]
    weighed.sort(key=lambda lead: (-lead.score, lead.factory_id))
    return tuple(replace(lead, rank=place) for place, lead in enumerate(weighed, start=1))


def _penalised(lead: RankedLead, points: float, model: RankerModel) -> RankedLead:
    if not points:
        return lead
    score = lead.score - points
    return replace(
        lead,
        score=score,
        deal_probability=float(model.probabilities(np.array([score]))[0]),
        signals=(*lead.signals, Signal(DECLINES, points, -points)),
    )
