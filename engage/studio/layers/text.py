"""Words. They may come in at once, or rise word by word or line by line from behind an edge."""

from __future__ import annotations

import math

from engage.studio.canvas import Canvas
from engage.studio.easing import out_expo, progress
from engage.studio.lettering import Style, advance, rightward, runs
from engage.studio.stage import Drawing, Option, Part, Stage, lettering
from engage.studio.typesetting import Block, Placed

OPTIONS = {
    "text": Option("text", required=True, said=True),
    "by": Option("word", "whole", choices=("whole", "line", "word")),
    "stagger": Option("number", 0.07, high=2),
    "capitals": Option("flag", False),
    **lettering(40),
}
BLEEDS = False
RISE = 0.75  # seconds a word takes to rise


def prepare(part: Part, stage: Stage) -> Drawing:
    """Sets the text into the box; ``by`` other than whole brings its own movement."""
    words = part["text"].upper() if part["capitals"] else part["text"]
    block = stage.block(part, words)
    colour = stage.colour(part["colour"])
    x, y = part.box[:2]
    if part["by"] == "whole":
        return Drawing(lambda canvas, t: stage.write(canvas, block, x, y, colour))

    pieces = [p for line in block.lines for p in _pieces(line, block, part["by"])]
    stagger = part["stagger"]

    def draw(canvas: Canvas, t: float) -> None:
        for k, (placed, text, dx) in enumerate(pieces):
            share = out_expo(progress(t - k * stagger, RISE))
            if share <= 0.0:
                continue
            sprite, left, top = stage.line(text, block.style, block.size, colour)
            px, py = x + placed.x + dx + left, y + placed.baseline + top
            high = sprite.size[1]
            with canvas.clipped(
                (math.floor(px) - 2, py, math.ceil(px) + sprite.size[0] + 2, py + high)
            ):
                canvas.paste(sprite, px, py + (1.0 - share) * high * 1.05)

    return Drawing(draw, settles=RISE + stagger * len(pieces))


def _pieces(placed: Placed, block: Block, by: str) -> list[tuple[Placed, str, float]]:
    """A line in words with their distance from its start; whole where letters change order."""
    text, style = placed.line.text, block.style
    if by == "line" or rightward(text) or len(runs(text, style)) > 1:
        return [(placed, text, 0.0)]
    return [(placed, word, dx) for word, dx in _words(text, style, block.size)]


def _words(text: str, style: Style, size: int) -> list[tuple[str, float]]:
    out, at = [], 0
    for word in text.split(" "):
        out.append((word, advance(text[:at], style, size) if at else 0.0))
        at += len(word) + 1
    return out


def speak(part: Part) -> list[str]:
    return [part["text"]]
