"""Drawing in two steps: layers say what stands where, a painter puts it into pixels.

A `Canvas` records operations (this sprite, there, that opaque). A `Painter` holds the pixels of the
last frame and redraws only the rectangles in which two frames' operations differ. So a held frame
costs nothing, a moving counter costs its own rectangle, and another painter (one that draws into an
encoder's planes, say) needs nothing but the operations.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engage.studio.theme import RGB

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels
Pixels = NDArray[np.uint8]


class Sprite:
    """A picture to be pasted: a mask filled with one colour, or an RGB image under a mask.

    Compared by identity; layers keep theirs, so that an unmoved sprite is an equal operation."""

    __slots__ = ("colour", "image", "mask")

    def __init__(
        self, mask: Image.Image, colour: RGB | None = None, image: Image.Image | None = None
    ):
        self.mask, self.colour, self.image = mask, colour, image

    @property
    def size(self) -> tuple[int, int]:
        return self.mask.size

    @classmethod
    def of(cls, rgba: Image.Image) -> Sprite:
        """From an RGBA image."""
        return cls(rgba.getchannel("A"), image=rgba.convert("RGB"))


class Op(NamedTuple):
    """Paste ``what`` (a sprite, or a plain colour) into ``box`` with ``alpha`` 0..255."""

    what: Sprite | RGB
    box: Box
    alpha: int
    clip: Box | None


@dataclass(frozen=True)
class _Frame:
    dx: float = 0.0
    dy: float = 0.0
    alpha: float = 1.0
    scale: float = 1.0
    about: tuple[float, float] = (0.0, 0.0)
    clip: Box | None = None


class Canvas:
    """Records operations in drawing order. Places and sizes are pixels of the film's format."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.ops: list[Op] = []
        self._frame = _Frame()

    @contextmanager
    def moved(
        self, dx: float = 0.0, dy: float = 0.0, alpha: float = 1.0,
        scale: float = 1.0, about: tuple[float, float] | None = None,
    ) -> Iterator[None]:  # fmt: skip
        """Everything drawn inside is shifted, faded, and scaled around a point."""
        old = self._frame
        self._frame = replace(
            old,
            dx=old.dx + dx,
            dy=old.dy + dy,
            alpha=old.alpha * alpha,
            scale=old.scale * scale,
            about=about if about is not None else old.about,
        )
        try:
            yield
        finally:
            self._frame = old

    @contextmanager
    def clipped(self, box: Box) -> Iterator[None]:
        """Nothing drawn inside shows outside the box (which itself does not move)."""
        old = self._frame
        self._frame = replace(old, clip=meet(old.clip, box) if old.clip else box)
        try:
            yield
        finally:
            self._frame = old

    def paste(self, sprite: Sprite, x: float, y: float, alpha: float = 1.0) -> None:
        """A sprite with its upper left corner at (x, y)."""
        w, h = sprite.size
        self._add(sprite, x, y, w, h, alpha)

    def fill(self, x: float, y: float, w: float, h: float, colour: RGB, alpha: float = 1.0) -> None:
        """A plain rectangle."""
        self._add(colour, x, y, w, h, alpha)

    def _add(
        self, what: Sprite | RGB, x: float, y: float, w: float, h: float, alpha: float
    ) -> None:
        f = self._frame
        opacity = round(255 * max(0.0, min(1.0, alpha * f.alpha)))
        if f.scale != 1.0:
            x, y = f.about[0] + (x - f.about[0]) * f.scale, f.about[1] + (y - f.about[1]) * f.scale
            w, h = w * f.scale, h * f.scale
        left, top = round(x + f.dx), round(y + f.dy)
        box = (left, top, left + round(w), top + round(h))
        seen = meet(box, (0, 0, *self.size))
        seen = meet(seen, f.clip) if f.clip else seen
        if opacity and not empty(seen):
            self.ops.append(Op(what, box, opacity, f.clip))


def meet(a: Box, b: Box) -> Box:
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def join(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def empty(box: Box) -> bool:
    return box[2] <= box[0] or box[3] <= box[1]


@functools.lru_cache(maxsize=256)
def _dimmer(alpha: int) -> list[int]:
    return [v * alpha // 255 for v in range(256)]


def paint_one(op: Op, image: Image.Image, origin: tuple[int, int] = (0, 0)) -> None:
    """Paste one operation into an image whose upper left corner is ``origin`` of the film."""
    left, top, right, bottom = op.box
    w, h = right - left, bottom - top
    mask: Image.Image | None = None
    paint: Image.Image | RGB
    if isinstance(op.what, Sprite):
        mask = (
            op.what.mask
            if op.what.size == (w, h)
            else op.what.mask.resize((w, h), Image.Resampling.BILINEAR)
        )
        if op.what.image is not None:
            same = op.what.size == (w, h)
            paint = (
                op.what.image if same else op.what.image.resize((w, h), Image.Resampling.BILINEAR)
            )
        else:
            paint = op.what.colour or (0, 0, 0)
        if op.alpha < 255:
            mask = mask.point(_dimmer(op.alpha))
    else:
        paint = op.what
        mask = Image.new("L", (w, h), op.alpha) if op.alpha < 255 else None
    if op.clip is not None:
        cut = meet(op.box, op.clip)
        inner = (cut[0] - left, cut[1] - top, cut[2] - left, cut[3] - top)
        mask = mask.crop(inner) if mask is not None else None
        paint = paint.crop(inner) if isinstance(paint, Image.Image) else paint
        left, top, right, bottom = cut
    at = (left - origin[0], top - origin[1], right - origin[0], bottom - origin[1])
    image.paste(paint, at, mask)


def whole(ground: Image.Image, ops: Sequence[Op]) -> Image.Image:
    """A frame drawn from nothing: what every quicker painter must equal."""
    image = ground.copy()
    for op in ops:
        paint_one(op, image)
    return image


class Painter:
    """Holds one frame and turns it into the next by redrawing only what differs."""

    def __init__(self, ground: Image.Image) -> None:
        self.ground = ground
        self.size = ground.size
        self.ops: list[Op] | None = None
        self.pixels: Pixels = np.array(ground)

    def paint(self, ops: list[Op]) -> bool:
        """Make ``pixels`` show these operations; says whether anything had to change."""
        dirty = self._dirty(ops)
        for box in dirty:
            tile = self.ground.crop(box)
            for op in ops:
                if not empty(meet(_seen(op), box)):
                    paint_one(op, tile, (box[0], box[1]))
            self.pixels[box[1] : box[3], box[0] : box[2]] = np.asarray(tile)
        self.ops = ops
        return bool(dirty)

    def _dirty(self, ops: list[Op]) -> list[Box]:
        frame = (0, 0, *self.size)
        if self.ops is None:
            return _merged([_seen(op) for op in ops], frame)
        before, after = set(self.ops), set(ops)
        both = before & after
        stayed = [op for op in ops if op in both]
        if (
            len(before) != len(self.ops)
            or len(after) != len(ops)
            or stayed != [o for o in self.ops if o in both]
        ):
            return [] if ops == self.ops else [frame]
        return _merged([_seen(op) for op in before ^ after], frame)


def _seen(op: Op) -> Box:
    return meet(op.box, op.clip) if op.clip else op.box


def _merged(boxes: list[Box], frame: Box) -> list[Box]:
    """The boxes within the frame, overlapping ones united."""
    out: list[Box] = []
    for box in boxes:
        box = meet(box, frame)
        if empty(box):
            continue
        while hit := next((o for o in out if not empty(meet(o, box))), None):
            out.remove(hit)
            box = join(hit, box)
        out.append(box)
    return out
