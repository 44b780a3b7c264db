"""The music bed, made by code: soft chords, a plucked figure and a bass, the same every time."""

from __future__ import annotations

import functools
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

RATE = 44_100
VERSION = 5  # raise it when the music changes: cached beds are named by it
LOUDNESS = -16.0  # LUFS, integrated over the whole (EBU R 128)
NEAR = 1.0  # how far from it a bed may be, in LU
SILENCE = -69.0
RAW = ["-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "-"]  # samples as ffmpeg reads them

Samples = NDArray[np.float32]
Chord = tuple[int, int, int, int]


class Mood(NamedTuple):
    """A bed: seconds a ``bar`` takes, four ``chords`` in half tones from D3 (the last bar comes home
    to the first), which note of the chord is plucked in each eighth (None: a rest), the beats of the
    bass, the strength of held notes, plucks, brush and drum, and from which bar the drum plays."""

    bar: float
    chords: tuple[Chord, Chord, Chord, Chord]
    figure: tuple[int | None, ...]
    bass: tuple[float, ...]
    held: float = 1.0
    pluck: float = 1.0
    brush: float = 1.0
    drum: float = 0.0
    enters: int = 2


#: By the words of `engage.studio.design.MOODS`.
MOODS: dict[str, Mood] = {
    "none": Mood(
        2.4, ((0, 0, 0, 0),) * 4, (None,) * 8, (), held=0.0, pluck=0.0, brush=0.0,
    ),
    "calm": Mood(
        2.4, ((0, 4, 7, 14), (-3, 4, 9, 12), (-7, 5, 9, 16), (-5, 7, 11, 14)),
        (0, 2, 1, 3, 2, 1, 3, 2), (0.0, 1.5, 2.5),
    ),
    "bright": Mood(
        2.08, ((5, 9, 12, 16), (0, 7, 12, 16), (2, 9, 14, 17), (-2, 5, 10, 14)),
        (0, 1, 2, 3, None, 3, 2, 1), (0.0, 2.0), held=0.8, pluck=1.3, brush=0.7,
    ),
    "driving": Mood(
        1.92, ((-3, 4, 9, 12), (-7, 5, 9, 12), (0, 4, 7, 12), (-5, 2, 7, 11)),
        (0, 3, 0, 2, 0, 3, 1, 2), (0.0, 0.5, 1.5, 2.0, 2.5, 3.5), held=0.7, brush=1.5, drum=1.0,
        enters=1,
    ),
    "warm": Mood(
        3.0, ((3, 7, 10, 17), (0, 7, 10, 15), (-4, 8, 12, 15), (-2, 5, 10, 14)),
        (0, None, 2, None, 3, None, 1, None), (0.0,), held=1.3, pluck=0.8, brush=0.0,
    ),
    "steady": Mood(
        2.4, ((0, 7, 10, 14), (0, 5, 9, 14), (-2, 5, 10, 14), (-4, 3, 8, 12)),
        (0, None, 1, 2, None, 1, 3, None), (0.0, 1.0, 2.0, 3.0), held=0.9, brush=1.0, drum=0.5,
    ),
    "proud": Mood(
        2.64, ((-2, 5, 10, 14), (3, 7, 10, 15), (-5, 7, 10, 14), (0, 5, 9, 12)),
        (0, 1, 2, 3, 2, 3, 1, 2), (0.0, 1.5, 2.0, 3.5), held=1.2, pluck=1.1, drum=0.8, enters=4,
    ),
}  # fmt: skip


def _hertz(step: float) -> float:
    return float(146.832 * 2.0 ** (step / 12.0))


@functools.lru_cache(
    maxsize=16
)  # the notes of a mood's four chords, bar after bar, film after film
def _pad(step: float, seconds: float) -> Samples:
    """A warm held note: three detuned voices, few overtones, slow to come and go."""
    t = np.arange(int(seconds * RATE), dtype=np.float32) / RATE
    note = np.zeros_like(t)
    for detune in (-0.06, 0.0, 0.07):
        f = _hertz(step + detune)
        for overtone, strength in ((1, 1.0), (2, 0.28), (3, 0.10)):
            note += strength * np.sin(2 * np.pi * f * overtone * t, dtype=np.float32)
    shape = np.minimum(np.minimum(t / 0.7, (seconds - t) / 0.7), 1.0)
    return (note * shape * 0.05).astype(np.float32)


def _pluck(step: float) -> Samples:
    t = np.arange(int(1.3 * RATE), dtype=np.float32) / RATE
    f = _hertz(step)
    note = sum(
        strength * np.sin(2 * np.pi * f * k * t) * np.exp(-t * (3.2 + 2.2 * k))
        for k, strength in ((1, 1.0), (2, 0.45), (3, 0.22), (5, 0.08))
    )
    return (note * np.minimum(t / 0.006, 1.0)).astype(np.float32)


def _bass(step: float) -> Samples:
    t = np.arange(int(1.1 * RATE), dtype=np.float32) / RATE
    f = _hertz(step)
    note = np.sin(2 * np.pi * f * t) + 0.25 * np.sin(4 * np.pi * f * t)
    return (note * np.exp(-t * 2.4) * np.minimum(t / 0.012, 1.0)).astype(np.float32)


def _brush(strength: float) -> Samples:
    t = np.arange(int(0.09 * RATE), dtype=np.float32) / RATE
    noise = np.diff(np.random.default_rng(11).standard_normal(t.size + 1).astype(np.float32))
    return (noise * np.exp(-t * 60) * strength).astype(np.float32)


def _drum() -> Samples:
    t = np.arange(int(0.28 * RATE), dtype=np.float32) / RATE
    fall = 2 * np.pi * (46.0 * t + 70.0 / 24.0 * (1.0 - np.exp(-t * 24.0)))
    return (np.sin(fall) * np.exp(-t * 13) * np.minimum(t / 0.003, 1.0)).astype(np.float32)


def _add(track: Samples, sound: Samples, at: float, left: float, right: float) -> None:
    start = int(at * RATE)
    end = min(len(track), start + len(sound))
    if start < end:
        track[start:end, 0] += sound[: end - start] * left
        track[start:end, 1] += sound[: end - start] * right


@functools.lru_cache(maxsize=1)
def bed(seconds: float, mood: str = "calm") -> Samples:
    """The bed of a film: samples × 2 channels, -1..1, faded in and out, as long as the film."""
    track = _played(seconds, MOODS[mood])
    fade_in, fade_out = min(0.4, seconds / 4), min(2.2, seconds / 3)
    t = np.arange(len(track), dtype=np.float32) / RATE
    shape = np.minimum(np.minimum(t / fade_in, (seconds - t) / fade_out), 1.0)
    track *= np.clip(shape, 0.0, 1.0)[:, None]
    track *= 0.082 / max(1e-6, float(np.sqrt(np.mean(track**2))))
    soft: Samples = np.tanh(track * 1.1).astype(np.float32)
    measured = loudness(RAW, soft.tobytes())
    gain = 10 ** ((LOUDNESS - measured) / 20) if measured > SILENCE else 1.0
    loud: Samples = np.clip(soft * gain, -0.98, 0.98).astype(np.float32)
    return loud


def _played(seconds: float, mood: Mood) -> Samples:
    """All bars of a mood, neither faded nor levelled."""
    track = np.zeros((round(seconds * RATE), 2), np.float32)
    bars = max(1, int(np.ceil(seconds / mood.bar)))
    plucks = {step: _pluck(step) for chord in mood.chords for step in (s + 12 for s in chord)}
    for bar in range(bars):
        at, last = bar * mood.bar, bar == bars - 1
        chord = mood.chords[0] if last and bars > 1 else mood.chords[bar % 4]
        for k, step in enumerate(chord):
            held = _pad(step, mood.bar + 0.7) * np.float32(mood.held)
            _add(track, held, at, 0.9 - 0.12 * k, 0.6 + 0.12 * k)
        for eighth, which in enumerate(mood.figure):
            if which is None:
                continue
            note, place = plucks[chord[which] + 12], at + eighth * mood.bar / 8
            loud = (0.15 if eighth % 4 == 0 else 0.10) * mood.pluck
            pan = 0.35 + 0.3 * (eighth % 2)
            _add(track, note, place, loud * (1 - pan), loud * pan)
            echo = place + mood.bar * 3 / 16
            _add(track, note, echo, loud * 0.35 * pan, loud * 0.35 * (1 - pan))
        if bar > 0:
            for beat in mood.bass:
                _add(track, _bass(chord[0] - 12), at + beat * mood.bar / 4, 0.16, 0.16)
        if bar >= mood.enters and not last:
            _rhythm(track, mood, at)
    return track


def _rhythm(track: Samples, mood: Mood, at: float) -> None:
    for eighth in range(8):
        place, loud = at + eighth * mood.bar / 8, (0.05 if eighth % 2 else 0.025) * mood.brush
        if loud:
            _add(track, _brush(loud), place, 0.8, 1.0)
        if mood.drum and eighth % 2 == 0:
            _add(track, _drum(), place, 0.3 * mood.drum, 0.3 * mood.drum)


def loudness(source: list[str], given: bytes | None = None) -> float:
    """Integrated loudness in LUFS of what ffmpeg reads by these arguments (and from ``given``);
    `SILENCE` or less where there is too little to measure."""
    run = subprocess.run(
        [get_ffmpeg_exe(), "-hide_banner", "-nostats", *source, "-af", "ebur128=framelog=quiet",
         "-f", "null", "-"],
        input=given, stdin=None if given is not None else subprocess.DEVNULL,
        capture_output=True, check=False,
    )  # fmt: skip
    found = re.findall(rb"I:\s+(-?[\d.]+) LUFS", run.stderr)
    return float(found[-1]) if found else SILENCE


def encoded(seconds: float, folder: Path, mood: str = "calm") -> Path:
    """The bed as AAC, encoded once per mood and length and kept in ``folder``."""
    path = folder / f"bed-{VERSION}-{mood}-{round(seconds * 1000)}.m4a"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as aside:
            made = Path(aside) / path.name
            encode(bed(seconds, mood), made)
            made.replace(path)
    return path


def encode(track: Samples, path: Path) -> None:
    """A track as AAC. Raises ValueError where the encoder made it louder or quieter than it should
    be."""
    subprocess.run(
        [get_ffmpeg_exe(), "-v", "error", *RAW, "-c:a", "aac", "-b:a", "128k", "-aac_coder", "fast", "-threads", "1",
         "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact", str(path)],
        input=track.tobytes(), capture_output=True, check=True,
    )  # fmt: skip
    heard = loudness(["-i", str(path)])
    if heard > SILENCE and abs(heard - LOUDNESS) > NEAR:
        raise ValueError(f"the sound came out at {heard} LUFS instead of {LOUDNESS}")
