"""Alembic's entry: migrations run inside the application, on its engine."""

from alembic import context
from flask import current_app

from engage.db import db


def run() -> None:
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        connection = connection.execution_options(writing=True)
        context.configure(connection=connection, target_metadata=db.metadata, **options)
        with context.begin_transaction():
            context.run_migrations()


run()
