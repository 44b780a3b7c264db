"""Alembic's entry: migrations run inside the application, on its engine."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from engage.db import db


@contextmanager
def _unreferenced(connection: Connection) -> Iterator[None]:
    """SQLite makes a table anew to change it: meanwhile nothing may ask what refers to the old one."""
    sqlite = connection.dialect.name == "sqlite"
    driver = connection.connection.driver_connection if sqlite else None
    if driver is None:
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        broken = driver.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"migrations left references to rows that are not there: {broken}")
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def run() -> None:
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        connection = connection.execution_options(writing=True)
        context.configure(connection=connection, target_metadata=db.metadata, **options)
        with _unreferenced(connection), context.begin_transaction():
            context.run_migrations()


run()
