"""A rule in the making: every key of the rule language as a field of a form, and back.

What is typed is kept as it is typed (a draft may be half done). ``to_raw`` turns it into the mapping
that the programme file holds, ``language.parse`` says what is wrong with it, and `read` puts each
problem at its field: the file and the form are one language. A new key is one more line in `FIELDS`.
"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from babel.numbers import NumberFormatError, format_decimal, parse_decimal
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engage.definitions import DefinitionError
from engage.incentives import language
from engage.incentives.rules import Rule
from engage.money import POINTS
from engage.voice import Voice

#: What was typed: by the name of an input, every value sent for it.
Typed = dict[str, list[str]]
Errors = dict[str, str]
MOST_ROWS = 20
_LONGEST = 30
_MEAN = re.compile(r"mean of last ([0-9]+) periods")


class Field(NamedTuple):
    """A key of the rule language. ``kind`` says how it is typed; ``columns`` are those of rows.

    ``of`` is what another field must say for this one to have a meaning.
    """

    key: str
    kind: str
    part: str
    columns: tuple[str, ...] = ()
    of: Callable[[Typed], bool] = lambda typed: True


#: What a select says where none of its words holds.
NONE = "-"


def one(typed: Typed, name: str) -> str:
    """The single value typed under a name; empty where none was."""
    text = (typed.get(name) or [""])[0].strip()
    return "" if text == NONE else text


def _banded(typed: Typed) -> bool:
    return bool(one(typed, "bands"))


def _growing(typed: Typed) -> bool:
    return bool(one(typed, "baseline"))


FIELDS = (
    Field("on", "choice", "what"),
    Field("where.category", "values", "what"),
    Field("where.product", "values", "what"),
    Field("where.customer", "values", "what"),
    Field("where.amount", "range", "what"),
    Field("per", "choice", "pays"),
    Field("earn", "choice", "pays"),
    Field("bands", "choice", "pays"),
    Field("rate", "rate", "pays", of=lambda typed: not _banded(typed)),
    Field("band", "rows", "pays", ("from", "rate"), of=_banded),
    Field("milestones", "rows", "pays", ("at", "pays")),
    Field("where.region", "values", "whom"),
    Field("where.type", "values", "whom"),
    Field("where.organisation", "values", "whom"),
    Field("where.team", "values", "whom"),
    Field("where.segment", "values", "whom"),
    Field("where.tier", "values", "whom"),
    Field("where.joined", "days", "whom"),
    Field("within", "count", "whom"),
    Field("period", "choice", "limits"),
    Field("baseline", "choice", "limits"),
    Field("mean", "count", "limits", of=lambda typed: one(typed, "baseline") == "mean"),
    Field("newcomers", "number", "limits", of=_growing),
    Field("minimum", "number", "limits"),
    Field("cap", "number", "limits"),
    Field("budget", "number", "limits"),
    Field("at_budget", "choice", "limits"),
    Field("starts", "moment", "limits"),
    Field("ends", "moment", "limits"),
)
_KNOWN = {field.key for field in FIELDS}


class Reading(NamedTuple):
    """What is typed says this rule, once nothing is wrong; ``errors`` by the name of the input."""

    rule: Rule | None
    errors: Errors


class _Wrong(Exception):
    """A value that cannot be read: ``args`` are the name of its input and the remedy."""


# --- read -----------------------------------------------------------------------------------------


def typed_in(form: MultiDict[str, str], before: Typed) -> Typed:
    """What was sent, as far as the form knows it; what it did not ask for stays as it was typed."""
    stems = {"name", "rest", *_KNOWN}
    hidden = {field.key for field in FIELDS if not field.of(before)}
    kept = {name: values for name, values in before.items() if name.partition("--")[0] in hidden}
    return kept | {
        name: [value.replace("\r\n", "\n") for value in form.getlist(name)]
        for name in form
        if name.partition("--")[0] in stems
    }


def read(typed: Typed, slug: str, currency: str, timezone: str, voice: Voice) -> Reading:
    """The rule that is typed, or what is wrong with it at which input."""
    raw: dict[str, Any] = {"slug": slug} | _rest(typed)
    errors: Errors = {}
    for field in FIELDS:
        if not field.of(typed):
            continue
        try:
            value = _READERS[field.kind](typed, field, voice)
        except _Wrong as wrong:
            errors[wrong.args[0]] = wrong.args[1]
            continue
        if value not in (None, "", [], {}):
            _put(raw, field.key, value)
    if (periods := raw.pop("mean", None)) is not None:
        raw["baseline"] = f"mean of last {periods} periods"
    try:
        rule = language.parse(raw, currency, timezone)
    except DefinitionError as error:
        for problem in error.every:
            name = input_of(problem.key, typed)
            errors.setdefault(name, _friendly(problem))
        return Reading(None, errors)
    return Reading(None if errors else rule, errors)


def _rest(typed: Typed) -> dict[str, Any]:
    """What a rule says beyond the fields here: it travels through the form untouched."""
    try:
        found = json.loads(one(typed, "rest") or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _put(raw: dict[str, Any], key: str, value: Any) -> None:
    table, _dot, name = key.rpartition(".")
    (raw.setdefault(table, {}) if table else raw)[name] = value


def input_of(key: str, typed: Typed) -> str:
    """The input that a key of the definition is typed in: ``band[2].rate`` → ``band--3--rate``."""
    head, bracket, rest = key.partition("[")
    if not bracket:
        known = key in _KNOWN or key == "slug"
        parent, _dot, end = key.rpartition(".")
        return key if known else f"{parent}--{end}" if parent in _KNOWN else key
    place, _close, column = rest.partition("].")
    field = next((field for field in FIELDS if field.key == head), None)
    filled = _filled(typed, field) if field else []
    number = int(place.rstrip("]"))
    row = filled[number - 1] if number <= len(filled) else number
    return f"{head}--{row}--{column or (field.columns[0] if field else '')}"


def _friendly(problem: DefinitionError) -> str:
    said = {
        "rate": _("Say how much it pays."),
        "band": _("Fill in at least one band."),
    }
    if problem.problem.startswith("is missing") and problem.key in said:
        return str(said[problem.key])
    text = problem.problem
    return text[:1].upper() + text[1:]


def _read_text(typed: Typed, field: Field, voice: Voice) -> str | None:
    return one(typed, field.key) or None


def _read_number(typed: Typed, field: Field, voice: Voice) -> str | None:
    return _number(typed, field.key, voice)


def _number(typed: Typed, name: str, voice: Voice) -> str | None:
    """A number as its reader writes it (``20,000``, ``1.5 %``), as the definition does."""
    text = one(typed, name)
    if not text:
        return None
    share = text.endswith("%")
    try:
        if len(text) > _LONGEST:
            raise NumberFormatError(text)
        number = parse_decimal(
            text.rstrip("% \N{NO-BREAK SPACE}"), locale=voice.locale, strict=True
        )
    except NumberFormatError:
        raise _Wrong(name, _("Write a number.")) from None
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST:
        raise _Wrong(name, _("Write a number."))
    return f"{number / 100 if share else number:f}"


def _read_values(typed: Typed, field: Field, voice: Voice) -> list[str]:
    return values(typed, field)


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
        cells = {c: _number(typed, f"{field.key}--{number}--{c}", voice) for c in field.columns}
        rows.append({column: cell for column, cell in cells.items() if cell is not None})
    return rows


def _filled(typed: Typed, field: Field) -> list[int]:
    """The numbers of the rows in which something is typed."""
    return [
        number
        for number in range(1, row_count(typed, field) + 1)
        if any(one(typed, f"{field.key}--{number}--{column}") for column in field.columns)
    ]


def row_count(typed: Typed, field: Field) -> int:
    """How many rows the form shows: those that were asked for, three at least."""
    text = one(typed, field.key)
    return min(max(int(text) if text.isascii() and text.isdecimal() else 0, 3), MOST_ROWS)


_READERS: Mapping[str, Callable[[Typed, Field, Voice], Any]] = {
    "choice": _read_text,
    "moment": _read_moment,
    "number": _read_number,
    "rate": _read_number,
    "values": _read_values,
    "count": _read_count,
    "range": _read_range,
    "days": _read_range,
    "rows": _read_rows,
}


# --- write ----------------------------------------------------------------------------------------


def blank(currency: str) -> Typed:
    """A new one: so much for every sale."""
    return {"on": ["sale"], "per": ["amount"], "earn": [POINTS], "period": ["quarter"]}


def of_raw(raw: Mapping[str, Any], voice: Voice) -> Typed:
    """A published definition, as somebody would have typed it."""
    typed: Typed = {}
    left = {key: dict(value) if isinstance(value, Mapping) else value for key, value in raw.items()}
    left.pop("slug", None)
    if mean := _MEAN.fullmatch(str(raw.get("baseline"))):
        left |= {"baseline": "mean", "mean": mean[1]}
    share = raw.get("per") == "amount" and raw.get("earn") != POINTS
    for field in FIELDS:
        table, _dot, name = field.key.rpartition(".")
        place = left.get(table, {}) if table else left
        if name in place:
            typed |= _written(field, place.pop(name), share, voice)
    left = {key: value for key, value in left.items() if value != {}}
    if left:
        typed["rest"] = [json.dumps(left, ensure_ascii=False)]
    return typed


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
        shown = {
            end: _typed_number(of, False, voice) if field.kind == "range" else str(of)
            for end, of in value.items()
        }
        return {f"{field.key}--{end}": [text] for end, text in shown.items()}
    if field.kind == "rows":
        cells = {
            f"{field.key}--{number}--{column}": [
                _typed_number(cell, share and column == "rate", voice)
            ]
            for number, row in enumerate(value, 1)
            for column, cell in row.items()
        }
        return {field.key: [str(len(value) + 1)]} | cells
    if field.kind in ("number", "rate", "count"):
        return {field.key: [_typed_number(str(value), share and field.kind == "rate", voice)]}
    return {field.key: [str(value)]}


def _typed_number(number: str, share: bool, voice: Voice) -> str:
    """A number as its reader would type it; a share of an amount in percent."""
    value = Decimal(number) * 100 if share else Decimal(number)
    shown = format_decimal(
        value, locale=voice.locale, decimal_quantization=False, group_separator=False
    )
    return f"{shown}%" if share else str(shown)
