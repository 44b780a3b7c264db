"""Templates changed in the console: drafted, looked at with real partners, published as versions."""

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from PIL import Image
from sqlalchemy.exc import DatabaseError

from engage import clock
from engage.db import db, transaction
from engage.studio.plan import plan
from engage.videos import catalogue, claims, editions, rendering, rules
from engage.videos.rules import Known

from ..browsing import Browser, browser
from ..conftest import NOW, Cast
from ..studio.conftest import transcript
from .conftest import Order

SAID = "{partner_name}, {points} points in {period_name}."
PAGE = "/console/videos/templates/tiny"


@pytest.fixture
def mia(app: Flask, cast: Cast, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Browser:
    (tiny / "words").mkdir()
    words = '"Tiny recap" = "Winzig"\n"%s" = "{partner_name}: {points} Punkte, {period_name}."\n'
    (tiny / "words" / "de.toml").write_text(words % SAID)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return browser(app, cast.mia.user)


def form(page: str) -> dict[str, str]:
    """What a browser would send of the words' form, by the label of each text."""
    soup = BeautifulSoup(page, "html.parser")
    sent = {str(i["name"]): str(i.get("value", "")) for i in soup.select("#film-words input[name]")}
    sent |= {str(t["name"]): t.text for t in soup.select("#film-words textarea")}
    chosen = soup.select_one("#film-words [name=music] [selected]")
    return sent | {"music": str(chosen["value"])} if chosen else sent


def change(mia: Browser, old: str, new: str, **more: str) -> None:
    """Type over one text and keep the draft."""
    sent = form(mia.get(PAGE, query_string=more).text)
    name = next(name for name, text in sent.items() if text == old)
    assert mia.post(PAGE, data=sent | {name: new, "do": "keep"}).status_code == 303


def publish(mia: Browser, note: str = "New words") -> str:
    review = BeautifulSoup(mia.get(f"{PAGE}/review").text, "html.parser")
    base = review.select_one("[name=base]")
    assert base
    done = mia.post(f"{PAGE}/publish", data={"base": base["value"], "note": note})
    assert done.status_code == 303, done.text
    return mia.get(done.location).text


def told(cast: Cast) -> str:
    """The first words of the film as it is made now."""
    template = catalogue.load("tiny", cast.programme).template
    return transcript(plan(template, template.samples()))[0]


def test_words_are_changed_reviewed_and_published_as_a_version(mia: Browser, cast: Cast) -> None:
    change(mia, SAID, "Well done, {partner_name}: {points} points.")
    assert told(cast).startswith("Ada & Co, 1,250 points"), "a draft changes no film"
    review = mia.get(f"{PAGE}/review").text
    assert "Well done, {partner_name}: {points} points." in review
    assert "German still says what is shipped for a text that you changed in English." in review
    assert "Say in a few words" in mia.post(f"{PAGE}/publish", data={"base": "0"}).text
    page = publish(mia, "Warmer words")
    assert "Warmer words" in page
    assert "Version 1" in page
    assert cast.mia.user.name in page
    db.session.rollback()
    assert told(cast).startswith("Well done, Ada & Co: 1,250 points.")
    assert "Version 1" in mia.get("/console/videos/templates/").text


def test_a_placeholder_that_may_be_missing_is_named_and_not_published(
    mia: Browser, cast: Cast
) -> None:
    change(mia, SAID, "You are number {rank}.")
    page = mia.get(PAGE).text
    assert "{rank} may be missing here: name {partner_name}, {period_name}, {points}." in page
    sent = form(page) | {"do": "review"}
    assert mia.post(PAGE, data=sent).status_code == 422
    assert mia.post(f"{PAGE}/publish", data={"base": "0", "note": "x"}).status_code == 422
    name = next(name for name, text in sent.items() if "{rank}" in text)
    checked = mia.post(f"{PAGE}/form", data=sent | {name: "<b>{points}</b>"})
    assert "may be missing" not in checked.text
    assert "&lt;b&gt;{points}&lt;/b&gt;" in checked.text
    assert checked.headers["HX-Trigger-After-Settle"] == "film-draft"
    assert editions.latest(cast.programme.id) == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("You are {rnak}.", "No field is called {rnak}: name {partner_name}, {period_name}, {points}."),
        ("Well \u202edone\u202c", "a sign that nobody can see (U+202E): delete it."),
    ],
)  # fmt: skip
def test_a_field_nobody_knows_and_a_sign_nobody_sees_are_named_and_not_published(
    mia: Browser, cast: Cast, words: str, told: str
) -> None:
    change(mia, SAID, words)
    assert told in mia.get(PAGE).text
    assert mia.post(f"{PAGE}/publish", data={"base": "0", "note": "x"}).status_code == 422
    assert editions.latest(cast.programme.id) == {}


