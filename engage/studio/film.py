"""Making a film: plan, draw, encode, verify, put in place.

It is drawn and encoded the quick way where this machine can (`engage.studio.quick`), else by the
reference path (`engage.studio.reference`); both show the same.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from engage.studio import mp4, reference, sound
from engage.studio.captions import captions
from engage.studio.design import Template
from engage.studio.narration import Engine, mixed, narrated
from engage.studio.painter import PILLOW
from engage.studio.plan import Plan, plan
from engage.studio.planes import YUV
from engage.studio.reel import Reel
from engage.studio.stage import FORMATS
from engage.studio.theme import Theme
from engage.studio.values import Data

try:
    from engage.studio import quick
except ImportError:  # PyAV is an extra
    quick = None  # type: ignore[assignment]

HOUSE = Theme()
Progress = Callable[[float], None]


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
    sha256: str


def render(
    template: Template, data: Data, out: Path, *, format: str = "16:9", theme: Theme = HOUSE,
    progress: Progress | None = None, check_cancelled: Callable[[], bool] | None = None,
    cache: Path | None = None, plainly: bool = False, narrator: Engine | None = None,
) -> Film:  # fmt: skip
    """Render a film to ``out`` (an .mp4; its poster is ``out`` with .jpg).

    The same template, data, format and theme give the same bytes. ``progress`` hears the share
    done, 0..1. ``check_cancelled`` is asked about twice a second of film; True raises `Cancelled`.
    ``cache`` is a folder in which music and common segments are kept from film to film.
    ``plainly`` takes the reference path. ``narrator`` reads it aloud, where it speaks its language.

    Raises `MissingField`, `NothingToShow`, `BadValue`, `MissingScript` before drawing and
    `BrokenFilm` when the encoder's file is not whole. ``out`` appears complete or not at all."""
    made = plan(template, data)
    if narrator is not None:
        made = narrated(made, narrator)
    quickly = not plainly and quick is not None and quick.works()
    reel = Reel(made, format, theme, YUV if quickly else PILLOW)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".film-", dir=out.parent) as folder:
        aside = Path(folder) / "film.mp4"
        kept = cache or Path(folder)
        bed = _sound(made, Path(folder), kept)
        watch = _Watch(made, progress, check_cancelled).frame
        coded = None
        if quick and quickly:
            coded = quick.write(reel, aside, bed, watch, kept)
        else:
            reference.write(reel, aside, bed, watch)
        mp4.verify(aside, made.frames, made.fps, FORMATS[format], coded)
        still = aside.with_suffix(".jpg")
        poster(template, data, still, format=format, theme=theme)
        digest = hashlib.sha256(aside.read_bytes()).hexdigest()
        os.replace(still, out.with_suffix(".jpg"))
        os.replace(aside, out)
    if progress:
        progress(1.0)
    return Film(out, out.with_suffix(".jpg"), made.duration, *FORMATS[format], made.frames,
                captions(made), digest)  # fmt: skip


def _sound(made: Plan, folder: Path, kept: Path) -> Path:
    """The film's AAC: its music alone is kept for others of its length."""
    if not made.voices:
        return sound.encoded(made.duration, kept, made.template.music)
    path = folder / "sound.m4a"
    sound.encode(mixed(made), path)
    return path


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
