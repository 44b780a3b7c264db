"""Whether a rule, board or mission in the making fits the programme around it, as the file would be asked."""

from dataclasses import replace
from typing import Any, TypeVar

from engage.console.typed_fields import Typed
from engage.console.typed_form import Form, Reading
from engage.incentives.rules import Rule
from engage.leaderboards.rules import Board
from engage.missions.rules import Mission
from engage.programmes import file as programme_file
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.programmes.reading import BadProgrammeFile

Made = TypeVar("Made", Rule, Board, Mission)


def fitting(
    here: Programme, part: str, reading: Reading[Made], form: Form, typed: Typed
) -> Reading[Made]:
    """The same, or what is wrong with the programme once that is in its ``part`` (``rules``)."""
    made = reading.made
    if made is None:
        return reading
    published = programmes.export(here)
    others: Any = [known for known in getattr(published, part) if known.slug != made.slug]
    changed: dict[str, Any] = {part: (made, *others)}
    try:
        programme_file.parse(programme_file.dump(replace(published, **changed)))
    except BadProgrammeFile as error:
        wrong = {key.removeprefix(f"{part}[1]."): problem for _line, key, problem in error.problems}
        return Reading(None, {form.input_of(key, typed): said for key, said in wrong.items()})
    return reading
