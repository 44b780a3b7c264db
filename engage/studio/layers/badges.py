"""A row of badges that arrive one by one."""

from __future__ import annotations

import math

from engage.studio import shapes
from engage.studio.canvas import Canvas, Sprite
from engage.studio.easing import out_cubic, overshoot, progress
from engage.studio.stage import Drawing, Option, Part, Stage
from engage.studio.theme import mix

OPTIONS = {
    "value": Option("value", required=True, shapes=("badges",)),
    "size": Option("whole", 22, low=10, high=80),
    "disc": Option("whole", 104, low=30, high=400),
    "most": Option("whole", 6, low=1, high=12),
    "colour": Option("colour", "gold"),
    "align": Option("word", "left", choices=("left", "center")),
    "stagger": Option("number", 0.16, high=2),
}
BLEEDS = False


def _star(points: int, inner: float) -> tuple[tuple[float, float], ...]:
    out = []
    for k in range(points * 2):
        r = 0.5 if k % 2 == 0 else inner
        a = -math.pi / 2 + k * math.pi / points
        out.append((0.5 + r * math.cos(a), 0.5 + r * math.sin(a)))
    return tuple(out)


ICONS: dict[str, tuple[tuple[float, float], ...]] = {
    "star": _star(5, 0.21),
    "spark": _star(4, 0.16),
    "sun": _star(12, 0.36),
    "bolt": ((0.58, 0.0), (0.16, 0.58), (0.46, 0.58), (0.38, 1.0), (0.84, 0.38), (0.53, 0.38)),
    "flag": ((0.16, 0.0), (0.26, 0.0), (0.26, 0.06), (0.92, 0.1), (0.72, 0.32), (0.92, 0.56),
             (0.26, 0.56), (0.26, 1.0), (0.16, 1.0)),
    "crown": ((0.04, 0.22), (0.28, 0.5), (0.5, 0.1), (0.72, 0.5), (0.96, 0.22), (0.86, 0.86), (0.14, 0.86)),
    "rise": ((0.02, 0.78), (0.36, 0.42), (0.54, 0.6), (0.76, 0.34), (0.64, 0.22), (1.0, 0.14),
             (0.94, 0.5), (0.84, 0.41), (0.55, 0.76), (0.36, 0.58), (0.12, 0.88)),
    "peak": ((0.0, 0.9), (0.36, 0.2), (0.54, 0.54), (0.66, 0.36), (1.0, 0.9)),
    "gem": ((0.2, 0.14), (0.8, 0.14), (1.0, 0.42), (0.5, 0.94), (0.0, 0.42)),
    "shield": ((0.5, 0.02), (0.9, 0.16), (0.88, 0.56), (0.5, 0.98), (0.12, 0.56), (0.1, 0.16)),
}  # fmt: skip


def prepare(part: Part, stage: Stage) -> Drawing:
    badges = part["value"].badges[: part["most"]]
    x, y, w, h = part.box
    n = max(1, len(badges))
    step = min(w / n, part["disc"] * 1.75)
    d = round(min(part["disc"], step * 0.8))
    left = x + ((w - step * n) / 2 if part["align"] == "center" else 0.0)
    medals = [_medal(stage, part["colour"], badge.icon, d) for badge in badges]
    style, size = stage.plain("text", 500), part["size"]

    def draw(canvas: Canvas, t: float) -> None:
        for k, badge in enumerate(badges):
            late = t - k * part["stagger"]
            grown = overshoot(progress(late, 0.5))
            start = left + step * k
            middle = start + (step / 2 if part["align"] == "center" else d / 2)
            if grown > 0.02:
                with canvas.moved(scale=grown, about=(middle, y + d / 2)):
                    for sprite, dx, dy in medals[k]:
                        canvas.paste(sprite, middle - d / 2 + dx, y + dy)
            with canvas.moved(alpha=out_cubic(progress(late - 0.2, 0.4))):
                box = (start, y + d + size * 0.5, step - size * 0.6, h - d - size * 0.5)
                stage.label(
                    canvas,
                    badge.name,
                    box,
                    style,
                    size,
                    stage.colour("text"),
                    part["align"],
                    "top",
                    2,
                )

    return Drawing(draw, settles=part["stagger"] * n + 0.7)


def _medal(stage: Stage, colour: str, icon: str, d: int) -> list[tuple[Sprite, float, float]]:
    """A medal's sprites with their offsets: disc, inner ring, icon. An unknown icon is a star."""
    metal = stage.colour(colour)
    dark = mix(stage.palette.words["ink"], metal, 0.62)
    ring = round(d * 0.84)
    side = round(d * 0.44)
    form = Sprite(shapes.polygon(side, ICONS.get(icon, ICONS["star"])), dark)
    light = mix((255, 255, 255), metal, 0.5)
    return [
        (stage.shape("disc", metal, d), 0.0, 0.0),
        (stage.shape("ring", light, ring, max(2, d * 0.025)), (d - ring) / 2, (d - ring) / 2),
        (form, (d - side) / 2, (d - side) / 2),
    ]


def speak(part: Part) -> list[str]:
    return ["; ".join(badge.name for badge in part["value"].badges[: part["most"]])]
