"""``engage programme load FILE.toml`` and ``engage programme export``."""

from datetime import datetime
from pathlib import Path

import click

from engage import clock, flow, periods, proof
from engage.db import transaction, without_trace
from engage.incentives import complexity
from engage.money import natural_unit
from engage.outbox.delivery import deliver
from engage.programmes import file as programme_file
from engage.programmes import reading, service
from engage.programmes.rehearsal import Rehearsal, rehearsed
from engage.terminal import (
    Refusal,
    counted,
    err,
    inside,
    out,
    programme_option,
    refuse,
    the_programme,
)
from engage.videos import catalogue


@click.group()
def programme() -> None:
    """Publish a programme from its file, or write it back."""


@programme.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--since",
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="The instant from which changed rules hold: a day (its local midnight) or one with an "
    "offset, past or future (default: now).",
)
@click.option("--why", help="The reason, for the changelog that partners read.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Publish for the past without being asked.")
def load(file: Path, since: datetime | None, why: str | None, *, dry_run: bool, yes: bool) -> None:
    """Publish FILE: a changed rule becomes a new version, past facts keep theirs.

    With --since in the past it corrects what was paid: that is shown first, and asked.
    """
    now = clock.now()

    def work() -> tuple[list[str], int]:
        published = service.publish(described, now, since, why)
        lines = flow.reconsider(published.programme, now=now) if published.changes else 0
        return published.changes, lines

    def rehearse() -> Rehearsal:
        published = service.publish(described, now, since, why)
        return rehearsed(published.changes, proof.outstanding(published.programme))

    with inside():
        described = _described(file)
        if since is not None and since.tzinfo is None:
            since = periods.midnight(since.date(), described.timezone)
        try:
            past = since is not None and since < now
            if dry_run or past:
                with err.status("Working out what would change"):
                    found = without_trace(rehearse)
                (out if dry_run else err).print(_said(found), markup=False, soft_wrap=True)
                if dry_run:
                    return
                if found.lines and not yes and not click.confirm("Correct the past?", err=True):
                    refuse("the past was not to be corrected; nothing was changed")
            with err.status("Publishing and working out what changes"):
                changes, lines = transaction(work)
        except click.Abort:
            refuse("this corrects the past: say --yes; nothing was changed")
        deliver()
    for change in changes or ["nothing has changed"]:
        out.print(change, markup=False, soft_wrap=True)
    for excess in complexity.excesses(described.rules):
        err.print(complexity.warning(excess), style="yellow", markup=False, soft_wrap=True)
    if lines:
        out.print(f"{counted(lines, 'ledger line')} posted for facts that are already in")


def _described(file: Path) -> programme_file.ProgrammeFile:
    """What a file says; it is refused with every mistake in it, the first one last."""
    try:
        text = reading.decoded(file.read_bytes())
        return programme_file.parse(text, catalogue.filmables())
    except reading.BadProgrammeFile as error:
        for problem in error.problems[1:]:
            said = f"  {file.name}: {reading.said(problem)}"
            err.print(said, style="red", markup=False, soft_wrap=True)
        first = reading.said(error.problems[0])
        raise Refusal(f"{file.name}: {first}; nothing was changed") from error


def _said(found: Rehearsal) -> str:
    """What publishing would do, a line each."""
    said = [*(found.changes or ["nothing would change"]), counted(found.lines, "ledger line")]
    for word, sides in (("more", found.gains), ("less", found.losses)):
        said += [
            f"{counted(side.partners, 'partner')} would have {natural_unit(side.amount, unit)} {unit} {word}"
            for unit, side in sides.items()
        ]
    return "\n".join(said)


@programme.command()
@programme_option
def export(programme_slug: str | None) -> None:
    """Write the published programme as a file."""
    with inside():
        click.echo(programme_file.dump(service.export(the_programme(programme_slug))), nl=False)
