"""The schema's history, and the one way to bring a database to its newest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import sqlalchemy as sa
from alembic import op
from flask import current_app

from engage.db import db

FOLDER = Path(__file__).parent


def upgrade(revision: str = "head") -> None:
    """Migrate the current application's database; nothing where it is the newest already."""
    if "migrate" not in current_app.extensions:
        flask_migrate.Migrate(current_app, db, directory=str(FOLDER), render_as_batch=True)
    flask_migrate.upgrade(directory=str(FOLDER), revision=revision)


@contextmanager
def rebuilding(table: str) -> Iterator[None]:
    """Change a table whose triggers keep it from being changed; afterwards they stand again.

    SQLite makes a table anew to change it (``op.batch_alter_table``), which would lose them.
    """
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    kept = sa.text(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name"
    )
    triggers = bind.execute(kept, {"name": table}).all()
    for name, _ in triggers:
        op.execute(f"DROP TRIGGER {name}")
    yield
    for _, made in triggers:
        op.execute(sa.text(made.replace(":", r"\:")))


def refuse(trigger: str, event: str, table: str, when: str = "") -> None:
    """A trigger that keeps rows from an event, all of them or those of which ``when`` holds."""
    lite = op.get_bind().dialect.name == "sqlite"
    said = f"{table} is append-only: post a correction instead"
    do = f"BEGIN SELECT RAISE(ABORT, '{said}'); END" if lite else "EXECUTE FUNCTION stands()"
    where = f"WHEN ({when})" if when else ""
    op.execute(f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} FOR EACH ROW {where} {do}")
