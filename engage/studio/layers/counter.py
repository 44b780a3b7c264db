"""A number that counts up (or, with ``from``, towards its value) and ends exactly as written.

It changes `STEPS` times a second: more cannot be read, and each change is a picture to encode.
"""

from __future__ import annotations

import math
import unicodedata

from engage.studio.canvas import Canvas
from engage.studio.easing import out_cubic, progress
from engage.studio.lettering import bearing, figures, measure
from engage.studio.stage import Drawing, Option, Part, Stage, lettering

OPTIONS = {
    "value": Option("value", required=True, shapes=("number",)),
    "from": Option("value", shapes=("number",)),
    "over": Option("number", 1.6, low=0.1, high=20),
    **lettering(120, font="display", weight=800, tracking=-0.02, leading=1.1),
}
BLEEDS = False
STEPS = 15


def prepare(part: Part, stage: Stage) -> Drawing:
    """Type is set for the final text, so the number never changes its size while counting."""
    number, start = part["value"], part["from"]
    block = stage.block(part, number.display)
    final, colour = block.lines[0], stage.colour(part["colour"])
    x, y, w, _h = part.box
    over = part["over"]

    def draw(canvas: Canvas, t: float) -> None:
        share = out_cubic(progress(math.floor(t * STEPS + 1e-6) / STEPS, over))
        if t >= over:
            stage.write(canvas, block, x, y, colour)
            return
        if start is None:
            words = counted(number.display, share)
        else:
            words = str(round(start.value + (number.value - start.value) * share))
        pieces = figures(words, block.style, block.size)
        if part["align"] == "left":
            left: float = x - bearing(pieces[0][0], block.style, block.size)
        else:
            line = measure(words, block.style, block.size)
            spare = w - line.width
            left = x - line.left + (spare / 2 if part["align"] == "center" else spare)
        for figure, at in pieces:
            sprite, dx, dy = stage.line(figure, block.style, block.size, colour)
            canvas.paste(sprite, left + at + dx, y + final.baseline + dy)

    return Drawing(draw, settles=over)


def counted(display: str, share: float) -> str:
    """A display text on its way from nothing: "$1,250.00" at 0.5 is "$625.00".

    Separators, decimals, signs and the script of the digits are those of the display text; at 1 it
    is the display text itself."""
    if share >= 1.0:
        return display
    places = [i for i, char in enumerate(display) if char.isdecimal()]
    if not places:
        return display
    first, last = places[0], places[-1]
    zero = ord(display[first]) - unicodedata.decimal(display[first])
    total = int("".join(str(unicodedata.decimal(display[i])) for i in places))
    keep = _decimals(display[first : last + 1]) + 1
    digits = str(int(total * max(0.0, share))).rjust(keep, "0")
    body, left = [], list(digits)
    for char in reversed(display[first : last + 1]):
        if not left:
            break
        body.append(chr(zero + int(left.pop())) if char.isdecimal() else char)
    return display[:first] + "".join(reversed(body)) + display[last + 1 :]


def _decimals(run: str) -> int:
    """How many digits of a run stand after its decimal sign."""
    signs = [c for c in run if c in ".,٫"]
    if not signs:
        return 0
    rest = run.rpartition(signs[-1])[2]
    if signs.count(signs[-1]) > 1 or (len(rest) == 3 and signs[-1] != "٫"):
        return 0
    return len(rest)


def speak(part: Part) -> list[str]:
    return [part["value"].display]
