"""The console in a real browser: by keyboard, without script, in both colours; axe finds nothing."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.conftest import Cast
from tests.pages.conftest import Visit, _cast_house, chromium, house, visit
from tests.waiting import until

from .test_imports import BROKEN, MENDED

__all__ = ["_cast_house", "chromium", "house", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.service]

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
PAGES = (
    "/console/",
    "/console/partners/",
    "/console/partners/A1",
    "/console/import/",
    "/console/missions/",
    "/console/missions/spring-sprint",
    "/console/missions/new",
    "/console/missions/spring-sprint/edit",
    "/console/rules/",
    "/console/rules/change",
    "/console/boards/",
    "/console/boards/sales",
    "/rules/changes",
)


@pytest.fixture(autouse=True)
def april() -> None:
    """The house runs in a process of its own, on today's clock."""


def problems(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than the screen."""
    found = [
        f"{page.url}: {violation['id']}: {violation['nodes'][0]['html'][:150]}"
        for violation in Axe().run(page).response["violations"]
    ]
    beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return found + ([f"{page.url}: {beyond} px too wide"] if beyond > 0 else [])


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_everybody_can_use_the_pages(visit: Visit, cast: Cast, size, colours: str):
    # axe is put into the page as a script of its own, which the content policy forbids.
    context = visit(cast.mia, viewport=size, color_scheme=colours, bypass_csp=True)
    page = context.new_page()
    found = []
    for address in PAGES:
        page.goto(address)
        found += problems(page)
    assert found == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_broken_file_is_mended_and_taken_in(
    visit: Visit, cast: Cast, tmp_path: Path, script: bool
):
    complaints: list[str] = []
    page = visit(cast.mia, java_script_enabled=script).new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    broken, mended = tmp_path / "broken.csv", tmp_path / "mended.csv"
    broken.write_text(BROKEN)
    mended.write_text(MENDED)
    page.goto("/console/import/")
    page.set_input_files("input[type=file]", broken)
    page.get_by_role("button", name="Look into the file").click()
    page.locator("#from-kind").select_option(label="The same in every row …")
    page.locator("#same-kind").select_option(label="a sale")
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("heading", name="3 bad rows").wait_for()
    page.set_input_files("input[type=file]", mended)
    page.get_by_role("button", name="Check the mended file").click()
    page.get_by_role("button", name="Take in 5 rows").click()
    page.get_by_text("The file is in.").wait_for()
    assert [text for text in complaints if "Content Security Policy" in text] == []


@pytest.mark.parametrize(("size", "colours"), [(PHONE, "dark"), (DESK, "light")])
def test_everybody_can_mend_a_file(visit: Visit, cast: Cast, tmp_path: Path, size, colours: str):
    context = visit(cast.mia, viewport=size, color_scheme=colours, bypass_csp=True)
    page = context.new_page()
    file = tmp_path / "broken.csv"
    file.write_text(BROKEN)
    page.goto("/console/import/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Look into the file").click()
    page.locator("#same-kind").wait_for()
    found = problems(page)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_text("needs your attention").wait_for()
    found += problems(page)
    page.locator("#same-kind").select_option(label="a sale")
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("heading", name="3 bad rows").wait_for()
    page.locator("#columns > summary").click()
    found += problems(page)
    page.get_by_role("button", name="Take in 2 good rows").click()
    page.get_by_role("button", name="Leave them out and take in").click()
    page.get_by_text("The file is in.").wait_for()
    assert found + problems(page) == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_mission_is_made_by_keyboard(visit: Visit, cast: Cast, script: bool):
    page = visit(cast.mia, java_script_enabled=script).new_page()
    page.goto("/console/missions/new")
    page.get_by_label("Name").first.focus()
    page.keyboard.type("Rush")
    page.locator("summary", has_text="Region").press("Enter")
    page.get_by_label("Northwest").focus()
    page.keyboard.press("Space")
    page.locator("[name='stages--1--name']").focus()
    page.keyboard.type("First sale")
    page.locator("[name='stages--1--target']").focus()
    page.keyboard.type("1")
    page.locator("[value=add]").focus()
    page.keyboard.press("Enter")
    page.locator("[name='stages--2--name']").wait_for()
    focused = "document.activeElement.name"
    if script:
        until(
            lambda: page.evaluate(focused) == "stages--2--name", what="the new stage has the focus"
        )
        page.keyboard.type("Second")
    else:
        page.locator("[name='stages--2--name']").fill("Second")
    page.locator("[name='stages--2--target']").fill("3")
    page.locator("[name='stages--2--reward.points']").fill("100")
    if script:
        words = page.locator("#mission-preview")
        until(lambda: "Close 3 sales" in words.inner_text(), what="the words follow the form")
        assert "200 points" in words.inner_text()
    page.get_by_role("button", name="Publish mission").focus()
    page.keyboard.press("Enter")
    page.get_by_text("The mission is live.").wait_for()
    assert page.get_by_role("heading", name="Rush", level=1).is_visible()


def test_the_enter_key_never_takes_a_stage_away(visit: Visit, cast: Cast):
    page = visit(cast.mia).new_page()
    page.goto("/console/missions/new?from=spring-sprint")
    page.get_by_label("Name").first.press("Enter")
    page.get_by_text("Nothing is published yet").wait_for()
    assert page.locator("[name='stages--2--name']").input_value() == "Twenty thousand"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_rule_is_made_tried_and_published_by_keyboard(visit: Visit, cast: Cast, script: bool):
    look = {"viewport": PHONE, "color_scheme": "dark"} if script else {}
    page = visit(cast.mia, java_script_enabled=script, bypass_csp=True, **look).new_page()
    page.goto("/console/rules/")
    page.get_by_role("button", name="New rule").press("Enter")
    page.get_by_label("Name").focus()
    page.keyboard.type("Road SPIFF")
    page.locator("[name=rate]").focus()
    page.keyboard.type("much")
    page.keyboard.press("Tab")
    found: list[str] = []
    if script:
        page.locator("#field-rate-error").wait_for()
        found += problems(page)
    page.locator("[name=rate]").fill("3")
    if script:
        words = page.locator("#rule-preview")
        until(lambda: "You earn 3 points" in words.inner_text(), what="the words follow the form")
        page.locator("[name=bands]").select_option("marginal")
        page.locator("#field-band--1--from").wait_for()
        page.locator("[name=bands]").select_option("-")
        page.locator("[name=rate]").wait_for()
        assert page.locator("[name=rate]").input_value() == "3"
    page.get_by_role("button", name="Review and try it").press("Enter")
    page.get_by_role("button", name="Try it", exact=True).press("Enter")
    page.get_by_text("The draft would have cost").wait_for()
    found += problems(page) if script else []
    page.get_by_label("Why").fill("Road bikes are slow")
    page.get_by_role("button", name="Publish").press("Enter")
    page.get_by_text("Road spiff is published.").wait_for()
    page.get_by_role("link", name="What changed").click()
    page.get_by_text("Road bikes are slow").wait_for()
    assert found == []
