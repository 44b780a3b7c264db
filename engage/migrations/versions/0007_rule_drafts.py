"""rule drafts: changes in the making, and how they would have paid

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from engage.db import Id, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_drafts",
        sa.Column("id", Id, nullable=False),
        sa.Column("programme_id", Id, nullable=False),
        sa.Column("slug", sa.String(80), nullable=True),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("retires", sa.Boolean(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("replay", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_by", Id, nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_rule_drafts_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_rule_drafts_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_drafts")),
    )
    op.create_index("ix_rule_drafts_programme_id", "rule_drafts", ["programme_id"])
