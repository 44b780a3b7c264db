"""What is wrong with a template so far, and the reading of single values that finds it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import ImageFont

from engage.studio.conditions import BadCondition, Condition, parse
from engage.studio.design import FILE, Field, Problem
from engage.studio.placeholders import asked, lone
from engage.studio.toml_lines import Path as Place
from engage.studio.toml_lines import line_of
from engage.texts import control


class Findings:
    """Collects problems; every reading method gives a usable value even where it found one."""

    def __init__(self, folder: Path, *, thorough: bool = False) -> None:
        self.folder = folder
        #: Whether files are looked into, which takes longer than reading the template.
        self.thorough = thorough
        self.file = f"{folder.name}/{FILE}"
        self.problems: list[Problem] = []
        self.places: dict[Place, int] = {}
        self.fields: dict[str, Field] = {}

    def wrong(self, path: Place, problem: str, remedy: str) -> None:
        name = ""
        for step in path:
            name += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if name else step
        self.problems.append(
            Problem(self.file, line_of(self.places, path), name or "file", problem, remedy)
        )

    def tables(self, raw: Any, path: Place) -> Iterator[tuple[Mapping[str, Any], Place]]:
        """Each table of a list with its place; what is none is named."""
        for k, body in enumerate(raw if isinstance(raw, list) else [raw]):
            if isinstance(body, dict):
                yield body, (*path, k)
            else:
                self.wrong(
                    (*path, k), f"{body!r} is no table", f"write [[{path[-1]}]] with keys below"
                )

    def known(self, raw: Mapping[str, Any], keys: Iterable[str], path: Place) -> None:
        for key in raw:
            if key not in keys:
                self.wrong((*path, key), f"unknown key {key!r}", f"use {either(keys)}")

    def word(
        self,
        raw: Mapping[str, Any],
        key: str,
        path: Place,
        default: str,
        *,
        required: bool = False,
    ) -> str:
        value = raw.get(key, default)
        if not isinstance(value, str) or (required and not value.strip()):
            self.wrong((*path, key), "a text is missing here", f'write {key} = "…"')
            return default
        if sign := control(value):
            self.wrong((*path, key), *invisible(sign))
        return value

    def choice(
        self,
        raw: Mapping[str, Any],
        key: str,
        path: Place,
        words: Iterable[str],
        default: str,
    ) -> str:
        value = raw.get(key, default)
        if value != default and value not in tuple(words):
            self.wrong((*path, key), f"{value!r} is not possible", f"use {either(words)}")
            return default
        return str(value)

    def number(
        self, raw: Mapping[str, Any], key: str, path: Place, default: float,
        low: float, high: float, *, required: bool = False,
    ) -> float:  # fmt: skip
        value = raw.get(key, default)
        if required and key not in raw:
            self.wrong((*path, key), f"{key} is missing", f"write {key} = {default}")
        elif not numeric(value) or not low <= value <= high:
            self.wrong(
                (*path, key),
                f"{value!r} is not possible",
                f"give a number from {low:g} to {high:g}",
            )
            return default
        return float(value)

    def condition(self, raw: Mapping[str, Any], path: Place) -> Condition | None:
        if "when" not in raw:
            return None
        try:
            made = parse(str(raw["when"]))
        except BadCondition as wrong:
            self.wrong((*path, "when"), str(wrong), "use fields, numbers, comparisons, and/or/not")
            return None
        for name in sorted(made.names - self.fields.keys()):
            self.wrong(
                (*path, "when"), f"no field is called {name!r}", f"use {either(self.fields)}"
            )
        return made

    def words(self, text: str, path: Place, guarded: frozenset[str]) -> None:
        """Placeholders of a text: known, writable, and sure to be there; and no sign that nobody sees."""
        if sign := control(text):
            self.wrong(path, *invisible(sign))
        for brace in lone(text):
            self.wrong(
                path, f"a lone {brace!r} in {text!r}", "write {field}, or {{ and }} for braces"
            )
        for name in asked(text):
            if self.field_there(name, path, guarded) and self.fields[name].shape not in (
                "text",
                "number",
            ):
                self.wrong(
                    path,
                    f"{{{name}}} is a {self.fields[name].shape}, not words",
                    "use a text or number",
                )

    def field_there(self, name: str, path: Place, guarded: frozenset[str]) -> bool:
        if name not in self.fields:
            self.wrong(path, f"no field is called {name!r}", f"use {either(self.fields)}")
            return False
        if self.fields[name].optional and name not in guarded:
            self.wrong(path, f"{name!r} is optional and may be missing here",
                       f'add when = "{name}" to this layer, sentence or scene')  # fmt: skip
        return True

    def fonts(self, raw: Any) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for family, name in raw.items() if isinstance(raw, dict) else ():
            path = self.folder / str(name)
            if family not in ("display", "text"):
                self.wrong(("fonts", family), "no such family", "use display or text")
            elif not path.is_file() or self.folder.resolve() not in path.resolve().parents:
                self.wrong(
                    ("fonts", family), f"no file {name!r}", "put it into the template's fonts/"
                )
            elif self.thorough and not readable(path):
                self.wrong(("fonts", family), f"{name!r} cannot be read as a font", "save it again")
            else:
                found[family] = path
        return found

    def light(self, raw: Mapping[str, Any], path: Place) -> tuple[float, float] | None:
        place = raw.get("light")
        if place is None:
            return None
        if not isinstance(place, list) or len(place) != 2 or not all(map(finite, place)):
            self.wrong(
                (*path, "light"), f"{place!r} is no place", "give two shares, e.g. [0.8, 0.2]"
            )
            return None
        return float(place[0]), float(place[1])


def invisible(sign: str) -> tuple[str, str]:
    """What is wrong with a text that holds such a sign, and how to mend it."""
    return f"holds an invisible control character ({sign})", "delete it"


def numeric(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def finite(value: Any) -> bool:
    return numeric(value) and math.isfinite(value)


def readable(font: Path) -> bool:
    try:
        ImageFont.truetype(str(font), 20)
    except OSError:
        return False
    return True


def either(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"
