"""Connections are taken to live while they are in use, and asked after they lay about."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from engage import connections, create_app
from engage.config import Settings
from engage.db import db


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_FRESH", 0.0)
    with create_app(Settings(home=tmp_path, env="test", DATABASE_URL=postgres_url)).app_context():

        def backend() -> int:
            found = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            db.session.rollback()
            return int(found)

        before = backend()
        assert backend() == before
        plain = postgres_url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [before])
        assert backend() != before
        db.session.remove()
        db.engine.dispose()
