"""H.264 through PyAV (libx264 in this process): a run of pictures becomes a segment of a film.

A segment starts with a keyframe and needs nothing from outside, and it is always the same bytes for
the same pictures: segments can be made apart, kept, and joined by copying.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from heapq import merge
from math import ceil
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from engage.studio.canvas import Box
from engage.studio.held import Numbering
from engage.studio.mp4 import STRICT, BrokenFilm
from engage.studio.painter import Picture

MARK = b"\0\0\0\1"  # what stands before each picture of a segment
_TUNING = (
    "scenecut=0:weightp=0:ref=1:bframes=0:aq-mode=0:keyint=infinite:stitchable=1:cabac=1:8x8dct=1"
    ":no-deblock=0:analyse=i4x4"
)
OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "qp": "28",
    "forced-idr": "1",
    "threads": "1",
    "x264-params": _TUNING,
}
VERSION = f"{av.__version__} {OPTIONS}"  # of a segment's bytes
_HEADERS_APART = 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
_BT709 = 1
_TV = 1
_I, _P = 1, 0


def tag(context: VideoCodecContext, size: tuple[int, int], fps: int) -> None:
    """Set a codec up for films of this kind."""
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base, context.framerate = Fraction(1, fps), Fraction(fps)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _TV
    context.options = OPTIONS
    context.flags |= _HEADERS_APART


def views(frame: av.VideoFrame) -> Picture:
    """The planes of a frame as arrays on the same memory."""
    return tuple(
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]  # type: ignore[call-overload]
        for plane in frame.planes
    )


class Encoder:
    """Encodes one segment, picture by picture."""

    def __init__(self, size: tuple[int, int], fps: int) -> None:
        self.size, self.fps = size, fps
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        tag(context, size, fps)
        context.open()
        self.context = context
        self.frame = av.VideoFrame(*size, "yuv420p")
        self.views = views(self.frame)
        self.pictures: list[bytes] = []
        self.encoded = 0

    def add(self, picture: Picture, changed: list[Box] | None) -> None:
        """The next picture; ``changed``: the boxes outside of which it equals the one before."""
        if changed == [] and self.pictures:
            self.hold()
            return
        for view, plane in zip(self.views, picture, strict=True):
            grain = self.size[0] // plane.shape[1]
            for box in changed if changed and self.pictures else [(0, 0, *self.size)]:
                left, top, right, bottom = (edge // grain for edge in box)
                view[top:bottom, left:right] = plane[top:bottom, left:right]
        self.pictures.append(self._encode(len(self.pictures)))

    def _encode(self, number: int) -> bytes:
        """The coded picture, ``number``-th of the segment."""
        self.frame.pts = self.encoded
        self.frame.pict_type = _P if number else _I
        self.encoded += 1
        (packet,) = self.context.encode(self.frame)
        nal = slices(bytes(packet))
        if number == self.encoded - 1:
            return nal
        return held(self.size, self.fps).numbering.numbered(nal, number)

    def hold(self) -> None:
        """The picture before, once more."""
        nothing = held(self.size, self.fps).pictures
        self.pictures.append(nothing[len(self.pictures) % len(nothing)])

    def segment(self) -> bytes:
        """All pictures so far. Raises `BrokenFilm` unless each of them decodes."""
        _whole(self._proof(), self.context.extradata)
        return b"".join(MARK + nal for nal in self.pictures)

    def _proof(self) -> list[bytes]:
        """All pictures but rounds of held ones: after a round the numbers stand where they stood,
        and what is held has been decoded under each of them."""
        nothing, proof, holding = held(self.size, self.fps).pictures, list[bytes](), 0
        for number, nal in enumerate(self.pictures):
            proof.append(nal)
            holding = holding + 1 if nal == nothing[number % len(nothing)] else 0
            if holding == len(nothing):
                del proof[-holding:]
                holding = 0
        return proof


def _whole(pictures: Sequence[bytes], headers: bytes | None) -> None:
    """Raise `BrokenFilm` unless each of these pictures decodes."""
    try:
        good = sum(not frame.is_corrupt for frame in decoded(pictures, headers))
    except (av.FFmpegError, ValueError) as error:
        raise BrokenFilm(f"a segment does not decode: {error}") from error
    if good != len(pictures):
        raise BrokenFilm(f"{good} pictures of a segment decode, not {len(pictures)}")


def decoded(pictures: Sequence[bytes], headers: bytes | None) -> Iterator[av.VideoFrame]:
    """What a segment's pictures show; any error in one raises."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.extradata, decoder.options, decoder.thread_count = headers, STRICT, 1
    for nal in pictures:
        yield from decoder.decode(av.Packet(MARK + nal))
    yield from decoder.decode(None)


