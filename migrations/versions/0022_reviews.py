"""Reviews: the exchange about one share, what each side says, and the answers.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0022"
down_revision = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("review_exchanges", "reviews", "review_answers")


def upgrade() -> None:
    add_exchanges()
    add_reviews()
    op.create_table(
        "review_answers",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(words) BETWEEN 1 AND 1000", name=op.f("ck_review_answers_words_short")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_review_answers_review_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_review_answers")),
        sa.UniqueConstraint("review_id", name=op.f("uq_review_answers_review_id")),
    )
    policies.protect_tables(*TABLES)


def add_exchanges() -> None:
    states = sa.Enum(
        "open", "published", "lapsed", name="exchangestate", native_enum=False, create_constraint=True, length=20
    )
    op.create_table(
        "review_exchanges",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("state", states, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "share_id"],
            ["deal_shares.organisation_id", "deal_shares.id"],
            name=op.f("fk_review_exchanges_organisation_id_share_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_review_exchanges")),
    )
    op.create_index("ix_review_exchanges_id", "review_exchanges", ["id"], unique=True)
    op.create_index("uq_review_exchanges_share", "review_exchanges", ["share_id"], unique=True)
    op.create_index("ix_review_exchanges_deal", "review_exchanges", ["deal_id"], unique=False)
    op.create_index("ix_review_exchanges_state", "review_exchanges", ["state", "closes_at"], unique=False)


def add_reviews() -> None:
    sides = sa.Enum("shop", "factory", name="side", native_enum=False, create_constraint=True, length=20)
    op.create_table(
        "reviews",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("exchange_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("side", sides, nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.Column("marks", postgresql.JSONB(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_why", sa.Text(), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_reviews_stars_one_to_five")),
        sa.CheckConstraint("length(words) <= 1000", name=op.f("ck_reviews_words_short")),
        sa.ForeignKeyConstraint(["exchange_id"], ["review_exchanges.id"], name=op.f("fk_reviews_exchange_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("exchange_id", "side", name=op.f("uq_reviews_exchange_id_side")),
    )
    op.create_index("ix_reviews_id", "reviews", ["id"], unique=True)
    op.create_index("ix_reviews_about", "reviews", ["about_id", "id"], unique=False)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
