"""A real Chromium plays a rendered film, with its captions, under the house's content policy."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from engage import clock
from engage.db import db
from engage.studio.theme import Theme, rgb
from engage.videos import jobs
from engage.videos.models import FilmStep, FilmView

from ..conftest import NOW, Cast, Person
from ..live.conftest import chromium
from ..waiting import until
from .conftest import Order, films

__all__ = ["chromium"]
pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


COMMON = """
[[scenes]]
name = "thanks"
seconds = 1.5
background = "gold"
"""
GOLD = rgb(Theme().gold)
#: The colour in the upper left corner, two seconds into the film.
SEEK = """async player => {
  player.pause();
  await new Promise(done => { player.onseeked = done; player.currentTime = 2.0 });
  const pen = document.createElement("canvas").getContext("2d");
  pen.drawImage(player, 0, 0, 40, 40, 0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data];
}"""


def signed_in(chromium: Browser, address: str, person: Person, **options: Any) -> Page:
    page = chromium.new_context(base_url=address, **options).new_page()
    page.goto("/sign-in")
    page.fill("[name=email]", person.user.email)
    page.fill("[name=password]", person.password)
    page.click("form button")
    return page


@pytest.fixture
def alice(chromium: Browser, address: str, cast: Cast) -> Iterator[Page]:
    """Alice's browser, signed in."""
    page = signed_in(chromium, address, cast.alice)
    yield page
    page.context.close()


@pytest.fixture
def key(cast: Cast, tiny: Path, order: Order) -> str:
    """Alice's film, three seconds long; its second half is copied from the one made before."""
    assert cast.alice.partner
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace("seconds = 0.6", "seconds = 1.5") + COMMON)
    for partner in (cast.charlie.partner, cast.alice.partner):
        assert partner
        for video_id in order(partner.id).to_make:
            jobs.render(video_id)
    found = films()[-1].key
    db.session.rollback()
    return found


def test_chromium_plays_the_film_with_its_captions(alice: Page, key: str) -> None:
    complaints: list[str] = []
    alice.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    alice.goto(f"/videos/{key}")
    player = alice.locator("video")
    player.evaluate("player => { player.muted = true; return player.play() }")
    until(lambda: player.evaluate("player => player.currentTime > 0.3"), 20, "it plays")
    assert player.evaluate("player => player.videoWidth") == 1280
    assert round(player.evaluate("player => player.duration")) == 3
    cues = "player => player.textTracks[0].cues?.length"
    until(lambda: player.evaluate(cues), 20, "the captions are there")
    assert player.evaluate("player => player.textTracks[0].mode") == "showing"
    said = player.evaluate("player => player.textTracks[0].cues[0].text")
    assert said.startswith("Alice Bikes, 6,000 points")
    assert player.evaluate(SEEK) == pytest.approx((*GOLD, 255), abs=6)
    player.evaluate("player => { player.currentTime = 2.5; return player.play() }")
    until(lambda: player.evaluate("player => player.ended"), 20, "it plays to its end")
    assert [text for text in complaints if "Content Security Policy" in text] == []


def test_a_film_goes_on_where_one_stopped_by_keyboard_and_tells_how_far_it_was_watched(
    alice: Page, key: str
) -> None:
    asked: list[str] = []
    told: list[str] = []
    alice.on(
        "request",
        lambda r: asked.append(r.headers.get("range", "")) if "film.mp4" in r.url else None,
    )
    alice.on("request", lambda r: told.append(r.post_data or "") if r.method == "POST" else None)
    alice.goto(f"/videos/{key}")
    player = alice.locator("video")
    assert player.get_attribute("poster")
    assert all(span.startswith("bytes=") for span in asked), "only as much as it needs, in ranges"
    player.evaluate("player => { player.muted = true }")
    assert player.evaluate("player => player.textTracks[0].mode") == "showing"
    alice.select_option("[data-speed] select", "0.75")
    assert player.evaluate("player => player.playbackRate") == 0.75
    player.focus()
    alice.keyboard.press("Space")
    until(lambda: player.evaluate("player => player.currentTime > 1.2"), 20, "it plays")
    alice.keyboard.press("Space")
    until(lambda: player.evaluate("player => player.paused"), 20, "it pauses")
    stopped = player.evaluate("player => player.currentTime")

    def seen() -> int:
        db.session.rollback()
        return int(db.session.scalar(db.select(FilmView.tenths)) or 0)

    until(lambda: seen() & 0b111 == 0b111, 20, "what was played is noted")
    assert seen() < 1 << 9, "and nothing else"
    alice.goto("/missions/")
    until(lambda: "opened=mission" in told, 20, "what is opened next is told")
    alice.goto(f"/videos/{key}")
    resumed = "player => player.currentTime"
    until(lambda: abs(alice.locator("video").evaluate(resumed) - stopped) < 0.5, 20, "it goes on")
    db.session.rollback()
    assert set(db.session.scalars(db.select(FilmStep.what))) == {"mission"}


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("script", [True, False])
def test_a_manager_orders_what_the_form_says_at_once_and_calls_it_off(
    chromium: Browser, address: str, cast: Cast, monkeypatch: pytest.MonkeyPatch, *, script: bool
) -> None:
    """Without script nothing was counted again; with it, the press may come before the count."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    mia = signed_in(chromium, address, cast.mia, java_script_enabled=script)
    mia.goto("/console/videos/new?template=tiny&period=2013-Q2")
    mia.route("**/forecast?*", lambda route: None)  # the count never comes back
    mia.select_option("[name=region]", "Northwest")
    mia.click("#forecast button")
    mia.wait_for_url("**/console/videos/*")
    assert "For Northwest" in mia.inner_text("main")
    assert len(films()) == 2
    mia.click("text=Call off the rest")
    mia.click("main button")
    until(lambda: {video.state for video in films()} == {"cancelled"}, 20, "it is called off")
    mia.context.close()


@pytest.mark.usefixtures("tiny")
def test_enter_in_the_search_counts_and_orders_nothing(
    chromium: Browser, address: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    mia = signed_in(chromium, address, cast.mia)
    mia.goto("/console/videos/new?template=tiny&period=2013-Q2")
    mia.fill("[name=partner]", "A1")
    mia.press("[name=partner]", "Enter")
    mia.wait_for_url("**/new?*partner=A1*")
    assert "csrf" not in mia.url
    assert "For Alice Bikes" in mia.inner_text("#forecast")
    assert films() == []
    mia.context.close()
