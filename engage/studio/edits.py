"""What somebody changed of a template without touching its folder: its words, music and scenes.

Edits are data over the template as it is shipped, and what they do not name stays as it is there:

    {"words": {"de": {"What is next": "Und jetzt"}}, "music": "warm", "scenes": [["title", true], …]}

Words are known by the English text that is shipped; scenes are named in their order, with whether they
are shown. What does not fit (a placeholder that may be missing there, a text that is not shipped any
more) is named by `faults` and left aside by `edited`, so that no edit ever spoils a film.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from engage.studio import placeholders
from engage.studio.design import ENGLISH, MOODS, Scene, Template
from engage.studio.typeface import missing_script
from engage.studio.words import places, reworded
from engage.texts import control

Edits = Mapping[str, Any]
#: Characters of one text.
LONGEST_TEXT = 300


@dataclass(frozen=True)
class Slot:
    """A text that may be changed: the scene it stands in first (the template's title: none), whether it
    is said there, and the fields that are sure to be there wherever it stands."""

    text: str
    scene: str
    said: bool
    fields: tuple[str, ...]


class Fault(NamedTuple):
    """What of some edits does not fit: ``at`` is ``words``, language, text; ``scenes``, name; or
    ``music``. ``kind``: control, brace, unknown, placeholder, long, script, twice, gone or music; ``what`` it is
    about."""

    kind: str
    at: tuple[str, ...]
    what: str = ""


def slots(template: Template) -> list[Slot]:
    """Every text of a template once, in the order of the file."""
    found: dict[str, Slot] = {}
    for place in places(template):
        known = tuple(
            name
            for name, field in template.fields.items()
            if field.shape in ("text", "number") and (not field.optional or name in place.guarded)
        )
        here = Slot(place.text, place.scene, place.said, known if place.scene else ())
        before = found.setdefault(place.text, here)
        shared = tuple(name for name in before.fields if name in here.fields)
        found[place.text] = replace(before, fields=shared)
    return list(found.values())


def arranged(template: Template, edits: Edits) -> list[tuple[Scene, bool]]:
    """The scenes in their order, and whether each is shown. One that the edits do not know follows the
    one it is shipped behind; what is always shown cannot be left out."""
    shipped = {scene.name: scene for scene in template.scenes}
    order = [name for name, _on in edits.get("scenes", ()) if name in shipped]
    for k, scene in enumerate(template.scenes):
        if scene.name not in order:
            before = template.scenes[k - 1].name if k else None
            order.insert(order.index(before) + 1 if before else 0, scene.name)
    off = {name for name, on in edits.get("scenes", ()) if not on}
    return [(shipped[name], name not in off or must_stand(template, name)) for name in order]


def must_stand(template: Template, name: str) -> bool:
    """Whether a scene cannot be left out: the poster's, and those the designer says so of."""
    return name == template.poster or any(s.always for s in template.scenes if s.name == name)


def faults(template: Template, edits: Edits) -> list[Fault]:
    """What of the edits does not fit the template."""
    known = {slot.text: slot for slot in slots(template)}
    found: list[Fault] = []
    for language, words in edits.get("words", {}).items():
        for text, said in words.items():
            at = ("words", language, text)
            if text not in known or language not in (ENGLISH, *template.words):
                found.append(Fault("gone", at, text))
            else:
                unfit = _unfit(said, known[text], template)
                found += [Fault(kind, at, what) for kind, what in unfit]
    found += [
        Fault("gone", ("scenes", name), name)
        for name, _on in edits.get("scenes", ())
        if name not in {scene.name for scene in template.scenes}
    ]
    if edits.get("music", template.music) not in MOODS:
        found.append(Fault("music", ("music",), edits["music"]))
    return found + list(_alike(template, edits))


def _unfit(said: str, slot: Slot, template: Template) -> Iterator[tuple[str, str]]:
    if sign := control(said):
        yield "control", sign
    try:
        names = placeholders.names(said)
    except placeholders.BadPlaceholder:
        yield "brace", said
        return
    for name in dict.fromkeys(names):
        if name not in template.fields:
            yield "unknown", name
        elif name not in slot.fields:
            yield "placeholder", name
    if len(said) > LONGEST_TEXT:
        yield "long", str(len(said))
    if script := missing_script(placeholders.fill(said, dict.fromkeys(names, ""))):
        yield "script", script


def _alike(template: Template, edits: Edits) -> Iterator[Fault]:
    """Translations are found by the English text, so two texts that read alike by now must do so in
    every language."""
    words = edits.get("words", {})
    english, first = words.get(ENGLISH, {}), dict[str, str]()
    for text in (slot.text for slot in slots(template)):
        other = first.setdefault(english.get(text) or text, text)
        for language, known in template.words.items():
            mine = words.get(language, {})
            if (mine.get(text) or known[text]) != (mine.get(other) or known[other]):
                changed = text if text in english else other
                yield Fault(
                    "twice", ("words", ENGLISH, changed), other if changed == text else text
                )
                break


def edited(template: Template, edits: Edits) -> Template:
    """The template with what fits of the edits."""
    if not edits:
        return template
    wrong = {fault.at for fault in faults(template, edits)}
    words = {
        language: {
            text: said
            for text, said in texts.items()
            if said.strip() and ("words", language, text) not in wrong
        }
        for language, texts in edits.get("words", {}).items()
    }
    english = words.get(ENGLISH, {})
    shown = [scene.name for scene, on in arranged(template, edits) if on]
    made = reworded(template, lambda text: english.get(text, text))
    scenes = {scene.name: scene for scene in made.scenes}
    return replace(
        made,
        scenes=tuple(scenes[name] for name in shown),
        music=template.music if ("music",) in wrong else edits.get("music", template.music),
        words={
            language: {
                english.get(text, text): words.get(language, {}).get(text, said)
                for text, said in known.items()
            }
            for language, known in template.words.items()
        },
    )


def normal(template: Template, edits: Edits) -> dict[str, Any]:
    """The same edits without what they leave as it is shipped, blank words included."""
    shipped = {ENGLISH: {slot.text: slot.text for slot in slots(template)}, **template.words}
    words = {
        language: {t: s for t, s in texts.items() if s.strip() and s != shipped.get(language, {}).get(t)}
        for language, texts in edits.get("words", {}).items()
    }  # fmt: skip
    out: dict[str, Any] = {}
    if words := {language: texts for language, texts in words.items() if texts}:
        out["words"] = words
    if edits.get("music", template.music) != template.music:
        out["music"] = edits["music"]
    order = [[scene.name, on] for scene, on in arranged(template, edits)]
    if order != [[scene.name, True] for scene in template.scenes]:
        out["scenes"] = order
    return out
