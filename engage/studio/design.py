"""What a designer wrote, as plain frozen objects: the shape of a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engage.studio.conditions import Condition
from engage.studio.values import Data, Value

FILE = "template.toml"
MOMENTS = ("onboarding", "launch", "learning", "status", "recap")
TRANSITIONS = ("cut", "fade", "wipe", "push", "iris")
ENTRANCES = ("none", "fade", "rise", "drop", "left", "right", "pop", "wipe")
UNITS = ("money", "points", "count", "ordinal", "percent")
MOODS = ("calm", "bright", "driving", "warm", "steady", "proud", "none")
ENGLISH = "en"
#: How many seconds a film should last.
SHORTEST, LONGEST = 20, 45


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
    picture; an ``optional`` field may be missing, every other may not. A ``common`` one is the same
    for many partners: what shows no other is made once for all of them."""

    name: str
    shape: str
    sample: Value
    max_chars: int | None = None
    unit: str | None = None
    optional: bool = False
    common: bool = False


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
    """``leave_seconds``: for how long before its end all but decoration fades away."""

    name: str
    seconds: float
    when: Condition | None
    background: str
    light: tuple[float, float] | None
    say: tuple[Say, ...]
    transition: str
    transition_seconds: float
    leave_seconds: float
    layers: tuple[Layer, ...]
    #: A manager cannot leave it out.
    always: bool = False


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
    music: str = MOODS[0]
    #: What it says in other languages: by language, then by the English text.
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: The language its texts are in; `engage.studio.words.told_in` gives it in another one.
    language: str = ENGLISH

    def samples(self) -> Data:
        """A snapshot of the template's own samples, for stills and previews."""
        return {name: field.sample for name, field in self.fields.items()}
