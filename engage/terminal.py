"""How commands speak: JSON on standard output, everything else on standard error.

Exit 0: done. 1: refused, nothing changed, the reason in one line. 2: wrong usage.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import click
from flask import Flask
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError, ProgrammingError

from engage import create_app
from engage.config import ConfigurationError, Settings
from engage.db import db, is_conflict
from engage.ledger.rules import Overdrawn
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes import service as programmes
from engage.programmes.models import Programme

Command = TypeVar("Command", bound=Callable[..., Any])

#: For tables and messages to people.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Refusal(click.ClickException):
    """Exit 1: nothing changed, and this is why."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        click.echo(f"refused: {self.message}", err=True)


def refuse(reason: str) -> NoReturn:
    """Stop with exit 1 and the reason in one line."""
    raise Refusal(" ".join(reason.split()))


def counted(number: int, one: str) -> str:
    """How many of what: ``1 partner``, ``1,200 partners``."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def print_json(document: Any) -> None:
    """The one document on standard output."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


class _Digits(click.ParamType[Any]):
    """A number as it is read elsewhere: Python would take ``1_0``, ``nan`` or digits of any script."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", value):
            self.fail(f"{value!r} is not a number: write digits, as 10", param, ctx)
        return super().convert(value, param, ctx)


class Whole(_Digits, click.IntRange):
    """A whole number within a range."""


class Number(_Digits, click.FloatRange):
    """A number within a range."""


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
programme_option = click.option(
    "--programme", "programme_slug", metavar="SLUG", help="Which programme of the house."
)


@contextmanager
def inside(*refusals: type[Exception]) -> Iterator[Flask]:
    """The application and its context, on a migrated database; ``refusals`` say why nothing is done.

    The embedded SQLite is migrated when it is new; any other database is the operator's to migrate.
    """
    told: tuple[type[Exception], ...] = (programmes.Refused, *refusals)
    try:
        settings = Settings()
        app = create_app(settings)
    except ConfigurationError as error:
        refuse(str(error))
    with app.app_context():
        if not inspect(db.engine).has_table("alembic_version"):
            if settings.database:
                refuse("the database has no tables yet: run engage db upgrade")
            from engage.migrations import upgrade

            upgrade()
        try:
            yield app
        except Overdrawn as error:
            refuse(f"{error}; nothing was changed")
        except told as error:
            refuse(str(error))
        except (OperationalError, ProgrammingError) as error:
            if is_conflict(error):
                raise
            refuse(f"the database is not ready ({error.orig}): run engage db upgrade first")


def the_programme(slug: str | None) -> Programme:
    """The programme a command is about; where there is none, `inside` says so."""
    return programmes.by_slug(slug)


def the_partner(programme: Programme, external_id: str) -> Partner:
    """A partner of the programme, or a refusal."""
    found = partners.by_external_id(programme.id, external_id)
    if found is None:
        refuse(f"there is no partner {external_id!r} in programme {programme.slug}")
    return found


@contextmanager
def bar(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error; call what it gives with the number done so far.

    Where nobody watches (a log, a pipe) it is one line when the step is over.
    """
    if not err.is_terminal:
        yield lambda done: None
        err.print(f"{label}: done", markup=False, soft_wrap=True)
        return
    columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=30)]
    with Progress(*columns, MofNCompleteColumn(), TimeElapsedColumn(), console=err) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.update(task, completed=done)
