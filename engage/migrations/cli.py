"""``engage db upgrade``."""

import click

from engage import create_app
from engage.config import ConfigurationError, Settings
from engage.migrations import upgrade as migrate
from engage.terminal import out, refuse


@click.group()
def db() -> None:
    """The database schema."""


@db.command()
def upgrade() -> None:
    """Bring the schema to the newest."""
    try:
        settings = Settings()
        app = create_app(settings)
    except ConfigurationError as error:
        refuse(str(error))
    with app.app_context():
        migrate()
    out.print("The schema is the newest.")
