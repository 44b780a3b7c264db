"""boards as data: periods with names of their own, windows that move, targets of partners

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAMED = ("standings", "standing_buckets", "standing_days")


def upgrade() -> None:
    op.add_column("boards", sa.Column("kept_on", sa.Date(), nullable=True))
    op.add_column("partners", sa.Column("target", sa.BigInteger(), nullable=True))
    op.drop_index("ix_standings_order", "standings")
    for table in NAMED:
        whole = {"sqlite_with_rowid": False} if table == "standing_buckets" else {}
        with op.batch_alter_table(table, table_kwargs=whole) as changed:
            changed.alter_column(
                "period",
                type_=sa.String(length=80),
                existing_type=sa.String(length=10),
                existing_nullable=False,
            )
    op.create_index(
        "ix_standings_order",
        "standings",
        ["board_id", "period", "order_key", "reached_at", "member_id"],
        sqlite_where=sa.text("listed"),
        postgresql_where=sa.text("listed"),
    )
