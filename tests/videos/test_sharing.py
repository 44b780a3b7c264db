"""Links to a film: for whoever has one, until it ends, telling beside it what its partner agreed to."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from flask import Flask, current_app
from PIL import Image

from engage import clock
from engage.config import Settings
from engage.db import db
from engage.videos import retention, sharing, shelves
from engage.videos.models import FilmShare, Video

from ..browsing import browser
from ..conftest import NOW, Cast
from . import examples
from .conftest import Order

FILM = f"/videos/{examples.KEY}"


@pytest.fixture(autouse=True)
def _alices_film(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    examples.make(cast)


def path_of(share: FilmShare) -> str:
    """The path of a link's address."""
    return f"/shared/films/{sharing.token(share, current_app.config['SECRET_KEY'])}"


def link(app: Flask, cast: Cast, *preview: str, days: str = "7") -> str:
    """The path of a link that alice makes."""
    page = browser(app, cast.alice.user).post(
        f"{FILM}/links", data={"days": days, "preview": list(preview)}, follow_redirects=True
    )
    return re.findall(r"<code>http://localhost(/shared/films/[^<]+)</code>", page.text)[0]


def test_whoever_has_a_link_watches_the_film_in_ranges_with_captions(app: Flask, cast: Cast):
    address = link(app, cast)
    stranger = browser(app)
    page = stranger.get(address)
    assert page.status_code == 200
    assert page.headers["X-Robots-Tag"] == "noindex"
    shown = BeautifulSoup(page.text, "html.parser").find("video")
    assert stranger.get(shown.track["src"]).mimetype == "text/vtt"
    piece = stranger.get(shown.source["src"], headers={"Range": "bytes=2-4"})
    assert (piece.status_code, piece.data) == (206, examples.FILM[2:5])


def test_a_preview_tells_nothing_of_the_partner_unless_agreed(app: Flask, cast: Cast):
    silent, agreed = link(app, cast), link(app, cast, "name", "poster")
    stranger = browser(app)
    said = stranger.get(silent).text
    assert "Alice" not in said
    assert f'og:image" content="http://localhost{silent}/card.jpg"' in said
    assert BeautifulSoup(said, "html.parser").find("video")["poster"] == f"{silent}/card.jpg"
    card = Image.open(BytesIO(stranger.get(f"{silent}/card.jpg").data))
    assert card.size == (1280, 720)
    assert stranger.get(f"{silent}/film.jpg").status_code == 404
    told = stranger.get(agreed).text
    assert f'og:description" content="{cast.programme.name} · ' in told
    assert f"<title>A film from {cast.programme.name}</title>" in said
    assert 'og:title" content="A film about Alice Bikes"' in told
    assert f'og:image" content="http://localhost{agreed}/film.jpg"' in told
    assert stranger.get(f"{agreed}/film.jpg").mimetype == "image/jpeg"
    # It is the name that others see at the time, not the one of the day it was shared.
    alice = browser(app, cast.alice.user)
    alice.post("/account/visibility", data={"visibility": "hidden"})
    assert "Alice" not in stranger.get(agreed).text


def test_whoever_cannot_play_a_shared_film_reads_it_and_no_other_partner_in_it(
    app: Flask, cast: Cast, order: Order
):
    assert cast.alice.partner
    order(cast.alice.partner.id, template="recap")
    video = db.session.query(Video).filter(Video.key != examples.KEY).one()
    share = sharing.make(video, 7, with_name=False, with_poster=False, now=NOW)
    sharing.prepare(share, NOW)
    db.session.commit()
    stranger, address = browser(app), path_of(share)
    assert "Alice" not in stranger.get(address).text
    read = BeautifulSoup(stranger.get(address).text, "html.parser").find(
        "a", string="Read the film in words"
    )
    story = BeautifulSoup(stranger.get(read["href"]).text, "html.parser").select_one("#story")
    assert "Alice Bikes, this is your recap" in story.text
    rows = [row.get_text(" ", strip=True) for row in story.select(".rank-row:not(.is-me)")]
    assert rows
    for other in (cast.bob.partner, cast.charlie.partner):
        assert other
        assert other.name not in story.text


def test_a_link_ends_by_its_day_and_at_once_by_its_partner(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    by_hand, by_day = link(app, cast, "poster"), link(app, cast)
    page = browser(app, cast.alice.user).get(FILM).text
    first = re.findall(r'action="([^"]+/end)"', page)[-1]
    browser(app, cast.alice.user).post(first)
    stranger = browser(app)
    for part in ("", "/film.mp4", "/film.jpg", "/film.vtt"):
        assert stranger.get(by_hand + part).status_code == 410, part
    ended = stranger.get(by_hand).text
    assert f"<title>This link has ended · {cast.programme.name}</title>" in ended
    assert f'src="{by_hand}/card.jpg"' in ended
    assert "Alice" not in ended
    assert "Recap" not in ended
    assert stranger.get(f"{by_hand}/card.jpg").status_code == 200
    assert stranger.get(by_day).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=7))
    assert stranger.get(by_day).status_code == 410


def test_of_a_film_that_was_deleted_a_link_tells_that_it_has_ended_and_no_more(
    app: Flask, cast: Cast
):
    assert cast.alice.partner
    address = link(app, cast, "name", "poster")
    partner_id = cast.alice.partner.id
    db.session.commit()
    retention.erase(shelves.of(Settings()), partner_id)
    stranger = browser(app)
    ended = stranger.get(address)
    assert ended.status_code == 410
    assert "This link has ended" in ended.text
    assert cast.programme.name not in ended.text
    for part in ("film.mp4", "film.jpg", "film.vtt", "card.jpg"):
        assert stranger.get(f"{address}/{part}").status_code == 410, part


def test_only_its_partner_makes_and_ends_links_of_a_film(app: Flask, cast: Cast):
    link(app, cast)
    number = db.session.scalar(db.select(sharing.FilmShare.id))
    for person in (cast.bob, cast.charlie, cast.mia):
        there = browser(app, person.user)
        assert there.post(f"{FILM}/links", data={"days": "7"}).status_code == 404
        assert there.post(f"{FILM}/links/{number}/end").status_code == 404
    assert len(db.session.scalars(db.select(sharing.FilmShare)).all()) == 1


@pytest.mark.parametrize("days", ["", "8", "-7", "9999999", "7.0"])
def test_a_link_lives_as_long_as_offered_and_no_longer(app: Flask, cast: Cast, days: str):
    answer = browser(app, cast.alice.user).post(f"{FILM}/links", data={"days": days})
    assert answer.status_code == 400


def test_an_address_nobody_was_given_leads_nowhere(app: Flask, cast: Cast):
    number, _, signature = link(app, cast).removeprefix("/shared/films/").partition(".")
    for made_up in (number, "1", f"{number}.{signature[::-1]}", f"Mg.{signature}"):
        assert browser(app).get(f"/shared/films/{made_up}").status_code == 404, made_up


def test_a_film_has_few_links_at_once(app: Flask, cast: Cast):
    for _ in range(sharing.AT_ONCE + 1):
        link(app, cast)
    assert len(db.session.scalars(db.select(sharing.FilmShare)).all()) == sharing.AT_ONCE
