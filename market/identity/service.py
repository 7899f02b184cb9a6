"""Verbs of organisations, people and API keys."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from market.identity.events import OrganisationPaused, OrganisationResumed
from market.identity.models import (
    ORGANISATION_TRANSITIONS,
    ApiKey,
    Organisation,
    OrganisationKind,
    OrganisationState,
    Role,
    User,
)
from market.identity.queries import ApiKeyRow, OrganisationRow, api_keys, email_is_taken, hash_secret, organisation
from market.kit.db import Scope, Tenant, act_as
from market.kit.errors import Conflict, FieldFault, Invalid, NotFound
from market.kit.history import move, record
from market.kit.outbox import publish
from market.kit.work import Actor, Work

MARKET_ID = UUID(int=1)
API_SCOPES = (
    "orders:read",
    "orders:write",
    "factories:read",
    "leads:read",
    "leads:write",
    "quotes:read",
    "quotes:write",
    "deals:read",
    "deals:write",
    "restock:read",
    "rooms:read",
    "rooms:write",
    "measures:read",
)
OF_MARKET = frozenset({"measures:read"})
"""Scopes that only keys of the market itself use."""
SHORTEST_PASSWORD = 10
LONGEST_NAME = 80


class RegistrationFault(Invalid):
    code = "registration_invalid"


@dataclass(frozen=True, slots=True)
class Registration:
    """A new organisation and its first person. password_hash is argon2, made at the edge; None: no password sign-in."""

    kind: str
    name: str
    email: str
    password_hash: str | None
    language: str = "zh"
    region: str | None = None
    synthetic: bool = False
    demo: bool = False


def register(work: Work, registration: Registration) -> OrganisationRow:
    """Make an organisation with its first person, and act as that organisation from here on.

    Raises RegistrationFault naming each field that cannot be taken.
    """
    faults = _registration_faults(work, registration)
    if faults:
        raise RegistrationFault("This account cannot be made yet.", tuple(faults))
    row = add_organisation(work, registration, work.new_id())
    add_person(work, row.id, registration)
    act_as(work.session, Tenant(Scope.ORGANISATION, row.id))
    return row


def add_organisation(work: Work, registration: Registration, organisation_id: UUID) -> OrganisationRow:
    """Add the organisation alone, under an id of the caller's choice."""
    row = Organisation(
        organisation_id=organisation_id,
        id=organisation_id,
        kind=registration.kind,
        name=registration.name.strip(),
        language=registration.language,
        region=registration.region,
        synthetic=registration.synthetic,
        demo=registration.demo,
        state=OrganisationState.ACTIVE,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    record(work, row, what="registered", to_state=OrganisationState.ACTIVE)
    return OrganisationRow(
        row.id, row.kind, row.name, row.language, row.region, row.synthetic, row.demo, row.state.value, row.created_at
    )


def mark_as_demo(work: Work, organisation_id: UUID) -> None:
    """Let people of an organisation into the demo with one click."""
    _organisation(work, organisation_id).demo = True
    work.session.flush()


def add_person(work: Work, organisation_id: UUID, registration: Registration) -> UUID:
    """Add a person to an organisation, in the role of its kind."""
    user = User(
        id=work.new_id(),
        organisation_id=organisation_id,
        email=registration.email.strip().lower(),
        password=registration.password_hash,
        active=True,
        fs_uniquifier=secrets.token_hex(16),
        language=None if registration.demo else registration.language,
        created_at=work.now,
        roles=[_role(work, registration.kind)],
    )
    work.session.add(user)
    work.session.flush()
    return user.id


def person_actor(work: Work, organisation_id: UUID, user_id: UUID) -> Actor:
    """The actor that a person of an organisation is."""
    row = organisation(work.session, organisation_id)
    return Actor(organisation_id, user_id, row.name, row.kind)


def pause_organisation(work: Work, organisation_id: UUID, why: str) -> None:
    """An operator stops an organisation; what it has open is withdrawn by the handlers of OrganisationPaused.

    Raises Invalid without a reason, Conflict for the market itself and for one that is paused already.
    """
    if not why.strip():
        raise Invalid(
            "A pause needs a reason.", (FieldFault("why", "it is empty", "a sentence the other side may read"),)
        )
    row = _organisation(work, organisation_id)
    if row.kind == OrganisationKind.OPERATOR:
        raise Conflict("The market cannot pause itself: nobody could resume it.")
    move(work, row, OrganisationState.PAUSED, ORGANISATION_TRANSITIONS, why=why)
    publish(work, OrganisationPaused(organisation_id, why))


def resume_organisation(work: Work, organisation_id: UUID, why: str) -> None:
    """An operator lets an organisation in again; the handlers of OrganisationResumed tell it."""
    move(work, _organisation(work, organisation_id), OrganisationState.ACTIVE, ORGANISATION_TRANSITIONS, why=why)
    publish(work, OrganisationResumed(organisation_id, why))


def choose_language(work: Work, user_id: UUID, language: str) -> None:
    work.session.execute(update(User).where(User.id == user_id).values(language=language))


def issue_key(work: Work, name: str, scopes: tuple[str, ...]) -> tuple[ApiKeyRow, str]:
    """Make an API key for the organisation that acts. Returns its row and the secret, which is shown only now."""
    faults = []
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        faults.append(FieldFault("name", "its length cannot be used", f"1 to {LONGEST_NAME} characters"))
    unknown = [scope for scope in scopes if scope not in API_SCOPES]
    if unknown or not scopes:
        faults.append(FieldFault("scopes", f"{', '.join(unknown) or 'none'} cannot be given", ", ".join(API_SCOPES)))
    if faults:
        raise Invalid("This key cannot be made.", tuple(faults))
    secret = f"weft_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        organisation_id=work.organisation_id,
        id=work.new_id(),
        name=name.strip(),
        prefix=secret[:10],
        key_hash=hash_secret(secret),
        scopes=list(scopes),
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    record(work, row, what="key issued", details={"prefix": row.prefix, "scopes": list(scopes)})
    return next(key for key in api_keys(work.session, work.organisation_id) if key.id == row.id), secret


def revoke_key(work: Work, key_id: UUID) -> None:
    """Close a key of the organisation that acts. Raises NotFound for a foreign, missing or closed one."""
    row = work.session.get(ApiKey, (work.organisation_id, key_id))
    if row is None or row.revoked_at is not None:
        raise NotFound
    row.revoked_at = work.now
    work.session.flush()
    record(work, row, what="key revoked")


def note_key_use(work: Work, key: ApiKeyRow) -> None:
    work.session.execute(
        update(ApiKey)
        .where(ApiKey.organisation_id == key.organisation_id, ApiKey.id == key.id)
        .values(last_used_at=work.now)
        .execution_options(synchronize_session=False)
    )


def _registration_faults(work: Work, registration: Registration) -> list[FieldFault]:
    faults = []
    if registration.kind not in {OrganisationKind.SELLER, OrganisationKind.FACTORY}:
        faults.append(FieldFault("kind", "it cannot register itself", "seller or factory"))
    if not 1 <= len(registration.name.strip()) <= LONGEST_NAME:
        faults.append(FieldFault("name", "its length cannot be used", f"1 to {LONGEST_NAME} characters"))
    if email_is_taken(work.session, registration.email.strip().lower()):
        faults.append(FieldFault("email", "an account uses it already", "another address, or sign in"))
    return faults


def _organisation(work: Work, organisation_id: UUID) -> Organisation:
    row = work.session.get(Organisation, (organisation_id, organisation_id))
    if row is None:
        raise NotFound
    return row


def _role(work: Work, name: str) -> Role:
    return work.session.scalars(select(Role).where(Role.name == name)).one()
