"""What a scene stands on: a plain colour, a soft light on it, or a picture."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from PIL import Image

from engage.studio.layers.image import picture
from engage.studio.theme import RGB

_STRENGTH = 0.34  # how much of the light's colour its centre takes


@functools.lru_cache(maxsize=16)
def plain(size: tuple[int, int], colour: RGB) -> Image.Image:
    return Image.new("RGB", size, colour)


@functools.lru_cache(maxsize=16)
def lit(size: tuple[int, int], colour: RGB, light: RGB, place: tuple[float, float]) -> Image.Image:
    """A light fading over the picture; a fixed dither keeps eight bits from showing as bands."""
    w, h = size
    reach = max(w, h) * 0.85
    xs = (np.arange(w, dtype=np.float32) - place[0] * w) / reach
    ys = (np.arange(h, dtype=np.float32) - place[1] * h) / reach
    far = np.sqrt(xs[None, :] ** 2 + ys[:, None] ** 2)
    share = (_STRENGTH * np.clip(1.0 - far, 0.0, 1.0) ** 2)[..., None]
    base, glow = np.array(colour, np.float32), np.array(light, np.float32)
    dither = np.random.default_rng(7).random((h, w, 1), dtype=np.float32)
    mixed = base * (1.0 - share) + glow * share
    return Image.fromarray(np.floor(mixed + dither).clip(0, 255).astype(np.uint8))


@functools.lru_cache(maxsize=8)
def pictured(size: tuple[int, int], path: Path, changed: float, colour: RGB) -> Image.Image:
    """A picture filling the format; ``changed`` is its file's time, so an edit is seen."""
    image = Image.new("RGB", size, colour)
    front = picture(path, size, "cover")
    image.paste(front.convert("RGB"), (0, 0), front.getchannel("A"))
    return image
