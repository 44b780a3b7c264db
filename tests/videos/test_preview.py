"""What a designer sees of a template: a page that follows its files, and sheets of every scene."""

import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from engage import clock
from engage.videos import preview
from engage.videos.cli import video

from ..conftest import NOW, Cast
from ..live.conftest import chromium
from ..waiting import until
from .test_editor import everybody_can_use

__all__ = ["chromium"]


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def page(app: Flask, cast: Cast, tiny: Path) -> Flask:
    return preview.app_for(app, "tiny", cast.programme)


def state(client: FlaskClient, **wished: str) -> dict[str, Any]:
    answer = client.get("/state", query_string=wished)
    found: dict[str, Any] = answer.json
    return found


def test_the_page_follows_the_files_and_shows_mistakes_in_place_of_the_picture(
    page: Flask, tiny: Path
) -> None:
    client = page.test_client()
    before = state(client)
    assert before == state(client), "nothing is drawn anew while nobody saves"
    assert before["scenes"] == [{"name": "name", "at": 0}]
    assert client.get("/frame.jpg?at=0.3").data.startswith(b"\xff\xd8")
    file = tiny / "template.toml"
    text = file.read_text()
    file.write_text(text.replace('kind = "text"', 'kind = "txt"'))
    wrong = state(client)
    assert wrong["version"] != before["version"]
    (problem,) = wrong["problems"]
    assert problem["file"] == "tiny/template.toml"
    assert problem["line"] == text.splitlines().index('  kind = "text"') + 1
    assert problem["remedy"].startswith("use text")
    assert client.get("/frame.jpg?at=0.3").status_code == 404
    file.write_text(text.replace("seconds = 0.6", "seconds = 0.9"))
    assert state(client)["seconds"] == 0.9


def test_a_partner_is_shown_or_why_there_is_no_film(page: Flask) -> None:
    client = page.test_client()
    assert state(client, partner="A1")["why"] == ""
    assert client.get("/frame.jpg?at=0.3&partner=A1").data != client.get("/frame.jpg?at=0.3").data
    assert state(client, partner="Z9")["why"] == "no partner has the id Z9"
    assert "Alice Bikes" in client.get("/").text


def test_it_answers_this_machine_alone(page: Flask) -> None:
    assert page.test_client().get("/", base_url="http://evil.example").status_code == 400
    assert preview.HOST == "127.0.0.1"


@pytest.mark.browser
def test_a_designer_moves_through_the_film_and_reads_the_mistakes(
    page: Flask, tiny: Path, chromium: Any
) -> None:
    server = make_server(preview.HOST, 0, page, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        tab: Page = chromium.new_page(base_url=f"http://{preview.HOST}:{server.port}")
        tab.goto("/")
        expect(tab.locator("#scenes a")).to_have_count(1)
        everybody_can_use(tab)
        first = tab.locator("#frame").get_attribute("src")
        tab.locator("#at").press("Home")
        expect(tab.locator("#time")).to_have_text("0.0 s")
        until(lambda: tab.locator("#frame").get_attribute("src") != first)
        file = tiny / "template.toml"
        text = file.read_text()
        file.write_text(text.replace('kind = "text"', 'kind = "txt"'))
        expect(tab.locator("#mistakes li")).to_contain_text("no layer kind 'txt'; use text")
        expect(tab.locator("#film")).to_be_hidden()
        everybody_can_use(tab)
        file.write_text(text)
        expect(tab.locator("#film")).to_be_visible()
    finally:
        server.shutdown()


@pytest.mark.usefixtures("cast", "tiny")
def test_sheets_show_every_scene_with_partners_that_differ_and_long_names(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("Ωμέγα Παπαδόπουλος\n\nA very long name " + "of somebody " * 6)
    out = tmp_path / "sheets"
    done = CliRunner().invoke(
        video,
        ["gallery", "--out", str(out), "--template", "tiny", "--names", str(names),
         "--programme", "resellers"],
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    stills = {file.name for file in (out / "tiny-16x9").iterdir()}
    assert stills >= {"samples-name.png", "champion-name.png", "names-001.png", "names-002.png"}
    with Image.open(out / "tiny-16x9.png") as sheet:
        assert sheet.height > 2 * 225
