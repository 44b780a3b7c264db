"""The partners' pages in a real browser: they move by themselves, and everybody can use them."""

import re
from datetime import timedelta

import pytest
import redis
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, Route

from engage import clock, membership
from engage.clock import local_day
from engage.db import transaction
from engage.leaderboards import service as leaderboards
from engage.live import publish
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.conftest import Cast, Person, record, sale
from tests.pages.conftest import Visit
from tests.videos import examples as films
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.service]

PAGES = (
    "/",
    "/leaderboards/",
    "/leaderboards/sales",
    "/leaderboards/sales?scope=region%3DNortheast",
    "/leaderboards/sales/search?q=a",
    "/leaderboards/regions",
    "/missions/",
    "/missions/spring-sprint",
    "/rules/",
    "/earnings/",
    "/earnings/payouts/",
    "/earnings/payouts/1",
    "/earnings/facts",
    "/earnings/facts/1",
    "/ahead",
    "/what-if",
    "/rewards/",
    "/disputes/",
    "/leaderboards/sales/share",
)
FOR_MANAGERS = (
    *PAGES[1 : PAGES.index("/earnings/")],
    "/console/boards/sales/moments",
    "/console/budget",
    "/console/facts/A1",
    "/console/fact/1",
    "/console/statement/A1",
    "/console/held/",
    "/console/disputes/",
    "/console/rewards/",
    "/console/rewards/new",
    "/console/payouts/",
    "/console/payouts/1",
    "/console/payouts/1/approve",
    "/console/payouts/1/pay",
    "/console/payouts/1/payments/1",
    "/console/screens/",
    "/console/screens/new",
    "/console/videos/",
    "/console/videos/triggers/",
    "/console/videos/triggers/recap",
    "/console/videos/watching/",
)
#: The version that live.js asks for where it may have missed some.
RESET = 2**53 - 1
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def sell(cast: Cast, redis_url: str, name: str, who: Person, amount: str) -> None:
    """A sale of this minute, told to the open pages as the outbox does."""
    now = clock.now()
    day = local_day(now, cast.programme.timezone)
    assert who.partner
    partner = who.partner
    said = sale(name, partner.external_id, amount, day)
    record(
        programmes.by_slug("resellers"),
        said._replace(occurred_at=now - timedelta(minutes=1)),
        now=now,
    )
    programme = programmes.by_slug("resellers")
    bus = redis.from_url(redis_url)
    for board in leaderboards.boards(programme):
        said_to_all = publish.board_changed(programme.id, board.model.slug, board.model.version)
        publish.publish(bus, said_to_all)
    publish.publish(bus, publish.partner_changed(programme.id, partner.id))


def is_live(page: Page) -> None:
    until(lambda: page.text_content("[data-live-status]") == "Live", what="the page is live")


def test_a_sale_moves_the_rows_of_an_open_board(visit: Visit, cast: Cast, redis_url: str):
    page = visit(cast.charlie, viewport=PHONE).new_page()
    page.goto("/leaderboards/sales")
    is_live(page)
    page.evaluate("window.stays = true")
    assert "You" in page.locator("#rows .is-me").all_inner_texts()[0]
    assert page.locator(".podium-name").all_inner_texts()[0] == "Alice Bikes"
    sell(cast, redis_url, "t-9", cast.charlie, "5000")
    until(lambda: "Charlie" in page.locator(".podium-name").all_inner_texts()[0])
    until(lambda: page.text_content("#announcer") == "You moved from 2nd to 1st")
    assert page.locator("#me .is-me .rank-place").inner_text().split()[-1].startswith("1")
    assert page.evaluate("window.stays")


def test_of_a_burst_an_open_board_asks_for_the_version_it_was_told_of_and_ends_with_the_newest(
    visit: Visit, cast: Cast, redis_url: str
):
    page = visit(cast.charlie, viewport=PHONE).new_page()
    page.goto("/leaderboards/sales")
    is_live(page)
    answers: list[Response] = []
    page.on("response", lambda answer: "/sales/rows" in answer.url and answers.append(answer))
    for number in range(12):
        sell(cast, redis_url, f"t-1{number}", (cast.alice, cast.bob)[number % 2], "700")
    newest = leaderboards.board(programmes.by_slug("resellers"), "sales")
    assert newest
    shows = f"#rows[data-version='{newest.model.version}']"
    until(lambda: page.locator(shows).count() == 1, what="the newest is shown")
    told = [(int(one.request.headers["board-version"]), one.text()) for one in answers]
    assert told
    for version, answer in told:  # what a reset asks for is the newest there is
        shown = int(re.findall('data-version="([0-9]+)"', answer)[0])
        assert shown >= version or version == RESET


