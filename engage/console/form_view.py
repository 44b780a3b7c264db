"""A definition in the making as its page draws it: part by part, and what is wrong above all of it."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, NamedTuple

from flask_babel import gettext as _

from engage.activity import sentences as facts
from engage.console.typed_fields import (
    AUDIENCE,
    MOST_ROWS,
    Errors,
    Field,
    Typed,
    one,
    row_count,
    text,
    values,
)
from engage.console.typed_form import Form
from engage.definitions import FACT_KINDS
from engage.incentives import terms
from engage.incentives.drafts import known_values
from engage.programmes.models import Programme
from engage.voice import Voice

#: More values than these are typed, not ticked.
_MOST_TICKS = 30


class Words(NamedTuple):
    """What a form says beside its fields, each by its key; of parts their titles, in order."""

    titles: Mapping[str, str]
    about: Mapping[str, str]
    labels: Mapping[str, str]
    hints: Mapping[str, str]
    choices: Mapping[str, list[tuple[str, str]]]
    columns: Mapping[str, str]
    #: Values that can be ticked, of fields that are closed where they are the only ones.
    known: Mapping[str, list[str]]
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


class Whom(NamedTuple):
    """What a form says of an audience."""

    labels: dict[str, str]
    known: dict[str, list[str]]
    about: dict[str, str]


def audience(here: Programme, voice: Voice) -> Whom:
    named, known = terms.labels(voice), known_values(here)
    return Whom(
        {f"audience.{name}": named[f"where.{name}"] for name in (*AUDIENCE, "joined")},
        {f"audience.{name}": known.get(f"where.{name}", []) for name in AUDIENCE},
        {"whom": _("Nothing chosen means everybody. Of several lists, a partner must fit all.")},
    )


def kinds(voice: Voice) -> list[tuple[str, str]]:
    """The kinds of facts there are, to choose from."""
    many = {kind: facts.named(kind, voice).many for kind in FACT_KINDS}
    return [(kind, said[:1].upper() + said[1:]) for kind, said in many.items()]


def told(errors: Errors, name: str) -> str | None:
    """What is wrong at an input, as a sentence of its own."""
    problem = errors.get(name)
    return problem and problem[:1].upper() + problem[1:]


def named(label: str, problem: str) -> str:
    """What is wrong, of which field: ``Name is empty: write a text``, ``Rate: Write a number.``"""
    goes_on = problem[:1].islower() or problem[:1] in "'\""
    return f"{label} {problem}" if goes_on else f"{label}: {problem}"


def summary(form: Form, errors: Errors, words: Words, prefix: str) -> list[tuple[str, str]]:
    """What is wrong in the order of the form, each with the id of its element, for ui/form.html."""
    found = []
    place_of = {field.key: place for place, field in enumerate(form.fields)}
    for name, problem in sorted(
        errors.items(), key=lambda e: place_of.get(e[0].split("--")[0], -1)
    ):
        key, *inside = name.split("--")
        beside = {"name": _("Name"), "rest": _("What the form does not show")}
        field, label = form.field(key), words.labels.get(key, beside.get(key, key))
        if len(inside) == 2:
            said = {"field": label, "n": inside[0]}
            said["column"] = words.columns.get(inside[1], inside[1])
            is_form = field and field.kind == "forms"
            label = (
                _("%(field)s %(n)s, %(column)s", **said)
                if is_form
                else _("%(column)s (%(field)s, line %(n)s)", **said)
            )
        is_whole = field and not inside and field.kind in ("values", "range", "days", "rows")
        place = f"{prefix}-{key.replace('.', '-')}" if is_whole else f"field-{name}"
        found.append((place, named(label, problem)))
    return found


def whole(form: Form, typed: Typed, errors: Errors, words: Words, prefix: str) -> dict[str, Any]:
    """A definition's form with its name: what its page and its fragment are given."""
    return {
        "summary": summary(form, errors, words, prefix),
        "rest": one(typed, "rest"),
        "typed_name": text(typed, "name"),
        "name_error": told(errors, "name"),
        "parts": drawn(form, typed, errors, words),
    }


def drawn(form: Form, typed: Typed, errors: Errors, words: Words) -> list[dict[str, Any]]:
    """The form, part by part, with what is wrong at each field, for ui/parts.html."""
    shown = [
        (field.part, _shown(field, typed, errors, words))
        for field in form.fields
        if field.of(typed) and _has_a_choice(field, typed, words)
    ]
    return [
        {
            "key": part,
            "title": title,
            "hint": words.about.get(part),
            # Short fields stand beside each other.
            "groups": [
                list(group)
                for _short, group in groupby(
                    (found for of, found in shown if of == part),
                    key=lambda found: found["short"] or found["key"],
                )
            ],
        }
        for part, title in words.titles.items()
    ]


def _has_a_choice(field: Field, typed: Typed, words: Words) -> bool:
    """Nobody is asked for teams where there are none."""
    closed = field.kind == "values" and field.part == "whom"
    return not closed or bool(words.known.get(field.key) or values(typed, field))


def _shown(field: Field, typed: Typed, errors: Errors, words: Words) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": field.key,
        "kind": "choice" if field.kind == "flag" else field.kind,
        "short": field.kind
        in ("choice", "flag", "number", "size", "rate", "count", "text", "date"),
        "label": words.labels.get(field.key, field.key),
        "hint": words.hints.get(field.key),
        "value": one(typed, field.key),
        "error": told(errors, field.key),
        "required": field.key in words.required,
        "optional": field.key in words.optional,
    }
    if field.kind in ("choice", "flag"):
        found["options"] = words.choices[field.key]
    elif field.kind == "values":
        found |= _ticks(field, typed, words)
    elif field.kind in ("range", "days", "moment"):
        kind = "text" if field.kind == "range" else "date"
        cells = [(f"{field.key}--from", _("From"), kind), (f"{field.key}--to", _("To"), kind)]
        if field.kind == "moment":
            cells = [(field.key, _("Day"), kind), (f"{field.key}--time", _("Time"), "time")]
            found["error"] = None  # it is told at the day
        found["kind"] = "range"
        found["ends"] = [
            _cell(name, typed, errors, kind) | {"label": label} for name, label, kind in cells
        ]
    elif field.kind == "rows":
        count = row_count(typed, field)
        found["full"] = count >= MOST_ROWS
        found["columns"] = [(column, words.columns.get(column)) for column in field.columns]
        found["rows"] = [
            {
                c: _cell(f"{field.key}--{number}--{c}", typed, errors, field.cell(c))
                for c in field.columns
            }
            for number in range(1, count + 1)
        ]
    return found


def _ticks(field: Field, typed: Typed, words: Words) -> dict[str, Any]:
    chosen, options = values(typed, field), words.known.get(field.key, [])
    ticked = options if len(options) <= _MOST_TICKS else []
    others = [value for value in chosen if value not in ticked]
    return {
        "chosen": chosen,
        "options": [(value, words.labels.get(f"{field.key}.{value}", value)) for value in ticked],
        "value": "\n".join(others),
        "open": others or not ticked or field.part == "what",
    }


def _cell(name: str, typed: Typed, errors: Errors, kind: str) -> dict[str, Any]:
    return {"name": name, "value": one(typed, name), "error": told(errors, name), "input": kind}
