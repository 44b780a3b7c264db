"""What a layer kind is given and what it gives back (the contract is told in `engage.studio.layers`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engage.studio import shapes
from engage.studio.canvas import Canvas, Sprite
from engage.studio.lettering import Style, draw_line, measure
from engage.studio.theme import RGB, Palette, Theme
from engage.studio.typesetting import Block, fit

FORMATS: dict[str, tuple[int, int]] = {
    "16:9": (1280, 720),
    "9:16": (720, 1280),
    "1:1": (1080, 1080),
}


@dataclass(frozen=True)
class Option:
    """One key a layer kind takes in template.toml.

    ``kind``: text (words with placeholders), value (one placeholder, of one of ``shapes``), number,
    whole, flag, word (one of ``choices``), colour, file (inside the template's folder)."""

    kind: str
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 100_000.0
    said: bool = False  # a text that viewers read as a sentence, so it is in the story
    spare: bool = False  # left out (None) where a field it names is missing
    fault: Callable[[Path], str] | None = (
        None  # what is wrong with a file, looked into; "" if nothing
    )


def lettering(size: int, *, font: str = "text", weight: int = 500, colour: str = "text",
              lines: int = 1, leading: float = 1.25, tracking: float = 0.0) -> dict[str, Option]:  # fmt: skip
    """The options of everything written, with a kind's own defaults."""
    return {
        "size": Option("whole", size, low=8, high=600),
        "floor": Option("whole", 0, high=600),
        "font": Option("word", font, choices=("display", "text")),
        "weight": Option("whole", weight, low=100, high=900),
        "colour": Option("colour", colour),
        "align": Option("word", "left", choices=("left", "center", "right")),
        "valign": Option("word", "top", choices=("top", "middle", "bottom")),
        "lines": Option("whole", lines, low=1, high=20),
        "leading": Option("number", leading, low=0.8, high=3),
        "tracking": Option("number", tracking, low=-0.1, high=1),
    }


@dataclass(frozen=True)
class Part:
    """One layer for one film: its box in this format, its options with placeholders filled."""

    box: tuple[int, int, int, int]  # x, y, width, height
    options: Mapping[str, Any]
    seconds: float  # how long it stands
    told: tuple[str, ...] = ()  # what fields put into its words, such as a name

    def __getitem__(self, name: str) -> Any:
        return self.options[name]


@dataclass(frozen=True)
class Drawing:
    """``draw(canvas, t)`` draws the layer ``t`` seconds after it appeared; from ``settles`` seconds
    on it draws the same at every ``t``, so its operations may be kept."""

    draw: Callable[[Canvas, float], None]
    settles: float = 0.0


@dataclass
class Stage:
    """Where a film is drawn: format, colours of the scene, and the sprites made so far."""

    size: tuple[int, int]
    palette: Palette
    theme: Theme
    folder: Path
    fonts: Mapping[str, Path] = field(default_factory=dict)
    sprites: dict[Any, Any] = field(default_factory=dict)

    @property
    def unit(self) -> float:
        """A length of one step in this format: 1.0 where the short side has 720 pixels."""
        return min(self.size) / 720

    def colour(self, word: str) -> RGB:
        return self.palette.colour(word)

    def style(self, part: Part, **changes: Any) -> Style:
        """The lettering a part asks for."""
        wish: dict[str, Any] = {key: part[key] for key in ("weight", "leading", "tracking")}
        wish |= {"family": part["font"], **changes}
        return Style(**wish, own=self.fonts.get(wish["family"]))

    def plain(self, family: str, weight: int, tracking: float = 0.0) -> Style:
        """Lettering of a kind's own."""
        return Style(family, weight, 1.2, tracking, self.fonts.get(family))

    def block(self, part: Part, text: str, style: Style | None = None) -> Block:
        """A text set into the part's box by its options. The floor is half the size unless given."""
        _x, _y, w, h = part.box
        floor = part["floor"] or max(10, part["size"] // 2)
        return fit(text, style or self.style(part), part["size"], floor, w, h, part["lines"],
                   part["align"], part["valign"], part.told)  # fmt: skip

    def line(self, text: str, style: Style, size: int, colour: RGB) -> tuple[Sprite, int, int]:
        """A line of text as a sprite, with its offset from the origin on the baseline."""
        key = ("line", text, style, size, colour)
        if key not in self.sprites:
            mask, dx, dy = draw_line(measure(text, style, size), style, size)
            self.sprites[key] = (Sprite(mask, colour), dx, dy)
        found: tuple[Sprite, int, int] = self.sprites[key]
        return found

    def write(self, canvas: Canvas, block: Block, x: float, y: float, colour: RGB) -> None:
        """Paste a block with the corner of its box at (x, y)."""
        for placed in block.lines:
            sprite, dx, dy = self.line(placed.line.text, block.style, block.size, colour)
            canvas.paste(sprite, x + placed.x + dx, y + placed.baseline + dy)

    def label(
        self, canvas: Canvas, text: str, box: tuple[float, float, float, float], style: Style,
        size: int, colour: RGB, align: str = "left", valign: str = "middle", lines: int = 1,
        least: float = 0.6,
    ) -> Block:  # fmt: skip
        """Write a text into a box (x, y, width, height) at once; it may shrink to ``least`` of its size."""
        x, y, w, h = box
        floor = max(9, int(size * least))
        block = fit(text, style, size, floor, max(1, int(w)), max(1, int(h)), lines, align, valign)
        self.write(canvas, block, x, y, colour)
        return block

    def shape(self, name: str, colour: RGB, *measures: float) -> Sprite:
        """A drawn form of `engage.studio.shapes` in one colour: ``shape("disc", mint, 80)``."""
        key = (name, colour, *measures)
        if key not in self.sprites:
            self.sprites[key] = Sprite(shapes.mask(name, *measures), colour)
        found: Sprite = self.sprites[key]
        return found
