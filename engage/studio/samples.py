"""Samples of a template's fields, written in TOML, as values of a film."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from engage.studio.layers.badges import ICONS
from engage.studio.values import (
    Badge,
    Badges,
    BadValue,
    Number,
    Picture,
    Point,
    Ranking,
    Row,
    Series,
    Stage,
    Stages,
    Value,
)  # fmt: skip

SHAPES = ("text", "number", "series", "ranking", "stages", "badges", "picture")
REMEDY = {
    "text": 'write sample = "…"',
    "number": 'write sample = "1,250.00" (and value = 1250 where it cannot be read from it)',
    "series": 'write sample = [["Jan", 1200, "1,200"], …]: label, number, text',
    "ranking": 'write sample = [[13, "Ada", "9,120 points", true], …]: rank, name, score, own row',
    "stages": 'write sample = [["Three deals", true, "500 points"], …]: name, reached, text',
    "badges": 'write sample = [["Early bird", "bolt"], …]: name, icon',
    "picture": 'write sample = "images/face.png"',
}


class BadSample(ValueError):
    """Says what is wrong with a sample."""


def value(shape: str, field: Mapping[str, Any]) -> Value:
    """The sample of a field of a shape; raises `BadSample`."""
    if "sample" not in field:
        raise BadSample("no sample")
    sample = field["sample"]
    try:
        return _READ[shape](sample, field)
    except BadSample:
        raise
    except (TypeError, ValueError, KeyError, IndexError, BadValue) as wrong:
        raise BadSample(f"the sample {sample!r} is no {shape}") from wrong


def number_in(text: str) -> float:
    """The number a display text shows: "1,250.00", "14th", "1.250,5 €".

    The last separator is the decimal sign unless exactly three digits follow it or it repeats."""
    digits = re.search(r"[+-]?\d[\d.,'\u00a0\u202f ]*", text)
    if digits is None:
        raise ValueError(text)
    run = digits.group().strip(" \u00a0\u202f.,'")
    signs = [c for c in run if c in ".,"]
    decimal = signs[-1] if signs else ""
    if decimal and (signs.count(decimal) > 1 or len(run.rpartition(decimal)[2]) == 3):
        decimal = ""
    whole, _, rest = run.rpartition(decimal) if decimal else (run, "", "")
    return float(re.sub(r"[^\d+-]", "", whole) + ("." + rest if rest else ""))


def _text(sample: Any) -> str:
    if not isinstance(sample, str) or not sample.strip():
        raise TypeError(sample)
    return sample


def _number(sample: Any, field: Mapping[str, Any]) -> Number:
    text = str(sample) if isinstance(sample, (int, float)) else _text(sample)
    if "value" in field and not math.isfinite(float(field["value"])):
        raise BadSample(f"value = {field['value']} is no number")
    return Number(float(field["value"]) if "value" in field else number_in(text), text)


def _series(sample: Any, field: Mapping[str, Any]) -> Series:
    return Series(tuple(Point(_text(a), float(b), _text(c)) for a, b, c in sample))


def _ranking(sample: Any, field: Mapping[str, Any]) -> Ranking:
    rows = (Row(int(r[0]), _text(r[1]), _text(r[2]), bool(r[3:] and r[3])) for r in sample)
    return Ranking(tuple(rows))


def _stages(sample: Any, field: Mapping[str, Any]) -> Stages:
    stages = (Stage(_text(s[0]), bool(s[1]), _text(s[2]) if s[2:] else "") for s in sample)
    share = float(field.get("share", 0.0))
    if not 0 <= share <= 1:
        raise BadSample(f"share = {share:g} is no share: give a number from 0 to 1")
    return Stages(tuple(stages), share)


def _badges(sample: Any, field: Mapping[str, Any]) -> Badges:
    badges = tuple(Badge(_text(b[0]), _text(b[1])) for b in sample)
    if unknown := [badge.icon for badge in badges if badge.icon not in ICONS]:
        raise BadSample(f"no icon {unknown[0]!r}: there are {', '.join(ICONS)}")
    return Badges(badges)


_READ: dict[str, Callable[[Any, Mapping[str, Any]], Value]] = {
    "text": lambda sample, field: _text(sample),
    "number": _number,
    "series": _series,
    "ranking": _ranking,
    "stages": _stages,
    "badges": _badges,
    "picture": lambda sample, field: Picture(_text(sample)),
}
