"""From one scene to the next: two pictures and how far along, to one picture.

Each works on one plane at a time, whatever its size and depth; ``accent`` is a colour of that plane.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from engage.studio.easing import in_out
from engage.studio.painter import Colour, Pixels


def fade(old: Pixels, new: Pixels, share: float, accent: Colour) -> Pixels:
    blended = Image.blend(Image.fromarray(old), Image.fromarray(new), in_out(share))
    return np.asarray(blended)


def wipe(old: Pixels, new: Pixels, share: float, accent: Colour) -> Pixels:
    """An edge in the accent colour sweeps from left to right."""
    width = old.shape[1]
    band = width * 0.22
    front = in_out(share) * (width + band)
    out = old.copy()
    edge = max(0, min(width, round(front)))
    inner = max(0, min(width, round(front - band * (1.0 - share * 0.6))))
    out[:, inner:edge] = accent
    out[:, :inner] = new[:, :inner]
    return out


def push(old: Pixels, new: Pixels, share: float, accent: Colour) -> Pixels:
    """The new scene pushes the old one up and out."""
    height = old.shape[0]
    up = round(in_out(share) * height)
    return np.concatenate((old[up:], new[:up]))


def iris(old: Pixels, new: Pixels, share: float, accent: Colour) -> Pixels:
    """A growing circle, an accent ring at its edge, opens on the new scene."""
    height, width = old.shape[:2]
    reach = float(np.hypot(width, height)) / 2 * 1.05
    image = Image.fromarray(old)
    for colour, at in ((accent, in_out(share)), (None, in_out(max(0.0, share - 0.07) / 0.93))):
        radius = reach * at
        if radius < 1.0:
            continue
        mask = _circle(width, height, radius)
        image.paste(Image.fromarray(new) if colour is None else colour, (0, 0), mask)
    return np.asarray(image)


@functools.lru_cache(maxsize=4)
def _circle(width: int, height: int, radius: float) -> Image.Image:
    """A disc in the middle of an even size. A quarter is drawn, at double size: Pillow's own edges
    are not smooth."""
    quarter = Image.new("L", (width, height), 0)
    r = 2 * radius
    ImageDraw.Draw(quarter).ellipse([width - r, height - r, width + r, height + r], fill=255)
    quarter = quarter.reduce(2)
    flip, flop = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM
    mask = Image.new("L", (width, height))
    for image in (quarter, quarter.transpose(flip)):
        left = 0 if image is quarter else width - quarter.width
        mask.paste(image, (left, 0))
        mask.paste(image.transpose(flop), (left, height - quarter.height))
    return mask


BLENDS: dict[str, Callable[[Pixels, Pixels, float, Colour], Pixels]] = {
    "fade": fade,
    "wipe": wipe,
    "push": push,
    "iris": iris,
}
