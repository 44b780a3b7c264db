"""The migrations make the schema that the models say, on both databases."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engage import create_app
from engage.config import Settings
from engage.db import db
from engage.migrations import upgrade
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
    assert [d for d in differences if "ix_standings_rank" not in str(d)] == []
