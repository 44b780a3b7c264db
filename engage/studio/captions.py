"""A film's captions: every sentence it speaks or shows, when it does, and long enough to be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engage.studio.plan import Plan, PlannedScene, shown

TOGETHER = 0.48  # seconds: what is shown is captioned no later and no earlier than this
READABLE = 1.2  # seconds a caption stands at least, where its scene has room
LETTERS = 20  # a second, that are read
WAYS = 64  # that are tried of joining a scene's captions: they double with each; scenes say a few
APART = 0.08  # seconds between two captions: players else show both for a moment


@dataclass(frozen=True)
class Cue:
    """A caption from ``start`` to ``end`` seconds of the film."""

    start: float
    end: float
    text: str


def cues(plan: Plan) -> list[Cue]:
    """Every sentence spoken or shown, one caption at a time.

    A sentence on the screen is captioned from when it appears; one that is only spoken has its share
    of the scene's time. Within `TOGETHER` they give way to each other, so that each can be read."""
    out: list[Cue] = []
    for planned in plan.scenes:
        begin, seconds = planned.first / plan.fps, planned.frames / plan.fps
        told = _readable(_timed(plan, planned), seconds)
        out += [
            Cue(begin + one.start, begin + until - APART, one.text)
            for one, until in zip(told, _ends(told, seconds), strict=True)
        ]
    return out


class _Said(NamedTuple):
    """A caption that wants to begin at second ``start`` of its scene, and may between two others."""

    start: float
    earliest: float
    latest: float
    text: str

    @property
    def needs(self) -> float:
        """Seconds until the next one."""
        return max(READABLE, len(self.text) / LETTERS) + APART

    def along(self, other: _Said) -> _Said:
        earliest, latest = max(self.earliest, other.earliest), min(self.latest, other.latest)
        start = min(max(self.start, earliest), latest)
        return _Said(start, earliest, latest, f"{self.text}\n{other.text}")


def _timed(plan: Plan, planned: PlannedScene) -> list[_Said]:
    """The sentences of a scene, in the order in which they are captioned."""
    seconds = planned.frames / plan.fps
    seen_at = {
        words: layer.start
        for layer, words in shown(plan, planned)
        if layer.kind == "text" and words.rstrip(" ”»\"'").endswith((".", "!", "?", "…"))
    }

    def seen(when: float, text: str) -> _Said:
        return _Said(when, max(0.0, when - TOGETHER), when + TOGETHER, text)

    told: list[_Said] = []
    at, total = 0.0, sum(len(sentence) for sentence in planned.say)
    for k, sentence in enumerate(planned.say):
        shows = [when for words, when in seen_at.items() if words in sentence or sentence in words]
        if planned.spoken_at:
            shows = [planned.spoken_at[k]]
        told.append(seen(min(shows), sentence) if shows else _Said(at, 0.0, seconds, sentence))
        at += seconds * len(sentence) / total
    spoken = " ".join(planned.say)
    told += [seen(when, words) for words, when in seen_at.items() if words not in spoken]
    return sorted(told, key=lambda one: one.start)


def _readable(told: list[_Said], seconds: float) -> list[_Said]:
    """The captions of a scene: of all ways to join neighbours the one that hurries readers least."""
    ways: list[list[_Said]] = [told[:1]]
    for one in told[1:]:
        joined = [[*way[:-1], way[-1].along(one)] for way in ways]
        ways = [[*way, one] for way in ways] + [w for w in joined if w[-1].earliest <= w[-1].latest]
        if len(ways) > WAYS:
            ways = sorted(ways, key=lambda way: _hurry(way, seconds))[:WAYS]
    spread = (there for way in ways for there in _spread(way, seconds))
    return min(spread, key=lambda there: _hurry(there, seconds))


def _spread(told: list[_Said], seconds: float) -> Iterator[list[_Said]]:
    """Each begins later until the one before was read; and then sooner to be read itself, as far as it may."""
    for k in range(1, len(told)):
        after = told[k - 1].start + told[k - 1].needs
        start = min(max(told[k].start, after), told[k].latest)
        told = [*told[:k], told[k]._replace(start=start), *told[k + 1 :]]
    yield told
    end = seconds
    for k in reversed(range(len(told))):
        start = max(min(told[k].start, end - told[k].needs), told[k].earliest)
        told = [*told[:k], told[k]._replace(start=start), *told[k + 1 :]]
        end = start
    yield told


def _ends(told: list[_Said], seconds: float) -> list[float]:
    return [one.start for one in told[1:]] + [seconds] * bool(told)


def _hurry(told: list[_Said], seconds: float) -> tuple[bool, float, int]:
    """Whether one only flashes, how hurried the most hurried is, how few they are: the less, the better."""
    stands = [end - one.start for one, end in zip(told, _ends(told, seconds), strict=True)]
    lacks = (one.needs / max(stood, APART) for one, stood in zip(told, stands, strict=True))
    hurried = max((round(max(1.0, lack), 2) for lack in lacks), default=1.0)
    return min(stands, default=READABLE) < READABLE, hurried, -len(told)


def captions(plan: Plan) -> str:
    """The film's captions as a WebVTT file.

    They stand on the first lines, in the margin that films leave free above their words; at the
    foot they would cover what is written there, and the controls would push them further up.
    """
    top, lines = "line:0", ["WEBVTT", ""]
    for cue in cues(plan):
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        lines += [f"{_clock(cue.start)} --> {_clock(cue.end)} {top}", text, ""]
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
