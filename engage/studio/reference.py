"""The reference path: MoviePy holds the timeline and encodes, Pillow draws every picture in RGB.

It is what `engage.studio.quick` must come close to, and what renders where PyAV is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from moviepy import VideoClip, concatenate_videoclips

from engage.studio.painter import Pixels
from engage.studio.reel import Reel

PRESET, QUALITY = "veryfast", 20

_COLOURS = (  # Pillow's pixels into the colours players expect, and a tag that says so
    "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
)


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


def write(reel: Reel, path: Path, bed: Path, watch: Callable[[int], None]) -> None:
    """H.264 with the bed's AAC copied in; one thread, so that the bytes are always the same."""
    made = reel.plan
    cuts = ",".join(f"{s.first / made.fps:.4f}" for s in made.scenes)
    timeline(reel, watch).write_videofile(
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
