"""Is this film whole? Reads the boxes of an MP4 and lets ffmpeg decode it.

MoviePy ignores ffmpeg's exit code, and a killed encoder can leave a file that plays but ends early;
so nothing is published before the frames of its video stream are counted.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

try:
    import av
except ImportError:  # an extra
    av = None  # type: ignore[assignment]

#: Any error is one; and the smoothing of block edges, a third of the work, can hide none.
STRICT = {"err_detect": "explode", "skip_loop_filter": "all"}


class BrokenFilm(RuntimeError):
    """An encoded file that is not the film it should be; says why."""


@dataclass(frozen=True)
class Track:
    """``kind`` is vide or soun; ``samples`` are frames (or packets), ``seconds`` the duration."""

    kind: str
    samples: int
    seconds: float
    width: int
    height: int


@dataclass(frozen=True)
class Movie:
    tracks: tuple[Track, ...]
    faststart: bool

    @property
    def video(self) -> Track:
        return next(t for t in self.tracks if t.kind == "vide")


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Name, start and end of each box's content."""
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise BrokenFilm(f"the box {name!r} at byte {start} reaches over the end of the file")
        yield name.decode("latin-1"), start + head, start + size
        start += size
    if start != end:
        raise BrokenFilm(f"{end - start} stray bytes at the end of the file")


def _inside(data: bytes, span: tuple[int, int], *names: str) -> tuple[int, int]:
    for name in names:
        span = next(((s, e) for n, s, e in _boxes(data, *span) if n == name), (0, 0))
        if span == (0, 0):
            raise BrokenFilm(f"the box {name!r} is missing")
    return span


def _track(data: bytes, span: tuple[int, int]) -> Track:
    media = _inside(data, span, "mdia")
    at = _inside(data, media, "hdlr")[0]
    kind = data[at + 8 : at + 12].decode("latin-1")
    at = _inside(data, media, "mdhd")[0]
    scale, length = struct.unpack_from(">QQIQ" if data[at] else ">IIII", data, at + 4)[2:]
    at = _inside(data, media, "minf", "stbl", "stsz")[0]
    samples = struct.unpack_from(">I", data, at + 8)[0]
    end = _inside(data, span, "tkhd")[1]
    width, height = struct.unpack_from(">II", data, end - 8)
    return Track(kind, samples, length / scale, width >> 16, height >> 16)


def inspect(path: Path) -> Movie:
    """The tracks of an MP4 file; raises `BrokenFilm`."""
    data = path.read_bytes()
    spans = {name: (start, end) for name, start, end in _boxes(data, 0, len(data))}
    order = list(spans)
    if not {"ftyp", "moov", "mdat"} <= spans.keys():
        raise BrokenFilm(f"no whole MP4: only {', '.join(order) or 'nothing'} inside")
    tracks = [_track(data, (s, e)) for n, s, e in _boxes(data, *spans["moov"]) if n == "trak"]
    if "vide" not in {t.kind for t in tracks}:
        raise BrokenFilm("no video stream")
    return Movie(tuple(tracks), order.index("moov") < order.index("mdat"))


def verify(
    path: Path, frames: int, fps: int, size: tuple[int, int], coded: str | None = None
) -> None:
    """Raise `BrokenFilm` unless the file holds exactly these frames, starts fast and decodes.

    ``coded`` is the digest of pictures, each behind its length in four bytes, and behind it that of
    packets of sound, that have been decoded before they were copied: then the file must hold just
    these, and only keyframes and the beginning of the sound are decoded from it."""
    movie = inspect(path)
    video = movie.video
    if video.samples != frames:
        raise BrokenFilm(f"{video.samples} frames instead of {frames}")
    if (video.width, video.height) != size:
        raise BrokenFilm(f"{video.width}×{video.height} instead of {size[0]}×{size[1]}")
    if not movie.faststart:
        raise BrokenFilm("the index stands behind the pictures (no faststart)")
    for track in movie.tracks:
        if abs(track.seconds - frames / fps) > 0.15:
            raise BrokenFilm(
                f"the {track.kind} track lasts {track.seconds:.2f} s instead of {frames / fps:.2f} s"
            )
    if av is None:
        _heard_by_ffmpeg(path)
    elif coded is None:
        found = _decoded(path)[0]
        if found != frames:
            raise BrokenFilm(f"{found} pictures decode instead of {frames}")
    elif _decoded(path, briefly=True)[1] != coded:
        raise BrokenFilm("the file does not hold the pictures and the sound that were put into it")


def _heard_by_ffmpeg(path: Path) -> None:
    """Let ffmpeg decode everything; it is believed and counts nothing."""
    run = subprocess.run(
        [get_ffmpeg_exe(), "-v", "error", "-xerror", "-threads", "1", "-i", str(path), "-f", "null", "-"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode or run.stderr.strip():
        raise BrokenFilm(f"does not decode: {run.stderr.strip()[-300:] or run.returncode}")


def _decoded(path: Path, *, briefly: bool = False) -> tuple[int, str]:
    """Decode everything, or ``briefly`` keyframes and the first second of sound: how many pictures
    there were, and the digests of all pictures and all sound as they are coded."""
    pictures, coded = 0, {"video": hashlib.sha256(), "audio": hashlib.sha256()}
    try:
        # The edit list cuts the sound to the film's length: a last packet behind it counts, too.
        with av.open(path, options={"ignore_editlist": "1"}) as film:
            for stream in film.streams:
                stream.codec_context.options = STRICT
                stream.codec_context.thread_count = 1
            if briefly:
                film.streams.video[0].codec_context.skip_frame = "NONKEY"
            for packet in film.demux():
                kind = packet.stream.type
                if packet.size:
                    coded[kind].update(packet)
                    if briefly and kind == "audio" and (packet.pts or 0) * packet.time_base > 1:
                        continue
                for part in packet.decode():
                    if isinstance(part, av.VideoFrame):
                        pictures += 1
                        if part.is_corrupt:
                            raise BrokenFilm(f"picture {pictures} does not decode")
    except (av.FFmpegError, ValueError) as error:
        raise BrokenFilm(f"does not decode: {error}") from error
    return pictures, coded["video"].hexdigest() + coded["audio"].hexdigest()
