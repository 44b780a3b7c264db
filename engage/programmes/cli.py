"""``engage programme load FILE.toml`` and ``engage programme export``."""

from datetime import datetime
from pathlib import Path

import click

from engage import clock, flow
from engage.db import transaction
from engage.outbox.delivery import deliver
from engage.programmes import file as programme_file
from engage.programmes import service
from engage.terminal import Refusal, err, inside, out, programme_option, refuse, the_programme


@click.group()
def programme() -> None:
    """Publish a programme from its file, or write it back."""


@programme.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="The instant from which changed rules hold (default: now).",
)
def load(file: Path, since: datetime | None) -> None:
    """Publish FILE: a changed rule becomes a new version, past facts keep theirs."""
    try:
        described = programme_file.parse(file.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        refuse(f"{file}: is not UTF-8 text")
    except programme_file.BadProgrammeFile as error:
        for problem in error.problems[1:]:
            err.print(
                f"  {file.name}: {programme_file.said(problem)}",
                style="red",
                markup=False,
                soft_wrap=True,
            )
        first = programme_file.said(error.problems[0])
        raise Refusal(f"{file.name}: {first}; nothing was changed") from error
    if since is not None and since.tzinfo is None:
        since = service.midnight(since.date(), described.timezone)
    now = clock.now()

    def work() -> tuple[list[str], int]:
        published = service.publish(described, now, since)
        lines = flow.reconsider(published.programme, now=now) if published.changes else 0
        return published.changes, lines

    with inside():
        try:
            with err.status("Publishing and working out what changes"):
                changes, lines = transaction(work)
        except service.Refused as error:
            refuse(str(error))
        deliver()
    for change in changes or ["nothing has changed"]:
        out.print(change, markup=False, soft_wrap=True)
    if lines:
        out.print(f"{lines} ledger lines posted for facts that are already in")


@programme.command()
@programme_option
def export(programme_slug: str | None) -> None:
    """Write the published programme as a file."""
    with inside():
        click.echo(programme_file.dump(service.export(the_programme(programme_slug))), nl=False)
