"""Whether a kept ranking comes out again to the last byte, and where it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from market.leads.freezing import FROZEN, canonical, frozen_digest
from market.leads.rankings import RankingRow, ShownLead, frozen_leads, rankings_of_offering
from market.replay.rebuilding import CannotRebuild, Ground, Obstacle, Rebuilder


class Verdict(StrEnum):
    IDENTICAL = "identical"
    DIFFERS = "differs"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a lead that came out otherwise. field: a column, with the path into it: "signals.2.contribution"."""

    field: str
    stored: Any
    rebuilt: Any


@dataclass(frozen=True, slots=True)
class ComparedLead:
    """One place of a ranking, stored beside rebuilt. factory_id, rank: as stored, or as rebuilt for one that only came
    out now. stored: None where a later ranking froze the lead anew, so that only its digest is left to compare.
    rebuilt: None where the factory came out at no place."""

    factory_id: UUID
    lead_id: UUID | None
    rank: int
    rebuilt_rank: int | None
    stored: Mapping[str, Any] | None
    rebuilt: Mapping[str, Any] | None
    same: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """How one ranking came out again. obstacle, details: why not, as in CannotRebuild. release: of the rebuilding."""

    ranking: RankingRow
    verdict: Verdict
    leads: tuple[ComparedLead, ...] = ()
    obstacle: Obstacle | None = None
    details: Mapping[str, Any] | None = None
    release: str = ""


def replay_ranking(session: Session, rebuilder: Rebuilder, row: RankingRow) -> Replay:
    """Make a kept ranking again and compare what each of its leads kept of it. Stores nothing.

    What another release ranked may rightly come out otherwise; then the verdict is that it cannot be rebuilt here.
    """
    with rebuilder.lock:
        try:
            ground = rebuilder.ground(session, row)
        except CannotRebuild as fault:
            return Replay(row, Verdict.IMPOSSIBLE, (), fault.obstacle, fault.details, rebuilder.release)
        leads = compared_leads(ground, _stored(session, row))
    if all(lead.same for lead in leads):
        return Replay(row, Verdict.IDENTICAL, leads, release=rebuilder.release)
    if row.release != rebuilder.release:
        details = {"then": row.release, "now": rebuilder.release}
        return Replay(row, Verdict.IMPOSSIBLE, leads, Obstacle.OTHER_RELEASE, details, rebuilder.release)
    return Replay(row, Verdict.DIFFERS, leads, release=rebuilder.release)


def compared_leads(ground: Ground, stored: Mapping[UUID, Mapping[str, Any]]) -> tuple[ComparedLead, ...]:
    """Every place of the ranking: those that were stored, in their order, and those that only came out now."""
    ranked = ground.rank()
    places = {UUID(lead.factory_id): place for place, lead in enumerate(ranked.leads)}
    rebuilt = {UUID(lead.factory_id): ground.columns(ranked, lead) for lead in ranked.leads}
    shown = ground.row.leads
    first = shown[0].rank if shown else 1
    found = [
        _compared(one, first + places[one.factory_id] if one.factory_id in places else None, stored, rebuilt, at_place)
        for place, one in enumerate(shown)
        for at_place in [places.get(one.factory_id) == place]
    ]
    known = {one.factory_id for one in shown}
    found += [
        ComparedLead(factory_id, None, first + place, first + place, None, rebuilt[factory_id], False, ())
        for factory_id, place in places.items()
        if factory_id not in known
    ]
    return tuple(found)


def differences(stored: Any, rebuilt: Any, path: str = "") -> list[Difference]:
    """Where two plain values differ, leaf by leaf."""
    if canonical(stored) == canonical(rebuilt):
        return []
    if isinstance(stored, Mapping) and isinstance(rebuilt, Mapping):
        names = [*stored, *(name for name in rebuilt if name not in stored)]
        return [
            found
            for name in names
            for found in differences(stored.get(name), rebuilt.get(name), f"{path}.{name}" if path else str(name))
        ]
    if _is_list(stored) and _is_list(rebuilt) and len(stored) == len(rebuilt):
        pairs = enumerate(zip(stored, rebuilt, strict=True))
        return [found for place, (one, other) in pairs for found in differences(one, other, f"{path}.{place}")]
    return [Difference(path, stored, rebuilt)]


def _compared(
    one: ShownLead,
    rebuilt_rank: int | None,
    stored: Mapping[UUID, Mapping[str, Any]],
    rebuilt: Mapping[UUID, Mapping[str, Any]],
    at_place: bool,
) -> ComparedLead:
    kept, made = stored.get(one.lead_id), rebuilt.get(one.factory_id)
    faults: list[Difference] = []
    if made is not None and kept is not None:
        faults = differences({name: kept[name] for name in FROZEN}, made)
    same = at_place and made is not None and not faults and frozen_digest(made) == one.digest
    return ComparedLead(one.factory_id, one.lead_id, one.rank, rebuilt_rank, kept, made, same, tuple(faults))


def _stored(session: Session, row: RankingRow) -> dict[UUID, dict[str, Any]]:
    """What the leads keep, without those that a later ranking of the offering froze anew."""
    later = {
        shown.lead_id
        for other in rankings_of_offering(session, row.offering_id)
        if (other.made_at, other.id) > (row.made_at, row.id)
        for shown in other.leads
    }
    return frozen_leads(session, {shown.lead_id for shown in row.leads} - later)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
