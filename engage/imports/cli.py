"""``engage import partners FILE`` and ``engage import facts FILE``."""

from collections.abc import Callable
from typing import Any, NoReturn

import click

from engage import clock
from engage.activity.mapping import NATIVE, load_mapping
from engage.activity.problems import ImportRefused, RowError
from engage.db import db, transaction
from engage.imports import service
from engage.imports.service import Kind, Result, Undone
from engage.outbox.delivery import deliver
from engage.terminal import (
    Refusal,
    bar,
    counted,
    err,
    inside,
    json_option,
    out,
    print_json,
    programme_option,
    the_programme,
)


@click.group("import")
def imports() -> None:
    """Take partners or facts in from a CSV or XLSX file."""


def _command(function: Callable[..., None]) -> click.Command:
    for option in (
        json_option,
        programme_option,
        click.option("--skip-bad", is_flag=True, help="Take the good rows, leave the bad ones."),
        click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing."),
        click.option(
            "--mapping", type=click.Path(exists=True, dir_okay=False), metavar="FILE.toml"
        ),
        click.argument("file", type=click.Path(exists=True, dir_okay=False)),
    ):
        function = option(function)
    command: click.Command = imports.command(function)
    return command


@_command
def partners(**options: Any) -> None:
    """Partners: external_id, name, and what else is known of them."""
    _import("partners", **options)


@_command
def facts(**options: Any) -> None:
    """Facts: external_id, partner, kind, occurred_at, and amounts."""
    _import("facts", **options)


def _import(
    kind: Kind,
    file: str,
    mapping: str | None,
    dry_run: bool,
    skip_bad: bool,
    programme_slug: str | None,
    as_json: bool,
) -> None:
    with inside():
        programme = the_programme(programme_slug)
        slug = programme.slug
        try:
            plan = load_mapping(mapping) if mapping else NATIVE
            with bar(f"Reading {file}", None) as read:
                prepared = service.prepare(programme, kind, file, mapping=plan, progress=read)
        except ImportRefused as error:
            _refused_whole(error, as_json)

        def work() -> Result:
            result = service.carry_out(
                the_programme(slug), prepared, skip_bad=skip_bad, now=clock.now(), progress=done
            )
            if dry_run:
                raise Undone(result)
            return result

        with bar(f"Going through {kind}", prepared.size) as done:
            try:
                result = transaction(work)
            except Undone as stopped:
                result = stopped.result
        if not dry_run:
            deliver()
        db.session.remove()
    _report(kind, result, dry_run, skip_bad, as_json)


#: What a refusal, which is one line, ends with where there is more to say.
_TOLD = "; --json names them all"


def _refused_whole(error: ImportRefused, as_json: bool) -> NoReturn:
    problems = list(error.problems)
    if as_json:
        print_json(Result(rejected=len(problems), errors=problems).to_json())
    raise Refusal(f"{error}; nothing was imported{_TOLD if problems[1:] else ''}") from error


def _report(kind: Kind, result: Result, dry_run: bool, skip_bad: bool, as_json: bool) -> None:
    blocked = service.blocked(result, skip_bad)
    if as_json:
        print_json(result.to_json())
    else:
        if not blocked:
            _list(result.errors)
            would = "would be " if dry_run else ""
            out.print(
                f"{counted(result.rows, kind.removesuffix('s'))} read ({result.described}): "
                f"{result.new:,} {would}new, {result.corrected:,} corrected, "
                f"{result.unchanged:,} unchanged, {result.rejected:,} left out, in {result.seconds:.1f} s.",
                soft_wrap=True,
            )
            if result.held:
                out.print(
                    f"{'Would be held' if dry_run else 'Held'} of those left out: "
                    f"{counted(result.held, 'fact')}. What is held waits under Held facts in the "
                    "console, and is taken in when what it misses arrives.",
                    soft_wrap=True,
                )
        unused = ", ".join(result.ignored_columns)
        for said in [*([f"Columns without a use here: {unused}"] if unused else []), *result.notes]:
            err.print(said, style="dim", soft_wrap=True, markup=False)
    if blocked:
        first = result.errors[0]
        raise Refusal(
            f"{counted(result.rejected, 'bad row')} of {result.rows:,}, the first: {first}; nothing was "
            f"imported. Mend what is bad, or leave it out with --skip-bad{_TOLD if result.errors[1:] else ''}"
        )


def _list(errors: list[RowError]) -> None:
    for error in errors[:20]:
        err.print(f"  {error}", style="red", markup=False, soft_wrap=True)
    if len(errors) > 20:
        err.print(f"  and {len(errors) - 20} more; --json lists them", style="red")
