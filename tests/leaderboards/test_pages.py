"""Boards as people see them: one table for all, and a small part that is each one's own."""

import io
from collections.abc import Iterator
from datetime import date, timedelta

import openpyxl
import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import event

from engage import clock, membership
from engage.db import db, transaction
from engage.leaderboards import service, wording
from engage.leaderboards import view as views
from engage.leaderboards.jobs import keep_days
from engage.partners.service import Profile
from engage.programmes import service as programmes
from engage.voice import ENGLISH
from tests.browsing import Browser, browser
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale
from tests.reading import page, text

pytestmark = pytest.mark.usefixtures("april")


@pytest.fixture
def crowd(cast: Cast) -> None:
    """A hundred and twenty partners more, each with a sale."""
    profiles = [Profile(f"X{i:03d}", f"Partner {i:03d}") for i in range(120)]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), profiles, now=NOW))
    record(
        programmes.by_slug("resellers"),
        *(sale(f"x-{i}", f"X{i:03d}", str(100 + i)) for i in range(120)),
    )


def podium(found: Tag) -> list[str]:
    return [text(name) for name in found.select(".podium-name")]


@pytest.fixture
def queries() -> Iterator[list[str]]:
    """Every statement sent to the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_board_shows_the_podium_what_counts_and_how_ties_are_ranked(alice: Browser):
    found = page(alice, "/leaderboards/sales")
    assert podium(found) == ["Alice Bikes", "Charlie & Sons", "Bob's Wheels"]
    words = text(found)
    assert "Sum of sales, Apr 1" in words
    assert "Equal scores share a rank" in words
    assert "As of 11:00" in words.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_near_me_marks_me_without_script(alice: Browser, charlie: Browser):
    for client, name in ((alice, "Alice Bikes"), (charlie, "Charlie & Sons")):
        mine = page(client, "/leaderboards/sales").select_one("#me .is-me")
        assert mine
        assert name in text(mine)
    assert "$1,000 behind Alice Bikes." in text(page(charlie, "/leaderboards/sales/me"))


def test_the_table_is_the_same_for_everybody(alice: Browser, charlie: Browser):
    one, other = (client.get("/leaderboards/sales/rows") for client in (alice, charlie))
    assert one.data == other.data
    assert one.headers["ETag"] == other.headers["ETag"]
    assert one.headers["Cache-Control"] == "private, no-cache"
    assert "is-me" not in one.text


def test_an_unchanged_table_is_not_sent_again_and_not_ranked_again(
    alice: Browser, charlie: Browser, queries: list[str]
):
    tag = alice.get("/leaderboards/sales/rows").headers["ETag"]
    assert any("ORDER BY order_key" in statement for statement in queries)
    queries.clear()
    again = charlie.get("/leaderboards/sales/rows", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert not any("ORDER BY order_key" in statement for statement in queries)


def test_a_new_fact_is_in_the_table_at_once(alice: Browser, cast: Cast):
    before = alice.get("/leaderboards/sales/rows").headers["ETag"]
    record(cast.programme, sale("b-9", "B1", "9000"))
    after = alice.get("/leaderboards/sales/rows", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert podium(BeautifulSoup(after.text, "html.parser"))[0] == "Bob's Wheels"


def test_the_rows_say_what_the_script_needs(alice: Browser, cast: Cast):
    found = page(alice, "/leaderboards/sales")
    rows = found.select_one("#rows")
    assert rows
    assert rows["data-board"] == "sales"
    assert int(str(rows["data-version"])) > 0
    assert "live:board:sales from:body" in str(rows["hx-trigger"])
    assert cast.alice.partner
    outer = found.select_one("[data-me]")
    assert outer
    assert outer["data-me"] == str(cast.alice.partner.id)
    first = found.select_one(".podium-place")
    assert first
    assert (first["data-rank"], first["data-place"]) == ("1", "1st")


def test_scopes_are_links_and_rank_anew(alice: Browser):
    found = page(alice, "/leaderboards/sales?scope=organisation%3DRainier+Group")
    assert podium(found) == ["Alice Bikes", "Bob's Wheels"]
    links = found.select(".segments a")
    assert [link.get("aria-label", text(link)) for link in links] == [
        "Everyone",
        "My region: Northwest",
        "My organisation: Rainier Group",
        "My team: Seattle",
    ]


def test_another_region_can_be_looked_at(alice: Browser):
    found = page(alice, "/leaderboards/sales?scope=region%3DNortheast")
    assert podium(found) == ["Charlie & Sons"]
    assert "You are not part of this ranking." in text(found)


@pytest.mark.parametrize(
    "query",
    [
        "scope=region%3DAtlantis",
        "scope=email%3Dx",
        "scope=nonsense",
        "period=2013-04",
        "period=soon",
        "after=-1",
        "after=x",
    ],
)
def test_a_view_that_does_not_exist_is_not_found(alice: Browser, query: str):
    for path in ("", "/rows"):
        assert alice.get(f"/leaderboards/sales{path}?{query}").status_code == 404


@pytest.mark.parametrize("member", ["0", "999999", "x", "-1"])
def test_nobody_is_led_to_a_line_that_is_not_there(alice: Browser, member: str):
    assert alice.get(f"/leaderboards/sales?at={member}").status_code == 404


def test_a_board_that_does_not_exist_is_not_found(alice: Browser):
    for path in ("", "/rows", "/me"):
        assert alice.get(f"/leaderboards/nothing{path}").status_code == 404


def test_past_periods_can_be_chosen(alice: Browser, cast: Cast):
    record(cast.programme, sale("c-0", "C1", "100", date(2013, 2, 1)))
    found = page(alice, "/leaderboards/sales")
    assert [text(option) for option in found.select("select[name=period] option")] == [
        "Q2 2013, this quarter",
        "Q1 2013",
    ]
    past = page(alice, "/leaderboards/sales?period=2013-Q1")
    assert podium(past) == ["Charlie & Sons"]
    assert "You had no result here." in text(past)
    assert past.select_one("a[href='/leaderboards/sales']")


def test_movement_is_shown_once_yesterday_is_known(alice: Browser, cast: Cast, crowd: None):
    assert not page(alice, "/leaderboards/sales").select(".move")
    keep_days(NOW)
    record(cast.programme, sale("x-up", "X000", "121"))
    found = page(alice, "/leaderboards/sales")
    risen = next(row for row in found.select(".rank-row") if "Partner 000" in text(row))
    assert "up 119 places" in text(risen)
    scoped = page(alice, "/leaderboards/sales?scope=region%3DNortheast")
    assert not scoped.select("#me .move")


def test_a_long_board_comes_in_pages(alice: Browser, crowd: None):
    first = page(alice, "/leaderboards/sales")
    assert len(first.select("#rows .rank-row")) == 47
    more = first.select_one("a[rel=next]")
    assert more
    assert more["href"] == "/leaderboards/sales?after=50"
    assert str(more["hx-get"]) == "/leaderboards/sales/rows?after=50"
    second = page(alice, str(more["href"]))
    assert not second.select(".podium")
    assert len(second.select("#rows-50 .rank-row")) == 50
    last = page(alice, "/leaderboards/sales?after=100")
    assert len(last.select("#rows-100 .rank-row")) == 23
    assert "The ranking ends before this page" in text(page(alice, "/leaderboards/sales?after=500"))


def test_who_stands_far_down_can_jump_to_their_line(app: Flask, cast: Cast, crowd: None):
    record(cast.programme, sale("a-back", "A1", "-5899"))
    found = page(browser(app, cast.alice.user), "/leaderboards/sales")
    jump = found.select_one("#me .link-more")
    assert jump
    assert cast.alice.partner
    line = f"#board-{cast.alice.partner.id}"

    def leads_to(address: str) -> str:
        there = browser(app, cast.alice.user).get(str(jump["href"]))
        assert there.status_code == 302
        assert there.location == f"/leaderboards/sales{address}{line}"
        return str(there.location)

    there = page(browser(app, cast.alice.user), leads_to("?after=100").split("#")[0])
    assert there.select_one(line)
    record(cast.programme, sale("a-forth", "A1", "100.5"))
    leads_to("")  # the link of before finds the line where it is now


def test_a_board_of_regions_marks_mine(charlie: Browser):
    found = page(charlie, "/leaderboards/regions")
    assert podium(found) == ["Northwest", "Northeast"]
    mine = found.select_one("#me .is-me")
    assert mine
    assert "Northeast" in text(mine)
    assert not found.select(".segments a")


def test_a_manager_sees_the_board_without_a_place_on_it(app: Flask, cast: Cast):
    client = browser(app, cast.mia.user)
    found = page(client, "/leaderboards/sales")
    assert podium(found)
    assert not found.select("#me")
    assert client.get("/leaderboards/sales/me").status_code == 404


def test_nobody_sees_another_programmes_rows(app: Flask, cast: Cast):
    assert not podium(page(browser(app, cast.otto.user), "/leaderboards/sales"))


def test_an_empty_board_says_so_and_where_results_are(
    alice: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=120))
    found = page(alice, "/leaderboards/sales")
    assert "Nobody is ranked yet" in text(found)
    assert found.select_one("a[href='/leaderboards/sales?period=2013-Q2']")


def test_the_list_shows_my_rank_on_every_board(alice: Browser, charlie: Browser):
    words = text(page(charlie, "/leaderboards/"))
    assert "Sales this quarter" in words
    assert "2nd of 3 partners" in words.replace("Score", "").replace("  ", " ")
    assert "$5,000" in words
    assert "$5,000.00" not in words, "told as on the board itself"
    assert "Northeast" in words


def test_a_closed_empty_period_promises_no_result(alice: Browser):
    said = text(page(alice, "/leaderboards/sales?period=2010-Q1"))
    assert "There was nothing to rank for Q1 2010." in said
    assert "the moment the first result" not in said


def test_a_board_of_groups_marks_the_readers_group_as_theirs(alice: Browser):
    found = page(alice, "/leaderboards/regions")
    assert text(found.select_one("#me .tag-you") or found) == "Yours"
    assert found.select_one('[data-say-you="Yours"]')


def test_a_ranking_leaves_as_a_file_that_runs_nothing(app: Flask, alice: Browser, cast: Cast):
    profile = [Profile("E1", "=HYPERLINK(1)", organisation="+1")]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), profile, now=NOW))
    record(programmes.by_slug("resellers"), sale("e-1", "E1", "70000"))
    mia = browser(app, cast.mia.user)
    sheet = mia.get("/leaderboards/sales/export.csv?period=2013-Q2")
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="sales-2013-Q2.csv"'
    assert sheet.data.decode("utf-8-sig").splitlines()[:3] == [
        "rank,partner,name,organisation,score,stage",
        "1,E1,'=HYPERLINK(1),'+1,70000.0000,running",
        "2,A1,Alice Bikes,Rainier Group,6000.0000,running",
    ]
    book = openpyxl.load_workbook(io.BytesIO(mia.get("/leaderboards/sales/export.xlsx").data))
    name = book.active["C2"]
    assert (name.value, name.data_type, book.active["E2"].value) == ("=HYPERLINK(1)", "s", 70000)
    # A rival reads names and scores, not the ids under which others are kept.
    assert ",,Alice Bikes," in alice.get("/leaderboards/sales/export.csv").text
    found = alice.get("/leaderboards/sales/export.json").json
    assert (found["rows"][0]["partner"], found["rows"][0]["score"]) == (None, "70000.0000")
    assert alice.get("/leaderboards/sales/export.csv?scope=team%3DSeattle").text.count("\n") == 3


def test_where_the_lowest_leads_who_has_less_is_ahead_and_has_the_longer_bar(
    charlie: Browser, cast: Cast
):
    publish(PROGRAMME.replace('name = "Sales this quarter"', 'name = "S"\ndirection = "lowest"'))
    found = page(charlie, "/leaderboards/sales/me")
    bars = [float(str(bar["width"])) for bar in found.select(".rank-bar rect")]
    names = [text(name) for name in found.select(".rank-name bdi")]
    assert names == ["Bob's Wheels", "Charlie & Sons", "Alice Bikes"]
    assert bars == sorted(bars, reverse=True)
    assert (bars[0], bars[1] < 100) == (100, True)
    said = found.select_one(".gap-line")
    assert said
    assert text(said).endswith("behind Bob's Wheels.")


@pytest.mark.parametrize(
    ("board", "said"),
    [
        ('measure = "amount"', "$3,800 behind Charlie & Sons: about 10 sales like yours."),
        (
            'target = "1000"\nmeasure = "amount"',
            "380.0 percentage points behind Charlie & Sons: about 10 sales like",
        ),
        (
            'baseline = "same period last year"\nnewcomers = "1000"\ngrowth = "percent"\nmeasure = "amount"',
            "380.0 percentage points behind Charlie & Sons: about 10 sales like yours.",
        ),
        ('measure = "points"', "3,300 points behind Charlie & Sons: about 9 sales like yours."),
        ('measure = "customers"', "In front"),
        ('direction = "lowest"\nmeasure = "amount"', "In front, $3,800 ahead of Charlie & Sons."),
    ],
)
def test_a_gap_is_told_in_sales_of_the_readers_own_size(
    app: Flask, cast: Cast, board: str, said: str
):
    sales = [sale(f"b-{n}", "B1", "400", customer=f"Customer {n}") for n in range(1, 4)]
    record(cast.programme, *sales)
    changed = PROGRAMME.replace(
        'measure = "amount"\non = "sale"\nperiod', f"{board}\nON\nperiod", 1
    )
    publish(changed.replace("ON", "" if "points" in board else 'on = "sale"'))
    found = page(browser(app, cast.bob.user), "/leaderboards/sales/me")
    gap = found.select_one(".gap-line")
    assert gap is None if "customers" in board else said in text(gap or found), text(found)


def test_of_two_sales_nothing_is_usual(app: Flask, cast: Cast):
    record(cast.programme, sale("b-2", "B1", "400"))
    found = page(browser(app, cast.bob.user), "/leaderboards/sales/me")
    assert "$600 behind Charlie & Sons." in text(found)


def test_nobody_reads_who_is_last_but_on_a_podium(alice: Browser, cast: Cast):
    assert text(page(alice, "/leaderboards/sales").select(".podium-rank")[-1]) == "Rank 3"
    more = [Profile("X1", "Dora"), Profile("X2", "Emil")]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), more, now=NOW))
    record(programmes.by_slug("resellers"), sale("x-1", "X1", "90"), sale("x-2", "X2", "80"))
    places = page(alice, "/leaderboards/sales/rows").select(".rank-place")
    assert [text(place) for place in places] == ["Rank 4", "–"]
    found = page(alice, "/leaderboards/sales/found?q=Emil").select_one(".rank-place")
    assert text(found or places[0]) == "–"
    record(programmes.by_slug("resellers"), sale("x-3", "X2", "10"))
    level = page(alice, "/leaderboards/sales/rows").select(".rank-place")
    assert [text(place) for place in level] == ["Rank 4", "Rank 4"]


def test_who_is_last_reads_it_and_nobody_else(charlie: Browser, bob: Browser, mia: Browser):
    transaction(
        lambda: membership.enrol(programmes.by_slug("resellers"), [Profile("X1", "Dora")], now=NOW)
    )
    record(programmes.by_slug("resellers"), sale("x-1", "X1", "5500"))

    def place(reader: Browser, part: str) -> str:
        line = page(reader, f"/leaderboards/sales/{part}").select(".rank-row")[-1]
        assert "Bob's Wheels" in text(line)
        return text(line.select_one(".rank-place") or line)

    assert place(bob, "me").startswith("Rank 4")
    for part in ("me", "rows", "found?q=Wheels"):
        assert place(charlie, part) == "–"
    for reader, rank in ((charlie, ""), (bob, "4"), (mia, "4")):
        file = reader.get("/leaderboards/sales/export.csv").data.decode("utf-8-sig")
        assert file.splitlines()[-1].split(",")[0] == rank
    found = charlie.get("/leaderboards/sales/export.json").json
    assert [row["rank"] for row in found["rows"]] == [1, 2, 3, None]


def test_how_the_last_one_moved_is_not_told_either(cast: Cast):
    profiles = [Profile("X1", "Dora")]
    transaction(lambda: membership.enrol(cast.programme, profiles, now=NOW))
    record(cast.programme, sale("x-1", "X1", "90"))
    board = service.board(cast.programme, "sales")
    assert board
    view = views.view(cast.programme, board, "", "", NOW.date())
    found = views.page(view, 0)
    ranks = dict.fromkeys((row.member_id for row in found.rows), 1)
    lines = wording.shown(view, found, ENGLISH, yesterday=ranks)
    assert ["move" in line for line in lines] == [True, True, True, False]
