"""Certificates of a factory: adding, taking away, and what happens when they end. Verbs never commit."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, any_, func, or_, select

from market.factories.declaration import LONGEST_NAME
from market.factories.evidence import bare_file_name, media_type_of
from market.factories.models import Factory, FactoryCertificate
from market.factories.queries import Certificate, certificate, profile
from market.factories.service import factory_row, keep_next_version, notify_factory
from market.kit.errors import FieldFault, Invalid, NotFound
from market.kit.work import Work
from market.verticals.live import live_vocabulary
from matching.verticals.pack import Vocabulary

MOST_CERTIFICATES: Final = 40


@dataclass(frozen=True, slots=True)
class CertificateDraft:
    """A certificate as a factory declares it; file_name and content together, or neither."""

    certification: str
    issuer: str = ""
    number: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    file_name: str | None = None
    content: bytes | None = None


def add_certificate(work: Work, draft: CertificateDraft, *, vocabulary: Vocabulary | None = None) -> Certificate:
    """Add a certificate, with its evidence where there is one, and declare it in the profile while it is valid.

    Raises Invalid naming every field that cannot be taken.
    """
    row = factory_row(work, work.organisation_id)
    found = profile(work.session, row.id)
    faults = _certificate_faults(draft, row.vertical, vocabulary or live_vocabulary(work.session))
    if found is not None and len(found.certificates) >= MOST_CERTIFICATES:
        faults += (FieldFault("certification", "there are too many certificates", f"at most {MOST_CERTIFICATES}"),)
    if faults:
        raise Invalid("The certificate cannot be taken.", faults)
    media_type = None
    if draft.content is not None:
        media_type = media_type_of(draft.file_name or "", draft.content, work.settings.upload_limit_bytes)
    added = FactoryCertificate(
        organisation_id=row.id,
        id=work.new_id(),
        certification=draft.certification,
        issuer=draft.issuer.strip(),
        number=draft.number.strip(),
        issued_on=draft.issued_on,
        expires_on=draft.expires_on,
        file_name=bare_file_name(draft.file_name or "") if media_type else None,
        media_type=media_type,
        content=draft.content,
        created_at=work.now,
    )
    work.session.add(added)
    work.session.flush()
    is_valid = draft.expires_on is None or draft.expires_on >= work.today
    declared = list(dict.fromkeys([*row.certifications, *([draft.certification] if is_valid else [])]))
    details = {"certification": draft.certification, "file": added.file_name}
    denied = [name for name in row.denied if name.removeprefix("certification:") not in declared]
    shown = [f"certification:{draft.certification}"] if is_valid and media_type else []
    confirmed = sorted({*row.confirmed, *shown})
    values = {"certifications": declared, "denied": denied, "confirmed": confirmed}
    keep_next_version(work, row, row.version, values, what="added a certificate", details=details)
    return _frozen_certificate(work, row.id, added.id)


def remove_certificate(work: Work, certificate_id: UUID) -> None:
    """Take a certificate away; the profile stops declaring it unless another valid one of its kind is left."""
    row = factory_row(work, work.organisation_id)
    removed = work.session.get(FactoryCertificate, (row.id, certificate_id))
    if removed is None:
        raise NotFound
    work.session.delete(removed)
    work.session.flush()
    left = set(
        work.session.scalars(
            select(FactoryCertificate.certification).where(
                FactoryCertificate.organisation_id == row.id, _is_valid_on(work.today)
            )
        )
    )
    kept = [name for name in row.certifications if name != removed.certification or name in left]
    details = {"certification": removed.certification}
    keep_next_version(work, row, row.version, _left(row, kept), what="removed a certificate", details=details)


def retire_expired_certificates(work: Work) -> int:
    """Take out of every profile the certifications whose certificates have all ended, for the sweep, and tell the
    factory; returns how many were taken out. One that was never shown by a certificate has no end and stays."""
    ended = _ended_certifications(work)
    for factory_id, last_days in ended.items():
        row = factory_row(work, factory_id)
        kept = [name for name in row.certifications if name not in last_days]
        details = {name: last_day.isoformat() for name, last_day in last_days.items()}
        keep_next_version(work, row, row.version, _left(row, kept), what="certificate ended", details=details)
        for name, last_day in last_days.items():
            notify_factory(work, row, "certificate_ended", certification=name, ended_on=last_day.isoformat())
    return sum(map(len, ended.values()))


def _left(row: Factory, kept: list[str]) -> dict[str, list[str]]:
    """What stays of a profile when only these certifications are kept."""
    gone = {f"certification:{name}" for name in row.certifications if name not in kept}
    return {"certifications": kept, "confirmed": [name for name in row.confirmed if name not in gone]}


def _certificate_faults(draft: CertificateDraft, vertical: str, vocabulary: Vocabulary) -> tuple[FieldFault, ...]:
    faults = []
    term = vocabulary.term("certification", draft.certification)
    if term is None or not term.belongs_to(vertical):
        problem = f"{draft.certification[:40]!r} is not in the list of this trade"
        faults.append(FieldFault("certification", problem, "what the list shows"))
    if draft.issued_on and draft.expires_on and draft.expires_on < draft.issued_on:
        faults.append(FieldFault("expires_on", "it ends before it begins", "the day of issue or later"))
    for name in ("issuer", "number"):
        if len(getattr(draft, name)) > LONGEST_NAME:
            faults.append(FieldFault(name, "the text is too long", f"at most {LONGEST_NAME} characters"))
    return tuple(faults)


def _is_valid_on(day: date) -> ColumnElement[bool]:
    return or_(FactoryCertificate.expires_on.is_(None), FactoryCertificate.expires_on >= day)


def _ended_certifications(work: Work) -> dict[UUID, dict[str, date]]:
    """Factory -> its declared certifications all of whose certificates have ended -> the last day of the last one."""
    certificate_row = FactoryCertificate
    statement = (
        select(certificate_row.organisation_id, certificate_row.certification, func.max(certificate_row.expires_on))
        .join(Factory, Factory.organisation_id == certificate_row.organisation_id)
        .where(certificate_row.certification == any_(Factory.certifications))
        .group_by(certificate_row.organisation_id, certificate_row.certification)
        .having(~func.bool_or(_is_valid_on(work.today)))
        .order_by(certificate_row.organisation_id, certificate_row.certification)
    )
    ended: dict[UUID, dict[str, date]] = {}
    for factory_id, certification, last_day in work.session.execute(statement):
        if last_day is not None:
            ended.setdefault(factory_id, {})[certification] = last_day
    return ended


def _frozen_certificate(work: Work, factory_id: UUID, certificate_id: UUID) -> Certificate:
    found = certificate(work.session, factory_id, certificate_id)
    if found is None:
        raise NotFound
    return found
