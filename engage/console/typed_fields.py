"""How the fields of a definition are typed: by their kind read into what the file says, and back."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _

from engage.voice import Voice
from engage.web import numbers

#: What was typed: by the name of an input, every value sent for it.
Typed = dict[str, list[str]]
Errors = dict[str, str]
MOST_ROWS = 20
#: What forms let choose of partners, in their order.
AUDIENCE = ("region", "type", "organisation", "team", "segment", "tier")


class Field(NamedTuple):
    """A key of the language. ``kind`` says how it is typed; ``columns`` are those of rows, numbers
    where ``cells`` do not say else (text, date, hidden).

    ``of`` is what another field must say for this one to have a meaning.
    """

    key: str
    kind: str
    part: str
    columns: tuple[str, ...] = ()
    of: Callable[[Typed], bool] = lambda typed: True
    cells: tuple[str, ...] = ()

    def cell(self, column: str) -> str:
        return dict(zip(self.columns, self.cells, strict=False)).get(column, "number")


#: What a select says where none of its words holds.
NONE = "-"


def one(typed: Typed, name: str) -> str:
    """The single value typed under a name; empty where none was, or none is chosen."""
    said = text(typed, name)
    return "" if said == NONE else said


def text(typed: Typed, name: str) -> str:
    """The same, whatever it says."""
    return (typed.get(name) or [""])[0].strip()


def begun(errors: Errors, typed: Typed) -> Errors:
    """What is wrong with what was typed; what is still blank is not wrong yet."""
    return {name: problem for name, problem in errors.items() if one(typed, name)}


class Wrong(Exception):
    """A value that cannot be read: ``args`` are the name of its input and the remedy."""


# --- read -----------------------------------------------------------------------------------------


def _number(typed: Typed, name: str, voice: Voice, *, share: bool = True) -> str | None:
    """A number as its reader writes it (``20,000``, ``1.5 %``), as the definition does.

    Percents are a ``share`` of one, or, where the definition counts in them, what they say.
    """
    said = one(typed, name)
    if not said:
        return None
    share = share and said.endswith("%")
    number = voice.read(said.rstrip("% \N{NO-BREAK SPACE}"))
    if number is None:
        raise Wrong(name, _("Write a number."))
    return f"{number / 100 if share else number:f}"


def values(typed: Typed, field: Field) -> list[str]:
    """What is chosen: one in a line, or one in a box that is ticked."""
    lines = [line.strip() for said in typed.get(field.key, []) for line in said.split("\n")]
    return list(dict.fromkeys(line for line in lines if line))


def _read_count(typed: Typed, field: Field, voice: Voice) -> int | None:
    count = _number(typed, field.key, voice)
    if count is None:
        return None
    if not count.isdecimal():
        raise Wrong(field.key, _("Write a whole number."))
    return int(count)


def _read_range(typed: Typed, field: Field, voice: Voice) -> dict[str, str]:
    ends = {end: f"{field.key}--{end}" for end in ("from", "to")}
    if field.kind == "days":
        found = {end: one(typed, name) or None for end, name in ends.items()}
    else:
        found = {end: _number(typed, name, voice) for end, name in ends.items()}
    return {end: value for end, value in found.items() if value is not None}


def _read_moment(typed: Typed, field: Field, voice: Voice) -> str | None:
    day, clock = one(typed, field.key), one(typed, f"{field.key}--time")
    if clock and not day:
        raise Wrong(field.key, _("Choose the day, too."))
    return f"{day}T{clock}" if clock else day or None


def _read_rows(typed: Typed, field: Field, voice: Voice) -> list[dict[str, str]]:
    rows = []
    for number in filled(typed, field):
        cells = {}
        for column in field.columns:
            name = f"{field.key}--{number}--{column}"
            is_number = field.cell(column) == "number"
            cells[column] = _number(typed, name, voice) if is_number else one(typed, name) or None
        rows.append({column: cell for column, cell in cells.items() if cell is not None})
    return rows


def filled(typed: Typed, field: Field) -> list[int]:
    """The numbers of the rows in which something is typed."""
    return [
        number
        for number in range(1, row_count(typed, field) + 1)
        if any(
            one(typed, f"{field.key}--{number}--{column}")
            for column in field.columns
            if field.cell(column) != "hidden"
        )
    ]


def row_count(typed: Typed, field: Field) -> int:
    """How many rows the form shows: those that were asked for, three at least."""
    return min(max(numbers.number(one(typed, field.key)) or 0, 3), MOST_ROWS)


READERS: Mapping[str, Callable[[Typed, Field, Voice], Any]] = {
    "choice": lambda typed, field, voice: one(typed, field.key),
    "text": lambda typed, field, voice: text(typed, field.key),
    "date": lambda typed, field, voice: one(typed, field.key),
    "forms": lambda typed, field, voice: None,  # each is read by a form of its own
    "moment": _read_moment,
    "number": lambda typed, field, voice: _number(typed, field.key, voice),
    "rate": lambda typed, field, voice: _number(typed, field.key, voice),
    "size": lambda typed, field, voice: _number(typed, field.key, voice, share=False),
    "flag": lambda typed, field, voice: one(typed, field.key) == "true" or None,
    "values": lambda typed, field, voice: values(typed, field),
    "count": _read_count,
    "range": _read_range,
    "days": _read_range,
    "rows": _read_rows,
}


# --- write -----------------------------------------------------------------------------------------


def written(field: Field, value: Any, share: bool, voice: Voice) -> Typed:
    """A value of the definition at the inputs of its field."""
    if field.kind == "values":
        return {field.key: ["\n".join(value)]}
    if field.kind == "moment":
        day, _t, clock = value.partition("T")
        return {field.key: [day]} | (
            {f"{field.key}--time": [clock.removesuffix(":00")]} if clock else {}
        )
    if field.kind in ("range", "days"):
        return {
            f"{field.key}--{end}": [
                _typed_number(of, False, voice) if field.kind == "range" else str(of)
            ]
            for end, of in value.items()
        }
    if field.kind == "rows":
        cells = {
            f"{field.key}--{number}--{column}": [
                _typed_number(cell, share and column == "rate", voice)
                if field.cell(column) == "number"
                else cell
            ]
            for number, row in enumerate(value, 1)
            for column, cell in row.items()
        }
        return {field.key: [str(len(value) + 1)]} | cells
    if field.kind == "flag":
        return {field.key: ["true"]} if value else {}
    if field.kind in ("number", "size", "rate", "count"):
        return {field.key: [_typed_number(str(value), share and field.kind == "rate", voice)]}
    return {field.key: [str(value)]}


def _typed_number(number: str, share: bool, voice: Voice) -> str:
    """A number as its reader would type it; a share of an amount in percent."""
    shown = voice.typed(Decimal(number) * 100 if share else Decimal(number))
    return f"{shown}%" if share else shown
