"""Watching and ordering, as partner and manager see it; a rival sees nothing."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from engage import clock
from engage.db import db, transaction
from engage.videos import claims, films
from engage.videos.rules import Count

from ..browsing import browser
from ..conftest import NOW, Cast
from . import examples
from .conftest import Order
from .conftest import films as rows

FILM = f"/videos/{examples.KEY}"


@pytest.fixture
def alices_film(cast: Cast) -> int:
    """The id of its batch."""
    return examples.make(cast)


# --- watching ---------------------------------------------------------------------------------


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
    assert beyond.status_code == 416
    assert alice.get(f"{FILM}/film.mp4").headers["Accept-Ranges"] == "bytes"


@pytest.mark.usefixtures("alices_film")
def test_a_film_can_be_kept(app: Flask, cast: Cast) -> None:
    answer = browser(app, cast.alice.user).get(f"{FILM}/film.mp4?download=1")
    assert 'attachment; filename="Recap Q1 2013.mp4"' in answer.headers["Content-Disposition"]


@pytest.mark.usefixtures("alices_film")
def test_the_watch_page_has_poster_captions_and_transcript(app: Flask, cast: Cast) -> None:
    page = BeautifulSoup(browser(app, cast.alice.user).get(FILM).text, "html.parser")
    player = page.select_one("video[controls]")
    assert player
    assert player["poster"] == f"{FILM}/poster.jpg"
    track = player.select_one("track[kind=captions][default]")
    assert track
    assert (track["src"], track["srclang"]) == (f"{FILM}/captions.vtt", "en")
    assert "this is your recap" in page.text


def test_a_partner_without_films_is_told_what_will_come(app: Flask, cast: Cast) -> None:
    assert "No films yet" in browser(app, cast.alice.user).get("/videos/").text


@pytest.mark.usefixtures("alices_film")
def test_a_list_shows_films_of_its_own_partner_alone(app: Flask, cast: Cast) -> None:
    assert "Recap: Q1 2013" in browser(app, cast.alice.user).get("/videos/").text
    assert "Recap: Q1 2013" not in browser(app, cast.bob.user).get("/videos/").text


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


# --- ordering ---------------------------------------------------------------------------------


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.usefixtures("tiny", "_now")
def test_an_order_says_what_it_brings_before_it_is_placed(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    wish = "?template=tiny&period=2013-Q2"
    page = BeautifulSoup(mia.get(f"/console/videos/forecast{wish}").text, "html.parser")
    assert page.text.split()[:4] == ["3", "films", "to", "make"]
    assert "known after the first film" in page.text
    narrow = mia.get(f"/console/videos/forecast{wish}&region=Northeast").text
    assert "Make the film" in narrow


@pytest.mark.usefixtures("tiny", "_now")
def test_a_placed_order_is_a_batch_and_what_exists_is_not_made_again(
    app: Flask, cast: Cast
) -> None:
    mia = browser(app, cast.mia.user)
    form = {"template": "tiny", "period": "2013-Q2", "region": "Northwest"}
    placed = mia.post("/console/videos/", data=form)
    assert placed.status_code == 302
    page = mia.get(placed.location).text
    assert "0 of 2 films are ready" in page
    assert "For Northwest" in page
    assert "Exist already" in mia.get("/console/videos/forecast?template=tiny&period=2013-Q2").text
    mia.post("/console/videos/", data={**form, "region": ""})
    assert len(rows()) == 3


@pytest.mark.usefixtures("tiny", "_now")
def test_one_partner_is_found_by_id_or_name_and_asked_for_when_in_doubt(
    app: Flask, cast: Cast
) -> None:
    mia = browser(app, cast.mia.user)
    wish = "/console/videos/forecast?template=tiny&period=2013-Q2&partner="
    assert "For Alice Bikes" in mia.get(wish + "A1").text
    assert "For Charlie &amp; Sons" in mia.get(wish + "charlie").text
    doubt = mia.get(wish + "e").text
    assert "Which one do you mean?" in doubt
    assert "Make" not in doubt
    assert "No partner has “zorro”" in mia.get(wish + "zorro").text


@pytest.mark.usefixtures("tiny", "_now")
def test_an_order_without_a_film_is_refused_and_orders_nothing(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    for form in ({}, {"template": "nope"}, {"template": "tiny", "region": "Atlantis"}):
        answer = mia.post("/console/videos/", data=form)
        assert answer.status_code == 422
    assert rows() == []


@pytest.mark.usefixtures("_now")
def test_who_lacks_what_a_film_tells_gets_none_and_the_manager_reads_why(
    app: Flask, cast: Cast, tiny: Path
) -> None:
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace('"ordinal", optional = true', '"ordinal"'))
    mia = browser(app, cast.mia.user)
    form = {"template": "tiny", "period": "2012-Q1", "partner": "A1"}
    assert "no place on the board" in mia.get("/console/videos/forecast", query_string=form).text
    page = mia.get(mia.post("/console/videos/", data=form).location).text
    assert "Not made: this partner has no place on the board in this period." in page
    assert "1 not made" in page


def test_a_manager_tries_again_and_calls_off(app: Flask, cast: Cast, order: Order) -> None:
    people = [p.partner.id for p in (cast.alice, cast.bob, cast.charlie) if p.partner]
    placed = order(*people)
    batch_id = placed.batch.id
    work = transaction(lambda: claims.claim(placed.to_make[0], NOW))
    assert work
    transaction(lambda: claims.give_up(work, "The disk is full.", lasting=True, now=NOW))
    mia = browser(app, cast.mia.user)
    assert "The disk is full." in mia.get(f"/console/videos/{batch_id}").text
    mia.post(f"/console/videos/{batch_id}/retry", data={"video": work.id})
    assert count(cast, batch_id) == Count(queued=3)
    mia.post(f"/console/videos/{batch_id}/cancel")
    assert count(cast, batch_id) == Count(cancelled=3)


def test_a_film_of_another_batch_cannot_be_retried_through_this_one(
    app: Flask, cast: Cast, order: Order
) -> None:
    assert cast.alice.partner
    assert cast.bob.partner
    first, second = order(cast.alice.partner.id), order(cast.bob.partner.id)
    answer = browser(app, cast.mia.user).post(
        f"/console/videos/{first.batch.id}/retry", data={"video": second.to_make[0]}
    )
    assert answer.status_code == 404


def test_many_films_come_in_pages_and_what_failed_comes_first(
    app: Flask, cast: Cast, order: Order
) -> None:
    people = [p.partner.id for p in (cast.alice, cast.bob, cast.charlie) if p.partner]
    placed = order(*people)
    work = transaction(lambda: claims.claim(placed.to_make[2], NOW))
    assert work
    transaction(lambda: claims.give_up(work, "x", lasting=True, now=NOW))
    found = films.ordered(placed.batch.id)
    assert found[0].partner.name == "Charlie & Sons"
    assert [row.partner.name for row in films.ordered(placed.batch.id, offset=1, limit=1)] == [
        "Alice Bikes"
    ]


@pytest.mark.usefixtures("alices_film")
def test_a_still_of_each_template_is_a_picture(app: Flask, cast: Cast, tiny: Path) -> None:
    mia = browser(app, cast.mia.user)
    answer = mia.get("/console/videos/still/tiny.png")
    assert answer.mimetype == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    assert mia.get("/console/videos/still/nope.png").status_code == 404


def count(cast: Cast, batch_id: int) -> Count:
    db.session.rollback()
    found = films.batch(cast.programme.id, batch_id)
    assert found
    return found.films
