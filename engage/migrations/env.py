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
    driver = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")  # it would say nothing inside a transaction
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _nothing_is_lost(connection: Connection) -> None:
    """Before anything stands: every row that others refer to is still there."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"migrations left references to rows that are not there: {broken}")


def run() -> None:
    """All migrations in one transaction: where one fails, the database is as it was."""
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        connection = connection.execution_options(writing=True)
        context.configure(
            connection=connection, target_metadata=db.metadata, transactional_ddl=True, **options
        )
        with _unreferenced(connection), context.begin_transaction():
            context.run_migrations()
            _nothing_is_lost(connection)


run()
