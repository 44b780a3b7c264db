"""A screen in a real browser: it turns, celebrates, heals itself, and runs for days in the same memory."""

import json
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page, Route

from engage import clock
from engage.db import transaction
from engage.screens import celebrations, service
from engage.screens.rules import Plan
from tests.browsing import browser
from tests.conftest import NOW, Cast, record, sale
from tests.live.conftest import chromium
from tests.screens.examples import a_screen
from tests.ui.cuts import ARABIC, HEBREW, LATIN, cut
from tests.waiting import until

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

#: A stream that stays open and says what the test tells it, on the clock of the page.
STREAM = """
window.EventSource = class extends EventTarget {
  constructor() {
    super();
    window.stream = this;
    setTimeout(() => this.say("hello", {}), 10);
    this.beats = setInterval(() => this.say("beat", {}), 20000);
  }
  say(name, data) {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId: "1.1" }));
  }
  close() { clearInterval(this.beats); }
};
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""
SECONDS = 600
#: However long the clock jumps, a timer of the page fires once: it turns once an hour.
JUMP = 3600


@pytest.fixture
def hung(
    app: Flask, cast: Cast, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Page, int]]:
    """A screen's page with the house behind it, and the screen's id; its clock is the test's."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    number, token = a_screen(Plan("Kitchen", ("sales", "regions"), ("spring-sprint",), SECONDS))
    client = browser(app)

    def answer(route: Route) -> None:
        parts = urlsplit(route.request.url)
        found = client.get(f"{parts.path}?{parts.query}")
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.data)

    context = chromium.new_context(viewport={"width": 640, "height": 360})
    context.route("**/*", answer)
    page = context.new_page()
    page.add_init_script(STREAM)
    page.clock.install()
    page.goto(f"http://localhost/screen/{token}")
    yield page, number
    context.close()


def shown(page: Page) -> str:
    return page.evaluate("document.querySelector('.wall-slide:not([hidden])').id")


def say(page: Page, name: str, data: dict[str, object]) -> None:
    until(lambda: page.evaluate("'stream' in window"), what="the page opens its stream")
    page.evaluate("([name, data]) => stream.say(name, data)", [name, data])


def turn(page: Page) -> None:
    """Let one slide give way to the next, fetched ahead."""
    before, number = shown(page), page.evaluate("document.getElementById('slides').children.length")
    page.clock.fast_forward((JUMP - 1) * 1000)
    is_quiet(page)
    page.clock.fast_forward(2000)
    until(lambda: number == 1 or shown(page) != before, what="the next slide stands")


def is_quiet(page: Page) -> None:
    until(
        lambda: page.evaluate("!document.querySelector('.htmx-request')"), what="nothing is fetched"
    )


def things(tools: CDPSession) -> Counter[str]:
    """What the page holds, after the collector: DOM nodes, listeners, and JavaScript's own things."""
    parts: list[str] = []
    tools.on("HeapProfiler.addHeapSnapshotChunk", lambda event: parts.append(event["chunk"]))
    tools.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    heap = json.loads("".join(parts))
    fields = heap["snapshot"]["meta"]["node_fields"]
    names = heap["snapshot"]["meta"]["node_types"][0]
    # Compiled code and what the debugger notes down of requests come and go.
    counted = Counter(names[kind] for kind in heap["nodes"][fields.index("type") :: len(fields)])
    dom = tools.send("Memory.getDOMCounters")
    kinds = ("object", "closure", "array", "string", "concatenated string")
    found = {kind: counted[kind] for kind in kinds}
    return Counter(found | {"nodes": dom["nodes"], "listeners": dom["jsEventListeners"]})


