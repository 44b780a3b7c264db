"""Which font draws which letters.

The house's own families (Manrope for display, Inter for text) cover Latin, Greek and Cyrillic. For
other scripts Noto fonts are used where the machine has them. What a font covers is read from its
``cmap`` table, so a letter is never handed to a font that would draw an empty box.
"""

from __future__ import annotations

import functools
import re
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont, features

_HERE = Path(__file__).resolve().parent.parent
_HOUSE = (
    _HERE / "_house" / "video_templates" / "fonts",
    _HERE.parent / "video_templates" / "fonts",
)
FAMILIES = {"display": ("Manrope", (500, 600, 700, 800)), "text": ("Inter", (400, 500, 600))}
NOTO_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("/opt/homebrew/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path.home() / "Library/Fonts",
)
_HAN = {
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "IDEOGRAPHIC",
    "BOPOMOFO",
    "FULLWIDTH",
    "HALFWIDTH",
}
#: As `script_of` names them: what Debian's fonts-noto-cjk draws.
HAN = frozenset({"Han", *(word.title() for word in _HAN)})
NO_BREAK = "\N{NO-BREAK SPACE}"
SHAPING = bool(features.check("raqm"))


class MissingScript(ValueError):
    """A text in a script this machine has no font for. ``script`` is its name."""

    def __init__(self, text: str, script: str) -> None:
        super().__init__(f"no font on this machine has the {script} letters of {text!r}")
        self.text, self.script = text, script


@dataclass(frozen=True)
class Face:
    """One font file (``index`` within a collection)."""

    path: Path
    index: int = 0

    def covers(self, char: str) -> bool:
        return ord(char) in coverage(self.path, self.index)

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """The font at a size in pixels."""
        return _sized(self.path, self.index, size)


@functools.lru_cache(maxsize=256)
def _sized(path: Path, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, index=index)


@functools.lru_cache(maxsize=64)
def coverage(path: Path, index: int = 0) -> frozenset[int]:
    """The code points a TrueType or OpenType file has glyphs for, from its cmap (formats 4, 12)."""
    with path.open("rb") as file:
        start = 0
        if file.read(4) == b"ttcf":
            file.seek(12 + 4 * index)
            start = struct.unpack(">I", file.read(4))[0]
        file.seek(start + 4)
        tables = struct.unpack(">H6x", file.read(8))[0]
        for _ in range(tables):
            tag, _sum, offset, length = struct.unpack(">4sIII", file.read(16))
            if tag == b"cmap":
                file.seek(offset)
                return _cmap(file.read(length))
    return frozenset()


def _cmap(table: bytes) -> frozenset[int]:
    points: set[int] = set()
    for i in range(struct.unpack_from(">H", table, 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * i)
        if (platform, encoding) not in ((0, 3), (0, 4), (0, 6), (3, 1), (3, 10)):
            continue
        form = struct.unpack_from(">H", table, offset)[0]
        if form == 4:
            points.update(_format_4(table, offset))
        elif form == 12:
            for g in range(struct.unpack_from(">I", table, offset + 12)[0]):
                first, last = struct.unpack_from(">II", table, offset + 16 + 12 * g)
                points.update(range(first, last + 1))
    return frozenset(points)


def _format_4(table: bytes, offset: int) -> Iterable[int]:
    n = struct.unpack_from(">H", table, offset + 6)[0] // 2
    ends = struct.unpack_from(f">{n}H", table, offset + 14)
    starts = struct.unpack_from(f">{n}H", table, offset + 16 + 2 * n)
    deltas = struct.unpack_from(f">{n}H", table, offset + 16 + 4 * n)
    at = offset + 16 + 6 * n
    ranges = struct.unpack_from(f">{n}H", table, at)
    for k in range(n):
        for code in range(starts[k], min(ends[k], 0xFFFE) + 1):
            if ranges[k] == 0:
                glyph = (code + deltas[k]) & 0xFFFF
            else:
                place = at + 2 * k + ranges[k] + 2 * (code - starts[k])
                glyph = struct.unpack_from(">H", table, place)[0] if place + 2 <= len(table) else 0
            if glyph:
                yield code


@functools.lru_cache(maxsize=1)
def house_folder() -> Path:
    """Where the bundled fonts lie: in the wheel beside the package, in a checkout at the top."""
    for folder in _HOUSE:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"the studio's fonts are missing; looked in {_HOUSE[0]} and {_HOUSE[1]}"
    )


