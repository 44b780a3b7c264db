"""A QR code on its own light card, so that it scans on any background."""

from __future__ import annotations

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M

from engage.studio.canvas import Canvas, Sprite
from engage.studio.stage import Drawing, Option, Part, Stage

OPTIONS = {
    "text": Option("text", required=True),
    "radius": Option("number", 20.0, high=200),
}
BLEEDS = False
QUIET = 3  # modules of light around the code; the card's own margin makes up the fourth


def prepare(part: Part, stage: Stage) -> Drawing:
    x, y, w, h = part.box
    side = min(w, h)
    code = modules(part["text"])
    step = max(1, side // (len(code) + 2 * QUIET))
    mask = Image.new("L", (len(code), len(code)), 0)
    for row, cells in enumerate(code):
        for column, dark in enumerate(cells):
            if dark:
                mask.putpixel((column, row), 255)
    mask = mask.resize((step * len(code), step * len(code)), Image.Resampling.NEAREST)
    ink = Sprite(mask, stage.colour("ink"))
    card = stage.shape("rounded", (255, 255, 255), side, side, part["radius"])
    left, top = x + (w - side) // 2, y + (h - side) // 2
    inset = (side - mask.width) // 2

    def draw(canvas: Canvas, t: float) -> None:
        canvas.paste(card, left, top)
        canvas.paste(ink, left + inset, top + inset)

    return Drawing(draw)


def modules(text: str) -> list[list[bool]]:
    """The code's squares, True where dark, without the quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(cell) for cell in row] for row in code.get_matrix()]


def speak(part: Part) -> list[str]:
    return []
