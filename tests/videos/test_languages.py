"""A film speaks one language: the partner's where there are words, else English."""

import re
import tomllib

import pytest

from engage import periods
from engage.config import HOUSE
from engage.studio import typeface, values
from engage.studio.captions import captions
from engage.studio.plan import plan
from engage.studio.words import told_in
from engage.videos import catalogue, drafts, fields
from engage.videos.languages import Tongue
from engage.videos.snapshot import Teller

from ..conftest import NOW, Cast

WORDS = HOUSE / "video_templates" / "words"
SHIPPED = ("de", "es", "fr")
Q2 = periods.parse("2013-Q2")


def sentences(language: str) -> dict[str, str | dict[str, str]]:
    return tomllib.loads((WORDS / f"{language}.toml").read_text(encoding="utf-8"))


def named(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


@pytest.mark.parametrize("language", SHIPPED)
def test_a_sentence_of_the_house_names_the_same_in_every_language(language: str) -> None:
    found = sentences(language)
    assert found.keys() == sentences("de").keys()
    for english, said in found.items():
        for text in said.values() if isinstance(said, dict) else [said]:
            assert named(text) <= named(english), text
        if isinstance(said, str):
            assert named(said) == named(english), said
        else:
            assert named(said["other"]) == named(english), english


@pytest.mark.parametrize("language", SHIPPED)
def test_every_film_of_the_house_is_whole_in_the_language(cast: Cast, language: str) -> None:
    assert cast.alice.partner
    cast.alice.partner.locale = language
    for slug in ("onboarding", "status", "recap"):
        film = catalogue.load(slug)
        assert set(SHIPPED) <= film.template.words.keys(), slug
        told = Teller(cast.programme, Q2, "https://x.example", NOW).about(cast.alice.partner)
        for name in film.template.fields:
            told.tongue.missed = False
            fields.FIELDS[name](told)
            assert not told.tongue.missed, (slug, name)


def test_a_german_partner_sees_and_reads_german_with_german_numbers(cast: Cast) -> None:
    partner = cast.alice.partner
    assert partner
    partner.locale = "de-AT"
    film = catalogue.load("recap")
    (draft,) = drafts.drafts(
        cast.programme, film, [partner], period=Q2, address="https://x.example", now=NOW
    )
    assert (draft.title, draft.locale, draft.refusal) == ("Rückblick: Q2 2013", "de_AT", None)
    told = plan(told_in(film.template, "de"), values.from_json(draft.snapshot))
    said = captions(told)
    assert "das ist Ihr Rückblick: Q2 2013 bisher" in said
    assert re.search(r"Sie haben 6[. \u00a0]000 Punkte", said)
    assert "Noch 1 Verkauf bis zum 31.05.2013" in said


def test_who_speaks_another_language_is_told_in_english_as_their_country_writes_it(
    cast: Cast,
) -> None:
    partner = cast.alice.partner
    assert partner
    partner.locale = "nl-NL"
    (draft,) = drafts.drafts(
        cast.programme, catalogue.load("recap"), [partner], period=Q2, address="x", now=NOW
    )
    assert draft.locale == "en_NL"
    assert draft.snapshot["next_step"].startswith("1 more sale by")


def test_the_same_numbers_in_another_language_are_another_film(cast: Cast) -> None:
    partner = cast.alice.partner
    assert partner
    keys = set()
    for locale in ("en", "de", "fr"):
        partner.locale = locale
        keys |= {
            draft.key
            for draft in drafts.drafts(
                cast.programme, catalogue.load("recap"), [partner], period=Q2, address="x", now=NOW
            )
        }
    assert len(keys) == 3


def test_a_sentence_that_is_known_in_part_is_told_in_english_whole(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = cast.alice.partner
    assert partner
    partner.locale = "de"
    told = Teller(cast.programme, Q2, "x", NOW).about(partner)
    known = dict(told.tongue.known)
    del known["%(shown)s points"]
    told.tongue.known = known
    assert fields.read(told, ["next_step"])["next_step"] == (
        "1 more sale by May 31, 2013 for “First three deals”: 500 points."
    )


def test_a_number_chooses_its_form(cast: Cast) -> None:
    tongue = Tongue("fr")
    one, many = "%(shown)s more unit", "%(shown)s more units"
    assert tongue.ngettext(one, many, 1, shown="1") == "Encore 1 unité"
    assert tongue.ngettext(one, many, 3, shown="3") == "Encore 3 unités"


def test_a_name_without_a_font_falls_back_to_its_latin_form_or_the_address(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never to empty boxes; nor does a rival's address stand on somebody's screen."""
    alice, bob = cast.alice.partner, cast.bob.partner
    assert alice
    assert bob
    real = typeface.missing_script
    han = re.compile("[\u4e00-\u9fff]")
    for module in ("engage.studio.typeface", "engage.studio.reel", "engage.videos.drafts"):
        monkeypatch.setattr(
            f"{module}.missing_script", lambda text: "Han" if han.search(text) else real(text)
        )
    alice.email, bob.name = "alice@bikes.example", "田中"

    def told(name: str) -> dict[str, values.Value | None]:
        alice.name = name
        teller = Teller(cast.programme, Q2, "x", NOW)
        return fields.read(teller.about(alice), ["partner_name", "neighbours"])

    assert told("田中 (Tanaka) 花子")["partner_name"] == "Tanaka"
    assert told("田中花子")["partner_name"] == "alice@bikes.example"
    alice.email = ""
    assert told("田中花子")["partner_name"] == "田中花子"
    ranking = told("Tanaka")["neighbours"]
    assert isinstance(ranking, values.Ranking)
    assert "A partner" in [row.name for row in ranking.rows]
