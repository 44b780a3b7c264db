"""The quick path: pictures drawn straight into an encoder's planes, segments joined by copying.

A scene is one or two segments of H.264. Where a scene shows nothing of the partner, because its
layers name no field or before the first of those that do appears, the segment is *common*: encoded
once for a template and format, kept in a folder, and copied into every film. All else is drawn and
encoded for the film, but only what moves; held pictures are written, not encoded.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engage.studio import h264
from engage.studio.design import Layer
from engage.studio.placeholders import names
from engage.studio.plan import PlannedScene
from engage.studio.reel import Reel, transition_frames
from engage.studio.stage import FORMATS
from engage.studio.template import template_digest

log = logging.getLogger(__name__)

WORTH = 10  # frames: a shorter common run costs more as a keyframe than it saves
KEPT = 256 << 20  # bytes of common segments kept in a folder, the least recently used go first


class Run(NamedTuple):
    """Frames of a film from ``first`` up to ``end`` that become one segment."""

    scene: PlannedScene
    first: int
    end: int
    common: bool


def write(reel: Reel, path: Path, bed: Path, watch: Callable[[int], None], kept: Path) -> None:
    """Make the film; ``reel`` is in the medium `engage.studio.planes.YUV`, common segments are
    kept in ``kept``."""
    fps, size = reel.plan.fps, FORMATS[reel.form]
    template = reel.plan.template
    version = f"{template_digest(template.folder)} {template.language} {reel.theme.digest()} {h264.VERSION}"

    def segment(run: Run) -> bytes:
        if not run.common:
            return _made(reel, run, watch)
        watch(run.first)
        key = hashlib.sha256(f"{version} {reel.form} {_content(run)}".encode()).hexdigest()
        file = kept / f"{key}.h264"
        try:
            data = file.read_bytes()
            os.utime(file)
        except FileNotFoundError:
            data = _made(reel, run, watch)
            _keep(file, data)
        return data

    h264.join(path, [segment(run) for run in runs(reel)], size, fps, bed)


@functools.lru_cache(maxsize=1)
def works() -> bool:
    """Whether this machine's libraries do what is relied on, tried out once in a process."""
    try:
        h264.try_out()
    except Exception:  # whatever a library of another version does: films are made the plain way
        log.warning("films are rendered by the slower reference path", exc_info=True)
        return False
    return True


def _made(reel: Reel, run: Run, watch: Callable[[int], None]) -> bytes:
    encoder = h264.Encoder(FORMATS[reel.form], reel.plan.fps)
    for number in range(run.first, run.end):
        watch(number)
        encoder.add(*reel.turn(number))
    return encoder.segment()


def runs(reel: Reel) -> Iterator[Run]:
    """The segments of a film, in order."""
    fps = reel.plan.fps
    for k, planned in enumerate(reel.plan.scenes):
        first, end = planned.first, planned.first + planned.frames
        blends = transition_frames(planned, fps) if k else 0
        own = [layer.start for layer in planned.layers if personal(layer)]
        common = end if not own else min(end, first + int(min(own) * fps))
        start = first + blends
        if common - start < WORTH:
            start = common = first
        for a, b, shared in ((first, start, False), (start, common, True), (common, end, False)):
            if a < b:
                yield Run(planned, a, b, shared)


def personal(layer: Layer) -> bool:
    """Whether a layer shows something of the partner."""
    return any(names(text) for text in _texts(layer.options))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)


def _content(run: Run) -> str:
    """What a common run shows, beside template, colours and format."""
    scene = run.scene
    shown = [k for k, layer in enumerate(scene.scene.layers) if layer in scene.layers]
    return f"{scene.scene.name} {shown} {run.first - scene.first} {run.end - run.first}"


def _keep(file: Path, data: bytes) -> None:
    """Put a segment into its folder, and throw out what has not been used for longest."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}")
    aside.write_bytes(data)
    aside.replace(file)
    found = sorted((p.stat().st_mtime, p.stat().st_size, p) for p in file.parent.glob("*.h264"))
    spare = sum(size for _, size, _ in found) - KEPT
    for _, size, old in found:
        if spare <= 0:
            break
        old.unlink(missing_ok=True)
        spare -= size
