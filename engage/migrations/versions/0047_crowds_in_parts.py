"""crowds in parts: how many of those who share a score in a full bucket reached it when

Which buckets are full is found out by the periodic work on crowds, in houses of before, too.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "boards",
        sa.Column("crowded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "standing_times",
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.String(80), nullable=False),
        sa.Column("scope", sa.String(210), nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("low", sa.DateTime(timezone=True), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("board_id", "period", "scope", "order_key", "level", "low"),
            name=op.f("pk_standing_times"),
        ),
        sqlite_with_rowid=False,
    )
