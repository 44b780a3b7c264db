"""Reading the keys of one layer: boxes by format, and the options of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from engage.studio.design import Field
from engage.studio.placeholders import only
from engage.studio.stage import FORMATS, Option
from engage.studio.theme import COLOURS, BadColour, rgb

Box = tuple[int, int, int, int]
Place = tuple[str | int, ...]
REACH = 4  # canvases, the widest and highest a box may be that reaches over the edge


class Reporter(Protocol):
    """Who collects the problems (the reader of the file)."""

    folder: Path
    fields: dict[str, Field]
    thorough: bool

    def wrong(self, path: Place, problem: str, remedy: str) -> None: ...
    def words(self, text: str, path: Place, guarded: frozenset[str]) -> None: ...
    def field_there(self, name: str, path: Place, guarded: frozenset[str]) -> bool: ...


class Options:
    def __init__(
        self, to: Reporter, raw: Mapping[str, Any], path: Place, guarded: frozenset[str],
        formats: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.to, self.raw, self.path, self.guarded = to, raw, path, guarded
        self.formats = tuple(f for f in formats if f in FORMATS)

    def boxes(self, *, bleeds: bool) -> dict[str, Box]:
        """The layer's box in each of its formats."""
        here, raw = (*self.path, "box"), self.raw.get("box")
        if isinstance(raw, list) and len(self.formats) == 1:
            raw = {self.formats[0]: raw}
        if not isinstance(raw, dict):
            self.to.wrong(here, "no box", 'write box = { "16:9" = [x, y, width, height], … }')
            return {}
        for extra in sorted(raw.keys() - set(self.formats)):
            self.to.wrong(here, f"a box for {extra!r}, which this layer is not shown in",
                          "take it out or add the format to formats")  # fmt: skip
        found: dict[str, Box] = {}
        for name in self.formats:
            if name not in raw:
                self.to.wrong(here, f"no box for {name}", f'add "{name}" = [x, y, width, height]')
            elif self._box_fits(raw[name], name, here, bleeds=bleeds):
                x, y, w, h = raw[name]
                found[name] = (x, y, w, h)
        return found

    def _box_fits(self, box: Any, name: str, here: Place, *, bleeds: bool) -> bool:
        width, height = FORMATS[name]
        if not isinstance(box, list) or len(box) != 4 or not all(type(v) is int for v in box):
            self.to.wrong(
                here, f"{box!r} is no box", "give four whole numbers: [x, y, width, height]"
            )
            return False
        x, y, w, h = box
        if w < 1 or h < 1:
            self.to.wrong(here, f"the box for {name} has no area", "give it a width and a height")
            return False
        inside = x >= 0 and y >= 0 and x + w <= width and y + h <= height
        touches = x < width and y < height and x + w > 0 and y + h > 0
        if bleeds and (w > REACH * width or h > REACH * height):
            self.to.wrong(here, f"the box for {name} is {w}×{h}, more than {REACH} canvases of {width}×{height}",
                          f"keep it within {REACH * width}×{REACH * height}")  # fmt: skip
            return False
        if not (touches if bleeds else inside):
            self.to.wrong(here, f"the box for {name} reaches outside the {width}×{height} canvas",
                          f"keep x + width within {width} and y + height within {height}")  # fmt: skip
            return False
        return True

    def read(self, wanted: Mapping[str, Option]) -> dict[str, Any]:
        """Each option's value, or by format where the template gives it so; defaults filled in."""
        found: dict[str, Any] = {}
        for key, option in wanted.items():
            here = (*self.path, key)
            if key not in self.raw:
                if option.required:
                    self.to.wrong(here, f"{key} is missing", f"write {key} = …")
                found[key] = option.default
                continue
            value = self.raw[key]
            if not isinstance(value, dict):
                found[key] = self._one(value, option, here)
                continue
            for name in self.formats:
                if name not in value:
                    self.to.wrong(here, f"no {key} for {name}", f'add "{name}" = …')
            found[key] = {n: self._one(v, option, here) for n, v in value.items() if n in FORMATS}
        return found

    def _one(self, value: Any, option: Option, here: Place) -> Any:
        problem = _FAULT[option.kind](value, option)
        if problem:
            self.to.wrong(here, f"{value!r} is not possible", problem)
            return option.default
        guarded = frozenset(self.to.fields) if option.spare else self.guarded
        if option.kind == "text":
            self.to.words(value, here, guarded)
        elif option.kind == "value":
            self._field(value, option, here, guarded)
        elif option.kind == "file" and value != option.default:
            self._file(value, option, here)
        return value

    def _field(self, value: str, option: Option, here: Place, guarded: frozenset[str]) -> None:
        name = only(value) or ""
        if not self.to.field_there(name, here, guarded):
            return
        shape = self.to.fields[name].shape
        if shape not in option.shapes:
            self.to.wrong(
                here, f"{name!r} is a {shape}", f"use a field of shape {' or '.join(option.shapes)}"
            )

    def _file(self, value: str, option: Option, here: Place) -> None:
        path = (self.to.folder / value).resolve()
        if not path.is_file() or self.to.folder.resolve() not in path.parents:
            self.to.wrong(here, f"no file {value!r} in the template's folder",
                          "put it there, or mend the name")  # fmt: skip
        elif self.to.thorough and option.fault and (fault := option.fault(path)):
            self.to.wrong(here, f"{value!r} {fault}", "save it again, or take another one")


def _range(value: Any, option: Option) -> str:
    right = isinstance(value, (int, float)) and not isinstance(value, bool)
    if right and (option.low <= value <= option.high):
        return ""
    return f"give a number from {option.low:g} to {option.high:g}"


def _whole(value: Any, option: Option) -> str:
    return "give a whole number" if type(value) is not int else _range(value, option)


def _colour(value: Any, option: Option) -> str:
    if value in COLOURS:
        return ""
    try:
        rgb(str(value))
    except BadColour:
        return f"use {', '.join(COLOURS)}, or #RRGGBB"
    return ""


# What is wrong with a value, as its remedy; empty where nothing is.
_FAULT: dict[str, Callable[[Any, Option], str]] = {
    "text": lambda v, o: "" if isinstance(v, str) and v.strip() else "give a text",
    "value": lambda v, o: "" if isinstance(v, str) and only(v) else 'name one field: "{field}"',
    "number": _range,
    "whole": _whole,
    "flag": lambda v, o: "" if isinstance(v, bool) else "write true or false",
    "word": lambda v, o: "" if v in o.choices else f"use {', '.join(o.choices)}",
    "colour": _colour,
    "file": lambda v, o: "" if isinstance(v, str) else "give the path of a file",
}
