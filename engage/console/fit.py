"""Whether a rule or board in the making fits the programme around it, as the file would be asked."""

from dataclasses import replace
from typing import Any

from engage.console.typed_form import Errors, Form, Typed, one
from engage.incentives.rules import Rule
from engage.leaderboards.rules import Board
from engage.programmes import file as programme_file
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.programmes.reading import BadProgrammeFile


def misfits(here: Programme, part: str, made: Rule | Board, form: Form, typed: Typed) -> Errors:
    """What is wrong with the programme once ``made`` is in its ``part`` (``rules``), at its inputs."""
    published = programmes.export(here)
    others = (known for known in getattr(published, part) if known.slug != made.slug)
    changed: dict[str, Any] = {part: (made, *others)}
    try:
        programme_file.parse(programme_file.dump(replace(published, **changed)))
    except BadProgrammeFile as error:
        return {
            form.input_of(key.removeprefix(f"{part}[1]."), typed): problem
            for _line, key, problem in error.problems
        }
    return {}


def begun(errors: Errors, typed: Typed) -> Errors:
    """What is wrong with what was typed; what is still blank is not wrong yet."""
    return {name: text for name, text in errors.items() if one(typed, name)}
