"""Growth by month: bars rise one after another, then their numbers appear."""

from __future__ import annotations

import math

from engage.studio.canvas import Canvas, Sprite
from engage.studio.easing import out_cubic, out_expo, progress
from engage.studio.stage import Drawing, Option, Part, Stage
from engage.studio.typesetting import Style, measure
from engage.studio.values import Point, Series

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
    small = stage.plain("text", 500)
    strong = stage.plain("display", 700)
    base = y + h - round(size * 1.9)  # where the bars stand; labels below, numbers above
    room = base - y - round(size * 2.2)
    slot = w / n
    bar = round(min(slot * 0.66, 132 * stage.unit))
    radius = max(1, round(min(part["radius"] * stage.unit, bar / 2)))
    top = max((max(0.0, p.value) for p in points), default=0.0) or 1.0
    marked = marked_points(points, part["mark"])
    shown = numbers_shown(points, slot, size, stage, marked)
    labels, skip = label_size(points, slot, size, small)
    line = stage.colour("line")

    def draw(canvas: Canvas, t: float) -> None:
        wide = round(w * out_expo(progress(t, 0.7)))
        canvas.fill(x, base, wide, max(2, round(2 * stage.unit)), line)
        for k, point in enumerate(points):
            late = t - 0.25 - k * part["stagger"]
            share = out_expo(progress(late, part["over"]))
            if share <= 0.0:
                continue
            left = round(x + slot * k + (slot - bar) / 2)
            high = round(max(0.0, point.value) / top * room * share)
            colour = stage.colour(part["mark_colour"] if k in marked else part["colour"])
            if high > 1:
                _bar(canvas, stage.shape("topped", colour, bar, radius, radius), left, base, high)
            seen = out_cubic(progress(late - 0.1, 0.4))
            with canvas.moved(alpha=seen):
                if (n - 1 - k) % max(1, skip) == 0:
                    tone = stage.colour("text" if k in marked else "quiet")
                    box = (
                        x + slot * k - slot * (skip - 1) / 2,
                        base + size * 0.35,
                        slot * max(1, skip),
                        size * 1.5,
                    )
                    stage.label(canvas, point.label, box, small, labels, tone, "center")
            if k in shown:
                rise = out_cubic(progress(late - 0.35, 0.4))
                number = strong if k in marked else small
                wider = slot * (1 if len(shown) == n else 3)
                place = x + slot * (k + 0.5) - wider / 2
                place = min(max(place, x), x + w - wider)
                with canvas.moved(dy=(1 - rise) * 12 * stage.unit, alpha=rise):
                    box = (place, base - high - size * 1.75, wider, size * 1.5)
                    grown = round(size * (1.15 if k in marked else 1.0))
                    align = (
                        "center"
                        if 0 < k < n - 1 or wider == slot
                        else "left"
                        if k == 0
                        else "right"
                    )
                    stage.label(
                        canvas, point.display, box, number, grown, stage.colour("text"), align
                    )

    return Drawing(draw, settles=0.25 + part["stagger"] * n + max(part["over"], 0.8))


def _bar(canvas: Canvas, cap: Sprite, left: int, base: int, high: int) -> None:
    """A bar of any height from one round cap and a plain rectangle."""
    wide, round_part = cap.size
    with canvas.clipped((left, base - high, left + wide, base)):
        canvas.paste(cap, left, base - high)
    if high > round_part and cap.colour is not None:
        canvas.fill(left, base - high + round_part, wide, high - round_part, cap.colour)


def label_size(points: tuple[Point, ...], slot: float, size: int, style: Style) -> tuple[int, int]:
    """The size of the labels, and each how manieth is shown, so that none touches the next."""
    widest = max((measure(p.label, style, size).width for p in points), default=0.0) * 1.08
    if widest * 0.72 <= slot:
        return min(size, int(size * slot / max(1.0, widest))), 1
    return size, math.ceil(widest / slot)


def marked_points(points: tuple[Point, ...], word: str) -> set[int]:
    """Which points are set off: the last, or the best (the latest of equals)."""
    if word == "none" or not points:
        return set()
    if word == "last":
        return {len(points) - 1}
    best = max(p.value for p in points)
    return {max(k for k, p in enumerate(points) if p.value == best)}


def numbers_shown(
    points: tuple[Point, ...], slot: float, size: int, stage: Stage, marked: set[int]
) -> set[int]:
    """All numbers where there is room for each, else the marked ones only."""
    style = stage.plain("display", 700)
    if all(measure(p.display, style, round(size * 1.15)).width <= slot * 0.96 for p in points):
        return set(range(len(points)))
    return marked


def speak(part: Part) -> list[str]:
    return ["; ".join(spoken(part["value"]))]


def spoken(series: Series) -> list[str]:
    """The points in words: "March: 1,250"."""
    return [f"{p.label}: {p.display}" for p in series.points]
