"""Reading factory profiles, as frozen rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Uuid, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from market.factories.models import Factory, FactoryCertificate, FactoryVersion
from market.factories.models import FactoryState as FactoryState
from market.kit.money import Money
from market.kit.paging import PAGE_SIZE, Page, make_page
from matching.records import FactoryRecord

PRICE_FIELDS: Final = ("unit_price_low_minor", "unit_price_high_minor")
RECORD_FIELDS: Final = (
    "name", "description", "equipment", "categories", "processes", "materials", "certifications", "attributes",
    "denied", "confirmed", "minimum_quantity", "capacity_per_week", "lead_time_days", *PRICE_FIELDS, "currency",
    "region", "leads_per_week",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of a factory. file_name None: declared without a file that shows it."""

    id: UUID
    factory_id: UUID
    certification: str
    issuer: str
    number: str
    issued_on: date | None
    expires_on: date | None
    file_name: str | None
    media_type: str | None
    created_at: datetime

    def is_expired(self, today: date) -> bool:
        return self.expires_on is not None and self.expires_on < today


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """The evidence itself."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FactoryProfile:
    """A factory as it declares itself. id is its organisation's id; lists hold ids of the vertical packs.

    Prices are minor units of `currency`. full_until: the first day on which leads come again. denied,
    confirmed: as in FactoryDraft.
    """

    id: UUID
    name: str
    description: str
    region: str | None
    vertical: str
    categories: tuple[str, ...]
    processes: tuple[str, ...]
    materials: tuple[str, ...]
    certifications: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]
    denied: tuple[str, ...]
    confirmed: tuple[str, ...]
    equipment: str
    staff_count: int | None
    minimum_quantity: int | None
    capacity_per_week: int | None
    lead_time_days: int | None
    sample_days: int | None
    unit_price_low_minor: int | None
    unit_price_high_minor: int | None
    currency: str
    leads_per_week: int | None
    joined_on: date
    synthetic: bool
    state: FactoryState
    full_until: date | None
    version: int
    updated_at: datetime
    certificates: tuple[Certificate, ...] = ()

    @property
    def unit_price_low(self) -> Money | None:
        return None if self.unit_price_low_minor is None else Money(self.unit_price_low_minor, self.currency)

    @property
    def unit_price_high(self) -> Money | None:
        return None if self.unit_price_high_minor is None else Money(self.unit_price_high_minor, self.currency)


@dataclass(frozen=True, slots=True)
class FactoryFilters:
    """What a list of factories is narrowed to. `ids` of terms match any of a factory's lists; empty means all.

    text: found in name or description, or any of text_terms among the factory's terms.
    """

    text: str = ""
    text_terms: tuple[str, ...] = ()
    vertical: str | None = None
    category: str | None = None
    process: str | None = None
    material: str | None = None
    region: str | None = None
    state: FactoryState | None = None


def profile(session: Session, factory_id: UUID) -> FactoryProfile | None:
    """The profile with its certificates; None when there is no such factory or the session may not see it."""
    row = session.scalars(select(Factory).where(Factory.organisation_id == factory_id)).one_or_none()
    return None if row is None else _with_certificates(session, [row])[0]


def profiles(session: Session, factory_ids: Iterable[UUID]) -> dict[UUID, FactoryProfile]:
    """The profiles of several factories by id, in two statements."""
    rows = session.scalars(select(Factory).where(Factory.organisation_id.in_(set(factory_ids)))).all()
    return {found.id: found for found in _with_certificates(session, rows)}


def matchable_factories(session: Session) -> list[FactoryProfile]:
    """Every factory that takes leads now, in the order of their ids (without certificates, which no ranking reads)."""
    rows = session.scalars(select(Factory).where(Factory.state == FactoryState.OPEN).order_by(Factory.id))
    return [_frozen(row, ()) for row in rows]


def profile_versions(session: Session) -> dict[UUID, int]:
    """The profile version of every factory that takes leads now: equal maps mean that an index is still fresh."""
    statement = select(Factory.id, Factory.version).where(Factory.state == FactoryState.OPEN).order_by(Factory.id)
    return {row.id: row.version for row in session.execute(statement)}


def factories_page(
    session: Session, filters: FactoryFilters, *, after: UUID | None = None, size: int = PAGE_SIZE
) -> Page[FactoryProfile]:
    """One page of factories, newest first."""
    statement = select(Factory).where(*_conditions(filters)).order_by(Factory.id.desc()).limit(size + 1)
    if after is not None:
        statement = statement.where(Factory.id < after)
    return make_page(_with_certificates(session, session.scalars(statement).all()), size, lambda row: row.id)


def factory_count(session: Session, filters: FactoryFilters) -> int:
    return session.scalar(select(func.count(Factory.id)).where(*_conditions(filters))) or 0


def certificate(session: Session, factory_id: UUID, certificate_id: UUID) -> Certificate | None:
    row = session.get(FactoryCertificate, (factory_id, certificate_id))
    return None if row is None else _frozen_certificate(row)


def certificate_file(session: Session, factory_id: UUID, certificate_id: UUID) -> CertificateFile | None:
    """The evidence of a certificate; None when it has none."""
    row = session.execute(
        select(FactoryCertificate.file_name, FactoryCertificate.media_type, FactoryCertificate.content).where(
            FactoryCertificate.organisation_id == factory_id, FactoryCertificate.id == certificate_id
        )
    ).one_or_none()
    if row is None or row.content is None:
        return None
    return CertificateFile(row.file_name or "certificate", row.media_type or "application/octet-stream", row.content)


def as_record(profile: FactoryProfile) -> FactoryRecord:
    """The profile as the engine reads it: prices in major units, every attribute value a pair of its own."""
    return _record(profile.id, {name: getattr(profile, name) for name in RECORD_FIELDS}, profile.joined_on)


def records_of_versions(session: Session, versions: Mapping[UUID, int]) -> dict[UUID, FactoryRecord]:
    """Factories as they stood in the given versions of their profiles, as the engine reads them, by id.

    The newest version stands in for one that is missing; a factory without any is left out.
    """
    statement = select(FactoryVersion).where(FactoryVersion.organisation_id.in_(versions))
    found: dict[UUID, FactoryVersion] = {}
    for row in session.scalars(statement.order_by(FactoryVersion.organisation_id, FactoryVersion.version)):
        wanted = versions[row.organisation_id]
        if row.organisation_id not in found or found[row.organisation_id].version != wanted:
            found[row.organisation_id] = row
    return {
        factory_id: _record(factory_id, row.profile, date.fromisoformat(row.profile["joined_on"]))
        for factory_id, row in found.items()
    }


def records_at(session: Session, versions: Mapping[UUID, int]) -> dict[UUID, FactoryRecord]:
    """Factories in exactly these versions of their profiles, by id; those whose version is not kept are left out."""
    ids, numbers = cast(list(versions), ARRAY(Uuid)), cast(list(versions.values()), ARRAY(BigInteger))
    asked = func.unnest(ids, numbers).table_valued("factory_id", "version", name="asked").render_derived()
    statement = select(FactoryVersion.organisation_id, FactoryVersion.profile).join(
        asked,
        (FactoryVersion.organisation_id == asked.c.factory_id) & (FactoryVersion.version == asked.c.version),
    )
    return {
        factory_id: _record(factory_id, fields, date.fromisoformat(fields["joined_on"]))
        for factory_id, fields in session.execute(statement)
    }


def _record(factory_id: UUID, fields: Mapping[str, Any], joined_on: date) -> FactoryRecord:
    currency = fields["currency"]
    low, high = (fields[name] and Money(fields[name], currency) for name in PRICE_FIELDS)
    return FactoryRecord(
        factory_id=str(factory_id),
        name=fields["name"],
        description=" ".join(part for part in (fields["description"], fields["equipment"]) if part),
        categories=tuple(fields["categories"]),
        processes=tuple(fields["processes"]),
        materials=tuple(fields["materials"]),
        certifications=tuple(fields["certifications"]),
        minimum_quantity=fields["minimum_quantity"],
        capacity_per_week=fields["capacity_per_week"],
        lead_time_days=fields["lead_time_days"],
        unit_price_low=float(low.major()) if low else None,
        unit_price_high=float(high.major()) if high else None,
        currency=currency,
        region=fields["region"],
        joined_on=joined_on,
        leads_per_week=fields["leads_per_week"],
        attributes=tuple((name, value) for name, values in sorted(fields["attributes"].items()) for value in values),
        denied=tuple(_kind_and_term(found) for found in fields.get("denied", ())),
        confirmed=tuple(_kind_and_term(found) for found in fields.get("confirmed", ())),
    )


def _kind_and_term(answered: str) -> tuple[str, str]:
    kind, _, identifier = answered.partition(":")
    return kind, identifier


def _conditions(filters: FactoryFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.vertical:
        conditions.append(Factory.vertical == filters.vertical)
    if filters.category:
        conditions.append(Factory.categories.contains([filters.category]))
    if filters.process:
        conditions.append(Factory.processes.contains([filters.process]))
    if filters.material:
        conditions.append(Factory.materials.contains([filters.material]))
    if filters.region:
        conditions.append(Factory.region == filters.region)
    if filters.state:
        conditions.append(Factory.state == filters.state)
    if filters.text.strip():
        conditions.append(_holds_text(filters))
    return conditions


def _holds_text(filters: FactoryFilters) -> ColumnElement[bool]:
    words = filters.text.strip()
    terms = list(filters.text_terms)
    return or_(
        Factory.name.icontains(words, autoescape=True),
        Factory.description.icontains(words, autoescape=True),
        Factory.equipment.icontains(words, autoescape=True),
        *(
            column.overlap(terms)
            for column in (Factory.categories, Factory.processes, Factory.materials, Factory.certifications)
            if terms
        ),
    )


def _with_certificates(session: Session, rows: Sequence[Factory]) -> list[FactoryProfile]:
    found: dict[UUID, list[Certificate]] = {row.id: [] for row in rows}
    statement = (
        select(FactoryCertificate)
        .where(FactoryCertificate.organisation_id.in_(found))
        .order_by(FactoryCertificate.organisation_id, FactoryCertificate.id)
    )
    for row in session.scalars(statement):
        found[row.organisation_id].append(_frozen_certificate(row))
    return [_frozen(row, tuple(found[row.id])) for row in rows]


def _frozen(row: Factory, certificates: tuple[Certificate, ...]) -> FactoryProfile:
    return FactoryProfile(
        id=row.id,
        name=row.name,
        description=row.description,
        region=row.region,
        vertical=row.vertical,
        categories=tuple(row.categories),
        processes=tuple(row.processes),
        materials=tuple(row.materials),
        certifications=tuple(row.certifications),
        attributes={name: tuple(values) for name, values in row.attributes.items()},
        denied=tuple(row.denied),
        confirmed=tuple(row.confirmed),
        equipment=row.equipment,
        staff_count=row.staff_count,
        minimum_quantity=row.minimum_quantity,
        capacity_per_week=row.capacity_per_week,
        lead_time_days=row.lead_time_days,
        sample_days=row.sample_days,
        unit_price_low_minor=row.unit_price_low_minor,
        unit_price_high_minor=row.unit_price_high_minor,
        currency=row.currency,
        leads_per_week=row.leads_per_week,
        joined_on=row.joined_on,
        synthetic=row.synthetic,
        state=row.state,
        full_until=row.full_until,
        version=row.version,
        updated_at=row.updated_at,
        certificates=certificates,
    )


def _frozen_certificate(row: FactoryCertificate) -> Certificate:
    return Certificate(
        id=row.id,
        factory_id=row.organisation_id,
        certification=row.certification,
        issuer=row.issuer,
        number=row.number,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        file_name=row.file_name,
        media_type=row.media_type,
        created_at=row.created_at,
    )
