"""Growth by month: bars rise one after another, then their numbers appear."""

from __future__ import annotations

from engage.studio.canvas import Canvas, Sprite
from engage.studio.easing import out_cubic, out_expo, progress
from engage.studio.layers.axis import Axis, highest, spoken
from engage.studio.stage import Drawing, Option, Part, Stage

OPTIONS = {
    "value": Option("value", required=True, shapes=("series",)),
    "size": Option("whole", 24, low=10, high=80),
    "colour": Option("colour", "soft"),
    "mark": Option("word", "last", choices=("last", "best", "none")),
    "mark_colour": Option("colour", "accent"),
    "radius": Option("number", 10.0, high=100),
    "stagger": Option("number", 0.09, high=2),
    "over": Option("number", 0.9, low=0.1, high=10),
}
BLEEDS = False


def prepare(part: Part, stage: Stage) -> Drawing:
    points = part["value"].points
    x, y, w, h = part.box
    size, n = part["size"], max(1, len(points))
    base = y + h - round(size * 1.9)  # where the bars stand; labels below, numbers above
    room = base - y - round(size * 2.2)
    axis = Axis(stage, points, x, w, base, size, part["mark"])
    wide = round(min(axis.slot * 0.66, 132 * stage.unit))
    radius = max(1, round(min(part["radius"] * stage.unit, wide / 2)))
    top = highest(points)
    line = stage.colour("line")

    def draw(canvas: Canvas, t: float) -> None:
        thin = max(2, round(2 * stage.unit))
        canvas.fill(x, base, round(w * out_expo(progress(t, 0.7))), thin, line)
        for k, point in enumerate(points):
            late = t - 0.25 - k * part["stagger"]
            share = out_expo(progress(late, part["over"]))
            if share <= 0.0:
                continue
            high = round(max(0.0, point.value) / top * room * share)
            colour = stage.colour(part["mark_colour"] if k in axis.marked else part["colour"])
            if high > 1:
                cap = stage.shape("topped", colour, wide, radius, radius)
                _bar(canvas, cap, round(axis.middle(k) - wide / 2), base, high)
            with canvas.moved(alpha=out_cubic(progress(late - 0.1, 0.4))):
                axis.label(canvas, k)
            if k in axis.shown:
                rise = out_cubic(progress(late - 0.35, 0.4))
                with canvas.moved(dy=(1 - rise) * 12 * stage.unit, alpha=rise):
                    axis.number(canvas, k, base - high)

    return Drawing(draw, settles=0.25 + part["stagger"] * n + max(part["over"], 0.8))


def _bar(canvas: Canvas, cap: Sprite, left: int, base: int, high: int) -> None:
    """A bar of any height from one round cap and a plain rectangle."""
    wide, round_part = cap.size
    with canvas.clipped((left, base - high, left + wide, base)):
        canvas.paste(cap, left, base - high)
    if high > round_part and cap.colour is not None:
        canvas.fill(left, base - high + round_part, wide, high - round_part, cap.colour)


def speak(part: Part) -> list[str]:
    return [spoken(part["value"])]
