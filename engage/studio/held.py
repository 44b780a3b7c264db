"""A held picture in H.264, written instead of encoded.

A picture in which nothing changes is a slice of nothing but skipped blocks: always the same bytes
but for its frame number. So one is encoded, once, and copied with another number. This holds for
streams of one slice a picture, without B-frames, in which every picture is a reference: those of
`engage.studio.h264`, which tries it out before it is relied on.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ESCAPED = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class _Bits:
    """Reads a few numbers from the front of some bytes."""

    def __init__(self, data: bytes) -> None:
        self.value, self.size, self.at = int.from_bytes(data, "big"), len(data) * 8, 0

    def u(self, count: int) -> int:
        """A number of so many bits."""
        self.at += count
        return (self.value >> (self.size - self.at)) & ((1 << count) - 1)

    def ue(self) -> int:
        """An Exp-Golomb number."""
        zeros = 0
        while not self.u(1):
            zeros += 1
        return (1 << zeros) - 1 + self.u(zeros)


class Numbering(NamedTuple):
    """How many bits a frame number has in a stream."""

    bits: int

    @classmethod
    def of(cls, sps: bytes) -> Numbering:
        """From a sequence parameter set of the High profile. Raises ValueError for other streams."""
        read = _Bits(sps[1:].replace(b"\0\0\3", b"\0\0"))
        profile = read.u(8)
        read.u(16)
        read.ue()
        if profile != 100 or read.ue() != 1:
            raise ValueError("not the High profile at 4:2:0")
        read.ue(), read.ue(), read.u(1)
        if read.u(1):
            raise ValueError("own scaling matrices")
        bits = read.ue() + 4
        if read.ue() != 2:
            raise ValueError("pictures are shown in another order than they are coded")
        return cls(bits)

    def numbered(self, nal: bytes, number: int) -> bytes:
        """A slice of a P picture as the ``number``-th after its keyframe."""
        raw = nal.replace(b"\0\0\3", b"\0\0")
        head = _Bits(raw[1:13])
        head.ue(), head.ue(), head.ue()  # first block, type, parameter set
        shift = head.size - head.at - self.bits
        mask = ((1 << self.bits) - 1) << shift
        value = head.value & ~mask | (number << shift) & mask
        changed = raw[:1] + value.to_bytes(head.size // 8, "big") + raw[13:]
        return _ESCAPED.sub(b"\0\0\3", changed)
