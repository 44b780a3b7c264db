"""tiers: what a programme has, and who held which when

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from engage.db import Id, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch: SQLite would make the table anew, and others name its rows.
    op.add_column("programmes", sa.Column("tiers", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "tier_spells",
        sa.Column("partner_id", Id, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.String(80), nullable=True),
        sa.Column("since", UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "fact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_tier_spells_partner_id")
        ),
        sa.ForeignKeyConstraint(["fact_id"], ["facts.id"], name=op.f("fk_tier_spells_fact_id")),
        sa.PrimaryKeyConstraint("partner_id", "number", name=op.f("pk_tier_spells")),
    )
