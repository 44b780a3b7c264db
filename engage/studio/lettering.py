"""Lines of text: how wide, how high, which fonts, and their ink as a mask."""

from __future__ import annotations

import functools
import itertools
import math
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from engage.studio.typeface import SHAPING, Face, face_for, house_face, invisible

WORD_SPACE = {"display": 0.06}  # Manrope's own space is narrow where type is big
_HYPHEN = re.compile(r"[^\W\d_]-|-[^\W\d_]")


@dataclass(frozen=True)
class Style:
    """``family`` is display or text; ``leading`` and ``tracking`` are in em; ``own`` a font file."""

    family: str = "text"
    weight: int = 400
    leading: float = 1.3
    tracking: float = 0.0
    own: Path | None = None


@dataclass(frozen=True)
class Line:
    """A measured line: ink from ``left`` to ``right`` of its origin, ``top`` above the baseline."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left


def clusters(text: str) -> list[str]:
    """What may not be torn apart: a letter with its marks and joiners."""
    out: list[str] = []
    join = False
    for char in text:
        mark = (
            unicodedata.category(char)[0] == "M"
            or invisible(char)
            or 0x1F3FB <= ord(char) <= 0x1F3FF
        )
        if out and (mark or join):
            out[-1] += char
        else:
            out.append(char)
        first = len(out) == 1 and out[0] == char and invisible(char)
        join = first or char == "‍" or unicodedata.combining(char) == 9  # ZWJ, virama
    return out


@functools.lru_cache(maxsize=8192)
def runs(text: str, style: Style) -> tuple[tuple[Face, str], ...]:
    """A text in pieces of one font each, in the order they stand from left to right."""
    out: list[tuple[Face, str]] = []
    for cluster in clusters(text):
        seen = next((c for c in cluster if not invisible(c)), cluster[0])
        face = face_for(seen, style.family, style.weight, style.own)
        if face is None:  # the film refuses such texts before drawing; a space keeps measures sane
            face, cluster = house_face(style.family, style.weight), " "
        if out and (out[-1][0] == face or (not seen.isalnum() and out[-1][0].covers(seen))):
            out[-1] = (out[-1][0], out[-1][1] + cluster)
        else:
            out.append((face, cluster))
    if not rightward(text):
        return tuple(out)
    return tuple((face, _turned(piece)) for face, piece in reversed(out))


def _turned(piece: str) -> str:
    """A piece that runs to the right within a text that runs to the left: its spaces change sides."""
    if rightward(piece):
        return piece
    bare = piece.strip(" ")
    before, after = piece[: len(piece) - len(piece.lstrip(" "))], piece[len(piece.rstrip(" ")) :]
    return f"{after}{bare}{before}" if bare else piece


def rightward(text: str) -> bool:
    """Whether a text starts at the right: its first strong letter is of a right-to-left script."""
    for char in text:
        way = unicodedata.bidirectional(char)
        if way in ("L", "R", "AL"):
            return way != "L"
    return False


def _features(text: str) -> list[str] | None:
    """Figures of one width; not where a hyphen joins letters, which would become as wide as they."""
    return ["tnum"] if SHAPING and not _HYPHEN.search(text) else None


def _loose(style: Style) -> bool:
    return bool(style.tracking) or style.family in WORD_SPACE


def _spread(before: str, line: str, style: Style, size: int) -> float:
    """What tracking and word space add between the start of a line and what follows ``before``."""
    if not _tracked(line, style):
        return 0.0
    words = WORD_SPACE.get(style.family, 0.0) * before.count(" ")
    return size * (style.tracking * len(clusters(before)) + words)


def _tracked(text: str, style: Style) -> bool:
    """Letters are spaced out only where each stands for itself."""
    return _loose(style) and _separate(text)


def _separate(text: str) -> bool:
    return all(
        (ord(c) < 0x530 or 0x1E00 <= ord(c) < 0x20D0) and unicodedata.category(c)[0] != "M"
        for c in text
    )


def figures(text: str, style: Style, size: int) -> list[tuple[str, float]]:
    """A number's figures with their distance from its start: fonts do not kern them, so each can
    be drawn by itself. One piece where letters join or run to the left."""
    if not _separate(text) or len(runs(text, style)) > 1:
        return [(text, 0.0)]
    steps = [advance(figure, style, size) for figure in text]
    return list(zip(text, itertools.accumulate(steps, initial=0.0), strict=False))


@functools.lru_cache(maxsize=32768)
def measure(text: str, style: Style, size: int) -> Line:
    """The ink of a text on one line, in pixels."""
    x = 0.0
    box = [math.inf, -math.inf, 0.0, 0.0]
    for face, piece in runs(text, style):
        font = face.at(size)
        left, top, right, bottom = font.getbbox(piece, anchor="ls", features=_features(text))
        extra = _spread(piece[:-1], text, style, size)
        box = [
            min(box[0], x + left),
            max(box[1], x + right + extra),
            max(box[2], -top),
            max(box[3], bottom),
        ]
        x += font.getlength(piece, features=_features(text)) + _spread(piece, text, style, size)
    if not text:
        return Line("", 0, 0, 0, 0)
    return Line(text, box[0], box[1], box[2], box[3])


@functools.lru_cache(maxsize=4096)
def bearing(text: str, style: Style, size: int) -> int:
    """The empty pixels a font leaves before a text's first letter, which Pillow counts as ink."""
    if not text:
        return 0
    face, piece = runs(text, style)[0]
    first = piece if rightward(piece) else clusters(piece)[0]
    mask, (dx, _dy) = face.at(size).getmask2(first, mode="L", anchor="ls", features=_features(text))
    ink = mask.getbbox()
    return max(0, ink[0] + int(dx)) if ink else 0


@functools.lru_cache(maxsize=4096)
def advance(text: str, style: Style, size: int) -> float:
    """How far the next letter stands from the first, in pixels."""
    total = 0.0
    for face, piece in runs(text, style):
        total += face.at(size).getlength(piece, features=_features(text))
        total += _spread(piece, text, style, size)
    return total


@functools.lru_cache(maxsize=512)
def draw_line(line: Line, style: Style, size: int) -> tuple[Image.Image, int, int]:
    """A line's ink as a mask (shared: never draw into it), and its offset from the line's origin."""
    pad = 2
    dx, dy = math.floor(line.left) - pad, -math.ceil(line.top) - pad
    width = math.ceil(line.right) - math.floor(line.left) + 2 * pad
    height = math.ceil(line.bottom) + math.ceil(line.top) + 2 * pad
    mask = Image.new("L", (max(1, width), max(1, height)), 0)
    pen, features = ImageDraw.Draw(mask), _features(line.text)
    x = float(-dx)
    for face, piece in runs(line.text, style):
        font = face.at(size)
        if not _tracked(line.text, style):
            pen.text((x, -dy), piece, font=font, fill=255, anchor="ls", features=features)
            x += font.getlength(piece, features=features)
            continue
        done = ""
        for cluster in clusters(piece):
            spread = _spread(done, line.text, style, size)
            done += cluster
            own = font.getlength(cluster, features=features)
            at = x + font.getlength(done, features=features) - own + spread
            pen.text((at, -dy), cluster, font=font, fill=255, anchor="ls", features=features)
        x += font.getlength(piece, features=features) + _spread(piece, line.text, style, size)
    return mask, dx, dy
