"""The migrations make the schema that the models say, on both databases."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

from engage import create_app
from engage.config import Settings
from engage.db import db
from engage.migrations import FOLDER, upgrade
from tests.postgres import Postgres


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.filterwarnings("ignore:autogenerate skipping")
def test_models_and_migrations_agree(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chosen = Settings(home=tmp_path, env="test")
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        chosen = chosen.model_copy(update={"database": server.create("migrations")})
    with create_app(chosen).app_context():
        upgrade()
        with db.engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), db.metadata)
        db.engine.dispose()
    assert [d for d in differences if not _is_meant(d, kind)] == []


#: By what rows name others that PostgreSQL looks up by a trigger, or not at all: migrations 0038 and 0042.
LOOKED_UP = {
    ("facts", "partner_id"),
    ("facts", "programme_id"),
    ("transfers", "debit_id"),
    ("transfers", "link_id"),
    ("transfers", "fact_id"),
    ("transfers", "rule_version_id"),
    ("board_picture_lines", "picture_id"),
    ("standings", "board_id"),
    ("standing_buckets", "board_id"),
}


def _is_meant(difference: Any, kind: str) -> bool:
    if kind == "postgresql" and difference[0] == "add_fk":
        key = difference[1]
        return (key.table.name, key.column_keys[0]) in LOOKED_UP
    return "ix_standings_rank" in str(difference)


class Broken(Exception):
    pass


@pytest.mark.parametrize("at", ["0003", "0010", "head"])
@pytest.mark.usefixtures("old_house")
def test_an_upgrade_that_fails_half_way_leaves_the_database_as_it_was(at: str) -> None:
    before = _whole()
    mark = f"version_num='{at}'" if at != "head" else f"version_num='{_head()}'"

    def fail(_c: object, _k: object, statement: str, *_: object) -> None:
        if mark in statement:
            raise Broken

    event.listen(db.engine, "before_cursor_execute", fail)
    with pytest.raises(Broken):
        upgrade()
    event.remove(db.engine, "before_cursor_execute", fail)
    assert _whole() == before
    upgrade()
    assert _whole() != before


def _head() -> str:
    found = ScriptDirectory(str(FOLDER)).get_current_head()
    assert found
    return found


def _whole() -> tuple[object, ...]:
    """The schema with its triggers and what refers to what, and the rows of the ledger."""
    db.session.remove()
    look = inspect(db.engine)
    tables = {
        name: [str(look.get_columns(name)), str(look.get_foreign_keys(name))]
        for name in look.get_table_names()
    }
    kept = {
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1",
        "postgresql": "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    }[db.engine.dialect.name]
    triggers = db.session.execute(text(kept)).all()
    rows = [
        db.session.execute(text(f"SELECT * FROM {name}")).all()
        for name in ("alembic_version", "facts", "transfers", "accounts", "partners")
    ]
    db.session.remove()
    return tables, triggers, rows
