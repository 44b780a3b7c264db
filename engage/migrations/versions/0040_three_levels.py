"""three levels: ranks are read from the index and three levels of buckets, types are counted

Revision ID: 0040
Revises: 0039
"""

import json
from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

LEVELS = (11, 5, 0)
DENSE = len(LEVELS)
ORDERS = (
    ("ix_standings_order", ("order_key", "member_id"), "IS NULL"),
    ("ix_standings_first", ("order_key", "reached_at", "member_id"), "IS NOT NULL"),
)
LISTED = "SELECT period, scope, order_key FROM standings WHERE listed AND board_id = :board"


def bucket(order_key: int, level: int) -> int:
    magnitude = order_key if order_key >= 0 else ~order_key
    width = max(0, magnitude.bit_length() - 1 - LEVELS[level])
    return order_key >> width << width


def upgrade() -> None:
    op.drop_index("ix_standings_order", "standings")
    op.execute("DELETE FROM standings WHERE scope LIKE 'type=%'")
    op.execute("DELETE FROM standing_buckets")
    if op.get_context().dialect.name == "sqlite":
        with op.batch_alter_table(
            "standings", recreate="always", table_kwargs={"sqlite_with_rowid": False}
        ):
            pass
    for name, by, timed in ORDERS:
        there = sa.text(f"listed AND reached_at {timed}")
        columns = list(dict.fromkeys(("board_id", "period", "scope", *by, "listed", "reached_at")))
        op.create_index(name, "standings", columns, sqlite_where=there, postgresql_where=there)
    connection = op.get_bind()
    for board, definition in connection.execute(sa.text("SELECT id, definition FROM boards")).all():
        said = definition if isinstance(definition, dict) else json.loads(definition)
        _count(connection, board, is_dense=said.get("tie") == "dense")


def _count(connection: sa.Connection, board: int, *, is_dense: bool) -> None:
    rows = [tuple(row) for row in connection.execute(sa.text(LISTED), {"board": board})]
    levels = range(len(LEVELS))
    counts = Counter((*here, level, bucket(key, level)) for *here, key in rows for level in levels)
    if is_dense:
        counts.update(
            (*here, DENSE + level, bucket(key, level))
            for *here, key in set(rows)
            for level in levels
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
