"""Every ranking that froze leads, kept so that it can be made again and shows who could have been offered.

Whoever freezes leads (`frozen_columns`) calls `keep_ranking` in the same transaction. `terms` holds what was asked:
{"top", "explore", "seed", "would_win", "penalties": {factory: points}, "only": [factory] or null, "asked": [factory],
"sated": [place]}. asked: whom this offering had asked before. sated: who had its weekly leads, by its place among the
factories of the snapshot in the order of their ids, because in a large market they are many.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.kit.work import Work
from market.leads.freezing import FROZEN, frozen_digest, record_as_json
from market.leads.models import KeptRanking, Lead, Offering
from market.ranking.selection import RankingTerms
from market.ranking.service import RankedOffer, keep_snapshot
from matching.records import OrderRecord


class Cause(StrEnum):
    """Why factories were ranked: to ask further ones, to ask the one that a repeat names, or because terms changed."""

    OFFERED = "offered"
    REPEATED = "repeated"
    TERMS_CHANGED = "terms_changed"


@dataclass(frozen=True, slots=True)
class ShownLead:
    """One lead that a ranking froze. rank: the place that it was shown at. digest: of its frozen columns."""

    factory_id: UUID
    lead_id: UUID
    rank: int
    digest: str


@dataclass(frozen=True, slots=True)
class RankingRow:
    """A kept ranking; fields as in models.KeptRanking. request: the order as JSON (`freezing.record_of_json`)."""

    organisation_id: UUID
    id: UUID
    offering_id: UUID
    cause: Cause
    round: int
    made_at: datetime
    as_of: date
    ranker_version: str
    index_snapshot: str
    encoder: str
    release: str
    request: dict[str, Any]
    terms: dict[str, Any]
    leads: tuple[ShownLead, ...]

    def asked(self) -> frozenset[UUID]:
        """Whom the offering had asked before."""
        return frozenset(UUID(factory_id) for factory_id in self.terms["asked"])

    def sated(self, snapshot: Collection[UUID]) -> frozenset[UUID]:
        """Who had its weekly leads. snapshot: every factory of the index snapshot."""
        places = sorted(str(factory_id) for factory_id in snapshot)
        return frozenset(UUID(places[place]) for place in self.terms["sated"])

    def limited(self, snapshot: Collection[UUID]) -> frozenset[UUID]:
        """For whom the run was beyond the limits of its step (records), or one lead too many at once."""
        places = sorted(str(factory_id) for factory_id in snapshot)
        return frozenset(UUID(places[place]) for place in self.terms.get("limited", ()))

    def asked_terms(self, snapshot: Collection[UUID]) -> RankingTerms:
        """What the ranking was asked, as it was asked."""
        only = self.terms["only"]
        return RankingTerms(
            as_of=self.as_of,
            top=self.terms["top"],
            exclude=frozenset(str(one) for one in self.asked() | self.sated(snapshot) | self.limited(snapshot)),
            only=None if only is None else frozenset(only),
            penalties={factory_id: float(points) for factory_id, points in self.terms["penalties"].items()},
            explore=float(self.terms["explore"]),
            seed=int(self.terms["seed"]),
            would_win=self.terms["would_win"],
        )


_FIELDS = tuple(name for name in RankingRow.__slots__ if name not in {"cause", "leads"})


def keep_ranking(
    work: Work,
    offering: Offering,
    cause: Cause,
    record: OrderRecord,
    ranked: RankedOffer,
    leads: Sequence[Lead],
    *,
    asked: Collection[UUID] = (),
    sated: Collection[UUID] = (),
    limited: Collection[UUID] = (),
) -> None:
    """Store a ranking with its snapshot. leads: those that it froze, as they stand now, in its order.

    One that found nobody is stored once: whoever is still looked for is looked for again and again.
    """
    if not leads and offering.unmatched_reason:
        return
    keep_snapshot(work, ranked)
    work.session.add(
        KeptRanking(
            organisation_id=offering.organisation_id,
            id=work.new_id(),
            offering_id=offering.id,
            cause=cause.value,
            round=offering.round,
            made_at=work.now,
            as_of=work.today,
            ranker_version=ranked.ranker_version,
            index_snapshot=ranked.index_snapshot,
            encoder=ranked.encoder,
            release=ranked.release,
            request=record_as_json(record),
            terms=terms_as_json(ranked, asked, sated, limited),
            leads=[_shown(lead) for lead in leads],
        )
    )
    work.session.flush()


def terms_as_json(
    ranked: RankedOffer, asked: Collection[UUID], sated: Collection[UUID], limited: Collection[UUID]
) -> dict[str, Any]:
    """What a ranking was asked, as its row keeps it."""
    terms = ranked.terms
    return {
        "top": terms.top,
        "explore": terms.explore,
        "seed": str(terms.seed),
        "would_win": terms.would_win,
        "penalties": dict(terms.penalties),
        "only": None if terms.only is None else sorted(terms.only),
        "asked": sorted(str(factory_id) for factory_id in asked),
        "sated": _places(sated, ranked.factory_versions),
        "limited": _places(limited, ranked.factory_versions),
    }


def rankings_of_offering(session: Session, offering_id: UUID) -> list[RankingRow]:
    """Every ranking of an offering, the oldest first."""
    statement = select(KeptRanking).where(KeptRanking.offering_id == offering_id)
    return [_frozen(row) for row in session.scalars(statement.order_by(KeptRanking.made_at, KeptRanking.id))]


def rankings_since(
    session: Session, moment: datetime, after: tuple[datetime, UUID] | None, count: int
) -> list[RankingRow]:
    """Rankings made since a moment, the oldest first. after: moment and id of the last one that was read."""
    statement = select(KeptRanking).where(KeptRanking.made_at >= moment)
    if after is not None:
        later = KeptRanking.made_at > after[0]
        statement = statement.where(later | ((KeptRanking.made_at == after[0]) & (KeptRanking.id > after[1])))
    return [
        _frozen(row) for row in session.scalars(statement.order_by(KeptRanking.made_at, KeptRanking.id).limit(count))
    ]


def latest_rankings(session: Session, count: int) -> list[RankingRow]:
    """The rankings made last, the newest first."""
    statement = select(KeptRanking).order_by(KeptRanking.made_at.desc(), KeptRanking.id.desc())
    return [_frozen(row) for row in session.scalars(statement.limit(count))]


def frozen_leads(session: Session, lead_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What leads keep of their latest ranking, by id: the columns of `freezing.FROZEN`."""
    columns = [getattr(Lead, name) for name in FROZEN]
    statement = select(Lead.id, *columns).where(Lead.id.in_(lead_ids))
    return {row[0]: dict(zip(FROZEN, row[1:], strict=True)) for row in session.execute(statement)}


def _shown(lead: Lead) -> dict[str, Any]:
    columns: Mapping[str, Any] = {name: getattr(lead, name) for name in FROZEN}
    return {
        "factory_id": str(lead.factory_id),
        "lead_id": str(lead.id),
        "rank": lead.rank,
        "digest": frozen_digest(columns),
    }


def _places(factory_ids: Collection[UUID], snapshot: Sequence[tuple[str, int]]) -> list[int]:
    """The places of those of the factories that stand in the snapshot, which is in the order of ids."""
    found = []
    for factory_id in sorted(str(one) for one in factory_ids):
        place = bisect_left(snapshot, factory_id, key=lambda entry: entry[0])
        if place < len(snapshot) and snapshot[place][0] == factory_id:
            found.append(place)
    return found


def _frozen(row: KeptRanking) -> RankingRow:
    shown = tuple(
        ShownLead(UUID(one["factory_id"]), UUID(one["lead_id"]), one["rank"], one["digest"]) for one in row.leads
    )
    return RankingRow(**{name: getattr(row, name) for name in _FIELDS}, cause=Cause(row.cause), leads=shown)
