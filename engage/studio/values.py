"""What a film is told about a partner: plain values that can be frozen as JSON.

A snapshot maps field names to values. A value is a string that is shown as it stands, or one of
the small shapes below. Every number that is shown carries its own ``display`` text, formatted for
the partner's locale by whoever made the snapshot: the studio never formats a number itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class BadValue(ValueError):
    """A snapshot that cannot be read back; the message names the field."""


@dataclass(frozen=True)
class Number:
    """``value`` decides conditions and animation, ``display`` is what is read."""

    value: float
    display: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise BadValue(f"{self.value} is not a number that can be drawn")


@dataclass(frozen=True)
class Point:
    label: str
    value: float
    display: str


@dataclass(frozen=True)
class Series:
    """Numbers in the order of time, for charts; the film is about those from number ``since`` on,
    the others lead up to them."""

    points: tuple[Point, ...]
    since: int = 0

    @property
    def best(self) -> int | None:
        """Which point of those that the film is about is the highest, the latest of equals; None: none
        is above zero."""
        told = range(self.since, len(self.points))
        k = max(told, key=lambda k: (self.points[k].value, k), default=None)
        return k if k is not None and self.points[k].value > 0 else None


@dataclass(frozen=True)
class Row:
    rank: int
    name: str
    score: str
    me: bool = False


@dataclass(frozen=True)
class Ranking:
    """Neighbours on a board, best first; one row may be the partner's own."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Stage:
    """``display`` says what the stage gives or asks ("500 points")."""

    name: str
    reached: bool
    display: str = ""


@dataclass(frozen=True)
class Stages:
    """The path of a mission; ``share`` (0..1) is how far the next open stage has come."""

    stages: tuple[Stage, ...]
    share: float = 0.0


@dataclass(frozen=True)
class Badge:
    """``icon`` is a word from `engage.studio.layers.badges.ICONS`."""

    name: str
    icon: str = "star"


@dataclass(frozen=True)
class Badges:
    badges: tuple[Badge, ...]


@dataclass(frozen=True)
class Picture:
    """A PNG, JPEG or WebP file; its bytes, not its path, belong into a film's key."""

    path: str


Value = str | Number | Series | Ranking | Stages | Badges | Picture
Data = Mapping[str, Value | None]

SHAPES: dict[str, type] = {
    "number": Number,
    "series": Series,
    "ranking": Ranking,
    "stages": Stages,
    "badges": Badges,
    "picture": Picture,
}
_ITEMS: dict[str, tuple[str, type]] = {
    "series": ("points", Point),
    "ranking": ("rows", Row),
    "stages": ("stages", Stage),
    "badges": ("badges", Badge),
}


def shape_of(value: Value | None) -> str:
    """The word for a value's shape: ``text``, ``number``, ``series``…"""
    if isinstance(value, str):
        return "text"
    for word, shape in SHAPES.items():
        if isinstance(value, shape):
            return word
    raise BadValue(f"a {type(value).__name__} is no value of a film")


def given(value: Value | None) -> bool:
    """Whether there is anything to show: not None, not blank, not an empty list."""
    if value is None:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    return count(value) > 0 if shape_of(value) in _ITEMS else True


def count(value: Value) -> int:
    """How many points, rows, stages or badges a list-like value holds."""
    return len(getattr(value, _ITEMS[shape_of(value)][0]))


def texts(value: Value | None) -> list[str]:
    """Every string of a value that could be drawn."""
    match value:
        case None | Picture():
            return []
        case str():
            return [value]
        case Number():
            return [value.display]
        case Series():
            return [t for p in value.points for t in (p.label, p.display)]
        case Ranking():
            return [t for r in value.rows for t in (r.name, r.score)]
        case Stages():
            return [t for s in value.stages for t in (s.name, s.display)]
        case Badges():
            return [b.name for b in value.badges]


def to_json(data: Data) -> dict[str, Any]:
    """A document for `json.dumps`; `from_json` gives the same values back."""
    out: dict[str, Any] = {}
    for name, value in data.items():
        if value is None or isinstance(value, str):
            out[name] = value
        else:
            out[name] = {"shape": shape_of(value), **asdict(value)}
    return out


def from_json(document: Mapping[str, Any]) -> dict[str, Value | None]:
    """The values of a document made by `to_json`; raises `BadValue` naming the field."""
    return {name: _read(name, raw) for name, raw in document.items()}


def _read(name: str, raw: Any) -> Value | None:
    if raw is None or isinstance(raw, str):
        return raw
    if not isinstance(raw, Mapping) or raw.get("shape") not in SHAPES:
        raise BadValue(f"{name}: not a value of a film; one of {', '.join(SHAPES)} or a string")
    shape = raw["shape"]
    body = {key: part for key, part in raw.items() if key != "shape"}
    try:
        if shape in _ITEMS:
            key, item = _ITEMS[shape]
            body[key] = tuple(item(**part) for part in body[key])
        made: Value = SHAPES[shape](**body)
    except (TypeError, KeyError) as wrong:
        raise BadValue(f"{name}: not a {shape} ({wrong})") from wrong
    return made
