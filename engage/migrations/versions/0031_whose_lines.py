"""whose lines: programmes and partners stay, under the numbers and ids by which others name them

Revision ID: 0031
Revises: 0030
"""

from alembic import op

from engage.migrations import refuse

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

#: What names a row, together and by themselves.
NAMES = {
    "programmes": ("id", "slug"),
    "partners": ("id", "programme_id", "external_id"),
}


def upgrade() -> None:
    lite = op.get_bind().dialect.name == "sqlite"
    for table, names in NAMES.items():
        other = "IS NOT" if lite else "IS DISTINCT FROM"
        moved = " OR ".join(f"OLD.{name} {other} NEW.{name}" for name in names)
        refuse(f"{table}_stand_update", "UPDATE", table, moved)
        refuse(f"{table}_stand_delete", "DELETE", table)
        if lite:  # REPLACE deletes without asking
            also = " AND ".join(f"{name} = NEW.{name}" for name in names[1:])
            found = " OR ".join(
                f"EXISTS (SELECT 1 FROM {table} WHERE {same})" for same in ("id = NEW.id", also)
            )
            refuse(f"{table}_stand_insert", "INSERT", table, found)
        else:
            op.execute(
                f"CREATE TRIGGER {table}_keep BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION stands()"
            )
