"""A video template: `template.toml` read into plain frozen objects.

`load` gives a template or raises `TemplateError` with every mistake; `check` lists them. What each
key means to a designer stands in `video_templates/README.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engage.studio.conditions import Condition
from engage.studio.values import Data, Value

STUDIO_VERSION = 1  # raise it when the same template and data would be drawn differently
FILE = "template.toml"
MOMENTS = ("onboarding", "launch", "learning", "status", "recap")
TRANSITIONS = ("cut", "fade", "wipe", "push", "iris")
ENTRANCES = ("none", "fade", "rise", "drop", "left", "right", "pop", "wipe")
UNITS = ("money", "points", "count", "ordinal", "percent")


@dataclass(frozen=True)
class Problem:
    """One mistake in a template: where, what, and how to mend it."""

    file: str
    line: int
    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.problem}; {self.remedy}"


class TemplateError(ValueError):
    """A template that cannot be used; ``problems`` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = problems


@dataclass(frozen=True)
class Field:
    """One promise of the snapshot: ``shape`` is text, number, series, ranking, stages, badges or
    picture; an ``optional`` field may be missing, every other may not."""

    name: str
    shape: str
    sample: Value
    max_chars: int | None = None
    unit: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class Say:
    """A sentence and when it is true."""

    text: str
    when: Condition | None = None


@dataclass(frozen=True)
class Layer:
    """One layer; ``boxes`` are (x, y, width, height) by format, times are seconds in the scene."""

    kind: str
    boxes: Mapping[str, tuple[int, int, int, int]]
    when: Condition | None
    start: float
    duration: float
    enter: str
    enter_seconds: float
    exit: str
    exit_seconds: float
    ease: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Scene:
    name: str
    seconds: float
    when: Condition | None
    background: str
    light: tuple[float, float] | None
    say: tuple[Say, ...]
    transition: str
    transition_seconds: float
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Template:
    slug: str
    folder: Path
    title: str
    moment: str
    fps: int
    formats: tuple[str, ...]
    poster: str
    fonts: Mapping[str, Path]
    fields: Mapping[str, Field]
    scenes: tuple[Scene, ...]

    def samples(self) -> Data:
        """A snapshot of the template's own samples, for stills and previews."""
        return {name: field.sample for name, field in self.fields.items()}


def load(folder: Path) -> Template:
    """The template of a folder; raises `TemplateError`."""
    from engage.studio import reading  # reading knows the layer kinds, which know this module

    template, problems = reading.read(folder)
    if problems or template is None:
        raise TemplateError(problems)
    return template


def check(folder: Path) -> list[Problem]:
    """Every mistake of one template's folder, in the order of the file."""
    from engage.studio import reading  # as in `load`

    return reading.read(folder)[1]


def templates(folder: Path) -> dict[str, Template]:
    """All templates below a folder by slug; raises `TemplateError` with the problems of all."""
    found: dict[str, Template] = {}
    problems: list[Problem] = []
    for file in sorted(folder.glob(f"*/{FILE}")):
        try:
            found[file.parent.name] = load(file.parent)
        except TemplateError as wrong:
            problems += wrong.problems
    if problems:
        raise TemplateError(problems)
    return found


def template_digest(folder: Path) -> str:
    """A hash that changes when the template, one of its assets or the studio changes."""
    total = hashlib.sha256(f"studio {STUDIO_VERSION}".encode())
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        total.update(path.relative_to(folder).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
