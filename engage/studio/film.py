"""Making a film: plan, draw, encode, verify, put in place.

This is the reference path: MoviePy holds the timeline and encodes, Pillow draws every picture.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from moviepy import VideoClip, concatenate_videoclips
from PIL import Image

from engage.studio import mp4, sound
from engage.studio.canvas import Pixels
from engage.studio.design import Template
from engage.studio.plan import Plan, captions, plan, transcript
from engage.studio.reel import Reel
from engage.studio.stage import FORMATS
from engage.studio.theme import Theme
from engage.studio.values import Data

HOUSE = Theme()
PRESET, QUALITY = "veryfast", 20
Progress = Callable[[float], None]


_COLOURS = (  # Pillow's pixels into the colours players expect, and a tag that says so
    "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
)


class Cancelled(RuntimeError):
    """Rendering was called off; nothing is left behind."""


@dataclass(frozen=True)
class Film:
    """A finished film and what stands beside it. ``captions`` is WebVTT, ``duration`` seconds."""

    path: Path
    poster: Path
    duration: float
    width: int
    height: int
    frames: int
    captions: str
    transcript: tuple[str, ...]
    sha256: str


def render(
    template: Template, data: Data, out: Path, *, format: str = "16:9", theme: Theme = HOUSE,
    progress: Progress | None = None, check_cancelled: Callable[[], bool] | None = None,
    cache: Path | None = None,
) -> Film:  # fmt: skip
    """Render a film to ``out`` (an .mp4; its poster is ``out`` with .jpg).

    The same template, data, format and theme give the same bytes. ``progress`` hears the share
    done, 0..1. ``check_cancelled`` is asked about twice a second of film; True raises `Cancelled`.
    ``cache`` is a folder in which encoded music is kept from film to film.

    Raises `MissingField`, `NothingToShow`, `BadValue`, `MissingScript` before drawing and
    `BrokenFilm` when the encoder's file is not whole. ``out`` appears complete or not at all."""
    made = plan(template, data)
    reel = Reel(made, format, theme)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".film-", dir=out.parent) as folder:
        aside = Path(folder) / "film.mp4"
        bed = sound.encoded(made.duration, cache or Path(folder))
        _encode(reel, aside, bed, _Watch(made, progress, check_cancelled))
        mp4.verify(aside, made.frames, made.fps, FORMATS[format])
        still = aside.with_suffix(".jpg")
        poster(template, data, still, format=format, theme=theme)
        digest = hashlib.sha256(aside.read_bytes()).hexdigest()
        os.replace(still, out.with_suffix(".jpg"))
        os.replace(aside, out)
    if progress:
        progress(1.0)
    return Film(out, out.with_suffix(".jpg"), made.duration, *FORMATS[format], made.frames,
                captions(made), tuple(transcript(made)), digest)  # fmt: skip


class _Watch:
    """Tells how far the film is and hears whether it is still wanted."""

    def __init__(self, made: Plan, progress: Progress | None, cancelled: Callable[[], bool] | None):
        self.frames, self.every = made.frames, max(1, made.fps // 2)
        self.progress, self.cancelled = progress, cancelled

    def frame(self, number: int) -> None:
        if number % self.every:
            return
        if self.cancelled and self.cancelled():
            raise Cancelled("the film was called off")
        if self.progress:
            self.progress(0.98 * number / self.frames)


def timeline(reel: Reel, watch: Callable[[int], None] = lambda number: None) -> VideoClip:
    """The film as a MoviePy timeline, a clip per scene.

    A clip asks for frames by their number in the whole film: MoviePy's times are floats, and at a
    cut a rounding error must not show the wrong scene."""
    made = reel.plan

    def scene(first: int, frames: int) -> VideoClip:
        def picture(t: float) -> Pixels:
            number = first + round(t * made.fps)
            watch(number)
            return reel.pixels(number)

        return VideoClip(frame_function=picture, duration=frames / made.fps)

    clips = [scene(s.first, s.frames) for s in made.scenes]
    # MoviePy counts frames by int(duration * fps): a hair more keeps the last one
    whole = concatenate_videoclips(clips).with_duration(made.frames / made.fps + 1e-6)
    return whole.with_fps(made.fps)


def _encode(reel: Reel, path: Path, bed: Path, watch: _Watch) -> None:
    """H.264 with the bed's AAC copied in; one thread, so that the bytes are always the same."""
    made = reel.plan
    cuts = ",".join(f"{s.first / made.fps:.4f}" for s in made.scenes)
    timeline(reel, watch.frame).write_videofile(
        str(path),
        codec="libx264",
        preset=PRESET,
        audio=str(bed),
        audio_codec="copy",
        threads=1,
        ffmpeg_params=[
            "-crf", str(QUALITY), "-profile:v", "high", "-g", str(made.fps * 10),
            "-force_key_frames", cuts,
            "-vf", _COLOURS, "-filter_threads", "1",
            "-movflags", "+faststart",
            "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
        ],
        pixel_format="yuv420p",
        logger=None,
    )  # fmt: skip


def frame(
    template: Template, data: Data, at_seconds: float, *, format: str = "16:9", theme: Theme = HOUSE
) -> Image.Image:
    """One picture of the film at a time in seconds."""
    reel = Reel(plan(template, data), format, theme)
    return reel.image(round(at_seconds * template.fps))


def still(
    template: Template, at_seconds: float, out: Path, *, format: str = "16:9",
    data: Data | None = None, theme: Theme = HOUSE,
) -> Path:  # fmt: skip
    """One picture as a PNG file, of the template's own samples unless data is given."""
    image = frame(
        template,
        data if data is not None else template.samples(),
        at_seconds,
        format=format,
        theme=theme,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    image.save(out, "PNG")
    return out


def poster(
    template: Template, data: Data, out: Path, *, format: str = "16:9", theme: Theme = HOUSE
) -> Path:
    """The film's title picture as a JPEG: the template's poster scene when all of it stands."""
    made = plan(template, data)
    scene = next((s for s in made.scenes if s.scene.name == template.poster), made.scenes[0])
    number = scene.first + round(scene.frames * 0.85)
    Reel(made, format, theme).image(number).save(
        out, "JPEG", quality=88, optimize=True, progressive=True
    )
    return out
