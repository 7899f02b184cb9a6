"""Sessions that carry their tenant.

Every transaction starts by telling PostgreSQL for whom it runs (`weft.scope`, `weft.organisation`, transaction-local).
Row-level security reads these two settings; a connection that lost them sees no rows.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import BigInteger, Connection, DateTime, Engine, MetaData, Text, create_engine, event, text
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column, sessionmaker

from market.kit.databases import APPLICATION_ROLE


class Scope(StrEnum):
    """Who a transaction acts for. `visitor` sees what is public; `system` is a job; `sign_in` reads accounts alone."""

    VISITOR = "visitor"
    SIGN_IN = "sign_in"
    ORGANISATION = "organisation"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Tenant:
    scope: Scope
    organisation_id: UUID | None = None


SYSTEM = Tenant(Scope.SYSTEM)
VISITOR = Tenant(Scope.VISITOR)
SIGN_IN = Tenant(Scope.SIGN_IN)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text,
        int: BigInteger,
        Enum: EnumType(
            Enum,
            native_enum=False,
            create_constraint=True,
            length=20,
            values_callable=lambda kind: [member.value for member in kind],
        ),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[dict[str, float]]: JSONB,
        dict[str, float]: JSONB,
        list[str]: ARRAY(Text),
    }


class TenantRow:
    """A business row: the organisation that owns it stands first in its key."""

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-1)


def make_engine(url: str) -> Engine:
    """An engine of the application, over psycopg 3. Its connections never act as a role that nothing holds back."""
    engine = create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=40)
    event.listen(engine, "connect", refuse_unbound_role)
    return engine


class UnboundRole(RuntimeError):
    """The application would run as a role that row-level security does not bind."""


def refuse_unbound_role(connection: Any, _record: Any) -> None:
    """Close the door on superusers and roles with BYPASSRLS: for them every row is open.

    Such a user acts as the application role from here on. Raises UnboundRole where that role is missing, unbound too,
    or not the user's to take.
    """
    if not _is_unbound(connection):
        return
    try:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(APPLICATION_ROLE)))
        connection.commit()
    except psycopg.DatabaseError:
        connection.rollback()
    if _is_unbound(connection):
        raise UnboundRole(
            f"row-level security does not bind the user of DATABASE_URL, who has no role {APPLICATION_ROLE} to act as: "
            "start with `make run`, or name a user without SUPERUSER and BYPASSRLS"
        )


def _is_unbound(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        found = cursor.fetchone()
    connection.rollback()
    return found is None or bool(found[0])


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False)


def act_as(session: Session, tenant: Tenant) -> None:
    """From now on the session acts for `tenant`, in the open transaction and in every later one."""
    session.info["tenant"] = tenant
    if session.in_transaction():
        _tell(session.connection(), tenant)


def tenant_of(session: Session) -> Tenant | None:
    tenant = session.info.get("tenant")
    return tenant if isinstance(tenant, Tenant) else None


@event.listens_for(Session, "after_begin")
def _tell_on_begin(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    tenant = tenant_of(session)
    if tenant is not None:
        _tell(connection, tenant)


def _tell(connection: Connection, tenant: Tenant) -> None:
    connection.execute(
        text("SELECT set_config('weft.scope', :scope, true), set_config('weft.organisation', :organisation, true)"),
        {"scope": tenant.scope.value, "organisation": str(tenant.organisation_id or "")},
    )
