"""A film read aloud: an engine speaks its sentences, scenes wait for theirs, the music gives way.

An engine is anything with the contract of `Engine`; `engine` finds one by its word. hibari-tts (English,
offline, in this process) is an extra: `pip install "engage[narration]"`.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from engage.studio import sound
from engage.studio.design import LONGEST, Layer
from engage.studio.plan import Plan, PlannedScene
from engage.studio.sound import RATE, Samples

HIBARI = "hibari"
BEFORE, BETWEEN, AFTER = 0.5, 0.3, 0.7  # seconds of a scene around and between its sentences
DUCKED = 0.22  # of the music's strength, under speech
SOFTLY = 0.35  # seconds the music takes to give way and to come back
SEEN = 1.0  # seconds a picture stands at least once all of it is there
PACE = 1.1  # of hibari's own
LETTERS = 15.0  # spoken in a second, about
SPEECH = 0.11  # how strong speech is (root mean square), before both are brought to one loudness
LIMIT = 0.8  # above this, peaks are rounded off


class Engine(Protocol):
    """Speaks. ``name`` changes whenever the same sentence would sound otherwise."""

    @property
    def name(self) -> str: ...
    def __hash__(self) -> int: ...

    def speak(self, text: str, language: str) -> tuple[Samples, int] | None:
        """A sentence as mono samples (-1..1) and their rate; None in a language it does not speak."""


class UnknownEngine(ValueError):
    """No engine is to be had by that word; the message says what is missing."""


class Hibari:
    """English, offline: https://pypi.org/project/hibari-tts."""

    def __init__(self) -> None:
        import hibari

        self._voice = hibari.Hibari()
        self._rate = hibari.SAMPLE_RATE
        self.name = f"{HIBARI} {hibari.__version__}"

    def speak(self, text: str, language: str) -> tuple[Samples, int] | None:
        return (self._voice(text, seed=0, speed=PACE), self._rate) if language == "en" else None


@functools.lru_cache(maxsize=2)
def engine(word: str) -> Engine:
    """``hibari``, or a callable without arguments as ``package.module:name``."""
    module, _, name = (f"{__name__}:Hibari" if word == HIBARI else word).partition(":")
    try:
        made: Engine = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError, ValueError) as wrong:
        hint = ' (pip install "engage[narration]")' if word == HIBARI else ""
        raise UnknownEngine(f"no voice {word!r}: {wrong}{hint}") from wrong
    return made


def narrated(plan: Plan, by: Engine) -> Plan:
    """The plan with its sentences read; itself where the engine does not speak its language."""
    language = plan.template.language
    voices: dict[str, Samples] = {}
    for sentence in (s for scene in plan.scenes for s in scene.say):
        spoken = _spoken(by, sentence, language)
        if spoken is None:
            return plan
        voices[sentence] = spoken
    seconds = {sentence: len(voice) / RATE for sentence, voice in voices.items()}
    spare = _spare(plan, seconds)
    first, scenes = 0, []
    for planned in plan.scenes:
        made = _waiting(replace(planned, first=first), seconds, plan.fps, spare)
        scenes.append(made)
        first += made.frames
    return replace(plan, scenes=tuple(scenes), voices=voices)


def least(plan: Plan) -> float:
    """About how many seconds a film would last at least, read aloud."""
    seconds = {text: len(text) / LETTERS for scene in plan.scenes for text in scene.say}
    return sum(_needs(scene, seconds, 1.0) for scene in plan.scenes)


def _needs(planned: PlannedScene, seconds: Mapping[str, float], spare: float) -> float:
    """Seconds a scene stands: as drawn or until it has been read, less a share of what it holds on."""
    last = _begins(planned, seconds)
    read = last[-1] - BETWEEN + AFTER if planned.say else 0.0
    drawn = planned.scene.seconds
    seen = max((la.start + la.enter_seconds for la in planned.layers), default=0.0) + SEEN
    short = min(max(seen, read), drawn) if planned.say else drawn
    return max(drawn - (drawn - short) * spare, read)


def _begins(planned: PlannedScene, seconds: Mapping[str, float]) -> list[float]:
    """The second of the scene at which each sentence begins, and that of one more."""
    at = [max(BEFORE, planned.scene.transition_seconds)]
    for sentence in planned.say:
        at.append(at[-1] + seconds[sentence] + BETWEEN)
    return at


