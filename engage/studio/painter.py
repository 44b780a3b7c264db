"""From operations to pixels: a painter redraws only the rectangles in which two frames differ.

So a held frame costs nothing and a moving counter costs its own rectangle. What a picture is made
of is a `Medium`: one plane of RGB for stills and the reference path (here), or the planes of an
encoder (`engage.studio.planes`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engage.studio.canvas import Box, Op, Sprite, empty, join, meet
from engage.studio.theme import RGB

Pixels = NDArray[np.uint8]
Picture = tuple[Pixels, ...]  # the planes of one frame
Colour = Any  # of one plane, as Pillow wants it: a number, or RGB


class Ink(NamedTuple):
    """An operation in one plane: paste ``paint`` at ``at`` through ``mask`` (None: opaque)."""

    paint: Image.Image | Colour
    mask: Image.Image | None
    box: Box


class Medium(NamedTuple):
    """``grain``: how many pixels of the film, both ways, are one pixel of each plane.

    ``planes`` and ``colour`` tell what a picture and a colour are in each plane; ``inks`` what an
    operation is there (the second argument is the size of the film)."""

    grain: tuple[int, ...]
    planes: Callable[[Image.Image], tuple[Image.Image, ...]]
    colour: Callable[[RGB], tuple[Colour, ...]]
    inks: Callable[[Op, tuple[int, int]], Sequence[Ink]]


@functools.lru_cache(maxsize=256)
def _dimmer(alpha: int) -> list[int]:
    return [v * alpha // 255 for v in range(256)]


def dimmed(mask: Image.Image | None, alpha: int, size: tuple[int, int]) -> Image.Image | None:
    """A mask under an opacity 0..255; without a mask, an even one of that size."""
    if alpha == 255:
        return mask
    return mask.point(_dimmer(alpha)) if mask else Image.new("L", size, alpha)


def cut(op: Op, size: tuple[int, int], grain: int = 1) -> Ink:
    """The visible part of an operation in RGB, scaled and clipped, not yet dimmed.

    The part is as large as its clip needs it to be; a scaled sprite is drawn only as far as the
    film reaches, to full pixels of ``grain``."""
    box = op.seen
    if not isinstance(op.what, Sprite):
        return Ink(op.what, None, meet(box, (0, 0, *size)))
    left, top, right, bottom = op.box
    w, h = right - left, bottom - top
    image, mask = op.what.image, op.what.mask
    if op.what.size == (w, h):
        if box != op.box:
            inner = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
            image, mask = image and image.crop(inner), mask.crop(inner)
    else:
        box = meet(coarse(meet(box, (0, 0, *size)), grain), op.seen)
        wide, high = mask.width / w, mask.height / h
        part = (
            (box[0] - left) * wide,
            (box[1] - top) * high,
            (box[2] - left) * wide,
            (box[3] - top) * high,
        )
        to = (box[2] - box[0], box[3] - box[1])
        smooth = Image.Resampling.BILINEAR
        image, mask = image and image.resize(to, smooth, part), mask.resize(to, smooth, part)
    return Ink(image or op.what.colour or (0, 0, 0), mask, box)


def _rgb_inks(op: Op, size: tuple[int, int]) -> Sequence[Ink]:
    paint, mask, box = cut(op, size)
    return (Ink(paint, dimmed(mask, op.alpha, (box[2] - box[0], box[3] - box[1])), box),)


PILLOW = Medium((1,), lambda image: (image,), lambda colour: (colour,), _rgb_inks)


class Painter:
    """Holds one frame on a ground and turns it into the next by redrawing only what differs."""

    def __init__(self, ground: Image.Image, medium: Medium = PILLOW) -> None:
        self.medium = medium
        self.size = ground.size
        self.grounds = medium.planes(ground)
        self.ops: list[Op] | None = None
        self.picture: Picture = tuple(np.array(plane) for plane in self.grounds)

    def paint(self, ops: list[Op]) -> list[Box]:
        """Make ``picture`` show these operations; the boxes in which it changed."""
        changed = differing(self.ops, ops, self.size, max(self.medium.grain))
        for box in changed:
            tiles = [
                ground.crop(_fine(box, grain))
                for ground, grain in zip(self.grounds, self.medium.grain, strict=True)
            ]
            for op in ops:
                if not empty(meet(op.seen, box)):
                    self._paste(op, tiles, box)
            for plane, tile, grain in zip(self.picture, tiles, self.medium.grain, strict=True):
                left, top, right, bottom = _fine(box, grain)
                plane[top:bottom, left:right] = np.asarray(tile)
        self.ops = ops
        return changed

    def _paste(self, op: Op, tiles: list[Image.Image], within: Box) -> None:
        inks = self.medium.inks(op, self.size)
        for tile, ink, grain in zip(tiles, inks, self.medium.grain, strict=True):
            x, y = within[0] // grain, within[1] // grain
            left, top, right, bottom = ink.box
            tile.paste(ink.paint, (left - x, top - y, right - x, bottom - y), ink.mask)


def _fine(box: Box, grain: int) -> Box:
    return box[0] // grain, box[1] // grain, box[2] // grain, box[3] // grain


def coarse(box: Box, grain: int) -> Box:
    """The smallest box of full pixels of ``grain`` around a box."""
    return (
        box[0] // grain * grain,
        box[1] // grain * grain,
        -(-box[2] // grain) * grain,
        -(-box[3] // grain) * grain,
    )


def differing(
    before: list[Op] | None, after: list[Op], size: tuple[int, int], grain: int = 1
) -> list[Box]:
    """Boxes outside of which two frames look the same; ``before`` None: nothing but the ground."""
    frame = (0, 0, *size)
    if before is None:
        return _merged(after, frame, grain)
    old, new = set(before), set(after)
    both = old & new
    if (
        len(old) != len(before)
        or len(new) != len(after)
        or [op for op in after if op in both] != [op for op in before if op in both]
    ):
        return [] if after == before else [frame]
    return _merged(old ^ new, frame, grain)


def _merged(ops: list[Op] | set[Op], frame: Box, grain: int) -> list[Box]:
    """The boxes of operations within the frame, overlapping ones united."""
    out: list[Box] = []
    for op in ops:
        box = meet(coarse(op.seen, grain), frame)
        if empty(box):
            continue
        while hit := next((o for o in out if not empty(meet(o, box))), None):
            out.remove(hit)
            box = join(hit, box)
        out.append(box)
    return out
