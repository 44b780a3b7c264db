"""questions about ledger lines

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

import engage.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.add_column(
        "programmes", sa.Column("dispute_days", sa.BigInteger(), nullable=False, server_default="5")
    )
    instant = engage.db.UtcDateTime(timezone=True)
    op.create_table(
        "disputes",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("transfer_id", ID, nullable=False),
        sa.Column("question", sa.String(length=2000), nullable=False),
        sa.Column("expected", sa.String(length=500), nullable=True),
        sa.Column("asked_at", instant, nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settled_at", instant, nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'explained', 'corrected', 'withdrawn')",
            name="ck_disputes_state_known",
        ),
        sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="ck_disputes_settled_when"),
        sa.CheckConstraint(
            "(state IN ('explained', 'corrected')) = (answer IS NOT NULL)",
            name="ck_disputes_answered_in_words",
        ),
        sa.CheckConstraint(
            "(state = 'corrected') = (amount IS NOT NULL)", name="ck_disputes_corrected_by"
        ),
        sa.CheckConstraint("amount <> 0", name="ck_disputes_amount_corrects_something"),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_disputes_{column}")
            for column, table in (
                ("programme_id", "programmes"),
                ("partner_id", "partners"),
                ("transfer_id", "transfers"),
                ("asked_by", "users"),
                ("settled_by", "users"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
    )
    op.create_index(
        "uq_disputes_open",
        "disputes",
        ["transfer_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_disputes_programme_id_state", "disputes", ["programme_id", "state", "due_at"])
    op.create_index("ix_disputes_partner_id", "disputes", ["partner_id", "id"])
