"""From a template and a snapshot to the film's plan: which scenes, which words, when.

Pure: no fonts, no pixels. The plan also gives what stands beside a film, its captions (see `captions`)
and its story in words (see `story`), so that they can never say anything else than the film.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engage.studio import placeholders
from engage.studio.design import Layer, Scene, Template
from engage.studio.layers import KINDS
from engage.studio.stage import Option, Part
from engage.studio.values import BadValue, Data, Number, Value, given, shape_of


class MissingField(ValueError):
    """The snapshot lacks what the template needs: no film, and ``fields`` says why."""

    def __init__(self, template: str, fields: list[str]) -> None:
        super().__init__(f"no {template} film: {', '.join(fields)} missing")
        self.fields = fields


class NothingToShow(ValueError):
    """No scene's condition holds for this snapshot."""


@dataclass(frozen=True)
class PlannedScene:
    """A scene that is shown: from frame ``first`` on for ``frames`` frames."""

    scene: Scene
    first: int
    frames: int
    say: tuple[str, ...]
    layers: tuple[Layer, ...]
    #: Frames at its end in which all but decoration fades away; the last shows none of it.
    leave: int = 0
    #: Where the film is read aloud: the second of the scene at which each sentence begins.
    spoken_at: tuple[float, ...] = ()

    def shows(self, layer: Layer, frame: int, fps: int) -> bool:
        """Whether a layer can be seen in one of its frames, 0 to ``frames`` - 1."""
        cleared = self.leave and frame == self.frames - 1 and not KINDS[layer.kind].BLEEDS
        return not cleared and 0.0 <= frame / fps - layer.start <= layer.duration


@dataclass(frozen=True)
class Plan:
    """A film before it is drawn."""

    template: Template
    data: Data
    scenes: tuple[PlannedScene, ...]
    #: Where it is read aloud: each sentence as sound, see `engage.studio.narration`.
    voices: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def fps(self) -> int:
        return self.template.fps

    @property
    def frames(self) -> int:
        return self.scenes[-1].first + self.scenes[-1].frames

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self.fps


def plan(template: Template, data: Data) -> Plan:
    """Choose scenes by their conditions; raises `MissingField`, `NothingToShow` or `BadValue`."""
    known = {name: data.get(name) for name in template.fields}
    lacking = [n for n, f in template.fields.items() if not f.optional and not given(known[n])]
    if lacking:
        raise MissingField(template.slug, lacking)
    for name, wanted in template.fields.items():
        _right_shape(name, wanted.shape, known[name])
    scenes: list[PlannedScene] = []
    first = 0
    for scene in template.scenes:
        if scene.when is not None and not scene.when.holds(known):
            continue
        frames = max(1, round(scene.seconds * template.fps))
        layers = tuple(la for la in scene.layers if la.when is None or la.when.holds(known))
        say = tuple(
            fill(s.text, known, template.slug)
            for s in scene.say
            if s.when is None or s.when.holds(known)
        )
        leave = round(scene.leave_seconds * template.fps)
        scenes.append(PlannedScene(scene, first, frames, say, layers, leave))
        first += frames
    if not scenes:
        raise NothingToShow(f"no scene of {template.slug} fits this snapshot")
    scenes[-1] = replace(scenes[-1], leave=0)  # nothing comes after it
    made = Plan(template, known, tuple(scenes))
    for planned in scenes:  # whatever is shown must be there, before the first pixel
        for layer in planned.layers:
            part_of(made, layer, next(iter(layer.boxes)))
    return made


def _right_shape(name: str, shape: str, value: Value | None) -> None:
    if value is None or not given(value) or shape_of(value) == shape:
        return
    if shape == "text" and isinstance(value, Number):
        return
    raise BadValue(f"{name}: the template wants a {shape}, the snapshot has a {shape_of(value)}")


def fill(text: str, data: Data, slug: str) -> str:
    """A text with its placeholders; raises `MissingField` for one that is not there."""
    lacking = [n for n in placeholders.names(text) if not given(data.get(n))]
    if lacking:
        raise MissingField(slug, lacking)
    words = {n: v.display if isinstance(v, Number) else v for n, v in data.items()}
    return placeholders.fill(text, {n: w for n, w in words.items() if isinstance(w, str)})


def part_of(plan: Plan, layer: Layer, form: str) -> Part:
    """A layer in one format with everything filled in."""
    wanted = KINDS[layer.kind].OPTIONS
    chosen = {key: _in_format(value, form) for key, value in layer.options.items()}
    options = {key: _filled(value, wanted[key], plan) for key, value in chosen.items()}
    words = [value for key, value in chosen.items() if value and wanted[key].kind == "text"]
    told = (plan.data.get(name) for text in words for name in placeholders.names(text))
    return Part(layer.boxes[form], options, layer.duration,
                tuple(value for value in told if isinstance(value, str)))  # fmt: skip


def _in_format(value: Any, form: str) -> Any:
    return value[form] if isinstance(value, Mapping) else value


def _filled(value: Any, option: Option, plan: Plan) -> Any:
    if value is None or (option.spare and not _known(value, plan.data)):
        return None
    if option.kind == "text":
        return fill(value, plan.data, plan.template.slug)
    if option.kind != "value":
        return value
    name = placeholders.only(value) or ""
    if not given(plan.data.get(name)):
        raise MissingField(plan.template.slug, [name])
    return plan.data[name]


def _known(text: str, data: Data) -> bool:
    return all(given(data.get(name)) for name in placeholders.names(text))


def shown(plan: Plan, planned: PlannedScene) -> list[tuple[Layer, str]]:
    """What the layers of a scene show, in words."""
    found = []
    for layer in planned.layers:
        part = part_of(plan, layer, next(iter(layer.boxes)))
        found += [(layer, words) for words in KINDS[layer.kind].speak(part) if words]
    return found
