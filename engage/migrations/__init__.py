"""The schema's history, and the one way to bring a database to its newest."""

from pathlib import Path

import flask_migrate
from flask import current_app

from engage.db import db

FOLDER = Path(__file__).parent


def upgrade() -> None:
    """Migrate the current application's database; nothing where it is the newest already."""
    if "migrate" not in current_app.extensions:
        flask_migrate.Migrate(current_app, db, directory=str(FOLDER), render_as_batch=True)
    flask_migrate.upgrade(directory=str(FOLDER))
