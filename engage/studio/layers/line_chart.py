"""A line that draws itself from left to right over a tinted ground, with a dot at its head."""

from __future__ import annotations

import itertools

from PIL import Image, ImageDraw

from engage.studio.canvas import Canvas, Sprite
from engage.studio.easing import in_out, out_cubic, progress
from engage.studio.layers.axis import Axis, highest, spoken
from engage.studio.stage import Drawing, Option, Part, Stage
from engage.studio.theme import RGB

OPTIONS = {
    "value": Option("value", required=True, shapes=("series",)),
    "size": Option("whole", 24, low=10, high=80),
    "colour": Option("colour", "accent"),
    "mark": Option("word", "last", choices=("last", "best", "none")),
    "thick": Option("number", 6.0, low=1, high=40),
    "over": Option("number", 1.8, low=0.2, high=20),
}
BLEEDS = False
_FINE = 3


def prepare(part: Part, stage: Stage) -> Drawing:
    points = part["value"].points
    x, y, w, h = part.box
    size, over = part["size"], part["over"]
    base, top = y + h - round(size * 1.9), y + round(size * 2.4)
    axis = Axis(stage, part["value"], x, w, base, size, part["mark"])
    most, deep = highest(points), base - top
    places = [
        (axis.middle(k) - x, deep * (1 - max(0.0, p.value) / most)) for k, p in enumerate(points)
    ]
    colour = stage.colour(part["colour"])
    margin = round(part["thick"]) + 2
    area, line = _curve(places, w, deep, margin, part["thick"], colour)
    dot = stage.shape("disc", colour, part["thick"] * 3)

    def draw(canvas: Canvas, t: float) -> None:
        canvas.fill(x, base, w, max(2, round(2 * stage.unit)), stage.colour("line"))
        share = in_out(progress(t - 0.2, over))
        head = places[0][0] + (places[-1][0] - places[0][0]) * share
        with canvas.clipped((x, top - margin, round(x + head), base)):
            canvas.paste(area, x, top - margin)
            canvas.paste(line, x, top - margin)
        if share > 0.0:
            half = dot.size[0] / 2
            canvas.paste(dot, x + head - half, top + _height(places, head) - half)
        for k in range(len(points)):
            with canvas.moved(
                alpha=out_cubic(progress(t - 0.2 - over * (k + 0.3) / len(points), 0.4))
            ):
                axis.label(canvas, k)
                if k in axis.marked:
                    axis.number(canvas, k, top + places[k][1] - size * 0.6)

    return Drawing(draw, settles=0.7 + over * 1.1)


def _height(places: list[tuple[float, float]], x: float) -> float:
    for (ax, ay), (bx, by) in itertools.pairwise(places):
        if ax <= x <= bx:
            return ay + (by - ay) * (x - ax) / (bx - ax)
    return places[-1][1]


def _curve(
    places: list[tuple[float, float]], w: int, h: int, margin: int, thick: float, colour: RGB
) -> tuple[Sprite, Sprite]:
    """The whole ground and line, drawn once; the head's clip uncovers them."""
    tall = h + margin
    scaled = [(px * _FINE, (py + margin) * _FINE) for px, py in places]
    ground = Image.new("L", (w * _FINE, tall * _FINE), 0)
    line = ground.copy()
    if scaled:
        foot = tall * _FINE
        ImageDraw.Draw(ground).polygon(
            [(scaled[0][0], foot), *scaled, (scaled[-1][0], foot)], fill=255
        )
        pen, half = ImageDraw.Draw(line), thick * _FINE / 2
        pen.line(scaled, fill=255, width=round(thick * _FINE), joint="curve")
        for px, py in (scaled[0], scaled[-1]):
            pen.ellipse([px - half, py - half, px + half, py + half], fill=255)
    fade = (
        Image.linear_gradient("L")
        .resize((w, tall))
        .point([round((255 - v) * 0.28) for v in range(256)])
    )
    clear = Image.new("L", (w, tall), 0)
    return Sprite(Image.composite(fade, clear, ground.reduce(_FINE)), colour), Sprite(
        line.reduce(_FINE), colour
    )


def speak(part: Part) -> list[str]:
    return [spoken(part["value"])]
