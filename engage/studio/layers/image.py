"""A picture of the template's folder, or the programme's ``logo`` (nothing where it has none)."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops, ImageOps

from engage.studio import shapes
from engage.studio.canvas import Sprite
from engage.studio.stage import Drawing, Option, Part, Stage

READABLE = ("PNG", "JPEG", "WEBP")


def fault(path: Path) -> str:
    try:
        with Image.open(path, formats=READABLE) as opened:
            opened.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as wrong:
        return f"is no picture that can be read ({wrong})"
    return ""


OPTIONS = {
    "file": Option("file", "logo", fault=fault),
    "fit": Option("word", "contain", choices=("contain", "cover")),
    "radius": Option("number", 0.0, high=1000),
    "align": Option("word", "center", choices=("left", "center", "right")),
    "says": Option("text", ""),
}
BLEEDS = True


def picture(path: Path, size: tuple[int, int], how: str = "cover") -> Image.Image:
    """An RGBA picture filling (cover) or inside (contain) a size."""
    with Image.open(path, formats=READABLE) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    smooth = Image.Resampling.LANCZOS
    return (
        ImageOps.fit(image, size, smooth)
        if how == "cover"
        else ImageOps.contain(image, size, smooth)
    )


def prepare(part: Part, stage: Stage) -> Drawing:
    x, y, w, h = part.box
    path = stage.theme.logo if part["file"] == "logo" else stage.folder / part["file"]
    if path is None:
        return Drawing(lambda canvas, t: None)
    image = picture(path, (w, h), part["fit"])
    if part["radius"]:
        edge = shapes.mask("rounded", *image.size, part["radius"])
        image.putalpha(ImageChops.multiply(image.getchannel("A"), edge))
    sprite = Sprite.of(image)
    spare = {"left": 0, "center": (w - image.width) // 2, "right": w - image.width}[part["align"]]
    top = y + (h - image.height) // 2
    return Drawing(lambda canvas, t: canvas.paste(sprite, x + spare, top))


def speak(part: Part) -> list[str]:
    return [part["says"]] if part["says"] else []
