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
    """A sprite's paint in each plane, and its mask in the half planes."""

    paint: tuple[Colour, ...]
    half: Image.Image | None


def _printed(paint: Image.Image | RGB, mask: Image.Image | None, odd: tuple[int, int],
             size: tuple[int, int]) -> _Print:  # fmt: skip
    """``odd``: whether the upper left corner lies on odd pixels."""
    padded = (size[0] + odd[0] + 1) // 2 * 2, (size[1] + odd[1] + 1) // 2 * 2
    if not isinstance(paint, Image.Image):
        if padded == size:
            return _Print(colour(paint), mask.reduce(2) if mask else None)
        wide = Image.new("L", padded, 0)
        wide.paste(mask or 255, (*odd, odd[0] + size[0], odd[1] + size[1]))
        return _Print(colour(paint), wide.reduce(2))
    clear = Image.new("RGBA", padded, (0, 0, 0, 0))
    whole = paint.convert("RGBA")
    if mask:
        whole.putalpha(mask)
    clear.paste(whole, odd)
    small = clear.reduce(2)  # Pillow weighs colours by their opacity here
    flat = small.convert("RGB")
    paints = paint.convert("L", _LUMA), flat.convert("L", _BLUE), flat.convert("L", _RED)
    return _Print(paints, small.getchannel("A"))


def _inks(op: Op, size: tuple[int, int]) -> Sequence[Ink]:
    sprite = op.what
    box, odd = op.box, (op.box[0] & 1, op.box[1] & 1)
    wide, high = box[2] - box[0], box[3] - box[1]
    mask: Image.Image | None
    if isinstance(sprite, Sprite) and op.seen == box and sprite.size == (wide, high):
        mask = sprite.mask
        if odd not in sprite.prints:
            paint = sprite.image or sprite.colour or (0, 0, 0)
            sprite.prints[odd] = _printed(paint, mask, odd, (wide, high))
        made: _Print = sprite.prints[odd]
    else:
        paint, mask, box = cut(op, size, 2)
        odd, wide, high = (box[0] & 1, box[1] & 1), box[2] - box[0], box[3] - box[1]
        made = _printed(paint, mask, odd, (wide, high))
    left, top = box[0] // 2, box[1] // 2
    small = ((wide + odd[0] + 1) // 2, (high + odd[1] + 1) // 2)
    half = dimmed(made.half, op.alpha, small)
    corner = (left, top, left + small[0], top + small[1])
    luma, blue, red = made.paint
    return (
        Ink(luma, dimmed(mask, op.alpha, (wide, high)), box),
        Ink(blue, half, corner),
        Ink(red, half, corner),
    )


YUV = Medium((1, 2, 2), planes, colour, _inks)
