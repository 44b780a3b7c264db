"""A programme file as text: its tables, and on which line of it something is wrong."""

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engage import texts
from engage.definitions import DefinitionError, Every
from engage.studio import toml_lines

T = TypeVar("T")
MOST_CHARACTERS = 500_000
LONGEST_LINE = 5_000
MOST_TABLES = 200
_PLACE = re.compile(r" \(at line ([0-9]+), column ([0-9]+)\)")


class BadProgrammeFile(ValueError):
    """Everything that is wrong with a file: ``problems`` are (line or None, key, problem)."""

    def __init__(self, problems: list[tuple[int | None, str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(said(problem) for problem in problems))


def said(problem: tuple[int | None, str, str]) -> str:
    """A problem in one line: where, which key, what and the remedy."""
    line, key, text = problem
    found = ": ".join(part for part in (f"line {line}" if line else "", key, text) if part)
    return texts.visible(found)


def decoded(data: bytes) -> str:
    """The text of a file, without the mark that some editors put in front.

    :raises BadProgrammeFile: it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        said = f"is not UTF-8 (byte 0x{data[error.start]:02X}): save the file as UTF-8"
        raise BadProgrammeFile([(data[: error.start].count(b"\n") + 1, "", said)]) from error


def toml(text: str) -> dict[str, Any]:
    """:raises BadProgrammeFile: it is not TOML, or larger than any programme is."""
    long = next((n for n, line in enumerate(text.split("\n"), 1) if len(line) > LONGEST_LINE), None)
    if long or len(text) > MOST_CHARACTERS:
        said = f"is too large: write at most {MOST_CHARACTERS} characters, {LONGEST_LINE} in a line"
        raise BadProgrammeFile([(long, "", said)])
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        said = "is nested deeper than any programme is: write it flat"
        raise BadProgrammeFile([(None, "", said)]) from error
    except ValueError as error:  # not TOML, or a number of thousands of digits
        place = _PLACE.search(str(error))
        line = int(place[1]) if place else text.rstrip().count("\n") + 1
        said = f"is not TOML: {_PLACE.sub('', str(error))}"
        column = f" in column {place[2]}" if place else ""
        raise BadProgrammeFile([(line, "", f"{said}{column}; mend it there")]) from error


def one(raw: Mapping[str, Any], key: str, parse: Callable[[Mapping[str, Any]], T]) -> T:
    """A table that may be missing: as if it were empty.

    :raises DefinitionError: with everything that is wrong, as `each`.
    """
    take = Every()
    return take.settled(take.under(key, _table, raw.get(key, {}), f"[{key}]", parse))


def each(
    raw: Mapping[str, Any],
    key: str,
    parse: Callable[[Mapping[str, Any]], T],
    names: tuple[str, ...] = ("slug",),
    most: int = MOST_TABLES,
) -> tuple[T, ...]:
    """Tables that stand any number of times, each told from the others by its ``names``."""
    rows = raw.get(key, [])
    if not isinstance(rows, list):
        raise DefinitionError(key, f"write each as a table of its own: [[{key}]]")
    if len(rows) > most:
        raise DefinitionError(key, f"are {len(rows)}: at most {most}, or nobody reads them")
    take, met = Every(), set[tuple[str, ...]]()
    found = []
    for number, row in enumerate(rows, 1):
        place = f"{key}[{number}]"
        found.append(take.under(place, _table, row, f"[[{key}]]", parse))
        if isinstance(row, Mapping) and names[0] in row:
            name = tuple(str(row.get(part)) for part in names)
            if name in met:
                twice = f"{' of '.join(name)!r} stands twice: every one is its own"
                take.note(f"{place}.{names[0]}", twice)
            met.add(name)
    return take.settled(tuple(found))


def _table(row: Any, header: str, parse: Callable[[Mapping[str, Any]], T]) -> T:
    if not isinstance(row, Mapping):
        raise DefinitionError("", f"write it as a table: {header}")
    return parse(row)


def placed(text: str, error: DefinitionError) -> BadProgrammeFile:
    """What is wrong with a file, each with the line its key stands on, in the order of the lines."""
    places = toml_lines.locate(text)
    problems = [(_line_of(places, e.key), e.key, e.problem) for e in error.every]
    return BadProgrammeFile(sorted(problems, key=lambda problem: problem[0] or 0))


def _line_of(places: dict[toml_lines.Path, int], key: str) -> int | None:
    """The line that a key such as ``rules[2].band[1].rate`` stands on, or the nearest one around it."""
    path: toml_lines.Path = ()
    for word in key.split(".") if key else ():
        name, _, number = word.partition("[")
        path += (name, int(number.rstrip("]")) - 1) if number.rstrip("]").isdigit() else (word,)
    while path:
        for place, line in places.items():
            if place[: len(path)] == path:
                return line
        path = path[:-1]
    return None
