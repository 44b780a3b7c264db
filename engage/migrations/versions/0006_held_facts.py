"""reports that wait instead of being dropped, and amounts in other currencies

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

import engage.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.add_column("programmes", sa.Column("intake", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "currency_rates",
        sa.Column("programme_id", ID, autoincrement=False, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name="fk_currency_rates_programme_id"
        ),
        sa.PrimaryKeyConstraint("programme_id", "currency", "day", name="pk_currency_rates"),
    )
    op.create_table(
        "conversions",
        sa.Column("fact_id", ID, autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rate", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["fact_id"], ["facts.id"], name="fk_conversions_fact_id"),
        sa.PrimaryKeyConstraint("fact_id", name="pk_conversions"),
    )
    op.create_table(
        "held_facts",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("partner", sa.String(length=200), nullable=False),
        sa.Column("occurred_at", engage.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("came_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("problem", sa.String(length=1000), nullable=False),
        sa.Column("held_at", engage.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settled_at", engage.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'taken', 'replaced', 'dismissed')", name="ck_held_facts_state_known"
        ),
        sa.CheckConstraint(
            "reason IN ('unknown_partner', 'foreign_currency', 'future', 'negative_quantity', "
            "'over_budget')",
            name="ck_held_facts_reason_known",
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (settled_at IS NULL)", name="ck_held_facts_settled_when"
        ),
        sa.CheckConstraint(
            "(state = 'dismissed') = (note IS NOT NULL)", name="ck_held_facts_dismissed_with_reason"
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name="fk_held_facts_programme_id"
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["users.id"], name="fk_held_facts_settled_by"),
        sa.PrimaryKeyConstraint("id", name="pk_held_facts"),
    )
    op.create_index(
        "uq_held_facts_waiting",
        "held_facts",
        ["programme_id", "source", "external_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_held_facts_programme_id_state", "held_facts", ["programme_id", "state", "id"]
    )