def test_a_day_of_updates_and_celebrations_leaves_nothing_behind(
    app: Flask, cast: Cast, hung: tuple[Page, int]
):
    page, _ = hung
    tools = page.context.new_cdp_session(page)
    alice = cast.alice.partner.id
    leads = celebrations.reference(("top", "sales", alice), app.config["SECRET_KEY"])
    seen: set[str] = set()

    def hour(number: int) -> None:
        record(cast.programme, sale(f"h-{number}", "BC"[number % 2] + "1", "400", NOW.date()))
        for version in range(4):
            say(page, "board", {"board": "sales", "version": number * 4 + version})
            is_quiet(page)
        if number % 4 == 0:
            say(page, "celebration", {"what": leads})
            until(lambda: page.is_visible("#party"), what="it celebrates")
            assert page.inner_text(".party-who") == "Alice Bikes"
            page.clock.fast_forward(10_000)
            until(lambda: page.is_hidden("#party"), what="the slides are back")
        turn(page)
        seen.add(shown(page))

    hour(0)
    before = things(tools)
    for number in range(1, 25):
        hour(number)
    grown = things(tools) - before
    assert seen == {"board-sales", "board-regions", "mission-spring-sprint"}
    assert grown["listeners"] == 0, grown
    # The clock of the test keeps a note of each of its 54 jumps; of 96 updates, 24 turns and 6
    # celebrations nothing is left.
    assert max(grown.values(), default=0) < 54 + 24, grown
    assert page.evaluate("violations") == []


def test_what_happens_shows_at_once_and_a_screen_turned_off_says_so(
    cast: Cast, hung: tuple[Page, int]
):
    page, number = hung
    first = page.locator(".wall-row").first
    assert first.locator(".wall-name").inner_text() == "Alice Bikes"
    record(cast.programme, sale("w-1", "B1", "9000", NOW.date()))
    say(page, "board", {"board": "sales", "version": 99})
    until(lambda: first.locator(".wall-name").inner_text() == "Bob's Wheels")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    transaction(lambda: service.revoke(number, NOW))
    say(page, "goodbye", {})
    until(lambda: "turned off" in page.inner_text("body"))
    assert page.evaluate("violations") == []


def test_however_long_its_words_are_a_slide_stays_on_the_wall(hung: tuple[Page, int]):
    page, _ = hung
    page.evaluate("""() => {
      const row = document.querySelector(".wall-row");
      for (let n = 0; n < 12; n++) row.after(row.cloneNode(true));
      const long = "A name that is much longer than anybody would ever expect of it ".repeat(3);
      for (const part of document.querySelectorAll(".wall-title > *, .wall-name")) part.textContent = long;
    }""")
    for width, height in ((1920, 1080), (1080, 1920)):
        page.set_viewport_size({"width": width, "height": height})
        inside = """() => {
          const foot = document.querySelector(".wall-foot").getBoundingClientRect().top;
          const shown = [...document.querySelectorAll(".wall-slide:not([hidden]) *")]
            .map((part) => part.getBoundingClientRect()).filter(({ height }) => height);
          return shown.length > 20 && shown.every(({ left, right }) => left >= 0 && right <= innerWidth)
            && [...document.querySelectorAll(".wall-slide:not([hidden]) .wall-row")]
              .every((row) => row.getBoundingClientRect().bottom <= foot);
        }"""
        assert page.evaluate(inside), (width, height)


def test_what_a_wall_cuts_of_a_name_is_its_own_end_and_many_slides_leave_it_room(
    hung: tuple[Page, int],
):
    page, _ = hung
    page.evaluate(
        """(names) => {
          const row = document.querySelector(".wall-row");
          for (const name of names.reverse()) {
            row.after(row.cloneNode(true));
            row.nextElementSibling.querySelector(".wall-name").textContent = name;
          }
          document.querySelector(".wall-slide h1").textContent = names[0].repeat(3);
          dots.append(...Array.from({ length: 25 }, () => document.createElement("i")));
          dots.firstElementChild.className = "is-on";
        }""",
        [LATIN, HEBREW, ARABIC],
    )
    for width, height in ((960, 540), (540, 960)):
        page.set_viewport_size({"width": width, "height": height})
        assert cut(page, ".wall-slide:not([hidden]) :is(.wall-name, h1)") == (4, []), (
            width,
            height,
        )
        brand = page.locator(".wall-brand bdi")
        assert brand.evaluate("(name) => name.scrollWidth <= name.clientWidth"), "all of it is seen"
