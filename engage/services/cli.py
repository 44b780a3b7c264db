"""Commands that run the house: all of it (`up`), or one part each."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator

import click

from engage.config import ConfigurationError, Settings
from engage.queue import QUEUES
from engage.services import logs, web
from engage.services.house import open_house
from engage.services.scheduler import schedule
from engage.services.schema import bring_up_to_date
from engage.services.supervisor import SupervisorError
from engage.services.valkey import ValkeyError, embedded
from engage.services.worker import work
from engage.terminal import refuse
from engage.videos import shelves

# https://sqlite.org/wal.html: older ones can damage the file when a checkpoint meets a writer.
_SOUND_SQLITE = (3, 51, 3)


@contextlib.contextmanager
def in_one_line() -> Iterator[None]:
    """Turn the reasons not to run into a refusal: one line, exit status 1."""
    try:
        yield
    except (ConfigurationError, ValkeyError, SupervisorError, TimeoutError) as error:
        refuse(str(error))


@click.command()
def up() -> None:
    """Web, workers and scheduler under one supervisor, with the embedded services they need."""
    settings = Settings()
    logs.configure(settings)
    warn_of_sqlite(settings)
    with in_one_line():
        shelves.prove(settings)
    with in_one_line(), open_house(settings) as house:
        bring_up_to_date(settings)
        house.run(on_ready=lambda: click.echo(f"engage is ready: {settings.address}"))


@click.command()
def serve() -> None:
    """The web process alone."""
    settings = Settings()
    warn_of_sqlite(settings)
    _with_embedded_services(settings, web.serve)


@click.command()
@click.argument("queue", type=click.Choice(QUEUES))
def worker(queue: str) -> None:
    """One worker process on QUEUE. Start as many as there are cores for."""
    _with_embedded_services(Settings(), lambda: work(queue))


@click.command()
def scheduler() -> None:
    """The scheduler process. One leads, any further ones stand by."""
    _with_embedded_services(Settings(), schedule)


def _with_embedded_services(settings: Settings, part: Callable[[], None]) -> None:
    with in_one_line():
        shelves.prove(settings)
        with embedded(settings):
            part()


def warn_of_sqlite(settings: Settings) -> None:
    """In production, say so if the SQLite at hand has a known fault."""
    at_risk = settings.production and settings.database_url.startswith("sqlite")
    if at_risk and sqlite3.sqlite_version_info < _SOUND_SQLITE:
        click.echo(
            f"Warning: SQLite {sqlite3.sqlite_version} can damage its file under load (mended in "
            "3.51.3). Set DATABASE_URL to a PostgreSQL for production.",
            err=True,
        )