def _spare(plan: Plan, seconds: Mapping[str, float]) -> float:
    """The share of what scenes hold on after everything is seen and said that is taken away, so that
    the film lasts no longer than films should."""
    whole, short = (sum(_needs(s, seconds, share) for s in plan.scenes) for share in (0.0, 1.0))
    over = whole - (LONGEST - len(plan.scenes) / plan.fps)  # each scene ends with a whole frame
    return min(1.0, max(0.0, over) / (whole - short)) if whole > short else 0.0


@functools.lru_cache(maxsize=256)
def _spoken(by: Engine, sentence: str, language: str) -> Samples | None:
    """A sentence at the film's rate and at one strength for all."""
    found = by.speak(sentence, language)
    if found is None:
        return None
    samples, rate = found
    length = round(len(samples) * RATE / rate)
    if length < 2:
        return np.zeros(2, np.float32)
    wave = np.fft.irfft(np.fft.rfft(samples), length) * (length / len(samples))
    strength = float(np.sqrt(np.mean(wave**2)))
    return (wave * (SPEECH / max(strength, 1e-6))).astype(np.float32)


def _waiting(
    planned: PlannedScene, seconds: Mapping[str, float], fps: int, spare: float
) -> PlannedScene:
    """A scene that stands until it has been read, what stands to its end with it."""
    begins = tuple(_begins(planned, seconds)[:-1])
    frames = math.ceil(_needs(planned, seconds, spare) * fps - 1e-6)
    longer = (frames - planned.frames) / fps
    if not longer:
        return replace(planned, spoken_at=begins)
    old, shown = planned.scene, set(map(id, planned.layers))
    layers = [(_until(la, old.seconds, longer), id(la) in shown) for la in old.layers]
    scene = replace(old, seconds=old.seconds + longer, layers=tuple(la for la, _ in layers))
    kept = tuple(la for la, is_shown in layers if is_shown)
    return replace(planned, scene=scene, frames=frames, layers=kept, spoken_at=begins)


def _until(layer: Layer, end: float, longer: float) -> Layer:
    """A layer that stands to the end of its scene, wherever that is now; others as they are."""
    if layer.start + layer.duration <= end - 1e-3 and layer.start + layer.duration <= end + longer:
        return layer
    return replace(layer, duration=max(0.05, end + longer - layer.start))


def mixed(plan: Plan) -> Samples:
    """Speech over the music that gives way to it, as loud as music alone would be."""
    music = sound.bed(plan.duration, plan.template.music)
    speech = np.zeros(len(music), np.float32)
    ducked = np.ones(len(music), np.float32)
    ramp = np.linspace(1.0, DUCKED, round(SOFTLY * RATE), dtype=np.float32)
    for start, voice in _placed(plan):
        end = min(start + len(voice), len(music))
        speech[start:end] += voice[: end - start]
        _least(ducked, start - len(ramp), ramp)
        _least(ducked, start, np.full(end - start, DUCKED, np.float32))
        _least(ducked, end, ramp[::-1])
    track = music * ducked[:, None] + speech[:, None]
    for _ in range(3):  # rounding peaks off takes a little of the loudness away again
        measured = sound.loudness(sound.RAW, track.tobytes())
        if measured <= sound.SILENCE:
            break
        track = _rounded(track * np.float32(10 ** ((sound.LOUDNESS - measured) / 20)))
    return track


def _placed(plan: Plan) -> Iterator[tuple[int, Samples]]:
    """The first sample of each sentence in the film, and its voice."""
    for planned in plan.scenes:
        for at, sentence in zip(planned.spoken_at, planned.say, strict=True):
            yield round((planned.first / plan.fps + at) * RATE), plan.voices[sentence]


def _least(track: Samples, start: int, strength: Samples) -> None:
    """Nowhere stronger than ``strength`` from ``start`` on, as far as the track goes."""
    low, high = max(0, start), min(len(track), start + len(strength))
    if low < high:
        part = track[low:high]
        np.minimum(part, strength[low - start : high - start], out=part)


def _rounded(track: Samples) -> Samples:
    over = np.maximum(np.abs(track) - LIMIT, 0.0) / (1.0 - LIMIT)
    soft = np.sign(track) * (LIMIT + (1.0 - LIMIT) * np.tanh(over) * 0.9)
    return np.where(over > 0, soft, track).astype(np.float32)