def test_a_sale_changes_an_open_home(visit: Visit, cast: Cast, redis_url: str):
    page = visit(cast.alice, viewport=PHONE).new_page()
    page.goto("/")
    is_live(page)
    page.evaluate("window.stays = true")
    assert "1 more sale to stage 1" in page.inner_text(".next-sentence")
    page.locator("#latest summary").first.click()
    opened = page.locator("#latest details[open]").first.get_attribute("id")
    sell(cast, redis_url, "t-9", cast.alice, "100")
    until(lambda: "1 more sale to stage 1" not in page.inner_text(".next-sentence"))
    until(lambda: "Stage 1 of Spring sprint" in page.inner_text("#latest"))
    assert page.locator(f"#latest details#{opened}").get_attribute("open") is not None
    sell(cast, redis_url, "t-10", cast.charlie, "5000")
    until(lambda: page.text_content("#announcer") == "You moved from 1st to 2nd")
    assert page.evaluate("window.stays")


def test_what_is_told_while_a_fragment_is_on_its_way_is_not_lost(
    visit: Visit, cast: Cast, redis_url: str
):
    page = visit(cast.alice, viewport=PHONE).new_page()
    page.goto("/")
    is_live(page)
    page.evaluate(
        "window.told = 0; document.body.addEventListener('live:partner', () => { window.told += 1; })"
    )
    asked: list[Route] = []

    def hold_the_first(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    page.route("**/home/now", hold_the_first)
    publish.publish(
        redis.from_url(redis_url),
        publish.partner_changed(cast.programme.id, cast.alice.partner.id),
    )
    until(lambda: page.evaluate("window.told") and asked, what="the page asked")
    before_the_sale = asked[0].fetch()
    told = page.evaluate("window.told")
    sell(cast, redis_url, "t-9", cast.alice, "100")
    until(lambda: page.evaluate("window.told") > told, what="the page was told again")
    asked[0].fulfill(response=before_the_sale)
    until(lambda: "1 more sale to stage 1" not in page.inner_text(".next-sentence"))
    assert len(asked) > 1


def test_a_fragment_that_shows_what_was_told_meanwhile_is_not_fetched_again(
    visit: Visit, cast: Cast, redis_url: str
):
    page = visit(cast.alice, viewport=PHONE).new_page()
    page.goto("/")
    is_live(page)
    until(lambda: not page.locator(".htmx-request, .htmx-settling").count(), what="the page rests")
    page.evaluate("""window.seen = [];
        for (const event of ["live:board:sales", "htmx:beforeSend", "htmx:afterSettle"])
            document.addEventListener(event, ({ target }) =>
                (target === document.body || target.id === "now") && seen.push(event), true);""")
    asked: list[Route] = []
    page.route("**/home/now", lambda route: asked.append(route))
    bus = redis.from_url(redis_url)
    publish.publish(bus, publish.partner_changed(cast.programme.id, cast.alice.partner.id))
    until(lambda: page.evaluate("1") and asked, what="the page asked")
    now = clock.now()
    said = sale("t-9", "A1", "100", local_day(now, "America/New_York"))
    record(cast.programme, said._replace(occurred_at=now - timedelta(minutes=1)), now=now)
    board = leaderboards.board(programmes.by_slug("resellers"), "sales")
    assert board
    publish.publish(bus, publish.board_changed(cast.programme.id, "sales", board.model.version))
    until(lambda: "live:board:sales" in page.evaluate("seen"), what="the page was told")
    asked[0].continue_()
    until(lambda: "htmx:afterSettle" in page.evaluate("seen"), what="the page shows it")
    assert page.locator(f"#home-near[data-version='{board.model.version}']").count()
    assert page.evaluate("seen") == ["htmx:beforeSend", "live:board:sales", "htmx:afterSettle"]


@pytest.mark.parametrize(
    ("who", "viewport", "scheme"),
    [("alice", PHONE, "light"), ("alice", DESK, "dark"), ("mia", DESK, "light")],
)
def test_axe_finds_nothing(
    visit: Visit, cast: Cast, who: str, viewport: dict[str, int], scheme: str
):
    # axe is put into the page as a script, which the page's own policy would refuse.
    context = visit(getattr(cast, who), viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    unbroken = Profile("D1", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2)
    here = programmes.by_slug("resellers")
    transaction(lambda: membership.enrol(here, [unbroken], now=clock.now()))
    now = clock.now()
    enormous = sale("t-5", "D1", "90000", local_day(now, here.timezone))
    record(here, enormous._replace(occurred_at=now - timedelta(minutes=1)), now=now)
    found = []
    shared = f"/shared/films/{films.shared(cast)['token']}"
    films_too = (f"/videos/{films.KEY}", shared, f"{shared}?words")
    batch = f"/console/videos/{films.make(cast)}"
    for address in (*PAGES, *films_too) if who == "alice" else (*FOR_MANAGERS, batch):
        answer = page.goto(address)
        assert answer
        assert answer.status == 200, address
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found += [
            f"{address}: {problem['id']} {[node['html'] for node in problem['nodes']][:3]}"
            for problem in Axe().run(page).response["violations"]
        ]
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{address} scrolls sideways by {wider} px"
    assert not found, "\n".join(found)


def test_nothing_on_these_pages_breaks_the_content_policy(visit: Visit, cast: Cast):
    page = visit(cast.alice).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for address in PAGES:
        page.goto(address)
        if page.locator("[data-live-status]").count():
            is_live(page)
    assert said == []


def test_show_more_brings_the_next_page_below_and_who_is_last_reads_it_there_alone(
    visit: Visit, cast: Cast, redis_url: str
):
    now = clock.now()
    day = local_day(now, cast.programme.timezone)
    profiles = [Profile(f"X{i:03d}", f"Partner {i:03d}") for i in range(60)]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), profiles, now=now))
    record(
        programmes.by_slug("resellers"),
        *(
            sale(f"x-{i}", f"X{i:03d}", str(5000 + i), day)._replace(
                occurred_at=now - timedelta(minutes=2)
            )
            for i in range(60)
        ),
        now=now,
    )
    page = visit(cast.charlie, viewport=DESK).new_page()
    page.goto("/leaderboards/sales")
    is_live(page)
    # The list above may be drawn anew while the rows are on their way.
    asked: list[Route] = []

    def hold_the_first(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    page.route("**/rows?*after=50*", hold_the_first)
    page.get_by_role("link", name="Show more").click()
    until(lambda: page.evaluate("1") and asked)
    page.evaluate("document.getElementById('rows').was = true")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:reset'))")
    until(lambda: not page.evaluate("document.getElementById('rows').was"))
    asked[0].continue_()
    until(lambda: page.locator("#rows-50 .rank-row").count() == 13)
    first = page.locator("#rows-50 .rank-row").first
    until(lambda: first.evaluate("row => row === document.activeElement"))
    assert page.get_by_role("link", name="Show more").count() == 0
    assert page.locator("#rows .rank-row").count() == 47
    is_live(page)
    last = page.locator("#rows-50 .rank-row").last.locator(".rank-place")
    assert last.inner_text() == "–"
    assert not page.locator("#rows-50 .is-me [data-quiet]").count()
    told: list[str] = []
    page.on("response", lambda answer: "after=50" in answer.url and told.append(answer.text()))
    sell(cast, redis_url, "t-9", cast.bob, "9000")
    until(lambda: "Bob" in page.locator(".podium-name").all_inner_texts()[0])
    until(lambda: page.locator("#rows-50 .is-me [data-quiet]").all_inner_texts() == ["63"])
    assert last.inner_text() == "63"
    assert told
    assert all("data-quiet>–" in fragment for fragment in told)
    assert page.locator("#rows-50 .rank-row").count() == 13
