"""A definition in the making: every key of a language as a field of a form, and back.

What is typed is kept as it is typed (it may be half done). `Form.raw` turns it into the mapping that the
programme file holds, the language's own parser says what is wrong with that, and `Form.told` puts each
problem at its field: the file and the form are one language.
"""

import json
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engage.console.typed_fields import (
    READERS,
    Errors,
    Field,
    Typed,
    Wrong,
    filled,
    one,
    row_count,
    written,
)
from engage.definitions import DefinitionError
from engage.voice import Voice

Made = TypeVar("Made")


class Reading(NamedTuple, Generic[Made]):
    """What is typed, once nothing is wrong; ``errors`` by the name of the input."""

    made: Made | None
    errors: Errors


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
        except Wrong as wrong:
            errors[wrong.args[0]] = wrong.args[1]
        for field in self.fields:
            if not field.of(typed):
                continue
            try:
                value = READERS[field.kind](typed, field, voice)
            except Wrong as wrong:
                errors[wrong.args[0]] = wrong.args[1]
                continue
            if value not in (None, "", [], {}):
                table, _dot, name = field.key.rpartition(".")
                place = raw.setdefault(table, {}) if table else raw
                if isinstance(place, dict):  # else its parser says what it is
                    place[name] = value
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
        rows = filled(typed, field) if field else []
        number = int(place.rstrip("]"))
        row = rows[number - 1] if number <= len(rows) else number
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
                typed |= written(field, place.pop(name), share, voice)
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


def _rest(typed: Typed) -> dict[str, Any]:
    """What a definition says beyond the fields: it travels through the form untouched."""
    try:
        found = json.loads(one(typed, "rest") or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Wrong("rest", _("cannot be read: open the form again and change it there."))
    return found
