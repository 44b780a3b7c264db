"""Watching, as partner and manager see it; a rival sees nothing."""

from datetime import date
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from engage.db import db, transaction
from engage.programmes import service as programmes
from engage.studio.plan import plan
from engage.studio.story import story, to_json
from engage.studio.values import from_json
from engage.videos import catalogue, claims
from engage.videos.models import Video

from ..browsing import browser
from ..conftest import NOW, Cast, record, sale
from . import examples
from .conftest import Order
from .conftest import films as rows

FILM = f"/videos/{examples.KEY}"


@pytest.fixture
def alices_film(cast: Cast) -> int:
    """The id of its batch."""
    return examples.make(cast)


@pytest.mark.usefixtures("alices_film")
@pytest.mark.parametrize("part", ["", "/player", "/film.mp4", "/poster.jpg", "/captions.vtt"])
def test_a_film_is_its_partners_and_the_managers_alone(app: Flask, cast: Cast, part: str) -> None:
    for person, status in (
        (cast.alice, 200),
        (cast.mia, 200),
        (cast.ada, 200),
        (cast.bob, 404),
        (cast.charlie, 404),
        (cast.otto, 404),
    ):
        answer = browser(app, person.user).get(FILM + part)
        assert answer.status_code == status, (person.user.name, part)
    assert browser(app).get(FILM + part).status_code == 302


@pytest.mark.usefixtures("alices_film")
@pytest.mark.parametrize(
    ("name", "kind"),
    [("film.mp4", "video/mp4"), ("poster.jpg", "image/jpeg"), ("captions.vtt", "text/vtt")],
)
def test_media_say_what_they_are_and_are_kept_by_nobody_else(
    app: Flask, cast: Cast, name: str, kind: str
) -> None:
    answer = browser(app, cast.alice.user).get(f"{FILM}/{name}")
    assert answer.mimetype == kind
    assert "private" in answer.headers["Cache-Control"]
    again = browser(app, cast.alice.user).get(
        f"{FILM}/{name}", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.usefixtures("alices_film")
def test_a_film_is_sent_in_the_ranges_a_player_asks_for(app: Flask, cast: Cast) -> None:
    alice = browser(app, cast.alice.user)
    for wish, start, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=500-", 500, None),
        ("bytes=-10", -10, None),
    ):
        answer = alice.get(f"{FILM}/film.mp4", headers={"Range": wish})
        assert answer.status_code == 206
        assert answer.data == examples.FILM[start:end]
        assert answer.headers["Content-Range"].endswith(f"/{len(examples.FILM)}")
    beyond = alice.get(f"{FILM}/film.mp4", headers={"Range": "bytes=99999-"})
    assert (beyond.status_code, beyond.data) == (416, b"")
    assert beyond.headers["Content-Range"] == f"bytes */{len(examples.FILM)}"
    assert alice.get(f"{FILM}/film.mp4").headers["Accept-Ranges"] == "bytes"


@pytest.mark.usefixtures("alices_film")
@pytest.mark.parametrize(
    "wish", ["bytes=abc", "bytes=5-2", "items=0-5", "bytes", "", "bytes=0-1,4-5", "bytes=²-"]
)
def test_a_range_that_is_none_or_several_is_answered_with_the_whole_film(
    app: Flask, cast: Cast, wish: str
) -> None:
    answer = browser(app, cast.alice.user).get(f"{FILM}/film.mp4", headers={"Range": wish})
    assert (answer.status_code, answer.data) == (200, examples.FILM)


@pytest.mark.usefixtures("alices_film")
def test_a_film_can_be_kept(app: Flask, cast: Cast) -> None:
    answer = browser(app, cast.alice.user).get(f"{FILM}/film.mp4?download=1")
    assert 'attachment; filename="Recap Q1 2013.mp4"' in answer.headers["Content-Disposition"]


@pytest.mark.usefixtures("alices_film")
def test_the_watch_page_has_poster_captions_and_the_film_in_words(app: Flask, cast: Cast) -> None:
    page = BeautifulSoup(browser(app, cast.alice.user).get(FILM).text, "html.parser")
    player = page.select_one("video[controls]")
    assert player
    assert player["poster"] == f"{FILM}/poster.jpg"
    track = player.select_one("track[kind=captions][default]")
    assert track
    assert (track["src"], track["srclang"]) == (f"{FILM}/captions.vtt", "en")
    assert "this is your recap" in page.text


def test_the_story_is_there_as_a_page_while_the_film_is_made(
    app: Flask, cast: Cast, order: Order
) -> None:
    """Its sentences and figures are those of the film, so it stands in where none can be played."""
    assert cast.alice.partner
    alice = cast.alice.partner.id
    record(cast.programme, sale("a-0", "A1", "1200", date(2013, 3, 5)))
    record(cast.programme, sale("a-large", "A1", "26350"))
    order(alice, template="recap")
    (video,) = rows()
    page = BeautifulSoup(
        browser(app, cast.alice.user).get(f"/videos/{video.key}").text, "html.parser"
    )
    story = page.select_one("#story")
    assert story
    assert "Alice Bikes, this is your recap of Q2 2013 so far." in story.text
    assert [li.text.split()[-1] for li in story.select(".rank-row.is-me")] == ["$32,350.00"]
    assert [bar.text for bar in story.select(".bars .bar-value")][-1] == "$32K"
    assert [bar.text for bar in story.select(".bars .bar-on .bar-label")] == ["Apr"]
    assert "Now" not in story.text
    assert "Opens after" not in story.text
    assert "Waiting its turn" in page.text


