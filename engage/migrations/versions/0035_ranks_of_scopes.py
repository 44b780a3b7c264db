"""ranks of scopes: standings are ranked within regions and types, too, and different scores counted

Revision ID: 0035
Revises: 0034
"""

import json
from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KEYS = {
    "standings": ("board_id", "period", "member_id", "scope"),
    "standing_buckets": ("board_id", "period", "scope", "level", "low"),
}
LEVELS = (9, 4)
DENSE = 2
SCOPED = (
    "INSERT INTO standings (board_id, period, member_id, scope, score, order_key, reached_at, listed) "
    "SELECT board_id, period, member_id, '{0}=' || {0}, score, order_key, reached_at, listed "
    "FROM standings JOIN partners ON partners.id = member_id "
    "WHERE scope = '' AND {0} <> '' AND board_id = :board"
)
LISTED = "SELECT period, scope, order_key FROM standings WHERE listed AND board_id = :board"


def bucket(order_key: int, level: int) -> int:
    magnitude = order_key if order_key >= 0 else ~order_key
    width = max(0, magnitude.bit_length() - 1 - LEVELS[level])
    return order_key >> width << width


def upgrade() -> None:
    op.add_column(
        "board_pictures",
        sa.Column("ranked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index("ix_partners_programme_id_team", "partners", ["programme_id", "team"])
    op.drop_index("ix_standings_order", "standings")
    op.execute("DELETE FROM standing_buckets")
    for table, key in KEYS.items():
        whole = {"sqlite_with_rowid": False} if table == "standing_buckets" else {}
        with op.batch_alter_table(table, table_kwargs=whole) as changed:
            changed.add_column(
                sa.Column("scope", sa.String(210), server_default="", nullable=False)
            )
            changed.drop_constraint(f"pk_{table}", type_="primary")
            changed.create_primary_key(f"pk_{table}", list(key))
    op.create_index(
        "ix_standings_order",
        "standings",
        ["board_id", "period", "scope", "order_key", "reached_at", "member_id"],
        sqlite_where=sa.text("listed"),
        postgresql_where=sa.text("listed"),
    )
    connection = op.get_bind()
    for board, definition in connection.execute(sa.text("SELECT id, definition FROM boards")).all():
        said = definition if isinstance(definition, dict) else json.loads(definition)
        if said.get("by", "partner") == "partner":
            for kind in ("region", "type"):
                connection.execute(sa.text(SCOPED.format(kind)), {"board": board})
        _count(connection, board, is_dense=said.get("tie") == "dense")


def _count(connection: sa.Connection, board: int, *, is_dense: bool) -> None:
    rows = [tuple(row) for row in connection.execute(sa.text(LISTED), {"board": board})]
    counts = Counter((*here, level, bucket(key, level)) for *here, key in rows for level in (0, 1))
    if is_dense:
        counts.update(
            (*here, DENSE + level, bucket(key, level))
            for *here, key in set(rows)
            for level in (0, 1)
        )
    if counts:
        connection.execute(
            sa.text(
                "INSERT INTO standing_buckets (board_id, period, scope, level, low, members) "
                "VALUES (:b, :p, :s, :l, :w, :n)"
            ),
            [
                {"b": board, "p": period, "s": scope, "l": level, "w": low, "n": n}
                for (period, scope, level, low), n in counts.items()
            ],
        )
