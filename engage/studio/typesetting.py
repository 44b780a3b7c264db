"""Setting text into a box so that nothing is ever clipped.

The rule, in this order: shrink to the floor, wrap into as many lines as the box holds, shorten with
an ellipsis. Everything is measured by its ink (accents, descenders and overhangs included), and a
line is placed by its ink on the left, so that big and small type share one margin.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
import unicodedata
from dataclasses import dataclass

from engage.studio.lettering import Line, Style, bearing, clusters, measure, rightward
from engage.studio.typeface import clean

RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT MARK}"
ASCENT, DESCENT = 0.76, 0.22  # the room a line takes at least, in em: capitals, descenders
WHOLE = 16  # letters: in unspaced scripts, a longer word between spaces may be broken anywhere
_COUNT = re.compile(r"\d{1,3}([.,]\d{3})*[.,]?")
_DATED = re.compile(r"\d{1,2}, |\d{4}\b(?![.,]\d)")
_OPENS = re.compile(r"[“„«‘]\s?\w{1,2} ")
_NEVER_FIRST = frozenset("ーゝ々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
_HYPHENED = ("LATIN", "GREEK", "CYRILLIC")
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


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


def _words(text: str) -> list[str]:
    """The pieces a line may be broken between; those of unspaced scripts are single letters, where
    they do not use spaces themselves."""
    out: list[str] = []
    words = text.split(" ")
    for word in words:
        parts = clusters(word)
        whole = len(words) > 1 and len(parts) <= WHOLE
        if not whole and any(unicodedata.name(c, "").startswith(_UNSPACED) for c in word):
            parts = _bound(parts)
            out += [*parts[:-1], parts[-1] + " "]
        else:
            out.append(word + " ")
    return out


def _held(words: list[str], text: str, phrase: str) -> list[str]:
    """The pieces of a text, those of a phrase in one."""
    start = text.find(phrase) if phrase else -1
    if start < 0:
        return words
    ends = list(itertools.accumulate(map(len, words)))
    first = next(k for k, end in enumerate(ends) if end > start)
    last = next(k for k, end in enumerate(ends) if end >= start + len(phrase))
    return [*words[:first], "".join(words[first : last + 1]), *words[last + 1 :]]


def _kept_together(words: list[str]) -> list[str]:
    """The pieces without breaks that read badly: a number stays with what it counts, a day and a
    year with their month (“500 points”, “Dec 16, 2026”, “26. September”), the first short word
    of a quotation with the next."""
    out = words[:1]
    for before, word in itertools.pairwise(words):
        binds = _COUNT.fullmatch(before.strip()) or _OPENS.fullmatch(before)
        if before.endswith(" ") and (binds or _DATED.match(word)):
            out[-1] += word
        else:
            out.append(word)
    return out


def _bound(parts: list[str]) -> list[str]:
    """Letters with what may not begin or end a line without them: brackets, stops, small kana."""
    out: list[str] = []
    for part in parts:
        closes = unicodedata.category(part[0]) in ("Pe", "Pf", "Po") or part[0] in _NEVER_FIRST
        if out and (closes or unicodedata.category(out[-1][-1]) in ("Ps", "Pi")):
            out[-1] += part
        else:
            out.append(part)
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
    """Words wider than the box torn between letters, with a hyphen where that is how their script
    does it: the last resort before shortening."""
    room = width - measure("-", style, size).width
    pieces: list[str] = []
    for word in words:
        if measure(word.strip(), style, size).width <= room:
            pieces.append(word)
        else:
            parts = clusters(word.strip())
            pieces += [*parts[:-1], parts[-1] + " "]
    lines = _wrap(pieces, style, size, room) or ["".join(words).strip()]
    text, at = "".join(pieces), 0
    for k, line in enumerate(lines):
        at = text.index(line, at) + len(line)
        if all(unicodedata.name(c, "").startswith(_HYPHENED) for c in text[at - 1 : at + 1]):
            lines[k] = f"{line}-"
    return lines


def _advance(lines: list[Line], style: Style, size: int) -> float:
    tight = [a.bottom + b.top + 0.04 * size for a, b in itertools.pairwise(lines)]
    return max([style.leading * size, *tight])


def _tall(lines: list[Line], style: Style, size: int) -> float:
    top, bottom = max(ASCENT * size, lines[0].top), max(DESCENT * size, lines[-1].bottom)
    return top + _advance(lines, style, size) * (len(lines) - 1) + bottom


def _measured(texts: list[str], style: Style, size: int) -> list[Line]:
    """Lines measured; all of them run the way the first one does."""
    if texts and rightward(texts[0]):
        texts = [t if rightward(t) else RIGHT_TO_LEFT + t for t in texts]
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
    whole: tuple[str, ...] = (),
) -> Block:
    """Set a text into a box of ``width`` by ``height`` pixels.

    ``size`` is the wish, ``floor`` the smallest size, ``lines`` the most lines while shrinking (at
    the floor as many as the box holds). ``align`` left, center, right; ``valign`` top, middle,
    bottom. Sizes in pixels per em. What of the text is in ``whole``, such as a name, stays on one
    line where that makes it no smaller."""
    words = _words(clean(text))
    ways = [words] if lines == 1 else [_kept_together(words), words]
    if lines > 1 and whole:
        held = functools.reduce(
            lambda kept, name: _held(kept, clean(text), clean(name)), whole, words
        )
        ways.insert(0, _kept_together(held))
    em = measure("".join(words).strip(), style, size).width / size  # about
    at = size
    while True:
        hopeless = em * at > lines * width * 1.05
        for pieces in () if hopeless else ways:
            wrapped = _balanced(pieces, style, at, width)
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
