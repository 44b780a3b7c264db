"""The database schema at a start: brought up to date where it is ours alone, else checked."""

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engage import create_app
from engage.config import ConfigurationError, Settings
from engage.db import db
from engage.migrations import FOLDER, upgrade


def bring_up_to_date(settings: Settings) -> None:
    """Migrate the embedded SQLite; ConfigurationError if any other database is not the newest.

    A server's database may be in use by other machines on the version before, so when to migrate
    it is the operator's decision.
    """
    app = create_app(settings)
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                has = MigrationContext.configure(connection).get_current_revision()
            wants = ScriptDirectory(str(FOLDER)).get_current_head()
            if has == wants:
                return
            if settings.database:
                raise ConfigurationError(
                    f"the database's schema is {has or 'empty'}, this version needs {wants}: "
                    "run engage db upgrade"
                )
            upgrade()
        finally:
            db.engine.dispose()
