"""The picture of a place: 1200 × 630 pixels, what networks show beside a link."""

import io
from functools import lru_cache
from typing import NamedTuple

from PIL import Image

from engage.studio import shapes
from engage.studio.lettering import Style, draw_line
from engage.studio.theme import rgb
from engage.studio.typeface import drawable_words, missing_script
from engage.studio.typesetting import fit

SIZE = (1200, 630)
_GROUND, _LIFT, _INK, _SOFT = map(rgb, ("#0b3a31", "#12493e", "#fbf8f2", "#b9d6cb"))
#: First, second, third, and everybody else.
_METALS = tuple(map(rgb, ("#e2b64a", "#c9cdd6", "#d2946a", "#3ddbb0")))
_DISPLAY = Style("display", 800, leading=1.1, tracking=-0.02)
_TEXT = Style("text", 600, leading=1.25)


class Card(NamedTuple):
    """What stands on it, in words: a place (``3rd``), of how many, who, the board, and when."""

    place: str
    rank: int
    of: str
    who: str
    board: str
    when: str
    house: str


@lru_cache(maxsize=64)
def draw(card: Card) -> bytes:
    """The picture as PNG. What no font here can write is left out."""
    image = Image.new("RGB", SIZE, _GROUND)
    metal = _METALS[min(card.rank, 4) - 1]
    for diameter in (760, 560, 360):
        ring = shapes.ring(diameter, 34)
        image.paste(_LIFT, (1010 - diameter // 2, 315 - diameter // 2), ring)
    image.paste(metal, (0, 0, 18, SIZE[1]))
    for text, style, colour, size, box, lines in (
        (card.house, _TEXT, _SOFT, 30, (80, 64, 1040, 44), 1),
        (card.place, _DISPLAY, metal, 210, (78, 126, 820, 230), 1),
        (card.of, _TEXT, _SOFT, 40, (80, 352, 820, 56), 1),
        (card.who, _DISPLAY, _INK, 64, (80, 414, 1040, 90), 1),
        (f"{card.board} · {card.when}", _TEXT, _SOFT, 34, (80, 510, 1040, 90), 2),
    ):
        _write(image, _drawable(text), style, colour, size, box, lines)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _drawable(text: str) -> str:
    """The text, or its words that the fonts here can write; at least its digits."""
    if missing_script(text) is None:
        return text
    return drawable_words(text) or "".join(
        char for char in text if char.isascii() and char.isdigit()
    )


def _write(
    image: Image.Image,
    text: str,
    style: Style,
    colour: tuple[int, int, int],
    size: int,
    box: tuple[int, int, int, int],
    lines: int,
) -> None:
    x, y, width, height = box
    block = fit(text, style, size, 20, width, height, lines, valign="middle")
    for placed in block.lines:
        mask, dx, dy = draw_line(placed.line, style, block.size)
        image.paste(colour, (x + placed.x + dx, y + placed.baseline + dy), mask)
