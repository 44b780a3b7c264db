"""Setting text into a box so that nothing is ever clipped.

The rule, in this order: shrink to the floor, wrap into as many lines as the box holds, shorten with
an ellipsis. Everything is measured by its ink (accents, descenders and overhangs included), and a
line is placed by its ink on the left, so that big and small type share one margin.
"""

from __future__ import annotations

import functools
import itertools
import math
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from engage.studio.typeface import SHAPING, Face, clean, face_for, house_face, invisible

ASCENT, DESCENT = 0.76, 0.22  # the room a line takes at least, in em: capitals, descenders
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


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


@dataclass(frozen=True)
class Placed:
    """A line at its place in the box: origin ``x``, ``baseline``, both from the box's corner."""

    line: Line
    x: int
    baseline: int


@dataclass(frozen=True)
class Block:
    lines: tuple[Placed, ...]
    size: int
    style: Style
    shortened: bool

    @property
    def bottom(self) -> int:
        """Where the last line ends, descenders included, from the top of the box."""
        room = DESCENT * self.size
        return max(
            (math.ceil(p.baseline + max(room, p.line.bottom)) for p in self.lines), default=0
        )


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
        join = char == "‍" or unicodedata.combining(char) == 9  # ZWJ, virama
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
    return tuple(reversed(out)) if rightward(text) else tuple(out)


def rightward(text: str) -> bool:
    """Whether a text starts at the right: its first strong letter is of a right-to-left script."""
    for char in text:
        way = unicodedata.bidirectional(char)
        if way in ("L", "R", "AL"):
            return way != "L"
    return False


def _features() -> list[str] | None:
    return ["tnum"] if SHAPING else None


def _tracked(text: str, style: Style) -> bool:
    """Letters are spaced out only where they stand apart anyway."""
    return bool(style.tracking) and all(
        ord(c) < 0x530 or ord(c) in range(0x1E00, 0x2060) for c in text
    )


@functools.lru_cache(maxsize=32768)
def measure(text: str, style: Style, size: int) -> Line:
    """The ink of a text on one line, in pixels."""
    x = 0.0
    box = [math.inf, -math.inf, 0.0, 0.0]
    for face, piece in runs(text, style):
        font = face.at(size)
        left, top, right, bottom = font.getbbox(piece, anchor="ls", features=_features())
        extra = style.tracking * size * (len(clusters(piece)) - 1) if _tracked(text, style) else 0.0
        box = [
            min(box[0], x + left),
            max(box[1], x + right + extra),
            max(box[2], -top),
            max(box[3], bottom),
        ]
        x += font.getlength(piece, features=_features()) + extra
        if _tracked(text, style):
            x += style.tracking * size
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
    mask, (dx, _dy) = face.at(size).getmask2(first, mode="L", anchor="ls", features=_features())
    ink = mask.getbbox()
    return max(0, ink[0] + int(dx)) if ink else 0


def advance(text: str, style: Style, size: int) -> float:
    """How far the next letter stands from the first, in pixels."""
    total = 0.0
    for face, piece in runs(text, style):
        total += face.at(size).getlength(piece, features=_features())
        if _tracked(text, style):
            total += style.tracking * size * len(clusters(piece))
    return total


def draw_line(line: Line, style: Style, size: int) -> tuple[Image.Image, int, int]:
    """A line's ink as a mask, and the offset of the mask from the line's origin."""
    pad = 2
    dx, dy = math.floor(line.left) - pad, -math.ceil(line.top) - pad
    width = math.ceil(line.right) - math.floor(line.left) + 2 * pad
    height = math.ceil(line.bottom) + math.ceil(line.top) + 2 * pad
    mask = Image.new("L", (max(1, width), max(1, height)), 0)
    pen = ImageDraw.Draw(mask)
    x = float(-dx)
    for face, piece in runs(line.text, style):
        font = face.at(size)
        if not _tracked(line.text, style):
            pen.text((x, -dy), piece, font=font, fill=255, anchor="ls", features=_features())
            x += font.getlength(piece, features=_features())
            continue
        done = ""
        for cluster in clusters(piece):
            done += cluster
            kerned = font.getlength(done, features=_features()) - font.getlength(
                cluster, features=_features()
            )
            at = x + kerned + style.tracking * size * (len(clusters(done)) - 1)
            pen.text((at, -dy), cluster, font=font, fill=255, anchor="ls", features=_features())
        x += font.getlength(piece, features=_features()) + style.tracking * size * len(
            clusters(piece)
        )
    return mask, dx, dy


def _words(text: str) -> list[str]:
    """The pieces a line may be broken between; those of unspaced scripts are single letters."""
    out: list[str] = []
    for word in text.split(" "):
        if any(unicodedata.name(c, "").startswith(_UNSPACED) for c in word):
            parts = clusters(word)
            out += [*parts[:-1], parts[-1] + " "]
        else:
            out.append(word + " ")
    return out


