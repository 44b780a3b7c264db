"""board.js in a real browser: rows that glide, marks of who looks, and few requests."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from engage.live import publish
from tests.live.pages import Pages
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.service]

#: Remembers the animations that rows begin, for they are soon over.
WATCH = """
window.glides = [];
const animate = Element.prototype.animate;
Element.prototype.animate = function (frames, timing) {
  glides.push([this.dataset.member, Object.keys(frames[0])[0], timing.duration]);
  return animate.call(this, frames, timing);
};
"""

OpenBoard = Callable[..., Page]


@pytest.fixture
def open_board(chromium: Browser, pages: Pages) -> Iterator[OpenBoard]:
    contexts = []

    def open_board(**options: str) -> Page:
        context = chromium.new_context(base_url=pages.address, **options)
        contexts.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto("/board")
        until(lambda: page.text_content("[data-live-status]") == "Live")
        settled(page, pages.board.version)
        page.evaluate("glides.length = 0")
        return page

    yield open_board
    for context in contexts:
        context.close()


def settled(page: Page, version: int) -> None:
    """Wait until the page shows that version and htmx has finished with it."""
    until(
        lambda: page.evaluate(
            """version => document.getElementById("rows")?.dataset.version === String(version)
            && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")""",
            version,
        ),
        what=f"version {version} is shown",
    )


def order(page: Page) -> list[str]:
    return page.evaluate(
        '[...document.querySelectorAll("[data-member]")].map((row) => row.dataset.member)'
    )


def glides(page: Page) -> list[list[str]]:
    return page.evaluate("glides")


def said(page: Page) -> str | None:
    return page.text_content("#announcer")


def test_a_row_that_rose_and_those_it_passed_glide_to_their_places(
    open_board: OpenBoard, pages: Pages
):
    page = open_board()
    pages.score(5, 98)
    settled(page, 2)
    assert order(page)[:6] == ["1", "2", "5", "3", "4", "6"]
    until(lambda: sorted(row for row, *_ in glides(page)) == ["3", "4", "5"])
    assert {(kind, milliseconds <= 400) for _, kind, milliseconds in glides(page)} == {
        ("transform", True)
    }


def test_nothing_glides_for_who_asked_for_stillness(open_board: OpenBoard, pages: Pages):
    page = open_board(reduced_motion="reduce")
    pages.score(5, 98)
    settled(page, 2)
    assert order(page)[2] == "5"
    assert glides(page) == []


def test_rows_that_nobody_sees_do_not_move(open_board: OpenBoard, pages: Pages):
    pages.board.rows = [(member, 1000 - member) for member in range(1, 301)]
    page = open_board()
    pages.score(290, 721)
    settled(page, 2)
    assert order(page).index("290") == 279
    assert glides(page) == []


def test_who_comes_onto_the_board_appears(open_board: OpenBoard, pages: Pages):
    page = open_board()
    pages.score(99, 98)
    settled(page, 2)
    until(lambda: ["99", "opacity"] in [glide[:2] for glide in glides(page)])


def test_between_podium_and_table_a_row_appears_and_the_others_glide(
    open_board: OpenBoard, pages: Pages
):
    pages.board.podium = 3
    page = open_board()
    pages.score(4, 98)
    settled(page, 2)
    assert order(page)[:4] == ["1", "2", "4", "3"]
    until(lambda: dict(glide[:2] for glide in glides(page)) == {"4": "opacity", "3": "opacity"})


def test_the_viewers_row_is_marked_at_first_and_after_every_change(
    open_board: OpenBoard, pages: Pages
):
    page = open_board()
    for member in (3, 7):
        row = page.locator(".is-me")
        assert row.get_attribute("data-member") == "7"
        assert row.get_attribute("aria-current") == "true"
        assert row.locator(".tag-you").all_text_contents() == ["You"]
        pages.score(member, pages.board.rows[0][1] + 1)
        settled(page, pages.board.version)
    assert page.locator(".is-me").count() == 1


def test_the_viewer_hears_of_their_own_move(open_board: OpenBoard, pages: Pages):
    page = open_board()
    pages.score(7, 98)
    settled(page, 2)
    until(lambda: said(page) == "You moved from 7th to 3th")


def test_the_viewer_is_told_when_another_one_moves_them(open_board: OpenBoard, pages: Pages):
    page = open_board()
    pages.score(20, 200)
    settled(page, 2)
    until(lambda: said(page) == "You moved from 7th to 8th")


def test_moves_of_others_are_not_read_out(open_board: OpenBoard, pages: Pages):
    page = open_board()
    pages.score(3, 200)
    settled(page, 2)
    assert said(page) == ""


def test_a_changed_score_lights_up_for_a_moment(open_board: OpenBoard, pages: Pages):
    page = open_board()
    pages.score(5, 98)
    settled(page, 2)
    lit = page.locator(".has-moved")
    until(lambda: lit.count() == 1)
    assert lit.get_attribute("data-member") == "5"
    until(lambda: lit.count() == 0)


def test_one_change_costs_one_request_and_a_known_one_none(open_board: OpenBoard, pages: Pages):
    page = open_board()
    before = pages.requests["/rows"]
    pages.score(5, 98)
    settled(page, 2)
    assert pages.requests["/rows"] == before + 1
    pages.say(publish.board_changed(1, "sales", 2))
    until(lambda: "board:sales 2" in page.evaluate("heard.slice(-1)"))
    pages.score(6, 99)
    settled(page, 3)
    assert pages.requests["/rows"] == before + 2


def test_a_burst_of_facts_costs_few_requests_and_ends_with_the_newest(
    open_board: OpenBoard, pages: Pages
):
    page = open_board()
    before = pages.requests["/rows"]
    for score in range(30):
        pages.score(9, 90 + score)
    settled(page, 31)
    assert pages.requests["/rows"] - before <= 3


def test_a_link_keeps_the_keyboards_focus_when_its_row_moves(open_board: OpenBoard, pages: Pages):
    page = open_board()
    page.focus('[data-member="5"] a')
    pages.score(5, 98)
    settled(page, 2)
    assert page.evaluate('document.activeElement.closest("[data-member]").dataset.member') == "5"


def test_rows_that_did_not_come_are_fetched_again_and_nobody_is_bothered(
    open_board: OpenBoard, pages: Pages
):
    page = open_board()
    page.evaluate("""for (const failure of ["sendError", "responseError"])
        document.addEventListener(`htmx:${failure}`, () => { window.bothered = failure; });""")
    page.route("**/rows", lambda route: route.fulfill(status=503), times=1)
    pages.score(5, 98)
    settled(page, 2)
    page.context.set_offline(True)
    until(lambda: page.text_content("[data-live-status]") == "Reconnecting…")
    pages.score(6, 99)
    page.evaluate("htmx.trigger('[hx-get]', 'live:poll')")
    page.context.set_offline(False)
    settled(page, 3)
    assert page.evaluate("window.bothered") is None
