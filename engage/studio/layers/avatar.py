"""A round portrait; without a picture the initials on a disc whose colour belongs to the name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PIL import Image

from engage.studio import shapes
from engage.studio.canvas import Canvas, Sprite
from engage.studio.layers.image import picture
from engage.studio.lettering import clusters
from engage.studio.stage import Drawing, Option, Part, Stage
from engage.studio.theme import contrast, mix
from engage.studio.typeface import missing_script

OPTIONS = {
    "name": Option("text", required=True),
    "picture": Option("value", shapes=("picture",)),
    "colour": Option("colour", "accent"),
}
BLEEDS = False


def prepare(part: Part, stage: Stage) -> Drawing:
    x, y, w, h = part.box
    side = min(w, h)
    left, top = x + (w - side) / 2, y + (h - side) / 2
    if part["picture"] is not None:
        image = picture(Path(part["picture"].path), (side, side))
        flat = Image.new("RGB", image.size, stage.palette.background)
        flat.paste(image.convert("RGB"), (0, 0), image.getchannel("A"))
        sprite = Sprite(shapes.mask("disc", side), image=flat)
        return Drawing(lambda canvas, t: canvas.paste(sprite, left, top))
    disc = face(stage, part["name"], side, part["colour"])

    def draw(canvas: Canvas, t: float) -> None:
        canvas.paste(disc, left, top)

    return Drawing(draw)


def initials(name: str) -> str:
    """One or two letters for a name: the first of its first and last word."""
    words = [w for w in name.split() if any(c.isalnum() for c in w)]
    picked = [words[0], words[-1]] if len(words) > 1 else words
    letters = [next((c for c in clusters(w) if c[0].isalnum()), "") for w in picked]
    return "".join(letters).upper()


def face(stage: Stage, name: str, side: int, colour: str = "accent") -> Sprite:
    """The disc with initials, its shade taken from the name."""
    shade = hashlib.sha256(name.encode()).digest()[0] / 255
    tone = mix(stage.colour(colour), stage.palette.words["ink"], 0.55 + 0.4 * shade)
    image = Image.new("RGB", (side, side), tone)
    ink = max((stage.colour("paper"), stage.colour("ink")), key=lambda c: contrast(c, tone))
    letters = initials(name)
    if letters and missing_script(letters) is None:
        canvas = Canvas((side, side))
        box = (0.14 * side, 0.1 * side, 0.72 * side, 0.8 * side)
        stage.label(canvas, letters, box, stage.plain("display", 700), round(side * 0.38),
                    ink, "center")  # fmt: skip
        for op in canvas.ops:
            assert isinstance(op.what, Sprite)
            image.paste(op.what.colour or (0, 0, 0), op.box, op.what.mask)
    return Sprite(shapes.mask("disc", side), image=image)


def speak(part: Part) -> list[str]:
    return []