@functools.lru_cache(maxsize=64)
def house_face(family: str, weight: int) -> Face:
    """The bundled face of ``display`` or ``text`` nearest to a weight."""
    name, weights = FAMILIES[family]
    return Face(house_folder() / f"{name}-{min(weights, key=lambda w: abs(w - weight))}.ttf")


@functools.lru_cache(maxsize=1)
def _noto() -> dict[str, Path]:
    """Noto Sans files of the machine by file name without ending ("NotoSansThai-Bold")."""
    found: dict[str, Path] = {}
    for folder in NOTO_FOLDERS:
        for path in sorted(folder.rglob("NotoSans*")) if folder.is_dir() else ():
            if path.suffix in (".ttf", ".otf", ".ttc"):
                found.setdefault(path.stem, path)
    return found


@functools.lru_cache(maxsize=4096)
def _fallback(char: str, bold: bool) -> Face | None:
    words = unicodedata.name(char, "").replace("-", " ").split()
    script = ["CJK"] if words and words[0] in _HAN else words
    stems = ["".join(w.title() for w in script[:n]) for n in (1, 2, 3)] + [
        "",
        "Symbols",
        "Symbols2",
    ]
    stems = ["CJK" if s == "Cjk" else s for s in stems]
    for stem in stems:
        for style in ("Bold", "Regular") if bold else ("Regular", "Bold"):
            path = _noto().get(f"NotoSans{stem}-{style}")
            if path is not None and Face(path).covers(char):
                return Face(path)
    return None


@functools.lru_cache(maxsize=65536)
def face_for(char: str, family: str, weight: int, own: Path | None = None) -> Face | None:
    """The face that draws a character: the template's own, the family, its sister, Noto; or None."""
    if own is not None and Face(own).covers(char):
        return Face(own)
    for name in (family, "text"):
        face = house_face(name, weight)
        if face.covers(char):
            return face
    return _fallback(char, weight >= 600)


def clean(text: str) -> str:
    """One line, composed (NFC), without control characters or marks that have no letter.

    What shapes letters (joiners) stays, and so does a space that may not be broken at; there is one
    before French colons and the like, too."""
    line = re.sub("[\u2007\u202f]", NO_BREAK, unicodedata.normalize("NFC", text))
    line = re.sub(rf"[^\S{NO_BREAK}]+", " ", line).strip()
    line = re.sub(r" (?=[:;!?»](?: |$))|(?<=«) ", NO_BREAK, line)
    kept: list[str] = []
    for char in line:
        kind = unicodedata.category(char)
        alone = kind[0] == "M" and (not kept or kept[-1] == " ")
        if kind not in ("Cc", "Cs") and not alone:
            kept.append(char)
    return "".join(kept).strip()


def invisible(char: str) -> bool:
    """Joiners, marks of direction and variation selectors need no glyph of their own."""
    return unicodedata.category(char) == "Cf" or 0xFE00 <= ord(char) <= 0xFE0F


def script_of(char: str) -> str:
    """The name of a character's script in plain words ("Devanagari", "Han", "symbol")."""
    if unicodedata.category(char)[0] not in "LM":
        return "symbol"
    word = unicodedata.name(char, "unknown").split()[0].split("-")[0]
    return {"CJK": "Han"}.get(word, word.title())


def missing_script(text: str) -> str | None:
    """The first script of a text that no font on this machine can draw, or None."""
    for char in clean(text):
        if not char.isspace() and not invisible(char) and face_for(char, "text", 400) is None:
            return script_of(char)
    return None


def drawable_words(text: str) -> str | None:
    """What of a text can be drawn here, in whole words, without brackets around them; None where that
    is no word: the Latin form in "田中 (Tanaka)"."""
    words = [word.strip("()[]（）【】,;") for word in clean(text).replace("（", " （").split()]
    kept = [word for word in words if missing_script(word) is None]
    return " ".join(kept) if any(sum(map(str.isalpha, word)) > 1 for word in kept) else None


def printable(*candidates: str | None) -> str:
    """The first text that can be drawn here: a name, then its Latin form, then an address.

    Raises `MissingScript` when none can."""
    tried = [text for text in candidates if text and clean(text)]
    for text in tried:
        if missing_script(text) is None:
            return text
    text = tried[0] if tried else ""
    raise MissingScript(text, missing_script(text) or "any")
