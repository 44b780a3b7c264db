"""The editor of films in a real browser: what a manager changes is seen at once, published, and filmed."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from engage import clock
from engage.videos import jobs

from ..conftest import NOW, Cast
from ..waiting import until
from .conftest import films
from .test_browser import COMMON, address, chromium, signed_in

__all__ = ["address", "chromium"]

pytestmark = pytest.mark.browser

HERE = "/console/videos/templates"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def everybody_can_use(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0


#: Where the pictures of the preview come from; empty for one that is not drawn yet.
PICTURES = """[...document.querySelectorAll("#film-preview img")].map(one => {
  one.loading = "eager";
  return one.naturalWidth ? one.getAttribute("src") : "";
})"""


def pictures(page: Page) -> list[str]:
    found: list[str] = []

    def drawn() -> bool:
        found[:] = page.evaluate(PICTURES)
        return all(found)

    until(drawn, 30, "they are drawn")
    return found


@pytest.fixture
def mia(
    chromium: Browser, address: str, cast: Cast, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    file = tiny / "template.toml"
    file.write_text(file.read_text() + COMMON)
    page = signed_in(chromium, address, cast.mia, viewport=DESK)
    yield page
    page.context.close()


def publish(page: Page, why: str) -> None:
    page.click("text=Review and publish")
    page.fill("[name=note]", why)
    everybody_can_use(page)
    page.click("text=Publish version 1")
    expect(page.locator("main")).to_contain_text("Films are made by it")
    expect(page.locator("main")).to_contain_text(why)


def test_a_manager_changes_words_order_music_colours_and_logo_sees_them_and_publishes(
    mia: Page, cast: Cast, tmp_path: Path
) -> None:
    mia.goto(f"{HERE}/tiny")
    before = pictures(mia)
    assert len(before) == 2, "who sold most and whose name is longest"
    mia.click("text=One text")
    words = mia.locator("#scene-name textarea").first
    words.fill("Bravo, {rank}")
    words.press("Tab")
    expect(mia.locator("#scene-name .field-error")).to_contain_text("{rank} may be missing here")
    words = mia.locator("#scene-name textarea").first
    words.fill("Bravo, {partner_name}")
    words.press("Tab")
    expect(mia.locator("#scene-name .field-error")).to_have_count(0)
    expect(mia.locator("#film-preview img").first).not_to_have_attribute("src", before[0])
    assert not set(pictures(mia)) & set(before), "the draft is drawn for each of them"

    up = mia.locator("#up-thanks")
    up.focus()
    up.press("Enter")
    expect(mia.locator("#film-words h2[id]").first).to_have_text("Thanks")
    mia.select_option("[name=music]", "none")
    mia.fill("#film-shown [name=partner]", "Charlie")
    mia.press("#film-shown [name=partner]", "Enter")
    expect(mia.locator("#film-preview")).to_contain_text("Whom you chose")
    mia.select_option("#film-shown [name=scene]", "thanks")
    expect(mia.locator("#film-shown [name=scene]")).to_have_value("thanks")
    pictures(mia)
    everybody_can_use(mia)
    mia.set_viewport_size(PHONE)
    everybody_can_use(mia)
    mia.set_viewport_size(DESK)
    publish(mia, "We cheer first")
    for change in ("Bravo, {partner_name}", "No music", "Thanks · Name"):
        expect(mia.locator("main")).to_contain_text(change)

    mia.goto(f"{HERE}/look")
    mia.select_option("#film-shown [name=film]", "tiny")
    expect(mia.locator("#film-shown [name=scene]")).to_have_value("name")
    plain = pictures(mia)
    mia.fill("[name=ink]", "#f0f0f0")
    mia.dispatch_event("[name=ink]", "change")
    expect(mia.locator("#colours .field-error").first).to_contain_text("can hardly be read")
    slow: list[Route] = []
    mia.route("**/look/form", lambda route: route.continue_() if slow else slow.append(route))
    mia.fill("[name=ink]", "#f0f0f1")
    mia.dispatch_event("[name=ink]", "change")
    mia.fill("[name=ink]", "#202030")
    mia.dispatch_event("[name=ink]", "change")
    slow[0].continue_()  # what was chosen since is not put back by the answer to what was before
    expect(mia.locator("#colours .field-error")).to_have_count(0)
    expect(mia.locator("[name=ink]")).to_have_value("#202030")
    expect(mia.locator("#film-preview img").first).not_to_have_attribute("src", plain[0])
    logo = tmp_path / "logo.png"
    Image.new("RGBA", (80, 40), "#c02030").save(logo)
    mia.set_input_files("[name=file]", logo)
    mia.click("text=Keep the draft")
    expect(mia.locator("img[alt='The logo as it is']")).to_be_visible()
    everybody_can_use(mia)
    publish(mia, "Our colours")

    assert cast.alice.partner
    mia.goto("/console/videos/new?template=tiny&period=2013-Q2&partner=A1")
    mia.click("#forecast button")
    mia.wait_for_url("**/console/videos/*")
    (made,) = films()
    jobs.render(made.id)
    (made,) = films()
    assert made.state == "done"
    mia.goto(f"/videos/{made.key}")
    expect(mia.locator("main")).to_contain_text("Bravo, Alice Bikes")
