"""awarded so far: what rules and missions that stop at their budget have awarded, kept

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "awarded_so_far",
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name="fk_awarded_so_far_programme_id"
        ),
        sa.PrimaryKeyConstraint("source", "unit", name="pk_awarded_so_far"),
    )
    op.create_index("ix_awarded_so_far_programme_id", "awarded_so_far", ["programme_id"])
