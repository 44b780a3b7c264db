"""A film as one would ordinarily write it with MoviePy: a clip for each thing that is shown, moved,
scaled and faded by functions of time, composed on a background and written with the defaults.

It is made from the very operations the studio draws, so both films show the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from moviepy import ColorClip, CompositeVideoClip, ImageClip, VideoClip, concatenate_videoclips, vfx
from moviepy.audio.AudioClip import AudioArrayClip
from PIL import Image

from engage.studio import sound
from engage.studio.canvas import Box, Op, Sprite, meet
from engage.studio.reel import Reel, transition_frames
from engage.studio.transitions import BLENDS


@dataclass
class Thing:
    """One sprite or rectangle over consecutive frames of a scene."""

    first: int
    layer: int
    ops: list[Op] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.first + len(self.ops)


def things(scene: Any) -> list[Thing]:
    found: list[Thing] = []
    live: dict[Any, Thing] = {}
    for frame in range(scene.planned.frames):
        for layer, ops in enumerate(scene.acts(frame)):
            seen: dict[Any, int] = {}
            for op in ops:
                what = id(op.what) if isinstance(op.what, Sprite) else op.what
                seen[what] = seen.get(what, 0) + 1
                key = (layer, what, seen[what])
                thing = live.get(key)
                if thing is None or thing.end != frame:
                    thing = live[key] = Thing(frame, layer)
                    found.append(thing)
                thing.ops.append(op)
    return sorted(found, key=lambda thing: thing.layer)


def clip(thing: Thing, fps: int, frame: Box) -> VideoClip:
    ops, op = thing.ops, thing.ops[0]

    def at(t: float) -> Op:
        return ops[min(len(ops) - 1, round(t * fps))]

    def size(of: Op) -> tuple[int, int]:
        return of.box[2] - of.box[0], of.box[3] - of.box[1]

    seconds = len(ops) / fps
    if isinstance(op.what, Sprite):
        image = op.what.image or Image.new("RGB", op.what.size, op.what.colour or (0, 0, 0))
        image = image.copy()
        image.putalpha(op.what.mask)
        made = ImageClip(np.asarray(image), duration=seconds)
    else:
        made = ColorClip(size(op), color=op.what, duration=seconds)
    own = op.what.size if isinstance(op.what, Sprite) else size(op)
    veiled = any(o.alpha < 255 or o.seen != meet(o.box, frame) for o in ops)
    if veiled and made.mask is None:
        made = made.with_mask()  # before it is scaled, so that its mask is, too
    if any(size(o) != own for o in ops):
        made = made.with_effects([vfx.Resize(lambda t: size(at(t)))])
    if veiled:

        def seen(get: Any, t: float) -> Any:
            now = at(t)
            mask = get(t) * (now.alpha / 255)
            if now.seen == meet(now.box, frame):
                return mask
            left, top, right, bottom = now.seen
            x, y = now.box[:2]
            cut = np.zeros_like(mask)
            inner = (slice(max(0, top - y), bottom - y), slice(max(0, left - x), right - x))
            cut[inner] = mask[inner]
            return cut

        made = made.with_mask(made.mask.transform(seen))
    place: Any = op.box[:2]
    if any(o.box[:2] != place for o in ops):
        made = made.with_position(lambda t: at(t).box[:2])
    else:
        made = made.with_position(place)
    return made.with_start(thing.first / fps).with_layer_index(thing.layer)


def scenes(reel: Reel) -> Iterator[VideoClip]:
    fps, before = reel.plan.fps, None
    for index, planned in enumerate(reel.plan.scenes):
        scene = reel._made(index)
        seconds = planned.frames / fps
        ground = ImageClip(np.asarray(scene.ground), duration=seconds)
        moving = [clip(thing, fps, (0, 0, *scene.size)) for thing in things(scene)]
        whole = CompositeVideoClip([ground, *moving], size=scene.size, use_bgclip=True)
        whole = whole.with_duration(seconds)
        lasts = transition_frames(planned, fps) if index else 0
        if lasts:
            last = before.get_frame((before.n - 1) / fps)  # type: ignore[union-attr]
            whole = _blended(whole, last, lasts, fps, planned.scene.transition, scene)
        before = whole
        before.n = planned.frames
        yield whole


def _blended(whole: VideoClip, last: Any, lasts: int, fps: int, word: str, scene: Any) -> VideoClip:
    accent = scene.palette.colour("accent")

    def blend(get: Any, t: float) -> Any:
        k = round(t * fps)
        new = get(t)
        if k >= lasts:
            return new
        return BLENDS[word](
            last.astype("uint8"), new.astype("uint8"), (k + 1) / (lasts + 1), accent
        )

    return whole.transform(blend)


def film(reel: Reel) -> VideoClip:
    """The whole film, silent."""
    return concatenate_videoclips(list(scenes(reel)))


def write(reel: Reel, out: Path) -> None:
    seconds = reel.plan.duration
    music = AudioArrayClip(sound.bed(seconds, reel.plan.template.music), fps=sound.RATE)
    whole = film(reel).with_audio(music.with_duration(seconds))
    whole.write_videofile(str(out), fps=reel.plan.fps, codec="libx264", audio_codec="aac",
                          temp_audiofile_path=str(out.parent), logger=None)  # fmt: skip


def distance(reel: Reel, every: int = 30) -> float:
    """How far the composed pictures are from the reel's, of 255, on the mean of some frames."""
    whole = film(reel)
    away = [
        np.abs(whole.get_frame(k / reel.plan.fps).astype(int) - reel.pixels(k)).mean()
        for k in range(0, reel.plan.frames, every)
    ]
    return float(np.mean(away))