def join(path: Path, segments: list[bytes], size: tuple[int, int], fps: int, bed: Path) -> str:
    """Segments and an AAC file copied into an MP4 whose index stands in front; the digest of what is
    coded in it as `engage.studio.mp4.verify` takes it."""
    seen, heard = hashlib.sha256(), hashlib.sha256()
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(path, "w", format="mp4", options=options) as film, av.open(bed) as music:
        video = film.add_stream("libx264", rate=fps)
        tag(video.codec_context, size, fps)
        tune = music.streams.audio[0]
        audio = film.add_stream_from_template(tune)
        tick, pace = Fraction(1, fps), fps * (tune.time_base or 0)

        def pictures() -> Iterator[tuple[int, av.Packet[Any]]]:
            all_of_them = (nal for segment in segments for nal in segment.split(MARK)[1:])
            for number, nal in enumerate(all_of_them):
                seen.update(len(nal).to_bytes(4, "big") + nal)
                packet = av.Packet(MARK + nal)
                packet.stream, packet.time_base = video, tick
                packet.pts = packet.dts = number
                packet.duration, packet.is_keyframe = 1, nal[0] & 31 == 5
                yield number, packet

        def sounds() -> Iterator[tuple[int, av.Packet[Any]]]:
            for packet in music.demux(tune):
                if packet.size:
                    heard.update(packet)
                    packet.stream = audio
                    yield ceil((packet.pts or 0) * pace), packet

        for _, packet in merge(sounds(), pictures(), key=itemgetter(0)):
            film.mux_one(packet)
    return seen.hexdigest() + heard.hexdigest()


def slices(packet: bytes) -> bytes:
    """The one slice of a coded picture, without what libx264 tells about itself."""
    found = [nal for nal in nals(packet) if nal[0] & 31 in (1, 5)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} slices in a picture")
    return found[0]


def nals(data: bytes) -> list[bytes]:
    """The parts of an encoder's output (a start code is three bytes with or without a fourth)."""
    return [part.rstrip(b"\0") if k else part for k, part in enumerate(data.split(b"\0\0\1"))][1:]


class Held(NamedTuple):
    """How frames are numbered, and the picture in which nothing changes under each number."""

    numbering: Numbering
    pictures: tuple[bytes, ...]


@lru_cache(maxsize=8)
def held(size: tuple[int, int], fps: int) -> Held:
    """How pictures of this size are held; each way of it has been decoded."""
    encoder = Encoder(size, fps)
    for view in encoder.views:
        view[:] = 128
    first, _, nothing = (encoder._encode(number) for number in range(3))
    headers = bytes(encoder.context.extradata or b"")
    numbering = Numbering.of(next(nal for nal in nals(headers) if nal[0] & 31 == 7))
    pictures = tuple(numbering.numbered(nothing, number) for number in range(1 << numbering.bits))
    _whole([first, *pictures[1:], *pictures], headers)
    return Held(numbering, pictures)


def try_out() -> None:
    """Encode, hold and join a moment of film, and decode it; raises what went wrong."""
    size, fps = (96, 64), 10
    encoder, shown = Encoder(size, fps), list[int]()
    for number in (
        0,
        0,
        1,
        2,
        2,
        *(2,) * 20,
        3,
        3,
    ):  # more than frame numbers count before they wrap
        picture = tuple(np.full(view.shape, 90 + 9 * number, np.uint8) for view in encoder.views)
        picture[0][8 * number : 8 * number + 24, 16:48] = 200
        encoder.add(picture, [] if shown and shown[-1] is number else None)
        shown.append(number)
    frames = list(decoded(encoder.pictures, encoder.context.extradata))
    if len(frames) != len(shown):
        raise RuntimeError(f"{len(frames)} pictures decoded of {len(shown)}")
    for number, frame in zip(shown, frames, strict=True):
        luma = views(frame)[0]
        if max(abs(luma[8 * number + 12, 32] - 200.0), abs(luma[60, 90] - 90.0 - 9 * number)) > 9:
            raise RuntimeError("a picture was not decoded as it was encoded")
