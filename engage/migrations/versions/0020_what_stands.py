"""what stands: no row of money's history is edited, deleted or replaced, by whatever statement

SQLite's REPLACE deletes without asking a trigger unless the connection says so, and may set ``rowid``
past a trigger on columns: rows are compared whole, and an insert that meets a row that stands is
refused. On PostgreSQL TRUNCATE is refused, too.

Revision ID: 0020
Revises: 0019
"""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine.interfaces import ReflectedColumn

from engage.migrations import refuse

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

class Stands(NamedTuple):
    """``key`` and each of ``unique`` name one row; ``free`` columns may change, and those of ``once``
    until the column that heads them is set."""

    unique: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    once: tuple[tuple[str, ...], ...] = ()
    key: str = "id"


ONE_OPEN = "transfer_id = NEW.transfer_id AND state = 'open' AND NEW.state = 'open'"
STANDING = (
    "programme_id = NEW.programme_id AND source = NEW.source AND external_id = NEW.external_id "
    "AND superseded_at IS NULL AND NEW.superseded_at IS NULL"
)
SETTLED = ("settled_at", "settled_by", "state")
TABLES = {
    "accounts": Stands(
        (
            "programme_id = NEW.programme_id AND kind = NEW.kind AND unit = NEW.unit "
            "AND partner_id IS NEW.partner_id",
        ),
        free=("balance", "floor"),
    ),
    "conversions": Stands(key="fact_id"),
    "disputes": Stands(
        (ONE_OPEN,), once=((*SETTLED, "answer", "amount"), ("seen_at",)),
    ),
    "facts": Stands((STANDING,), once=(("superseded_at",),)),
    "ledger_links": Stands(("programme_id = NEW.programme_id AND number = NEW.number",)),
    "payout_runs": Stands(
        (
            "programme_id = NEW.programme_id AND number = NEW.number",
            "programme_id = NEW.programme_id AND last_day = NEW.last_day",
        ),
        once=(("approved_at", "approved_by"), ("cleared_at", "seconded_by")),
    ),
    "payouts": Stands(
        ("run_id = NEW.run_id AND partner_id = NEW.partner_id AND unit = NEW.unit",),
        once=(
            ("released_at", "released_by"),
            ("paid_at", "paid_by", "reference"),
            ("put_back_at", "put_back_by", "note", "paid_at", "released_at"),
        ),
    ),
    "redemptions": Stands(
        ("partner_id = NEW.partner_id AND key = NEW.key",), once=((*SETTLED, "note"),)
    ),
    "rule_versions": Stands(("rule_id = NEW.rule_id AND version = NEW.version",)),
    "transfers": Stands(("key = NEW.key",)),
}  # fmt: skip


def upgrade() -> None:
    bind = op.get_bind()
    lite = bind.dialect.name == "sqlite"
    for table, stands in TABLES.items():
        for event in ("update", "delete"):
            on = "" if lite else f" ON {table}"
            op.execute(f"DROP TRIGGER IF EXISTS {table}_stand_{event}{on}")
        moved = _moved(stands, sa.inspect(bind).get_columns(table), lite)
        refuse(f"{table}_stand_update", "UPDATE", table, moved)
        refuse(f"{table}_stand_delete", "DELETE", table)
        if lite:
            known = (f"{stands.key} = NEW.{stands.key}", *stands.unique)
            found = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in known)
            refuse(f"{table}_stand_insert", "INSERT", table, found)
        else:
            op.execute(f"DROP TRIGGER IF EXISTS {table}_stand ON {table}")
            op.execute(f"DROP TRIGGER IF EXISTS {table}_keep ON {table}")
            op.execute(
                f"CREATE TRIGGER {table}_keep BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION stands()"
            )


def _moved(stands: Stands, columns: list[ReflectedColumn], lite: bool) -> str:
    """Whether an update changes what stands."""
    plain = {
        column["name"]: "CAST({}.{} AS TEXT)" if isinstance(column["type"], sa.JSON) else "{}.{}"
        for column in columns
    }
    other = "IS NOT" if lite else "IS DISTINCT FROM"

    def differ(names: Iterable[str]) -> str:
        old, new = (
            ", ".join(plain[name].format(row, name) for name in names) for row in ("OLD", "NEW")
        )
        return f"({old}) {other} ({new})"

    late = {name for group in stands.once for name in group}
    found = [differ([name for name in plain if name not in {*stands.free, *late}])]
    found += [f"OLD.{group[0]} IS NOT NULL AND {differ(group)}" for group in stands.once]
    return " OR ".join(found)
