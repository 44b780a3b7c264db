"""Reading template.toml with care: every mistake is found at once, with its line and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engage.studio import samples, words
from engage.studio.design import (
    ENTRANCES,
    FILE,
    MOMENTS,
    MOODS,
    TRANSITIONS,
    UNITS,
    Field,
    Layer,
    Problem,
    Say,
    Scene,
    Template,
)  # fmt: skip
from engage.studio.easing import CURVES
from engage.studio.findings import Findings, either
from engage.studio.layers import KINDS, image
from engage.studio.options import Options
from engage.studio.stage import FORMATS
from engage.studio.theme import BACKGROUNDS, BadColour, rgb
from engage.studio.toml_lines import Path as Place
from engage.studio.toml_lines import line_of, locate
from engage.studio.typeface import missing_script
from engage.studio.values import texts

_TOP = (
    "title", "moment", "fps", "formats", "poster", "music", "fonts", "fields", "styles", "scenes",
)  # fmt: skip
_FIELD = ("sample", "max_chars", "unit", "optional", "common", "shape", "value", "share")
_SCENE = (
    "name", "seconds", "when", "background", "light", "say",
    "transition", "transition_seconds", "leave_seconds", "layers", "always",
)  # fmt: skip
_LAYER = (
    "kind", "style", "box", "when", "only", "start", "duration",
    "enter", "enter_seconds", "exit", "exit_seconds", "ease",
)  # fmt: skip


def read(
    folder: Path, *, thorough: bool = False, house: Collection[str] | None = None
) -> tuple[Template | None, list[Problem]]:
    """The template (None when it is unusable) and all problems in the order of the file.

    ``thorough``: its clips and pictures are opened and its translations held against the fonts, too.
    ``house``: the fields that are filled for partners, if a film needs another nobody gets it."""
    reader = _Reader(folder, thorough=thorough)
    reader.house = house
    template = reader.template()
    return (template if not reader.problems else None), sorted(
        reader.problems, key=lambda p: p.line
    )


class _Reader(Findings):
    def __init__(self, folder: Path, *, thorough: bool) -> None:
        super().__init__(folder, thorough=thorough)
        self.formats: tuple[str, ...] = ()
        self.styles: Mapping[str, Any] = {}
        self.house: Collection[str] | None = None
        self.whole = True  # whether no layer had to be left out

    def template(self) -> Template | None:
        try:
            text = (self.folder / FILE).read_text(encoding="utf-8")
            self.places = locate(text)
            raw = tomllib.loads(text)
        except FileNotFoundError:
            self.wrong((), "there is no such file", f"write a {FILE} into {self.folder.name}/")
            return None
        except UnicodeDecodeError:
            self.wrong((), "not written in UTF-8", "save it as UTF-8")
            return None
        except tomllib.TOMLDecodeError as wrong:
            place = re.search(r"at line (\d+)", str(wrong))
            self.places = {(): int(place[1]) if place else 1}
            self.wrong((), f"not valid TOML: {wrong}", "mend the place it names")
            return None
        self.known(raw, _TOP, ())
        title = self.word(raw, "title", (), "", required=True)
        moment = self.choice(raw, "moment", (), MOMENTS, "recap")
        fps = int(self.number(raw, "fps", (), 30, 5, 60))
        self.formats = self.formats_of(raw)
        fonts = self.fonts(raw.get("fonts", {}))
        self.fields = self.fields_of(raw.get("fields"))
        self.styles = self.styles_of(raw.get("styles", {}))
        scenes = self.scenes(raw.get("scenes"))
        poster = self.word(raw, "poster", (), scenes[0].name if scenes else "")
        if scenes and poster not in {s.name for s in scenes}:
            self.wrong(("poster",), f"no scene is called {poster!r}", "give the name of a scene")
        music = self.choice(raw, "music", (), MOODS, MOODS[0])
        made = Template(self.folder.name, self.folder, title, moment, fps, self.formats, poster,
                        fonts, self.fields, scenes, music)  # fmt: skip
        spoken, problems = words.read(made, thorough=self.thorough, whole=self.whole)
        self.problems += problems
        return replace(made, words=spoken)

    def styles_of(self, raw: Any) -> Mapping[str, Any]:
        if isinstance(raw, dict) and all(isinstance(style, dict) for style in raw.values()):
            return raw
        self.wrong(("styles",), "no styles", "write [styles.name] and below it keys of layers")
        return {}

    def formats_of(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        wished = raw.get("formats", ["16:9"])
        if not isinstance(wished, list) or not wished or any(f not in FORMATS for f in wished):
            self.wrong(("formats",), f"{wished!r} is no list of formats", f"use {either(FORMATS)}")
            return ("16:9",)
        if len(set(wished)) < len(wished):
            self.wrong(("formats",), f"{wished!r} names a format twice", "name each once")
        return tuple(dict.fromkeys(wished))

    # -- fields

    def fields_of(self, raw: Any) -> dict[str, Field]:
        if not isinstance(raw, dict) or not raw:
            self.wrong(
                ("fields",), "no fields", 'say what a snapshot holds: name = { sample = "…" }'
            )
            return {}
        return {name: self.field(name, body) for name, body in raw.items()}

    def field(self, name: str, raw: Any) -> Field:
        path = ("fields", name)
        body = raw if isinstance(raw, dict) else {"sample": raw}
        self.known(body, _FIELD, path)
        unit = self.choice(body, "unit", path, UNITS, "") if "unit" in body else None
        shape = self.choice(body, "shape", path, samples.SHAPES, "number" if unit else "text")
        optional, common = (bool(body.get(key, False)) for key in ("optional", "common"))
        if self.house is not None and not optional and name not in self.house:
            self.wrong(path, "no film of this house knows this field, so nobody would get one",
                       f"write optional = true, or take one of {either(self.house)}")  # fmt: skip
        limit = (
            int(self.number(body, "max_chars", path, 0, 1, 1000)) if "max_chars" in body else None
        )
        try:
            sample = samples.value(shape, body)
        except samples.BadSample as wrong:
            self.wrong(path, str(wrong), samples.REMEDY[shape])
            return Field(name, shape, "", limit, unit, optional, common)
        for text in texts(sample):
            if limit is not None and len(text) > limit:
                self.wrong(path, f"the sample {text!r} has {len(text)} characters, more than max_chars = {limit}",
                           "shorten the sample or raise max_chars")  # fmt: skip
            script = missing_script(text)
            if script:
                self.wrong(path, f"no font here draws the {script} letters of {text!r}",
                           f"install Noto Sans for {script} or choose another sample")  # fmt: skip
        return Field(name, shape, sample, limit, unit, optional, common)

    # -- scenes and layers

    def scenes(self, raw: Any) -> tuple[Scene, ...]:
        if not isinstance(raw, list) or not raw:
            self.wrong(("scenes",), "no scenes", "add at least one [[scenes]]")
            return ()
        made = tuple(self.scene(body, here) for body, here in self.tables(raw, ("scenes",)))
        for k, scene in enumerate(made):
            if scene.name in [s.name for s in made[:k]]:
                self.wrong(
                    ("scenes", k, "name"), f"two scenes are called {scene.name!r}", "rename one"
                )
        return made

    def scene(self, raw: Mapping[str, Any], path: Place) -> Scene:
        self.known(raw, _SCENE, path)
        seconds = self.number(raw, "seconds", path, 4.0, 0.2, 60.0, required=True)
        when = self.condition(raw, path)
        guarded = when.sure if when else frozenset()
        move = self.choice(raw, "transition", path, TRANSITIONS, "cut")
        return Scene(
            name=self.word(raw, "name", path, "", required=True),
            seconds=seconds,
            when=when,
            background=self.background(raw, path),
            light=self.light(raw, path),
            say=self.says(raw, path, guarded),
            transition=move,
            always=bool(raw.get("always", False)),
            transition_seconds=self.number(raw, "transition_seconds", path, 0.6, 0.0, seconds)
            if move != "cut" else 0.0,
            leave_seconds=self.number(raw, "leave_seconds", path, 0.0, 0.0, seconds / 2),
            layers=tuple(
                layer
                for body, here in self.tables(raw.get("layers", []), (*path, "layers"))
                if (layer := self.layer(body, here, seconds, guarded)) is not None
            ),
        )  # fmt: skip

    def background(self, raw: Mapping[str, Any], path: Place) -> str:
        word = self.word(raw, "background", path, "paper")
        if word in BACKGROUNDS:
            return word
        if (self.folder / word).is_file():
            fault = image.fault(self.folder / word) if self.thorough else ""
            if fault:
                self.wrong((*path, "background"), f"{word!r} {fault}", "save it again")
            return word
        try:
            rgb(word)
        except BadColour:
            self.wrong((*path, "background"), f"no background {word!r}",
                       f"use {either(BACKGROUNDS)}, #RRGGBB, or a picture of the template")  # fmt: skip
            return "paper"
        return word

    def says(self, raw: Mapping[str, Any], path: Place, guarded: frozenset[str]) -> tuple[Say, ...]:
        wished = raw.get("say", [])
        made = []
        for body in wished if isinstance(wished, list) else [{"text": wished}]:
            here = (*path, "say")
            if not isinstance(body, dict) or not isinstance(body.get("text"), str):
                self.wrong(
                    here, "not a sentence", 'write say = "…" or say = [{ when = "…", text = "…" }]'
                )
                continue
            self.known(body, ("text", "when"), here)
            when = self.condition(body, here)
            self.words(body["text"], here, guarded | (when.sure if when else frozenset()))
            made.append(Say(body["text"], when))
        return tuple(made)

    def layer(
        self,
        raw: Mapping[str, Any],
        path: Place,
        seconds: float,
        guarded: frozenset[str],
    ) -> Layer | None:
        raw = self.styled(raw, path)
        word = raw.get("kind")
        kind = KINDS.get(word) if isinstance(word, str) else None
        if kind is None:  # left out, but for what can be told of it all the same
            self.whole = False
            self.wrong((*path, "kind"), f"no layer kind {word!r}", f"use {either(KINDS)}")
        possible = [kind] if kind else KINDS.values()
        self.known(raw, (*_LAYER, *dict.fromkeys(key for k in possible for key in k.OPTIONS)), path)
        when = self.condition(raw, path)
        guarded |= when.sure if when else frozenset()
        start = self.number(raw, "start", path, 0.0, 0.0, seconds - 0.05)
        duration = self.number(raw, "duration", path, seconds - start, 0.05, seconds - start + 1e-6)
        options = Options(self, raw, path, guarded, self.only(raw, path))
        made = Layer(
            kind=str(word),
            boxes=options.boxes(bleeds=kind is None or kind.BLEEDS),
            when=when,
            start=start,
            duration=duration,
            enter=self.choice(raw, "enter", path, ENTRANCES, "fade"),
            enter_seconds=self.number(
                raw, "enter_seconds", path, min(0.6, duration), 0.0, duration
            ),
            exit=self.choice(raw, "exit", path, ENTRANCES, "none"),
            exit_seconds=self.number(raw, "exit_seconds", path, min(0.35, duration), 0.0, duration),
            ease=self.choice(raw, "ease", path, tuple(CURVES), "smooth"),
            options=options.read(kind.OPTIONS if kind else {}),
        )
        return made if kind else None

    def styled(self, raw: Mapping[str, Any], path: Place) -> Mapping[str, Any]:
        """A layer with the keys its style lends it."""
        style = raw.get("style")
        if style is None:
            return raw
        if not isinstance(style, str) or style not in self.styles:
            self.wrong((*path, "style"), f"no style {style!r}", f"use {either(self.styles)}")
            return raw
        lent = {k: v for k, v in self.styles[style].items() if k not in raw}
        for key in lent:  # a mistake in it is named where it stands
            self.places[(*path, key)] = line_of(self.places, ("styles", style, key))
        return {**lent, **raw}

    def only(self, raw: Mapping[str, Any], path: Place) -> tuple[str, ...]:
        """The formats a layer is shown in."""
        shown = raw.get("only", list(self.formats))
        if isinstance(shown, list) and all(form in self.formats for form in shown):
            return tuple(shown)
        remedy = f"give a list of {either(self.formats)}"
        self.wrong((*path, "only"), f"{shown!r} names other formats", remedy)
        return self.formats
