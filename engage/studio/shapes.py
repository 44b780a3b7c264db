"""Forms drawn by code: smooth-edged masks of discs, rings, arcs and rounded boxes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

from PIL import Image, ImageDraw

_FINE = 4  # drawn this much bigger, then reduced: Pillow's own edges are not smooth


def _fine(w: float, h: float, draw: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
    """``draw`` paints on a canvas of ``_FINE`` times the size."""
    big = Image.new("L", (max(1, round(w)) * _FINE, max(1, round(h)) * _FINE), 0)
    draw(ImageDraw.Draw(big))
    return big.reduce(_FINE)


def _corner(r: int) -> Image.Image:
    return _fine(r, r, lambda d: d.ellipse([0, 0, 2 * r * _FINE - 1, 2 * r * _FINE - 1], fill=255))


def rounded(w: float, h: float, radius: float) -> Image.Image:
    """A box with round corners."""
    width, height = max(1, round(w)), max(1, round(h))
    r = round(min(radius, width / 2, height / 2))
    mask = Image.new("L", (width, height), 255)
    if r > 0:
        tile = mask_of_corner(r)
        flip, flop = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM
        mask.paste(tile, (0, 0))
        mask.paste(tile.transpose(flip), (width - r, 0))
        mask.paste(tile.transpose(flop), (0, height - r))
        mask.paste(tile.transpose(flip).transpose(flop), (width - r, height - r))
    return mask


@functools.lru_cache(maxsize=64)
def mask_of_corner(r: int) -> Image.Image:
    """The upper left quarter of a disc."""
    return _corner(r)


def topped(w: float, h: float, radius: float) -> Image.Image:
    """A bar: round corners at the top only."""
    width, height = max(1, round(w)), max(1, round(h))
    r = round(min(radius, width / 2, height))
    mask = Image.new("L", (width, height), 255)
    if r > 0:
        tile = mask_of_corner(r)
        mask.paste(tile, (0, 0))
        mask.paste(tile.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (width - r, 0))
    return mask


def disc(d: float) -> Image.Image:
    return _fine(
        d, d, lambda p: p.ellipse([0, 0, round(d) * _FINE - 1, round(d) * _FINE - 1], fill=255)
    )


def arc(d: float, thick: float, start: float, end: float) -> Image.Image:
    """A part of a ring, degrees clockwise from the top."""
    box = [0, 0, round(d) * _FINE - 1, round(d) * _FINE - 1]
    return _fine(
        d, d, lambda p: p.arc(box, start - 90, end - 90, fill=255, width=round(thick * _FINE))
    )


def ring(d: float, thick: float) -> Image.Image:
    return arc(d, thick, 0, 360)


def polygon(size: float, points: tuple[tuple[float, float], ...]) -> Image.Image:
    """A filled form from points in 0..1."""
    side = round(size) * _FINE
    return _fine(
        size, size, lambda p: p.polygon([(x * side, y * side) for x, y in points], fill=255)
    )


def tick(size: float, thick: float) -> Image.Image:
    """A check mark with round ends."""
    side, w = round(size) * _FINE, thick * _FINE
    points = [(0.22 * side, 0.53 * side), (0.43 * side, 0.73 * side), (0.79 * side, 0.30 * side)]

    def draw(p: ImageDraw.ImageDraw) -> None:
        p.line(points, fill=255, width=round(w), joint="curve")
        for x, y in points:
            p.ellipse([x - w / 2, y - w / 2, x + w / 2, y + w / 2], fill=255)

    return _fine(size, size, draw)


def rays(w: float, h: float, count: float, thick: float = 2.0) -> Image.Image:
    """Beams from the lower right corner."""

    def draw(p: ImageDraw.ImageDraw) -> None:
        reach = math.hypot(w, h) * _FINE
        for k in range(int(count)):
            a = math.pi + (k + 0.5) / count * math.pi / 2
            end = (w * _FINE + math.cos(a) * reach, h * _FINE + math.sin(a) * reach)
            p.line([(w * _FINE, h * _FINE), end], fill=255, width=round(thick * _FINE))

    return _fine(w, h, draw)


def dots(w: float, h: float, step: float, d: float) -> Image.Image:
    """A grid of dots."""

    def draw(p: ImageDraw.ImageDraw) -> None:
        for i in range(int((w - d) // step) + 1):
            for j in range(int((h - d) // step) + 1):
                x, y = i * step * _FINE, j * step * _FINE
                p.ellipse([x, y, x + d * _FINE, y + d * _FINE], fill=255)

    return _fine(w, h, draw)


FORMS: dict[str, Callable[..., Image.Image]] = {
    "rounded": rounded,
    "topped": topped,
    "disc": disc,
    "arc": arc,
    "ring": ring,
    "tick": tick,
    "rays": rays,
    "dots": dots,
}


@functools.lru_cache(maxsize=128)
def mask(form: str, *measures: float) -> Image.Image:
    """The mask of a form by its word (shared: never draw into it)."""
    return FORMS[form](*measures)