def test_a_partner_without_films_is_told_what_will_come(app: Flask, cast: Cast) -> None:
    assert "No films yet" in browser(app, cast.alice.user).get("/videos/").text


@pytest.mark.usefixtures("alices_film")
def test_a_list_shows_films_of_its_own_partner_alone(app: Flask, cast: Cast) -> None:
    assert "Recap: Q1 2013" in browser(app, cast.alice.user).get("/videos/").text
    assert "Recap: Q1 2013" not in browser(app, cast.bob.user).get("/videos/").text


def test_of_films_about_the_same_the_newest_that_can_be_watched_is_listed(
    app: Flask, cast: Cast, order: Order
) -> None:
    assert cast.alice.partner
    alice = browser(app, cast.alice.user)

    def listed() -> list[str]:
        page = BeautifulSoup(alice.get("/videos/").text, "html.parser")
        return [str(link["href"]) for link in page.select("a.film-poster")]

    def finish(video_id: int) -> None:
        work = transaction(lambda: claims.claim(video_id, NOW))
        assert work
        transaction(lambda: claims.finish(work, seconds=1, size=9, story=[], now=NOW))

    finish(order(cast.alice.partner.id).to_make[0])
    record(programmes.by_slug("resellers"), sale("a-9", "A1", "10"))
    (second,) = order(cast.alice.partner.id).to_make
    old, new = (f"/videos/{video.key}" for video in rows())
    assert listed() == [old]
    finish(second)
    assert listed() == [new]
    assert alice.get(old).status_code == 200


@pytest.mark.usefixtures("alices_film")
def test_a_film_in_several_formats_is_one_entry_and_its_page_offers_them(
    app: Flask, cast: Cast
) -> None:
    wide = rows()[0]
    said = {c.name: getattr(wide, c.name) for c in Video.__table__.columns if c.name != "id"}
    upright = Video(**said | {"format": "9:16", "key": "b2" * 32})
    shared = Video(**said | {"format": "1:1", "key": "c3" * 32, "for_outsiders": True})
    db.session.add_all([upright, shared])
    alice = browser(app, cast.alice.user)
    listed = BeautifulSoup(alice.get("/videos/").text, "html.parser").select("a.film-poster")
    assert [str(link["href"]) for link in listed] == [f"/videos/{upright.key}"]
    for here in (FILM, f"/videos/{upright.key}"):
        page = BeautifulSoup(alice.get(here).text, "html.parser")
        offered = {
            link.text: (link["href"], link.get("aria-current"))
            for link in page.select("nav.segments a")
        }
        assert offered == {
            "Wide (16:9)": (FILM, "true" if here == FILM else None),
            "Upright (9:16)": (f"/videos/{upright.key}", None if here == FILM else "true"),
        }


def test_a_film_is_read_in_words_for_its_whole_life_whatever_becomes_of_its_template(
    app: Flask, cast: Cast, order: Order, tiny: Path
) -> None:
    assert cast.alice.partner
    (video_id,) = order(cast.alice.partner.id).to_make
    work = transaction(lambda: claims.claim(video_id, NOW))
    assert work
    made = catalogue.load("tiny").template
    told = to_json(story(plan(made, from_json(work.snapshot))))
    transaction(lambda: claims.finish(work, seconds=1, size=9, story=told, now=NOW))
    alice, here = browser(app, cast.alice.user), f"/videos/{rows()[0].key}"
    before = BeautifulSoup(alice.get(here).text, "html.parser").select_one("#story")
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace("{points} points", "{points}"))
    for _what_is_left in ("another version", "nothing"):
        after = BeautifulSoup(alice.get(here).text, "html.parser").select_one("#story")
        assert after == before
        assert "Alice Bikes, 6,000 points in Q2 2013" in after.text
        file.unlink(missing_ok=True)


def test_a_film_on_its_way_or_failed_is_shown_as_that(app: Flask, cast: Cast, order: Order) -> None:
    assert cast.alice.partner
    (video_id,) = order(cast.alice.partner.id).to_make
    key = rows()[0].key
    alice, mia = browser(app, cast.alice.user), browser(app, cast.mia.user)
    assert "Waiting its turn" in alice.get("/videos/").text
    assert alice.get(f"/videos/{key}/film.mp4").status_code == 404
    work = transaction(lambda: claims.claim(video_id, NOW))
    assert work
    assert "Being made now" in alice.get(f"/videos/{key}").text
    transaction(lambda: claims.give_up(work, "no font has 字", lasting=True, now=NOW))
    assert "could not be made" in alice.get("/videos/").text
    assert "no font" not in alice.get(f"/videos/{key}").text
    assert "no font has 字" in mia.get(f"/videos/{key}").text
