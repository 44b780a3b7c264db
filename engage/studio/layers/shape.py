"""Decoration: boxes, discs, rings, arcs, rays, dots. It may reach over the edge of the canvas."""

from __future__ import annotations

from engage.studio.canvas import Canvas
from engage.studio.easing import out_expo, progress
from engage.studio.stage import Drawing, Option, Part, Stage

FORMS = ("box", "disc", "ring", "arc", "rays", "dots")
OPTIONS = {
    "form": Option("word", "box", choices=FORMS),
    "colour": Option("colour", "accent"),
    "alpha": Option("number", 1.0, high=1),
    "radius": Option("number", 0.0, high=1000),
    "thick": Option("number", 8.0, low=1, high=1000),
    "turn": Option("number", 0.0, low=-360, high=360),
    "sweep": Option("number", 90.0, low=1, high=360),
    "count": Option("whole", 12, low=2, high=200),
    "step": Option("number", 32.0, low=4, high=400),
    "grow": Option("word", "none", choices=("none", "right", "left", "up", "down")),
    "over": Option("number", 0.8, low=0.05, high=20),
}
BLEEDS = True


def prepare(part: Part, stage: Stage) -> Drawing:
    """A still sprite; with ``grow`` it is uncovered from one side over ``over`` seconds."""
    x, y, w, h = part.box
    colour, alpha = stage.colour(part["colour"]), part["alpha"]
    side = min(w, h)
    forms: dict[str, tuple[str, tuple[float, ...]]] = {
        "disc": ("disc", (side,)),
        "ring": ("ring", (side, part["thick"])),
        "arc": ("arc", (side, part["thick"], part["turn"], part["turn"] + part["sweep"])),
        "rays": ("rays", (w, h, part["count"], part["thick"])),
        "dots": ("dots", (w, h, part["step"], part["thick"])),
        "box": ("rounded", (w, h, part["radius"])),
    }
    word, measures = forms[part["form"]]
    plain = word == "rounded" and not part["radius"]

    def stand(canvas: Canvas) -> None:
        if plain:
            canvas.fill(x, y, w, h, colour, alpha)
        else:
            canvas.paste(stage.shape(word, colour, *measures), x, y, alpha)

    if part["grow"] == "none":
        return Drawing(lambda canvas, t: stand(canvas))

    def draw(canvas: Canvas, t: float) -> None:
        share = out_expo(progress(t, part["over"]))
        left, top, right, bottom = x, y, x + w, y + h
        match part["grow"]:
            case "right":
                right = x + round(w * share)
            case "left":
                left = right - round(w * share)
            case "up":
                top = bottom - round(h * share)
            case _:
                bottom = y + round(h * share)
        with canvas.clipped((left, top, right, bottom)):
            stand(canvas)

    return Drawing(draw, settles=part["over"])


def speak(part: Part) -> list[str]:
    return []
