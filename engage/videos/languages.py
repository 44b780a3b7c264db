"""What the house itself says in a film (rules, missions, days) in the partner's language.

A template brings its own words (`engage.studio.words`). The house's sentences stand in
`video_templates/words/de.toml`, English = translation; where number matters the translation is a table
by the plural categories of CLDR, and the English is its plural. A language may be added at home.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError

from engage import config
from engage.config import HOUSE
from engage.partners.models import Partner
from engage.studio.design import ENGLISH

Sentences = Mapping[str, str | Mapping[str, str]]


class Tongue:
    """A language's catalogue as `engage.voice.Voice` asks it; ``missed`` once a text was not there."""

    def __init__(self, language: str) -> None:
        self.known: Sentences = {} if language == ENGLISH else sentences(language)
        self.plural = Locale(language).plural_form
        self.language, self.missed = language, False

    def gettext(self, text: str, **values: Any) -> str:
        found = self._found(text, text)
        return found % values if values else found

    def ngettext(self, one: str, many: str, num: int, **values: Any) -> str:
        found = self.known.get(many)
        english = one if num == 1 else many
        if isinstance(found, Mapping):
            found = found.get(self.plural(num)) or found.get("other")
            return (found or english) % {"num": num, **values}
        return self._found(many, english) % {"num": num, **values}

    def _found(self, text: str, english: str) -> str:
        found = self.known.get(text)
        self.missed |= found is None and self.language != ENGLISH
        return found if isinstance(found, str) else english


def sentences(language: str) -> Sentences:
    """The house's sentences in a language; none where it has no catalogue."""
    found: dict[str, str | Mapping[str, str]] = {}
    for place in (HOUSE, config.settings().home_dir):
        file = place / "video_templates" / "words" / f"{language}.toml"
        if file.is_file():
            found |= _read(file, file.stat().st_mtime_ns)
    return found


@lru_cache(maxsize=32)
def _read(file: Path, _changed: int) -> Sentences:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def locale_of(partner: Partner, language: str | None = None) -> Locale:
    """How numbers and days are written to a partner, in a film of a language (their own if not given).

    A film is in one language: who is told in English though they speak another one reads numbers and
    days as English is written in their country.
    """
    try:
        own = Locale.parse((partner.locale or ENGLISH).replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale(ENGLISH)
    if language in (None, own.language):
        return own
    try:
        return Locale(ENGLISH, own.territory)
    except UnknownLocaleError:
        return Locale(ENGLISH)