def _wrap(words: list[str], style: Style, size: int, width: float) -> list[str] | None:
    """Greedy lines, or None where a single word is wider than the box."""
    lines, line = [], ""
    for word in words:
        if line and measure((line + word).strip(), style, size).width > width:
            lines.append(line.strip())
            line = ""
        line += word
        if measure(line.strip(), style, size).width > width:
            return None
    return [*lines, line.strip()]


def _balanced(words: list[str], style: Style, size: int, width: float) -> list[str] | None:
    """The wrap of as few lines as greedy makes, evened out so that none is a lonely word."""
    best = _wrap(words, style, size, width)
    if best is None or len(best) == 1:
        return best
    low, high = width / len(best) * 0.8, width
    for _ in range(7):
        middle = (low + high) / 2
        tried = _wrap(words, style, size, middle)
        if tried is not None and len(tried) == len(best):
            best, high = tried, middle
        else:
            low = middle
    return best


def _broken(words: list[str], style: Style, size: int, width: float) -> list[str]:
    """Words wider than the box torn between letters: the last resort before shortening."""
    pieces: list[str] = []
    for word in words:
        if measure(word.strip(), style, size).width <= width:
            pieces.append(word)
        else:
            parts = clusters(word.strip())
            pieces += [*parts[:-1], parts[-1] + " "]
    return _wrap(pieces, style, size, width) or ["".join(words).strip()]


def _advance(lines: list[Line], style: Style, size: int) -> float:
    tight = [a.bottom + b.top + 0.04 * size for a, b in itertools.pairwise(lines)]
    return max([style.leading * size, *tight])


def _tall(lines: list[Line], style: Style, size: int) -> float:
    top, bottom = max(ASCENT * size, lines[0].top), max(DESCENT * size, lines[-1].bottom)
    return top + _advance(lines, style, size) * (len(lines) - 1) + bottom


def _measured(texts: list[str], style: Style, size: int) -> list[Line]:
    return [measure(t, style, size) for t in texts]


@functools.lru_cache(maxsize=2048)
def fit(
    text: str,
    style: Style,
    size: int,
    floor: int,
    width: int,
    height: int,
    lines: int = 1,
    align: str = "left",
    valign: str = "top",
) -> Block:
    """Set a text into a box of ``width`` by ``height`` pixels.

    ``size`` is the wish, ``floor`` the smallest size, ``lines`` the most lines while shrinking (at
    the floor as many as the box holds). ``align`` left, center, right; ``valign`` top, middle,
    bottom. Sizes in pixels per em."""
    words = _words(clean(text))
    at = size
    while True:
        wrapped = _balanced(words, style, at, width)
        if wrapped is not None and len(wrapped) <= lines:
            ink = _measured(wrapped, style, at)
            if _tall(ink, style, at) <= height:
                return _place(ink, style, at, width, height, align, valign, shortened=False)
        if at <= floor:
            break
        at = max(floor, min(at - 1, int(at * 0.96)))
    wrapped = _balanced(words, style, at, width) or _broken(words, style, at, width)
    ink, shortened = _shorten(wrapped, style, at, width, height)
    return _place(ink, style, at, width, height, align, valign, shortened=shortened)


def _shorten(
    texts: list[str], style: Style, size: int, width: int, height: int
) -> tuple[list[Line], bool]:
    """As many lines as the height holds, the last one ended by an ellipsis where some are left."""
    keep = len(texts)
    while keep > 1 and _tall(_measured(texts[:keep], style, size), style, size) > height:
        keep -= 1
    last = " ".join(texts[keep - 1 :])
    if keep == len(texts) and measure(last, style, size).width <= width:
        return _measured(texts, style, size), False
    parts = clusters(last)
    while parts and measure("".join(parts).rstrip(" ,.-") + "…", style, size).width > width:
        parts.pop()
    ended = "".join(parts).rstrip(" ,.-") + "…"
    return _measured([*texts[: keep - 1], ended], style, size), True


def _place(
    ink: list[Line], style: Style, size: int, width: int, height: int,
    align: str, valign: str, *, shortened: bool,
) -> Block:  # fmt: skip
    advance, tall = _advance(ink, style, size), _tall(ink, style, size)
    top = {"top": 0.0, "middle": (height - tall) / 2, "bottom": height - tall}[valign]
    baseline = max(0.0, top) + max(ASCENT * size, ink[0].top)
    placed = []
    for k, line in enumerate(ink):
        side = (
            {"left": "right", "right": "left"}.get(align, align) if rightward(line.text) else align
        )
        spare = {"left": 0.0, "center": (width - line.width) / 2, "right": width - line.width}[side]
        x = math.ceil(max(0.0, spare) - line.left)
        if side == "left":
            x -= bearing(line.text, style, size)
        placed.append(Placed(line, x, math.ceil(baseline + k * advance)))
    return Block(tuple(placed), size, style, shortened)
