"""Growth by month: bars rise one after another, then their numbers appear; over them, if given, a
dashed line at what they are compared with."""

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
    "base": Option("value", shapes=("number",), spare=True),
    "base_text": Option("text", spare=True),
}
BLEEDS = False


def prepare(part: Part, stage: Stage) -> Drawing:
    points = part["value"].points
    x, y, w, h = part.box
    size, n = part["size"], max(1, len(points))
    compared = part["base"]
    if compared is not None:  # the first line says what the dashed one is
        y, h = y + round(size * 2.0), h - round(size * 2.0)
    base = y + h - round(size * 1.9)  # where the bars stand; labels below, numbers above
    room = base - y - round(size * 2.2)
    axis = Axis(stage, part["value"], x, w, base, size, part["mark"])
    wide = round(min(axis.slot * 0.66, 132 * stage.unit))
    radius = max(1, round(min(part["radius"] * stage.unit, wide / 2)))
    top = max(highest(points), compared.value if compared else 0.0)
    line = stage.colour("line")
    level = base - round(compared.value / top * room) if compared else None
    feet = [_foot(base - round(max(0.0, p.value) / top * room), level, size) for p in points]

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
                    axis.number(canvas, k, base - high - feet[k])

    bars = 0.25 + part["stagger"] * n + max(part["over"], 0.8)
    if level is None:
        return Drawing(draw, settles=bars)
    legend = _Legend(part, stage, (x, y - round(size * 2.0), w), level)

    def draw_compared(canvas: Canvas, t: float) -> None:
        draw(canvas, t)
        legend.draw(canvas, t - bars + 0.6)

    return Drawing(draw_compared, settles=bars + 0.2)


def _foot(foot: int, level: int | None, size: int) -> int:
    """How much higher a number stands than its bar, so that the dashed line does not cross it."""
    crossed = level is not None and foot - size * 1.8 < level < foot
    return foot - level if crossed and level is not None else 0


class _Legend:
    """A dashed line over the bars, and at the top of the chart what it stands for."""

    def __init__(self, part: Part, stage: Stage, top: tuple[int, int, int], level: int) -> None:
        self.part, self.stage, self.level = part, stage, level
        self.x, self.y, self.w = top
        self.thick, self.dash = max(2, round(3 * stage.unit)), round(16 * stage.unit)

    def draw(self, canvas: Canvas, t: float) -> None:
        share = out_expo(progress(t, 0.7))
        if share <= 0.0:
            return
        tone, size = self.stage.colour("text"), self.part["size"]
        reach = round(self.w * share)
        for at in range(0, reach, self.dash * 2):
            canvas.fill(self.x + at, self.level, min(self.dash, reach - at), self.thick, tone)
        with canvas.moved(alpha=share):
            middle = self.y + round(size * 0.75)
            for at in (0, self.dash * 2):
                canvas.fill(self.x + at, middle, self.dash, self.thick, tone)
            left = self.dash * 4
            box = (self.x + left, self.y, self.w - left, size * 1.5)
            words = self.part["base_text"] or ""
            self.stage.label(canvas, words, box, self.stage.plain("text", 500), size, tone)


def _bar(canvas: Canvas, cap: Sprite, left: int, base: int, high: int) -> None:
    """A bar of any height from one round cap and a plain rectangle."""
    wide, round_part = cap.size
    with canvas.clipped((left, base - high, left + wide, base)):
        canvas.paste(cap, left, base - high)
    if high > round_part and cap.colour is not None:
        canvas.fill(left, base - high + round_part, wide, high - round_part, cap.colour)


def speak(part: Part) -> list[str]:
    compared = [part["base_text"]] if part["base"] is not None and part["base_text"] else []
    return [spoken(part["value"]), *compared]
