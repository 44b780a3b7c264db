"""What the form of a film template says: edits read from it, what is wrong with them, what they change."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engage.studio.design import ENGLISH, Template
from engage.studio.edits import Edits, Fault, Slot, arranged, faults, normal, slots
from engage.studio.theme import BadColour, Theme, rgb
from engage.videos import looks

Form = MultiDict[str, str]

#: By which field a ground is told, where it is mixed of several colours.
_MIXED = {"mist": "paper"}


def colour_names() -> dict[str, str]:
    """What a manager calls the colours of `engage.studio.theme.Theme`."""
    return {
        "evergreen": _("Deep colour: dark scenes, accents on light ones"),
        "mint": _("Bright colour: bright scenes, accents on dark ones"),
        "gold": _("Gold: bright scenes, the first place"),
        "silver": _("Silver: the second place"),
        "bronze": _("Bronze: the third place"),
        "paper": _("Light background"),
        "card": _("Cards on it"),
        "ink": _("Dark background, and words on light ones"),
    }


def music_names() -> list[tuple[str, str]]:
    return [
        ("calm", _("Calm")),
        ("bright", _("Bright")),
        ("driving", _("Driving")),
        ("warm", _("Warm")),
        ("steady", _("Steady")),
        ("proud", _("Proud")),
        ("none", _("No music")),
    ]


# --- words, music and scenes ----------------------------------------------------------------------


def input_of(text: str) -> str:
    """The name of the input for a text of the template."""
    return "w-" + hashlib.sha256(text.encode()).hexdigest()[:10]


def said(template: Template, edits: Edits, language: str, text: str) -> str:
    """What a film says for a text in a language, with the edits."""
    shipped = text if language == ENGLISH else template.words.get(language, {}).get(text, text)
    return str(edits.get("words", {}).get(language, {}).get(text, shipped))


def read(template: Template, edits: Edits, form: Form) -> dict[str, Any]:
    """The edits with what was sent: the words of one language, the music, the scenes and their order.

    ``do`` may ask for a step: ``up:rank``, ``down:rank``.
    """
    language = form.get("language", ENGLISH)
    words = {tongue: dict(texts) for tongue, texts in edits.get("words", {}).items()}
    if language in (ENGLISH, *template.words):
        for slot in slots(template):
            sent = form.get(input_of(slot.text))
            if sent is not None:
                words.setdefault(language, {})[slot.text] = " ".join(sent.split())
    shown = set(form.getlist("shown"))
    order = [[name, name in shown] for name in form.getlist("scene")]
    way, _colon, name = form.get("do", "").partition(":")
    if way in ("up", "down"):
        _step(order, name, -1 if way == "up" else 1)
    typed = {"words": words, "music": form.get("music", template.music)}
    return normal(template, typed | ({"scenes": order} if order else {}))


def _step(order: list[list[Any]], name: str, way: int) -> None:
    at = next((k for k, row in enumerate(order) if row[0] == name), None)
    if at is not None and 0 <= at + way < len(order):
        order[at], order[at + way] = order[at + way], order[at]


def errors(template: Template, edits: Edits) -> dict[tuple[str, str], str]:
    """What is wrong with the edits, by language and input; what concerns no input is no error."""
    known = {slot.text: slot for slot in slots(template)}
    found: dict[tuple[str, str], str] = {}
    for fault in faults(template, edits):
        if fault.at[0] == "words" and fault.kind != "gone":
            _words, language, text = fault.at
            found.setdefault((language, input_of(text)), _told(fault, known[text]))
        elif fault.kind == "music":
            found["", "music"] = _("There is no such music: choose one of the list.")
    return found


def _told(fault: Fault, slot: Slot) -> str:
    names = ", ".join(f"{{{name}}}" for name in slot.fields)
    words: dict[str, str] = {
        "brace": _("A brace stands alone: write {name} for a field, {{ or }} for a brace."),
        "long": _("%(n)s characters are too many: 300 are read at most.", n=fault.what),
        "script": _("No font here has %(script)s letters: write it otherwise.", script=fault.what),
        "twice": _(
            "It reads like “%(other)s” now, which is said otherwise in another language: let the two"
            " differ.",
            other=fault.what,
        ),
        "control": _("It holds a sign that nobody can see (%(sign)s): delete it.", sign=fault.what),
        "unknown": _("No field is called {%(name)s}: name %(names)s.", name=fault.what, names=names)
        if names
        else _("No field is called {%(name)s}, and none can be named here.", name=fault.what),
        "placeholder": _(
            "{%(name)s} may be missing here: name %(names)s.", name=fault.what, names=names
        )
        if names
        else _("{%(name)s} cannot be named here: no field can.", name=fault.what),
    }
    return words[fault.kind]


def left_behind(template: Template, edits: Edits) -> list[str]:
    """What the edits name that is not shipped any more."""
    return list(dict.fromkeys(f.what for f in faults(template, edits) if f.kind == "gone"))


# --- colours and logo -----------------------------------------------------------------------------


def read_look(theme: Theme, edits: Edits, form: Mapping[str, str]) -> dict[str, Any]:
    """The edits with the colours that were sent; ``theme`` is what they are over."""
    colours = {
        name: form[name].strip().upper()
        for name in looks.COLOURS
        if form.get(name, "").strip() and form[name].strip().upper() != getattr(theme, name).upper()
    }
    out: dict[str, Any] = {"colours": colours} if colours else {}
    if "logo" in edits:
        out["logo"] = edits["logo"]
    if "logo_as" in form and form["logo_as"] != "kept":
        out.pop("logo", None)
        if form["logo_as"] == "none" and theme.logo is not None:
            out["logo"] = ""
    return out


def look_errors(programme: Any, edits: Edits) -> dict[tuple[str, str], str]:
    """What is wrong with the colours, by input."""
    found: dict[tuple[str, str], str] = {}
    for name, colour in edits.get("colours", {}).items():
        try:
            rgb(colour)
        except BadColour:
            found["", name] = _("Write a colour as #RRGGBB.")
    if found:
        return found
    for ground, word, contrast in looks.unreadable_in(looks.theme_of(programme, edits)):
        least = looks.WORDS if word == "text" else looks.LARGE
        found.setdefault(
            ("", _MIXED.get(ground, ground)),
            _(
                "Words can hardly be read on it: their contrast is %(is)s to 1, and %(least)s are"
                " needed. Choose a lighter or a darker colour.",
                **{"is": f"{contrast:.1f}", "least": f"{least:g}"},
            ),
        )
    return found


# --- differences ----------------------------------------------------------------------------------


class Difference(NamedTuple):
    """One change in words: where, what it was, what it is."""

    where: str
    before: str
    after: str


def scene_name(name: str) -> str:
    """``head_start`` → “Head start”."""
    return name.replace("_", " ").capitalize()


def differences(
    template: Template, before: Edits, after: Edits, languages: Mapping[str, str]
) -> list[Difference]:
    """What changes from one version to another; ``languages`` are their names."""
    names = dict(music_names())
    found: list[Difference] = []
    music = [edits.get("music", template.music) for edits in (before, after)]
    if music[0] != music[1]:
        found.append(Difference(_("Music"), *(names.get(one, one) for one in music)))
    found += _of_scenes(template, before, after)
    for slot in slots(template):
        for language, called in languages.items():
            was, now = (said(template, edits, language, slot.text) for edits in (before, after))
            if was != now:
                scene = scene_name(slot.scene) if slot.scene else _("Title")
                found.append(Difference(f"{scene} · {called}", was, now))
    return found


def _of_scenes(template: Template, before: Edits, after: Edits) -> Iterable[Difference]:
    was, now = (arranged(template, edits) for edits in (before, after))
    shown = {scene.name: on for scene, on in was}
    words = {True: _("shown"), False: _("left out")}
    for scene, on in now:
        if shown[scene.name] != on:
            yield Difference(scene_name(scene.name), words[not on], words[on])
    orders = [[scene.name for scene, _on in scenes] for scenes in (was, now)]
    if orders[0] != orders[1]:
        yield Difference(_("Order"), *(" · ".join(map(scene_name, order)) for order in orders))


def look_differences(theme: Theme, before: Edits, after: Edits) -> list[Difference]:
    """The same for colours and logo over ``theme``."""
    found = []
    for name, called in colour_names().items():
        was, now = (e.get("colours", {}).get(name, getattr(theme, name)) for e in (before, after))
        if was.upper() != now.upper():
            found.append(Difference(called.partition(":")[0], was, now))
    logos = [edits.get("logo") for edits in (before, after)]
    if logos[0] != logos[1]:
        words = {None: _("as shipped"), "": _("none")}
        found.append(Difference(_("Logo"), *(words.get(one, _("uploaded")) for one in logos)))
    return found


def untranslated(template: Template, edits: Edits) -> dict[str, int]:
    """Languages in which texts still say what is shipped though their English was changed, with how many."""
    words = edits.get("words", {})
    english = words.get(ENGLISH, {}).keys()
    count = {name: len(english - words.get(name, {}).keys()) for name in template.words}
    return {name: number for name, number in count.items() if number}