def test_a_film_ordered_before_is_made_and_read_as_it_was_ordered(
    mia: Browser, cast: Cast, order: Order
) -> None:
    assert cast.alice.partner
    before = order(cast.alice.partner.id)
    change(mia, SAID, "Well done, {partner_name}.")
    publish(mia)
    work = transaction(lambda: claims.claim(before.to_make[0], NOW))
    assert work
    [chapter] = rendering.make(work).story
    assert chapter["sentences"][0].startswith("Alice Bikes, 6,000 points in")
    assert catalogue.load("tiny", cast.programme).digest != work.template_digest


def test_going_back_is_a_new_version_and_old_ones_stand(mia: Browser, cast: Cast) -> None:
    shipped = catalogue.load("tiny", cast.programme).digest
    change(mia, SAID, "One {partner_name}.")
    publish(mia)
    first = catalogue.load("tiny", cast.programme).digest
    change(mia, "One {partner_name}.", "Two {partner_name}.")
    publish(mia)
    review = mia.get(mia.post(f"{PAGE}/back", data={"version": "1"}).location).text
    assert "As version 1 again." in review
    publish(mia, "As version 1 again.")
    assert catalogue.load("tiny", cast.programme).digest == first, "the same films, not made twice"
    mia.post(f"{PAGE}/back", data={"version": "0"})
    page = publish(mia)
    assert catalogue.load("tiny", cast.programme).digest == shipped
    assert page.count("Go back to") == 4
    assert mia.post(f"{PAGE}/back", data={"version": "9"}).status_code == 404
    with pytest.raises(DatabaseError, match="append-only"):
        db.session.execute(db.text("UPDATE film_versions SET note = 'x'"))
    db.session.rollback()


def test_what_another_manager_published_meanwhile_is_not_overwritten(
    mia: Browser, cast: Cast
) -> None:
    change(mia, SAID, "One {partner_name}.")
    publish(mia)
    change(mia, "One {partner_name}.", "Two {partner_name}.")
    late = mia.post(f"{PAGE}/publish", data={"base": "0", "note": "late"})
    assert late.status_code == 422
    assert "Version 1 was published meanwhile" in late.text
    mia.post(f"{PAGE}/drop")
    nothing = mia.post(f"{PAGE}/publish", data={"base": "1", "note": "same"})
    assert "Nothing is changed" in nothing.text


def test_a_template_shipped_anew_keeps_the_edits_that_fit_and_says_which_do_not(
    mia: Browser, cast: Cast, tiny: Path
) -> None:
    change(mia, SAID, "Well done, {partner_name}.")
    publish(mia)
    assert "has changed" not in mia.get(PAGE).text
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace(SAID, "{partner_name}!"))
    (tiny / "words" / "de.toml").unlink()
    page = mia.get(PAGE).text
    assert "The shipped template has changed since version 1." in page
    assert "One of them is about something that is gone and left aside: “{partner_name}," in page
    assert told(cast) == "Ada & Co!"
    publish(mia, "Looked at")
    assert "has changed" not in mia.get(PAGE).text


