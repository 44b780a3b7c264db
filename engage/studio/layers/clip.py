"""A moving picture of the template's folder, filling its box: it plays once and holds, or goes round."""

from __future__ import annotations

import functools
import io
import subprocess
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from engage.studio import shapes
from engage.studio.canvas import Canvas, Sprite
from engage.studio.stage import Drawing, Option, Part, Stage

RATE = 25  # pictures a second that are taken from it
LONGEST = 20  # seconds of it
_READ = [get_ffmpeg_exe(), "-v", "error", "-protocol_whitelist", "file", "-t", str(LONGEST)]


def fault(path: Path) -> str:
    """Decodes what would be shown of it."""
    run = subprocess.run(
        [*_READ, "-xerror", "-i", str(path), "-map", "0:v:0", "-f", "null", "-"],
        stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True, errors="replace",
    )  # fmt: skip
    if run.returncode == 0 and not run.stderr:
        return ""
    said = (run.stderr.strip().splitlines() or ["ffmpeg gave up"])[0].partition("] ")
    return f"cannot be decoded ({said[2] or said[0]})"


OPTIONS = {
    "file": Option("file", required=True, fault=fault),
    "loop": Option("flag", False),
    "radius": Option("number", 0.0, high=1000),
    "says": Option("text", ""),
}
BLEEDS = True
_END = b"\xff\xd9"  # of a JPEG


class BadClip(ValueError):
    """A file that is no moving picture; the message names it."""


def prepare(part: Part, stage: Stage) -> Drawing:
    x, y, w, h = part.box
    path = stage.folder / part["file"]
    pictures = _pictures(path, path.stat().st_mtime_ns, w, h)
    mask = shapes.mask("rounded", w, h, part["radius"])

    @functools.lru_cache(maxsize=2)  # two, so that a held picture is the same one as before
    def sprite(number: int) -> Sprite:
        with Image.open(io.BytesIO(pictures[number]), formats=("JPEG",)) as image:
            return Sprite(mask, image=image.convert("RGB"))

    def draw(canvas: Canvas, t: float) -> None:
        number = int(t * RATE + 1e-6)
        last = len(pictures) - 1
        canvas.paste(sprite(number % (last + 1) if part["loop"] else min(number, last)), x, y)

    return Drawing(draw, settles=part.seconds if part["loop"] else len(pictures) / RATE)


@functools.lru_cache(maxsize=4)
def _pictures(path: Path, _changed: int, w: int, h: int) -> tuple[bytes, ...]:
    """The pictures of a clip as JPEGs of a size: a few megabytes, where RGB would be hundreds.

    Raises `BadClip`."""
    fill = f"fps={RATE},scale={w}:{h}:force_original_aspect_ratio=increase,crop={w}:{h}"
    run = subprocess.run(
        [*_READ, "-i", str(path), "-an", "-vf", fill, "-c:v", "mjpeg", "-q:v", "2", "-threads", "1",
         "-f", "image2pipe", "-"],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    found = tuple(part + _END for part in run.stdout.split(_END)[:-1])
    if not found:
        raise BadClip(f"{path.name} is no moving picture that can be read")
    return found


def speak(part: Part) -> list[str]:
    return [part["says"]] if part["says"] else []
