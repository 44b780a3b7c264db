"""What the house itself says in a film (rules, missions, days) in the partner's language.

A template brings its own words (`engage.studio.words`). The house's sentences stand in
`video_templates/words/de.toml`, English = translation; where number matters the translation is a table
by the plural categories of CLDR, and the English is its plural. A language may be added at home.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError

from engage import config
from engage.config import HOUSE
from engage.partners.models import Partner
from engage.studio.design import ENGLISH, Problem, Template
from engage.studio.toml_lines import line_of, locate, unreadable
from engage.studio.typeface import missing_script

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


def faults() -> list[Problem]:
    """What is wrong with the catalogues of the house's sentences, its own and those at home.

    What there is to say stands in the house's own; a language is whole in both places together.
    """
    known = {text: said for file in _files(HOUSE) for text, said in _read(file, 0).items()}
    home = config.settings().home_dir
    own = {file.stem for file in _files(HOUSE)}
    found: list[Problem] = []
    for file in (*_files(HOUSE), *_files(home)):
        name = f"{file.parent.name}/{file.name}"
        try:
            source = file.read_text(encoding="utf-8")
            raw = tomllib.loads(source)
            plural = Locale.parse(file.stem).plural_form
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
            found.append(unreadable(name, wrong))
            continue
        except (UnknownLocaleError, ValueError):
            remedy = "name the file by its language, such as it.toml"
            found.append(Problem(name, 1, "file", f"no language is called {file.stem!r}", remedy))
            continue
        lines = locate(source)
        missing = () if file.stem in own and file.is_relative_to(home) else known
        found += [
            Problem(name, line_of(lines, (text,)), repr(text), *fault)
            for text, fault in _faults(raw, known, missing, plural.tags | {"other"})
        ]
    return found


def _files(place: Path) -> list[Path]:
    return sorted((place / "video_templates" / "words").glob("*.toml"))


def _faults(
    raw: Mapping[str, Any], known: Sentences, wanted: Iterable[str], plurals: Set[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """English sentences with what is wrong with their translation, and how to mend it."""
    for text in wanted:
        if text not in raw:
            yield text, ("is not translated", "add a line for it")
    for text, said in raw.items():
        if text not in known:
            remedy = "take it out, or mend it to the English text"
            yield text, ("is no sentence of the house", remedy)
            continue
        words = said if isinstance(said, Mapping) else {"other": said}
        if isinstance(said, Mapping) and not ("other" in said and said.keys() <= plurals):
            names = ", ".join(sorted(plurals))
            yield text, (f"has the plurals {', '.join(said) or 'none'}", f"give it {names}")
        allowed = _named(text) | {"num"} if isinstance(known[text], Mapping) else _named(text)
        for word in words.values():
            if not isinstance(word, str) or not _named(word) <= allowed:
                named = ", ".join(f"%({name})s" for name in sorted(_named(text)))
                yield text, ("has other placeholders in its translation", f"name {named or 'none'}")
            elif script := missing_script(word):
                remedy = f"install Noto Sans for {script}"
                yield text, (f"no font here draws its {script} letters", remedy)
        if _named(str(words.get("other", ""))) < _named(text):
            yield text, ("leaves a placeholder out", f"name all of “{text}”")


def _named(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


@lru_cache(maxsize=32)
def _read(file: Path, _changed: int) -> Sentences:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def without_words(film: Template, partners: Iterable[Partner]) -> dict[Locale, int]:
    """The languages of these partners in which a film has no words, with how many speak each: they
    are told in English. Most first."""
    count = Counter(locale_of(partner).language for partner in partners)
    told = {ENGLISH, *film.words}
    return {Locale(name): n for name, n in count.most_common() if name not in told}


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
