"""A template's words in other languages: whole or a mistake, one language a film."""

from __future__ import annotations

import pytest

from engage.studio import words
from engage.studio.plan import plan
from engage.studio.template import check, load
from engage.studio.values import Number
from tests.studio.conftest import TINY, transcript

GERMAN = """
"Tiny" = "Winzig"
"Hello {partner_name}." = "Hallo {partner_name}."
"You have {points} points." = "Sie haben {points} Punkte."
"""
DATA = {"partner_name": "Ada", "points": Number(1250, "1.250")}


@pytest.fixture
def translated(write):
    folder = write(TINY)
    (folder / "words").mkdir()

    def put(text: str):
        (folder / "words" / "de.toml").write_text(text, encoding="utf-8")
        return folder

    return put


def test_a_film_says_everything_in_one_language(translated):
    german = words.told_in(load(translated(GERMAN)), "de")
    assert (german.title, german.language) == ("Winzig", "de")
    assert transcript(plan(german, DATA)) == [
        "Hallo Ada.",
        "Sie haben 1.250 Punkte.",
    ]


def test_who_speaks_a_language_without_words_is_told_in_english(translated):
    template = load(translated(GERMAN))
    spoken = {locale: words.language_of(locale, template) for locale in ("de_AT", "de", "it-IT")}
    assert spoken == {"de_AT": "de", "de": "de", "it-IT": "en"}
    assert words.told_in(template, "it") is template


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"Tiny" = "Winzig"\n', "", "'Tiny': is not translated"),
        (
            "Winzig",
            "Win\u202ezig",
            "de.toml:2: 'Tiny': holds an invisible control character (U+202E)",
        ),
        ("Sie haben {points} Punkte", "Sie haben Punkte", "words/de.toml:4"),
        ("Sie haben {points} Punkte", "Sie haben Punkte", "name {points}"),
        ("Hallo {partner_name}", "Hallo {partner_name", "a lone '{'"),
        ('"Tiny"', '"Big"', "'Big': is no text of the template"),
        ('"Winzig"', "3", "has other placeholders"),
        ('"Winzig"', '"Winzig', "cannot be read"),
    ],
)
def test_a_catalogue_is_whole_or_a_mistake(translated, old, new, expected):
    assert old in GERMAN
    found = [str(problem) for problem in check(translated(GERMAN.replace(old, new, 1)))]
    assert any(expected in line for line in found), found