def test_scenes_and_music_are_chosen_and_the_posters_scene_stays(mia: Browser, cast: Cast) -> None:
    page = "/console/videos/templates/recap"
    soup = BeautifulSoup(mia.get(page).text, "html.parser")
    names = [str(i["value"]) for i in soup.select("input[name=scene]")]
    assert "Always in the film." in soup.select("section#scene-title")[0].text
    sent = {"scene": names, "shown": [n for n in names if n not in ("growth", "next")]}
    answer = mia.post(page, data={**sent, "music": "none", "do": f"up:{names[2]}"})
    assert answer.location.endswith(f"#scene-{names[2]}")
    film = catalogue.drafted("recap", cast.programme).template
    order = [names[0], names[2], names[1], *names[3:]]
    assert [scene.name for scene in film.scenes] == [n for n in order if n != "growth"]
    assert film.music == "none"
    review = mia.get(f"{page}/review").text
    assert "left out" in review
    assert "No music" in review


def test_a_look_that_cannot_be_read_is_refused_and_a_logo_is_drawn_anew(
    mia: Browser, cast: Cast
) -> None:
    page = "/console/videos/templates/look"
    wrong = mia.post(page, data={"paper": "#222222", "do": "review"})
    assert wrong.status_code == 422
    assert "Words can hardly be read on it: their contrast is" in wrong.text
    picture = BytesIO()
    image = Image.new("RGB", (3000, 300), "#7A1F3D")
    image.save(picture, "JPEG", exif=b"Exif\0\0secret")
    upload = {"paper": "#F7F4ED", "evergreen": "#7a1f3d", "do": "keep"}
    mia.post(page, data=upload | {"file": (BytesIO(picture.getvalue()), "a.jpg")})
    theme = catalogue.drafted("recap", cast.programme).theme
    assert theme.evergreen == "#7A1F3D"
    assert theme.logo
    assert b"secret" not in theme.logo.read_bytes()
    assert Image.open(theme.logo).size == (1200, 120)
    logo = f"{page}/logo/{theme.logo.stem}.png"
    assert mia.get(logo).mimetype == "image/png"
    for bad in (b"<svg onload=alert(1)>", b"\x89PNG\r\n", b"GIF89a" + b"\0" * 40):
        answer = mia.post(page, data=upload | {"file": (BytesIO(bad), "a.png")})
        assert answer.status_code == 422
        assert "This is no picture" in answer.text
    done = mia.post(f"{page}/publish", data={"base": "0", "note": "Ours"})
    assert done.status_code == 303
    assert catalogue.load("recap", cast.programme).theme == theme


def test_a_draft_is_looked_at_with_the_partners_whose_films_differ_most(
    mia: Browser, cast: Cast
) -> None:
    assert cast.alice.partner
    shown = mia.get(f"{PAGE}/preview?partner=A1&scene=name").text
    soup = BeautifulSoup(shown, "html.parser")
    assert soup.select("figcaption .film-meta")[0].text == "Whom you chose"
    source = str(soup.select("figure img")[0]["src"])
    still = mia.get(source)
    assert still.mimetype == "image/jpeg"
    tag = still.headers["ETag"]
    assert mia.get(source, headers={"If-None-Match": tag}).status_code == 304
    change(mia, SAID, "Well done, {partner_name}.")
    assert mia.get(source).headers["ETag"] != tag
    assert "No partner has “zorro”" in mia.get(f"{PAGE}/preview?partner=zorro").text
    gallery = mia.get("/console/videos/templates/gallery").text
    assert "Sold most" in gallery
    assert "tiny/still.jpg" in mia.get("/console/videos/templates/gallery?film=tiny").text


def test_contrasting_partners_are_chosen_by_rule() -> None:
    def who(*partners: tuple[int, str | None, int, int]) -> dict[str, int]:
        return rules.contrasting(
            Known(n, date.fromisoformat(day) if day else None, sold, before)
            for n, day, sold, before in partners
        )

    old, new = "2012-01-01", "2013-03-01"
    everybody = [(1, old, 900, 800), (2, old, 100, 500), (3, new, 50, 0), (4, "2013-04-01", 0, 0)]
    assert who(*everybody) == {"newcomer": 3, "champion": 1, "dipped": 2}
    assert who(*reversed(everybody)) == who(*everybody)
    assert who((1, None, 10, 10)) == {"champion": 1}, "nobody is two of them"
    assert who((1, old, 79, 100), (2, old, 90, 0)) == {"champion": 2, "dipped": 1}
    assert who((1, old, 80, 100), (2, old, 90, 0)) == {"champion": 2, "newcomer": 1}
    assert who() == {}
