"""Rooms: conversations with their members, messages, files and alarms.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0014"
down_revision = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("rooms", "room_members", "room_messages", "room_files", "room_alarms")


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("open_to", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("last_sequence >= 0", name=op.f("ck_rooms_sequence_not_negative")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_rooms")),
        sa.UniqueConstraint(
            "organisation_id",
            "subject_kind",
            "subject_id",
            name=op.f("uq_rooms_organisation_id_subject_kind_subject_id"),
        ),
    )
    op.create_index("uq_rooms_id", "rooms", ["id"], unique=True)
    op.create_table(
        "room_members",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("role", _role(), nullable=False),
        sa.Column("let_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_upto", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("read_upto >= 0", name=op.f("ck_room_members_read_not_negative")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "room_id"],
            ["rooms.organisation_id", "rooms.id"],
            name=op.f("fk_room_members_organisation_id_room_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "room_id", "member_id", name=op.f("pk_room_members")),
    )
    op.create_index("ix_room_members_member", "room_members", ["member_id", "room_id"], unique=False)
    op.create_table(
        "room_messages",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", _choice("messagekind", "said", "event"), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_role", _role(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_room_messages_sequence_positive")),
        sa.CheckConstraint("char_length(text) <= 4000", name=op.f("ck_room_messages_text_length")),
        sa.CheckConstraint(
            "kind = 'event' OR (author_id IS NOT NULL AND author_role IS NOT NULL)",
            name=op.f("ck_room_messages_author_of_words"),
        ),
        sa.CheckConstraint("(kind = 'event') = (what <> '')", name=op.f("ck_room_messages_event_has_a_kind")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "room_id"],
            ["rooms.organisation_id", "rooms.id"],
            name=op.f("fk_room_messages_organisation_id_room_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "room_id", "sequence", name=op.f("pk_room_messages")),
    )
    op.create_table(
        "room_files",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "room_id", "sequence"],
            ["room_messages.organisation_id", "room_messages.room_id", "room_messages.sequence"],
            name=op.f("fk_room_files_organisation_id_room_id_sequence"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_room_files")),
    )
    op.create_index("ix_room_files_message", "room_files", ["organisation_id", "room_id", "sequence"], unique=False)
    op.create_table(
        "room_alarms",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=False),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_room_alarms_sequence_positive")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "room_id"],
            ["rooms.organisation_id", "rooms.id"],
            name=op.f("fk_room_alarms_organisation_id_room_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_room_alarms")),
    )
    op.create_index(
        "uq_room_alarms_one_open",
        "room_alarms",
        ["organisation_id", "room_id", "why"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_room_alarms_room", "room_alarms", ["room_id"], unique=False)
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _role() -> sa.Enum:
    return _choice("roomrole", "seller", "factory", "operator")
