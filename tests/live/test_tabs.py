"""live.js in a real browser: who holds the stream, and what every tab learns."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from engage.live import publish
from tests.live.pages import Pages
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.service]

#: Headless tabs are all visible; this lets a test hide one.
HIDING = """
let hidden = false;
Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
window.hide = (value) => {
  hidden = value;
  document.dispatchEvent(new Event("visibilitychange"));
};
"""
NO_LOCKS = 'Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });'


@pytest.fixture
def browser(chromium: Browser, pages: Pages) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=pages.address)
    context.add_init_script(HIDING)
    yield context
    context.close()


def open_tab(browser: BrowserContext) -> Page:
    """A tab that is live; what it heard until then (the hub is younger than the page) is forgotten."""
    tab = browser.new_page()
    tab.goto("/page")
    until(lambda: status(tab) == "Live", what="the tab is live")
    forget(tab)
    return tab


def status(tab: Page) -> str | None:
    return tab.text_content("[data-live-status]")


def heard(tab: Page) -> list[str]:
    return tab.evaluate("heard")


def forget(tab: Page) -> None:
    tab.evaluate("heard.length = 0")


def hide(tab: Page, hidden: bool = True) -> None:
    tab.evaluate("hide", hidden)


def test_eight_tabs_share_one_stream_and_all_hear_of_a_change(
    browser: BrowserContext, pages: Pages
):
    tabs = [open_tab(browser) for _ in range(8)]
    assert pages.open_streams == 1
    assert pages.requests["/live"] == 1
    pages.say(publish.board_changed(1, "sales", 12))
    pages.say(publish.partner_changed(1, 7))
    for tab in tabs:
        until(lambda tab=tab: sorted(heard(tab)) == ["board:sales 12", "partner"])


def test_a_tab_that_finds_the_stream_running_looks_anew_once(browser: BrowserContext):
    first, second = open_tab(browser), browser.new_page()
    second.goto("/page")
    until(lambda: heard(second) == ["reset"])
    assert heard(first) == []


def test_when_the_tab_with_the_stream_closes_another_takes_over_and_misses_nothing(
    browser: BrowserContext, pages: Pages
):
    first, second = open_tab(browser), open_tab(browser)
    pages.say(publish.board_changed(1, "sales", 1))
    until(lambda: "board:sales 1" in heard(second))
    forget(second)
    first.close()
    pages.say(publish.board_changed(1, "growth", 2))
    # Said in the moment of the change-over it may be heard twice, which costs nothing.
    until(lambda: set(heard(second)) == {"board:growth 2"})
    until(lambda: pages.open_streams == 1)


def test_a_hidden_page_has_no_stream_and_learns_what_it_missed_when_shown(
    browser: BrowserContext, pages: Pages
):
    tab = open_tab(browser)
    hide(tab)
    until(lambda: pages.open_streams == 0)
    pages.say(publish.board_changed(1, "sales", 3))
    pages.say(publish.partner_changed(1, 8))
    pages.say(publish.partner_changed(1, 7))
    assert heard(tab) == []
    hide(tab, False)
    until(lambda: set(heard(tab)) == {"board:sales 3", "partner"})
    assert pages.open_streams == 1


def test_a_page_hidden_with_the_stream_hands_it_to_a_visible_one(
    browser: BrowserContext, pages: Pages
):
    first, second = open_tab(browser), open_tab(browser)
    hide(first)
    until(lambda: pages.requests["/live"] == 2 and pages.open_streams == 1)
    pages.say(publish.board_changed(1, "sales", 4))
    until(lambda: heard(second) == ["board:sales 4"])
    assert heard(first) == []
    hide(first, False)
    until(lambda: heard(first) == ["reset"])


def test_without_web_locks_each_visible_tab_has_a_stream(browser: BrowserContext, pages: Pages):
    browser.add_init_script(NO_LOCKS)
    tabs = [open_tab(browser) for _ in range(2)]
    assert pages.open_streams == 2
    pages.say(publish.board_changed(1, "sales", 5))
    for tab in tabs:
        until(lambda tab=tab: heard(tab) == ["board:sales 5"])


def test_a_page_that_does_not_ask_for_it_opens_no_stream(browser: BrowserContext, pages: Pages):
    tab = browser.new_page()
    tab.goto("/plain")
    assert tab.evaluate("document.readyState") == "complete"
    assert pages.requests["/live"] == 0


def test_after_a_restart_of_the_server_the_page_looks_anew(browser: BrowserContext, pages: Pages):
    tab = open_tab(browser)
    pages.restart()
    until(lambda: heard(tab) == ["reset"], 20)
    until(lambda: status(tab) == "Live")


def test_what_changed_between_a_page_and_its_first_stream_is_not_missed(
    browser: BrowserContext, pages: Pages
):
    pages.streams_are = "refused"
    tab = browser.new_page()
    tab.goto("/page")
    until(lambda: pages.requests["/live"])
    pages.say(publish.board_changed(1, "sales", 5))
    pages.streams_are = "well"
    until(lambda: status(tab) == "Live")
    # All is looked at anew where the server itself was not there yet for that long.
    assert {"board:sales 5", "reset"} & set(heard(tab))


def test_a_network_cut_and_restored_misses_no_change_and_looks_at_nothing_else(
    browser: BrowserContext, pages: Pages
):
    tab = open_tab(browser)
    pages.say(publish.board_changed(1, "sales", 1))
    until(lambda: heard(tab) == ["board:sales 1"])
    forget(tab)
    browser.set_offline(True)
    pages.cut()
    until(lambda: status(tab) != "Live")
    for version in (2, 3):
        pages.say(publish.board_changed(1, "sales", version))
    pages.say(publish.board_changed(1, "growth", 7))
    pages.say(publish.partner_changed(1, 8))
    pages.say(publish.partner_changed(1, 7))
    browser.set_offline(False)
    missed = {"board:sales 3", "board:growth 7", "partner"}
    until(lambda: missed <= set(heard(tab)))
    # Who is back within the quarter second of a pace hears both; nobody is told to look at all anew.
    assert set(heard(tab)) - missed <= {"poll", "board:sales 2"}
    until(lambda: status(tab) == "Live")
    assert pages.open_streams == 1


@pytest.mark.parametrize("streams_are", ["refused", "mute"])
def test_where_streams_are_blocked_the_page_polls_until_they_are_not(
    browser: BrowserContext, pages: Pages, streams_are: str
):
    pages.streams_are = streams_are
    tab = browser.new_page()
    tab.clock.install()
    tab.goto("/page")

    def pass_until(state: str) -> None:
        def look() -> bool:
            tab.clock.run_for(1000)
            return status(tab) == state

        until(look, 20, f"the tab says {state}")

    pass_until("Reconnecting…")
    pass_until("Updates every 20 s")
    forget(tab)
    tab.clock.run_for(60_000)
    assert heard(tab) == ["poll"] * 3
    pages.streams_are = "well"
    pass_until("Live")
    forget(tab)
    tab.clock.run_for(45_000)
    assert "poll" not in heard(tab)


def test_a_stream_that_falls_silent_is_opened_again(browser: BrowserContext, pages: Pages):
    tab = browser.new_page()
    tab.clock.install()
    tab.goto("/page")
    until(lambda: status(tab) == "Live")
    tab.clock.run_for(49_000)
    assert pages.requests["/live"] == 1
    tab.clock.run_for(5_000)
    until(lambda: pages.requests["/live"] == 2)
    until(lambda: status(tab) == "Live")


def test_nothing_needs_more_than_the_strict_policy_allows(browser: BrowserContext):
    tab = browser.new_page()
    problems: list[str] = []
    tab.on("console", lambda message: problems.append(message.text))
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto("/board")
    until(lambda: status(tab) == "Live")
    assert not [name for name in heard(tab) if name.startswith("csp")]
    assert problems == []
