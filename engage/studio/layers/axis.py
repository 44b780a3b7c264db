"""What charts share: the words under and the numbers over their points. Not a kind of its own."""

from __future__ import annotations

import math

from engage.studio.canvas import Canvas
from engage.studio.lettering import Style, measure
from engage.studio.stage import Stage
from engage.studio.values import Point, Series


class Axis:
    """Points side by side over ``width`` pixels from ``x``, standing on ``base``."""

    def __init__(
        self, stage: Stage, series: Series, x: float, width: float, base: float,
        size: int, mark: str,
    ) -> None:  # fmt: skip
        points = series.points
        self.stage, self.points, self.x, self.width, self.base = stage, points, x, width, base
        self.size = size
        self.slot = width / max(1, len(points))
        self.marked = marked_points(series, mark)
        self.plain, self.strong = stage.plain("text", 500), stage.plain("display", 700)
        self.label_size, self.every = label_size(points, self.slot, size, self.plain)
        self.shown = self._numbers()

    def middle(self, k: int) -> float:
        """The x of a point."""
        return self.x + self.slot * (k + 0.5)

    def label(self, canvas: Canvas, k: int) -> None:
        """The word under a point, unless there is no room for it."""
        if (len(self.points) - 1 - k) % self.every:
            return
        wide = self.slot * self.every
        tone = self.stage.colour("text" if k in self.marked else "quiet")
        box = (self.middle(k) - wide / 2, self.base + self.size * 0.35, wide, self.size * 1.5)
        text = self.points[k].label
        self.stage.label(canvas, text, box, self.plain, self.label_size, tone, "center")

    def number(self, canvas: Canvas, k: int, foot: float) -> None:
        """The number over a point, kept within the chart; ``foot`` is what it stands on."""
        style, size = self._number_type(k)
        text = self.points[k].display
        wide = min(self.width, math.ceil(measure(text, style, size).width) + 2)
        left = min(max(self.middle(k) - wide / 2, self.x), self.x + self.width - wide)
        box = (left, foot - self.size * 1.75, wide, self.size * 1.5)
        self.stage.label(canvas, text, box, style, size, self.stage.colour("text"), "center")

    def _number_type(self, k: int) -> tuple[Style, int]:
        return (
            (self.strong, round(self.size * 1.15)) if k in self.marked else (self.plain, self.size)
        )

    def _numbers(self) -> set[int]:
        """All points where there is room for every number, else the marked ones only."""
        for k, point in enumerate(self.points):
            style, size = self._number_type(k)
            if measure(point.display, style, size).width > self.slot * 0.96:
                return self.marked
        return set(range(len(self.points)))


def marked_points(series: Series, word: str) -> set[int]:
    """Which points are set off: the last, or the best of those that the film is about."""
    if word == "none" or not series.points:
        return set()
    best = len(series.points) - 1 if word == "last" else series.best
    return set() if best is None else {best}


def label_size(points: tuple[Point, ...], slot: float, size: int, style: Style) -> tuple[int, int]:
    """The size of the labels, and each how manieth is shown, so that none touches the next."""
    widest = max((measure(p.label, style, size).width for p in points), default=0.0) * 1.08
    if widest * 0.72 <= slot:
        return min(size, int(size * slot / max(1.0, widest))), 1
    return size, math.ceil(widest / slot)


def highest(points: tuple[Point, ...]) -> float:
    """The value that fills the chart; 1 where nothing is above zero."""
    return max((p.value for p in points if p.value > 0), default=1.0)


def spoken(series: Series) -> str:
    """The points in words: "March: 1,250"."""
    return "; ".join(f"{p.label}: {p.display}" for p in series.points)
