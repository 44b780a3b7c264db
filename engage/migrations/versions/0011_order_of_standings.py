"""order of standings: buckets that make ranks cheap, and partners who left or are seen otherwise

Revision ID: 0011
Revises: 0010
"""

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LEVELS = (9, 4)


def bucket(order_key: int, level: int) -> int:
    magnitude = order_key if order_key >= 0 else ~order_key
    width = max(0, magnitude.bit_length() - 1 - LEVELS[level])
    return order_key >> width << width


def upgrade() -> None:
    # In place: other tables refer to partners, so SQLite must not make the table anew.
    op.add_column("partners", sa.Column("left_on", sa.Date(), nullable=True))
    op.execute(
        "ALTER TABLE partners ADD COLUMN visibility VARCHAR(10) DEFAULT 'named' NOT NULL "
        "CONSTRAINT ck_partners_visibility_known "
        "CHECK (visibility IN ('named', 'pseudonym', 'hidden'))"
    )
    op.execute(
        "ALTER TABLE partners ADD COLUMN pseudonym VARCHAR(40) "
        "CONSTRAINT ck_partners_pseudonym_is_there "
        "CHECK (visibility <> 'pseudonym' OR pseudonym IS NOT NULL)"
    )
    op.drop_index("ix_standings_rank", "standings")
    op.add_column("standings", sa.Column("order_key", sa.BigInteger(), server_default="0"))
    op.add_column("standings", sa.Column("listed", sa.Boolean(), server_default=sa.true()))
    op.execute("UPDATE standings SET order_key = -score")
    with op.batch_alter_table("standings") as standings:
        standings.alter_column("order_key", nullable=False, server_default=None)
        standings.alter_column("listed", nullable=False, server_default=None)
    op.create_index(
        "ix_standings_order",
        "standings",
        ["board_id", "period", "order_key", "reached_at", "member_id"],
        sqlite_where=sa.text("listed"),
        postgresql_where=sa.text("listed"),
    )
    buckets = op.create_table(
        "standing_buckets",
        sa.Column("board_id", BIG, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("low", BIG, autoincrement=False, nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["boards.id"], name=op.f("fk_standing_buckets_board_id")
        ),
        sa.PrimaryKeyConstraint(
            "board_id", "period", "level", "low", name=op.f("pk_standing_buckets")
        ),
        sqlite_with_rowid=False,
    )
    found = op.get_bind().execute(sa.text("SELECT board_id, period, order_key FROM standings"))
    counted = Counter(
        (board, period, level, bucket(key, level)) for board, period, key in found for level in (0, 1)
    )
    names = ("board_id", "period", "level", "low", "members")
    op.bulk_insert(
        buckets, [dict(zip(names, (*key, n), strict=True)) for key, n in counted.items()]
    )
