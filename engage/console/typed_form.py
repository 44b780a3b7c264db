"""A definition in the making: every key of a language as a field of a form, and back.

What is typed is kept as it is typed (it may be half done). `Form.raw` turns it into the mapping that the
programme file holds, the language's own parser says what is wrong with that, and `Form.told` puts each
problem at its field: the file and the form are one language.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engage.definitions import DefinitionError
from engage.voice import Voice

#: What was typed: by the name of an input, every value sent for it.
Typed = dict[str, list[str]]
Errors = dict[str, str]
Made = TypeVar("Made")
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
    """The single value typed under a name; empty where none was."""
    text = (typed.get(name) or [""])[0].strip()
    return "" if text == NONE else text


def begun(errors: Errors, typed: Typed) -> Errors:
    """What is wrong with what was typed; what is still blank is not wrong yet."""
    return {name: text for name, text in errors.items() if one(typed, name)}


class Reading(NamedTuple, Generic[Made]):
    """What is typed, once nothing is wrong; ``errors`` by the name of the input."""

    made: Made | None
    errors: Errors


class _Wrong(Exception):
    """A value that cannot be read: ``args`` are the name of its input and the remedy."""


class Form(NamedTuple):
    """The fields of a definition; the name is typed beside them."""

    fields: tuple[Field, ...]

    @property
    def keys(self) -> set[str]:
        return {field.key for field in self.fields}

    def field(self, key: str) -> Field | None:
        return next((field for field in self.fields if field.key == key), None)

    def typed_in(self, form: MultiDict[str, str], before: Typed) -> Typed:
        """What was sent, as far as the form knows it; what it did not ask for stays as it was typed."""
        stems = {"name", "rest", *self.keys}
        hidden = {field.key for field in self.fields if not field.of(before)}
        kept = {name: v for name, v in before.items() if name.partition("--")[0] in hidden}
        return kept | {
            name: [value.replace("\r\n", "\n") for value in form.getlist(name)]
            for name in form
            if name.partition("--")[0] in stems
        }

    def raw(self, typed: Typed, voice: Voice) -> tuple[dict[str, Any], Errors]:
        """The mapping that is typed, as far as it can be read, and what cannot."""
        raw, errors = dict[str, Any](), Errors()
        try:
            raw = _rest(typed)
        except _Wrong as wrong:
            errors[wrong.args[0]] = wrong.args[1]
        for field in self.fields:
            if not field.of(typed):
                continue
            try:
                value = _READERS[field.kind](typed, field, voice)
            except _Wrong as wrong:
                errors[wrong.args[0]] = wrong.args[1]
                continue
            if value not in (None, "", [], {}):
                _put(raw, field.key, value)
        return raw, errors

    def told(self, error: DefinitionError, typed: Typed, said: Mapping[str, str]) -> Errors:
        """What is wrong with a definition, at its inputs; ``said`` where a key is missing."""
        found: Errors = {}
        for problem in error.every:
            is_missing = problem.problem.startswith("is missing") and problem.key in said
            text = said[problem.key] if is_missing else problem.problem
            found.setdefault(self.input_of(problem.key, typed), text)
        return found

    def input_of(self, key: str, typed: Typed) -> str:
        """The input that a key of the definition is typed in: ``band[2].rate`` → ``band--3--rate``."""
        head, bracket, rest = key.partition("[")
        if not bracket:
            parent, _dot, end = key.rpartition(".")
            if key in self.keys or key == "slug":
                return key
            return f"{parent}--{end}" if parent in self.keys else key
        place, _close, column = rest.partition("].")
        field = self.field(head)
        filled = _filled(typed, field) if field else []
        number = int(place.rstrip("]"))
        row = filled[number - 1] if number <= len(filled) else number
        return f"{head}--{row}--{column or (field.columns[0] if field else '')}"

    def of_raw(self, raw: Mapping[str, Any], voice: Voice, *, share: bool = False) -> Typed:
        """A definition, as somebody would have typed it; a ``share`` has its rates in percent."""
        typed: Typed = {}
        left = {k: dict(value) if isinstance(value, Mapping) else value for k, value in raw.items()}
        left.pop("slug", None)
        for field in self.fields:
            table, _dot, name = field.key.rpartition(".")
            place = left.get(table, {}) if table else left
            if name in place:
                typed |= _written(field, place.pop(name), share, voice)
        left = {key: value for key, value in left.items() if value != {}}
        if left:
            typed["rest"] = [json.dumps(left, ensure_ascii=False)]
        return typed

    def with_one_more(self, typed: Typed, do: str) -> Typed:
        """What is typed, with one more row where the pressed button asks for it."""
        what, _dash, key = do.partition("-")
        field = self.field(key)
        more = {key: [str(row_count(typed, field) + 1)]} if what == "add" and field else {}
        return typed | more


# --- read -----------------------------------------------------------------------------------------


def _rest(typed: Typed) -> dict[str, Any]:
    """What a definition says beyond the fields: it travels through the form untouched."""
    try:
        found = json.loads(one(typed, "rest") or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _Wrong("rest", _("cannot be read: open the form again and change it there."))
    return found


def _put(raw: dict[str, Any], key: str, value: Any) -> None:
    table, _dot, name = key.rpartition(".")
    (raw.setdefault(table, {}) if table else raw)[name] = value


def _number(typed: Typed, name: str, voice: Voice, *, share: bool = True) -> str | None:
    """A number as its reader writes it (``20,000``, ``1.5 %``), as the definition does.

    Percents are a ``share`` of one, or, where the definition counts in them, what they say.
    """
    text = one(typed, name)
    if not text:
        return None
    share = share and text.endswith("%")
    number = voice.read(text.rstrip("% \N{NO-BREAK SPACE}"))
    if number is None:
        raise _Wrong(name, _("Write a number."))
    return f"{number / 100 if share else number:f}"


def values(typed: Typed, field: Field) -> list[str]:
    """What is chosen: one in a line, or one in a box that is ticked."""
    lines = [line.strip() for text in typed.get(field.key, []) for line in text.split("\n")]
    return list(dict.fromkeys(line for line in lines if line))


def _read_count(typed: Typed, field: Field, voice: Voice) -> int | None:
    text = _number(typed, field.key, voice)
    if text is None:
        return None
    if not text.isdecimal():
        raise _Wrong(field.key, _("Write a whole number."))
    return int(text)


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
        raise _Wrong(field.key, _("Choose the day, too."))
    return f"{day}T{clock}" if clock else day or None


def _read_rows(typed: Typed, field: Field, voice: Voice) -> list[dict[str, str]]:
    rows = []
    for number in _filled(typed, field):
        cells = {}
        for column in field.columns:
            name = f"{field.key}--{number}--{column}"
            is_number = field.cell(column) == "number"
            cells[column] = _number(typed, name, voice) if is_number else one(typed, name) or None
        rows.append({column: cell for column, cell in cells.items() if cell is not None})
    return rows


def _filled(typed: Typed, field: Field) -> list[int]:
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
    text = one(typed, field.key)
    return min(max(int(text) if text.isascii() and text.isdecimal() else 0, 3), MOST_ROWS)


_READERS: Mapping[str, Callable[[Typed, Field, Voice], Any]] = {
    "choice": lambda typed, field, voice: one(typed, field.key),
    "text": lambda typed, field, voice: one(typed, field.key),
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


def _written(field: Field, value: Any, share: bool, voice: Voice) -> Typed:
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
