"""What layers draw on: a `Canvas` records operations (this sprite, there, that opaque).

It knows no pixels: a painter (`engage.studio.painter`) puts operations into a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from PIL import Image

from engage.studio.theme import RGB

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels


class Sprite:
    """A picture to be pasted: a mask filled with one colour, or an RGB image under a mask.

    Compared by identity; layers keep theirs, so that an unmoved sprite is an equal operation.
    ``prints`` is where a medium keeps what it made of the sprite."""

    __slots__ = ("colour", "image", "mask", "prints")

    def __init__(
        self, mask: Image.Image, colour: RGB | None = None, image: Image.Image | None = None
    ):
        self.mask, self.colour, self.image = mask, colour, image
        self.prints: dict[Any, Any] = {}

    @property
    def size(self) -> tuple[int, int]:
        return self.mask.size

    @classmethod
    def of(cls, rgba: Image.Image) -> Sprite:
        """From an RGBA image."""
        return cls(rgba.getchannel("A"), image=rgba.convert("RGB"))


class Op(NamedTuple):
    """Put ``what`` (a sprite, or a plain colour) into ``box`` with ``alpha`` 0..255; only the part
    of it in ``seen`` shows."""

    what: Sprite | RGB
    box: Box
    alpha: int
    seen: Box


class _Frame(NamedTuple):
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
        self._frame = old._replace(
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
        self._frame = old._replace(clip=meet(old.clip, box) if old.clip else box)
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
            self.ops.append(Op(what, box, opacity, seen))


def meet(a: Box, b: Box) -> Box:
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def join(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def empty(box: Box) -> bool:
    return box[2] <= box[0] or box[3] <= box[1]


def touch(a: Box, b: Box) -> bool:
    """Whether two boxes share a pixel."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
