"""moments of boards: pictures of what was frozen and what became final, and draws of leagues

Revision ID: 0021
Revises: 0020
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from engage.db import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = UtcDateTime(timezone=True)
FINAL = sa.text("kind = 'final'")
REMEDY = "what stood stands"
#: What may change of a picture: that it was lifted, once.
KEPT = ("id", "board_id", "period", "kind", "taken_at", "definition", "reason", "taken_by")
KEYS = {
    "board_pictures": ("id",),
    "board_picture_lines": ("picture_id", "member_id"),
    "league_draws": ("id",),
    "league_places": ("draw_id", "partner_id"),
}
STAND = ("board_picture_lines", "league_draws", "league_places")


def upgrade() -> None:
    _pictures()
    _draws()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    kind = "INTEGER" if is_sqlite else "BIGINT"
    # In place: other tables refer to boards, so SQLite must not make the table anew.
    op.execute(
        f"ALTER TABLE boards ADD COLUMN frozen_id {kind} "
        "CONSTRAINT fk_boards_frozen_id REFERENCES board_pictures (id)"
    )
    op.add_column("boards", sa.Column("final_until", sa.Date(), nullable=True))
    op.add_column("boards", sa.Column("turns_at", INSTANT, nullable=True))
    # What was over before the house knew of closing is not closed now.
    now = datetime.now(UTC)
    stored = INSTANT.process_bind_param(now, op.get_bind().dialect)
    assert stored
    op.add_column(
        "boards",
        sa.Column("opened_at", INSTANT, nullable=False, server_default=f"{stored:%Y-%m-%d %H:%M:%S.%f}"),
    )
    boards = sa.table("boards", sa.column("opened_at", INSTANT), sa.column("turns_at", INSTANT))
    op.execute(boards.update().values(opened_at=now, turns_at=now))
    for statement in _triggers(is_sqlite):
        op.execute(statement)


def _table(name: str, keys: list[str], owners: dict[str, str], *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *parts,
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_{name}_{column}")
            for column, table in owners.items()
        ),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"),
        sqlite_with_rowid=len(keys) == 1,
    )


def _pictures() -> None:
    _table(
        "board_pictures",
        ["id"],
        {"board_id": "boards", "taken_by": "users", "lifted_by": "users"},
        sa.Column("id", BIG, nullable=False),
        sa.Column("board_id", BIG, nullable=False),
        sa.Column("period", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("taken_by", BIG, nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lift_reason", sa.String(500), nullable=True),
        sa.Column("lifted_by", BIG, nullable=True),
        sa.CheckConstraint("kind IN ('final', 'freeze')", name="ck_board_pictures_kind_known"),
        sa.CheckConstraint(
            "kind = 'freeze' OR lifted_at IS NULL", name="ck_board_pictures_final_is_final"
        ),
    )
    op.create_index("ix_board_pictures_board_id_period", "board_pictures", ["board_id", "period"])
    op.create_index(
        "uq_board_pictures_final",
        "board_pictures",
        ["board_id", "period"],
        unique=True,
        sqlite_where=FINAL,
        postgresql_where=FINAL,
    )
    _table(
        "board_picture_lines",
        ["picture_id", "member_id"],
        {"picture_id": "board_pictures"},
        sa.Column("picture_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("reached_at", INSTANT, nullable=True),
    )


def _draws() -> None:
    _table(
        "league_draws",
        ["id"],
        {"board_id": "boards", "drawn_by": "users"},
        sa.Column("id", BIG, nullable=False),
        sa.Column("board_id", BIG, nullable=False),
        sa.Column("period", sa.String(40), nullable=False),
        sa.Column("drawn_at", INSTANT, nullable=False),
        sa.Column("basis", sa.String(10), nullable=False),
        sa.Column("divisions", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("drawn_by", BIG, nullable=True),
        sa.CheckConstraint("basis IN ('results', 'moves')", name="ck_league_draws_basis_known"),
    )
    op.create_index("ix_league_draws_board_id_period", "league_draws", ["board_id", "period"])
    _table(
        "league_places",
        ["draw_id", "partner_id"],
        {"draw_id": "league_draws", "partner_id": "partners"},
        sa.Column("draw_id", BIG, nullable=False),
        sa.Column("partner_id", BIG, nullable=False),
        sa.Column("division", sa.BigInteger(), nullable=False),
        sa.Column("came", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_league_places_division", "league_places", ["draw_id", "division"])


def _triggers(is_sqlite: bool) -> list[str]:
    old, new = (", ".join(f"{row}.{name}" for name in KEPT) for row in ("OLD", "NEW"))
    if is_sqlite:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{{0}} are append-only: {REMEDY}'); END"
        # REPLACE deletes without asking a trigger: an insert that meets a row that stands is refused.
        known = {table: " AND ".join(f"{key} = NEW.{key}" for key in keys) for table, keys in KEYS.items()}
        changed = f"OLD.lifted_at IS NOT NULL OR ({old}) IS NOT ({new})"
        return [
            *(
                f"CREATE TRIGGER {table}_stand_{when.lower()} BEFORE {when} ON {table} "
                + refuse.format(table)
                for table in STAND
                for when in ("UPDATE", "DELETE")
            ),
            *(
                f"CREATE TRIGGER {table}_stand_insert BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) " + refuse.format(table)
                for table, same in known.items()
            ),
            "CREATE TRIGGER board_pictures_stand_delete BEFORE DELETE ON board_pictures "
            + refuse.format("board_pictures"),
            f"CREATE TRIGGER board_pictures_stand_update BEFORE UPDATE ON board_pictures WHEN {changed} "
            + refuse.format("board_pictures"),
        ]
    # JSON has no equality on PostgreSQL: its text has.
    was, now = (part.replace("definition", "definition::text") for part in (old, new))
    each, whole = "FOR EACH ROW EXECUTE FUNCTION", "FOR EACH STATEMENT EXECUTE FUNCTION"
    return [
        *(
            f"CREATE TRIGGER {table}_stand BEFORE UPDATE OR DELETE ON {table} {each} stands()"
            for table in STAND
        ),
        *(
            f"CREATE TRIGGER {table}_keep BEFORE TRUNCATE ON {table} {whole} stands()"
            for table in (*STAND, "board_pictures")
        ),
        f"CREATE TRIGGER board_pictures_stand_delete BEFORE DELETE ON board_pictures {each} stands()",
        "CREATE TRIGGER board_pictures_stand_update BEFORE UPDATE ON board_pictures FOR EACH ROW "
        f"WHEN (OLD.lifted_at IS NOT NULL OR ({was}) IS DISTINCT FROM ({now})) "
        "EXECUTE FUNCTION stands()",
    ]
