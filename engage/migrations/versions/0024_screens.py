"""screens on walls, each with an address of its own

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

import engage.db

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    instant = engage.db.UtcDateTime(timezone=True)
    op.create_table(
        "screens",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("revoked_at", instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name="fk_screens_programme_id"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_screens_created_by"),
        sa.PrimaryKeyConstraint("id", name="pk_screens"),
        sa.UniqueConstraint("token_hash", name="uq_screens_token_hash"),
    )
    op.create_index("ix_screens_programme_id", "screens", ["programme_id"])
