"""The planes an encoder takes: luma at full size, two of colour at half size (BT.709, 4:2:0).

Pillow draws into each of them what it would draw in RGB: a sprite is converted once for each of the
four ways it can lie on the pixels of the half planes, and kept with the sprite.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from engage.studio.canvas import Op, Sprite
from engage.studio.painter import Colour, Ink, Medium, cut, dimmed
from engage.studio.theme import RGB

# BT.709 in the range of video (16..235, 16..240): rows of weights for red, green, blue, and 1.
_PRINTS = 8  # kept of a sprite: one that is uncovered bit by bit has another for each frame
_LUMA = (0.18259, 0.61423, 0.06201, 16.0)
_BLUE = (-0.10064, -0.33857, 0.43922, 128.0)
_RED = (0.43922, -0.39894, -0.04028, 128.0)


@functools.lru_cache(maxsize=1024)
def colour(rgb: RGB) -> tuple[int, ...]:
    """A colour in each plane."""
    r, g, b = rgb
    return tuple(round(r * m[0] + g * m[1] + b * m[2] + m[3]) for m in (_LUMA, _BLUE, _RED))


def planes(image: Image.Image) -> tuple[Image.Image, ...]:
    """A picture of even width and height in its planes."""
    small = image.reduce(2)
    return image.convert("L", _LUMA), small.convert("L", _BLUE), small.convert("L", _RED)


class _Print(NamedTuple):
    """Paint in each plane, the mask of the full plane and that of the half planes."""

    paint: tuple[Colour, ...]
    full: Image.Image | None
    half: Image.Image | None


def _printed(ink: Ink) -> _Print:
    paint, mask, (left, top, right, bottom) = ink
    x, y = left & 1, top & 1  # how it lies on the pixels of the half planes
    size = right - left, bottom - top
    padded = (size[0] + x + 1) // 2 * 2, (size[1] + y + 1) // 2 * 2
    if not isinstance(paint, Image.Image):
        if padded == size:
            return _Print(colour(paint), mask, mask.reduce(2) if mask else None)
        wide = Image.new("L", padded, 0)
        wide.paste(mask or 255, (x, y, x + size[0], y + size[1]))
        return _Print(colour(paint), mask, wide.reduce(2))
    whole = paint.convert("RGBA")
    if mask:
        whole.putalpha(mask)
    clear = Image.new("RGBA", padded, (0, 0, 0, 0))
    clear.paste(whole, (x, y))
    small = clear.reduce(2)  # Pillow weighs colours by their opacity here
    flat = small.convert("RGB")
    paints = paint.convert("L", _LUMA), flat.convert("L", _BLUE), flat.convert("L", _RED)
    return _Print(paints, mask, small.getchannel("A"))


def _inks(op: Op) -> Sequence[Ink]:
    sprite, box = op.what, op.box
    still = isinstance(sprite, Sprite) and sprite.size == (box[2] - box[0], box[3] - box[1])
    if isinstance(sprite, Sprite) and still:
        inner = (op.seen[0] - box[0], op.seen[1] - box[1], op.seen[2] - box[0], op.seen[3] - box[1])
        key = (op.seen[0] & 1, op.seen[1] & 1, *inner)
        if key not in sprite.prints:
            if len(sprite.prints) >= _PRINTS:
                sprite.prints.clear()
            sprite.prints[key] = _printed(cut(op))
        made: _Print = sprite.prints[key]
        box = op.seen
    else:
        ink = cut(op, 2)
        made, box = _printed(ink), ink.box
    wide, high, odd = box[2] - box[0], box[3] - box[1], (box[0] & 1, box[1] & 1)
    left, top = box[0] // 2, box[1] // 2
    small = ((wide + odd[0] + 1) // 2, (high + odd[1] + 1) // 2)
    half = dimmed(made.half, op.alpha, small)
    corner = (left, top, left + small[0], top + small[1])
    luma, blue, red = made.paint
    return (
        Ink(luma, dimmed(made.full, op.alpha, (wide, high)), box),
        Ink(blue, half, corner),
        Ink(red, half, corner),
    )


YUV = Medium((1, 2, 2), planes, colour, _inks)
