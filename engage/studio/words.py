"""A template in other languages: `words/de.toml` in its folder, a line for each English text.

    "You earned {points} points." = "Sie haben {points} Punkte verdient."

A catalogue is whole or a mistake: every text of the template, the same placeholders, nothing else. So
a film is in one language; whoever speaks one without a catalogue is told in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from engage.studio import placeholders
from engage.studio.conditions import Condition
from engage.studio.design import ENGLISH, Layer, Problem, Say, Template
from engage.studio.findings import invisible
from engage.studio.layers import KINDS
from engage.studio.toml_lines import line_of, locate, unreadable
from engage.studio.typeface import missing_script
from engage.texts import control

FOLDER = "words"


def texts(template: Template) -> list[str]:
    """Every text of a template that is to be translated, once, in the order of the file."""
    return list(dict.fromkeys(place.text for place in places(template)))


class Place(NamedTuple):
    """Where a text stands: the scene (the template's title: none), whether it is said (else it is
    shown), and the optional fields that are sure to be there."""

    text: str
    scene: str
    said: bool
    guarded: frozenset[str]


def places(template: Template) -> Iterator[Place]:
    """Every text that says something wherever it stands, in the order of the file."""
    found = [Place(template.title, "", False, frozenset())]
    for scene in template.scenes:
        sure = _sure(scene.when)
        found += [Place(s.text, scene.name, True, sure | _sure(s.when)) for s in scene.say]
        for layer in scene.layers:
            there = sure | _sure(layer.when)
            for key, option in KINDS[layer.kind].OPTIONS.items():
                value = layer.options[key]
                if option.kind == "text" and value is not None:
                    texts = value.values() if isinstance(value, Mapping) else [value]
                    guarded = frozenset(template.fields) if option.spare else there
                    found += [Place(text, scene.name, False, guarded) for text in texts]
    return (place for place in found if _says_something(place.text))


def _sure(when: Condition | None) -> frozenset[str]:
    return when.sure if when else frozenset()


def told_in(template: Template, language: str) -> Template:
    """The template in a language; itself where it has no words of that."""
    if language == template.language or language not in template.words:
        return template
    known = template.words[language]
    return replace(reworded(template, lambda text: known.get(text, text)), language=language)


def read(
    template: Template, *, thorough: bool = False, whole: bool = True
) -> tuple[dict[str, Mapping[str, str]], list[Problem]]:
    """The catalogues beside a template, by language, and what is wrong with them.

    One whose letters no font here draws is left out: its films are told in English (``thorough``: it
    is a mistake). A template that is not ``whole`` may have lost texts: none is called superfluous."""
    found: dict[str, Mapping[str, str]] = {}
    problems: list[Problem] = []
    wanted = texts(template)
    for file in sorted((template.folder / FOLDER).glob("*.toml")):
        name = f"{template.slug}/{FOLDER}/{file.name}"
        try:
            source = file.read_text(encoding="utf-8")
            raw: dict[str, Any] = tomllib.loads(source)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
            problems.append(unreadable(name, wrong))
            continue
        lines = locate(source)
        problems += [
            Problem(name, line_of(lines, (text,)), repr(text), *fault)
            for text, fault in _faults(wanted, raw, whole=whole)
        ]
        script = missing_script("".join(said for said in raw.values() if isinstance(said, str)))
        if script is None:
            found[file.stem] = raw
        elif thorough:
            problems.append(Problem(name, 1, "file", f"no font here draws its {script} letters",
                                    f"install Noto Sans for {script}"))  # fmt: skip
    return found, problems


def _faults(
    wanted: list[str], raw: Mapping[str, Any], *, whole: bool
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Texts with what is wrong with them and how to mend it."""
    for text in wanted:
        if text not in raw:
            yield text, ("is not translated", "add a line for it")
    for text, said in raw.items():
        if whole and text not in wanted:
            remedy = "take it out, or mend it to the English text"
            yield text, ("is no text of the template", remedy)
            continue
        if isinstance(said, str) and (sign := control(said)):
            yield text, invisible(sign)
        for brace in placeholders.lone(str(said)):
            yield text, (f"a lone {brace!r} in {said!r}", "write {field}, or {{ and }} for braces")
        if not isinstance(said, str) or _fields(said) != _fields(text):
            named = ", ".join(f"{{{name}}}" for name in sorted(_fields(text)))
            yield text, ("has other placeholders in its translation", f"name {named or 'none'}")


def _fields(text: str) -> set[str]:
    return set(placeholders.asked(text))


def _says_something(text: str) -> bool:
    rest = placeholders.fill(text, dict.fromkeys(placeholders.asked(text), ""))
    return any(char.isalpha() for char in rest)


def reworded(template: Template, word: Callable[[str], str]) -> Template:
    """The template with each of its texts as ``word`` says it."""

    def option(layer: Layer, key: str) -> Any:
        value = layer.options[key]
        if KINDS[layer.kind].OPTIONS[key].kind != "text" or value is None:
            return value
        if isinstance(value, Mapping):
            return {form: word(text) for form, text in value.items()}
        return word(value)

    return replace(
        template,
        title=word(template.title),
        scenes=tuple(
            replace(
                scene,
                say=tuple(Say(word(said.text), said.when) for said in scene.say),
                layers=tuple(
                    replace(layer, options={key: option(layer, key) for key in layer.options})
                    for layer in scene.layers
                ),
            )
            for scene in template.scenes
        ),
    )


def language_of(locale: str, template: Template) -> str:
    """The language a film is told in to somebody of a locale: theirs where there are words."""
    language = locale.replace("-", "_").split("_")[0].lower()
    return language if language in template.words else ENGLISH
