"""From operations to pixels: a painter redraws only the rectangles in which two frames differ.

So a held frame costs nothing and a moving counter costs its own rectangle. What a picture is made
of is a `Medium`: one plane of RGB for stills and the reference path (here), or the planes of an
encoder (`engage.studio.planes`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engage.studio.canvas import Box, Op, Sprite, join, meet, touch
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
    operation is there."""

    grain: tuple[int, ...]
    planes: Callable[[Image.Image], tuple[Image.Image, ...]]
    colour: Callable[[RGB], tuple[Colour, ...]]
    inks: Callable[[Op], Sequence[Ink]]


def dimmed(mask: Image.Image | None, alpha: int, size: tuple[int, int]) -> Image.Image | None:
    """A mask under an opacity 0..255; without a mask, an even one of that size."""
    if alpha == 255:
        return mask
    if mask is None:
        return Image.new("L", size, alpha)
    return Image.blend(Image.new("L", mask.size), mask, alpha / 255)


def cut(op: Op, grain: int = 1) -> Ink:
    """What is seen of an operation, in RGB: scaled and cut out, not yet dimmed.

    A scaled sprite is cut to full pixels of ``grain``, where it reaches that far."""
    box = op.seen
    if not isinstance(op.what, Sprite):
        return Ink(op.what, None, box)
    image, mask = op.what.image, op.what.mask
    left, top, right, bottom = op.box
    if op.what.size == (right - left, bottom - top):
        if box != op.box:
            inner = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
            image, mask = image and image.crop(inner), mask.crop(inner)
    else:
        box = meet(coarse(box, grain), op.box)
        wide, high = mask.width / (right - left), mask.height / (bottom - top)
        part = (
            (box[0] - left) * wide,
            (box[1] - top) * high,
            (box[2] - left) * wide,
            (box[3] - top) * high,
        )
        to, smooth = (box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR
        image, mask = image and image.resize(to, smooth, part), mask.resize(to, smooth, part)
    return Ink(image or op.what.colour or (0, 0, 0), mask, box)


def _rgb_inks(op: Op) -> Sequence[Ink]:
    paint, mask, box = cut(op)
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
        inks: dict[Op, Sequence[Ink]] = {}
        for box in changed:
            touching = [op for op in ops if touch(op.seen, box)]
            inks |= {op: self.medium.inks(op) for op in touching if op not in inks}
            for k, grain in enumerate(self.medium.grain):
                left, top, right, bottom = _fine(box, grain)
                tile = self.grounds[k].crop((left, top, right, bottom))
                for op in touching:
                    paint, mask, at = inks[op][k]
                    place = (at[0] - left, at[1] - top, at[2] - left, at[3] - top)
                    tile.paste(paint, place, mask)
                self.picture[k][top:bottom, left:right] = np.asarray(tile)
        self.ops = ops
        return changed


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
    if before == after:
        return []
    if before is None:
        return _merged(after, frame, grain)
    old, new = set(before), set(after)
    both = old & new
    if (
        len(old) != len(before)
        or len(new) != len(after)
        or [op for op in after if op in both] != [op for op in before if op in both]
    ):
        return [frame]
    return _merged(old ^ new, frame, grain)


def _merged(ops: list[Op] | set[Op], frame: Box, grain: int) -> list[Box]:
    """The boxes of operations within the frame, overlapping ones united."""
    out: list[Box] = []
    for op in ops:
        box = meet(coarse(op.seen, grain), frame)
        while hit := next((o for o in out if touch(o, box)), None):
            out.remove(hit)
            box = join(hit, box)
        out.append(box)
    return out
