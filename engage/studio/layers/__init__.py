"""The layer kinds: each one small module with one contract.

A module of a kind has

``OPTIONS``
    ``dict[str, Option]``: the keys it takes in template.toml beside the common ones, so that the
    reader can check them and fill in defaults and placeholders.
``BLEEDS``
    whether its box may reach over the edge of the canvas (decoration may, words may not).
``prepare(part, stage) -> Drawing``
    called once per film: sets type, makes sprites, and returns ``draw(canvas, t)`` with ``t`` in
    seconds since the layer appeared, and ``settles``: from when on it draws the same at every
    ``t`` (a layer that is still from the start settles at 0). ``draw`` only records operations on
    the canvas and keeps no state of its own, so any moment can be drawn in any order.
    Entrance and exit are not its business: the canvas is already moved, faded and clipped.
``speak(part) -> list[str]``
    what it shows, in words, for the captions and the story.

Templates name kinds by the words below, never by a module's path. A new kind is a new module here
and its line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from engage.studio.layers import (
    avatar,
    badges,
    bar_chart,
    clip,
    counter,
    image,
    line_chart,
    progress,
    qr,
    rank_list,
    shape,
    text,
)  # fmt: skip
from engage.studio.stage import Drawing, Option, Part, Stage


class Kind(Protocol):
    """What a module of this package offers."""

    @property
    def OPTIONS(self) -> Mapping[str, Option]: ...
    @property
    def BLEEDS(self) -> bool: ...
    @property
    def prepare(self) -> Callable[[Part, Stage], Drawing]: ...
    @property
    def speak(self) -> Callable[[Part], list[str]]: ...


KINDS: dict[str, Kind] = {
    "text": text,
    "image": image,
    "clip": clip,
    "avatar": avatar,
    "shape": shape,
    "counter": counter,
    "bar_chart": bar_chart,
    "line_chart": line_chart,
    "rank_list": rank_list,
    "progress": progress,
    "badges": badges,
    "qr": qr,
}
