"""The quick path: pictures drawn straight into an encoder's planes, segments joined by copying.

A scene is a few segments of H.264. Where nothing of the partner shows, for so long as no layer with
a field of theirs is there (in a transition: in neither scene), the segment is *common*: encoded once
for all films in which the same is shown, kept in a folder, and copied. All else is drawn and encoded
for the film, but only what moves; held pictures are written, not encoded.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from engage.studio import h264
from engage.studio.design import Layer
from engage.studio.placeholders import names
from engage.studio.plan import PlannedScene, part_of
from engage.studio.reel import Reel, transition_frames
from engage.studio.stage import FORMATS
from engage.studio.template import template_digest

log = logging.getLogger(__name__)

WORTH = 10  # frames: a shorter common run costs more as a keyframe than it saves
KEPT = 256 << 20  # bytes of common segments kept in a folder, the least recently used go first


class Run(NamedTuple):
    """Frames of a film from ``first`` up to ``end``, of the scene of that number, that become a segment."""

    scene: int
    first: int
    end: int
    common: bool


def write(reel: Reel, path: Path, bed: Path, watch: Callable[[int], None], kept: Path) -> str:
    """Make the film and give the digest of what is coded in it, which has all been decoded; ``reel``
    is in the medium `engage.studio.planes.YUV`, common segments are kept in ``kept``."""
    fps, size = reel.plan.fps, FORMATS[reel.form]
    template = reel.plan.template
    version = f"{template_digest(template.folder)} {template.language} {reel.theme.digest()} {h264.VERSION}"

    def segment(run: Run) -> bytes:
        if not run.common:
            return _made(reel, run, watch)
        watch(run.first)
        key = hashlib.sha256(f"{version} {reel.form} {_content(reel, run)}".encode()).hexdigest()
        file = kept / f"{key}.h264"
        data = _kept(file)
        if data is None:
            data = _made(reel, run, watch)
            _keep(file, data)
        return data

    return h264.join(path, [segment(run) for run in runs(reel)], size, fps, bed)


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
    for index, planned in enumerate(reel.plan.scenes):
        first = planned.first
        for common, frames in _stretches(_common_frames(reel, index)):
            yield Run(index, first, first + frames, common)
            first += frames


def _common_frames(reel: Reel, index: int) -> list[bool]:
    """Of each frame of a scene, whether it shows nothing of the partner."""
    planned, before = reel.plan.scenes[index], reel.plan.scenes[index - 1]
    own = _own(reel, planned, range(planned.frames))
    if index and any(_own(reel, before, range(before.frames - 1, before.frames))):
        blends = transition_frames(planned, reel.plan.fps)
        own[:blends] = [True] * blends
    return [not it for it in own]


def _own(reel: Reel, scene: PlannedScene, frames: range) -> list[bool]:
    """Of some frames of a scene, whether a layer shows something of the partner."""
    layers, fps = [la for la in scene.layers if personal(la, reel)], reel.plan.fps
    return [any(scene.shows(layer, frame, fps) for layer in layers) for frame in frames]


def _stretches(common: list[bool]) -> Iterator[tuple[bool, int]]:
    """Frames of a kind that follow each other; common ones too few to be worth it join the rest."""
    kinds = [(kind, len(list(same))) for kind, same in groupby(common)]
    worth = [(kind and many >= WORTH, many) for kind, many in kinds]
    for kind, same in groupby(worth, key=lambda one: one[0]):
        yield kind, sum(many for _, many in same)


def personal(layer: Layer, reel: Reel) -> bool:
    """Whether a layer shows something of the partner."""
    fields = reel.plan.template.fields
    asked = (fields[name] for text in _texts(layer.options) for name in names(text))
    return reel.form in layer.boxes and any(not field.common for field in asked)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)


def _content(reel: Reel, run: Run) -> str:
    """What a common run shows, beside the files of its template, colours and format."""
    scene, fps = reel.plan.scenes[run.scene], reel.plan.fps
    shown = [_shown(reel, scene, range(run.first - scene.first, run.end - scene.first))]
    if run.scene and run.first - scene.first < transition_frames(scene, fps):
        before = reel.plan.scenes[run.scene - 1]
        shown.append(_shown(reel, before, range(before.frames - 1, before.frames)))
    return repr(shown)


def _shown(reel: Reel, planned: PlannedScene, frames: range) -> tuple[Any, ...]:
    """Some frames of a scene as they are described, with everything filled in. Nothing of it is left
    to the template's folder: a manager may have changed the words."""
    form, fps, scene = reel.form, reel.plan.fps, planned.scene
    layers = [
        replace(
            layer,
            when=None,
            boxes={form: layer.boxes[form]},
            options=dict(sorted(part_of(reel.plan, layer, form).options.items())),
        )
        for layer in planned.layers
        if form in layer.boxes and any(planned.shows(layer, frame, fps) for frame in frames)
    ]
    look = scene.background, scene.light, scene.transition, scene.transition_seconds
    leaves = (planned.frames, planned.leave) if frames.stop > planned.frames - planned.leave else ()
    return fps, look, frames.start, frames.stop, leaves, layers


def _kept(file: Path) -> bytes | None:
    """A segment as it was kept: behind its digest, for it is not decoded again."""
    try:
        digest, data = (whole := file.read_bytes())[:32], whole[32:]
        os.utime(file)
    except FileNotFoundError:
        return None
    return data if hashlib.sha256(data).digest() == digest else None


def _keep(file: Path, data: bytes) -> None:
    """Put a segment into its folder, and throw out what has not been used for longest."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}")
    aside.write_bytes(hashlib.sha256(data).digest() + data)
    aside.replace(file)
    found = sorted((p.stat().st_mtime, p.stat().st_size, p) for p in file.parent.glob("*.h264"))
    spare = sum(size for _, size, _ in found) - KEPT
    for _, size, old in found:
        if spare <= 0:
            break
        old.unlink(missing_ok=True)
        spare -= size
