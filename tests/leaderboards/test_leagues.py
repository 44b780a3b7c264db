"""A league is drawn once for a period, by what stood when it began, and says so on its page."""

import html
import re
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from engage import clock, effect, membership, periods
from engage.db import db, transaction
from engage.leaderboards import jobs, leagues, offers, service
from engage.leaderboards.published import Published
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.api.conftest import caller
from tests.browsing import browser
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale

LEAGUE = PROGRAMME.replace('by = "partner"', 'by = "partner"\nleague = { size = 4, moves = 1 }', 1)
Q3, Q4 = periods.parse("2013-Q3"), periods.parse("2013-Q4")
SUMMER, AUTUMN = datetime(2013, 7, 1, 5, tzinfo=UTC), datetime(2013, 10, 1, 5, tzinfo=UTC)
JULY = date(2013, 7, 2)


def board() -> Published:
    found = service.board(programmes.by_slug("resellers"), "sales")
    assert found
    return found


def enrol(*external_ids: str, now: datetime = NOW) -> None:
    profiles = [Profile(i, f"{i} Limited", f"{i}@example.com") for i in external_ids]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), profiles, now=now))


def divisions(period: periods.Period = Q3) -> dict[str, int]:
    draw = leagues.draw_of(board(), period)
    assert draw
    partners = db.session.query(Partner).filter_by(programme_id=board().model.programme_id)
    return {p.external_id: leagues.placed(draw, p.id).division for p in partners}


@pytest.fixture(autouse=True)
def _spring(cast: Cast) -> None:
    """Eight partners; in spring A1 6,000, C1 5,000, B1 4,000, D1 300, E1 200, and three nothing."""
    publish(LEAGUE)
    enrol("D1", "E1", "F1", "G1", "H1")
    record(cast.programme, sale("d-1", "D1", "300"), sale("e-1", "E1", "200"))


def test_the_first_draw_goes_by_the_results_of_the_period_before(cast: Cast):
    assert leagues.draws(board()) == []
    jobs.turn(SUMMER)
    upper = {name for name, division in divisions().items() if division == 1}
    assert upper == {"A1", "C1", "B1", "D1"}
    assert [draw.basis for draw in leagues.draws(board())] == ["results"]


def test_what_comes_later_does_not_draw_anew_and_who_joins_is_in_the_lowest_division(cast: Cast):
    jobs.turn(SUMMER)
    drawn = divisions()
    record(cast.programme, sale("h-1", "H1", "99000"), now=SUMMER)
    enrol("N1", now=SUMMER)
    publish(LEAGUE.replace("Sales this quarter", "Sales"), SUMMER)
    jobs.turn(datetime(2013, 8, 1, tzinfo=UTC))
    assert divisions() == drawn | {"N1": 2}
    assert len(leagues.draws(board())) == 1


def test_where_nobody_below_has_a_result_by_the_end_nobody_moves_though_facts_come_after_it(
    cast: Cast,
):
    jobs.turn(SUMMER)
    record(cast.programme, sale("g-1", "G1", "50", JULY), now=AUTUMN)
    assert divisions(Q4) == divisions(Q3)


def test_who_had_the_best_result_below_goes_up_and_who_had_none_above_goes_down(cast: Cast):
    jobs.turn(SUMMER)
    results = [("g-1", "G1"), ("a-9", "A1"), ("b-9", "B1"), ("c-9", "C1")]
    record(
        cast.programme,
        *(sale(name, who, "50", JULY) for name, who in results),
        now=SUMMER.replace(day=3),
    )
    jobs.turn(AUTUMN)
    before, after = divisions(Q3), divisions(Q4)
    moved = {name: after[name] - before[name] for name in before if after[name] != before[name]}
    assert moved == {"G1": -1, "D1": 1}
    assert [draw.basis for draw in leagues.draws(board())] == ["moves", "results"]


def hide(external_id: str) -> None:
    here = programmes.by_slug("resellers")
    who = partners.by_external_id(here.id, external_id)
    assert who
    transaction(lambda: membership.show(here, who, "hidden", None, now=SUMMER))


def test_who_stays_off_boards_keeps_its_division_and_takes_nobodys_place_in_it(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    jobs.turn(SUMMER)
    hide("F1")
    results = sale("f-9", "F1", "500", JULY), sale("e-9", "E1", "400", JULY)
    record(cast.programme, *results, now=SUMMER.replace(day=3))
    monkeypatch.setattr(clock, "now", lambda: SUMMER.replace(day=3))
    page = browser(app, cast.charlie.user).get("/leaderboards/sales?scope=league%3D2").text
    assert "The best goes up" in page
    assert "3 partners are in this division, 2 have no result yet." in page
    jobs.turn(AUTUMN)
    before, after = divisions(Q3), divisions(Q4)
    assert {one for one in before if after[one] < before[one]} == {"E1"}


def test_who_is_below_the_minimum_does_not_go_up(cast: Cast):
    least = LEAGUE.replace(
        'by = "partner"', 'by = "partner"\nminimum = "100"\ndirection = "lowest"', 1
    )
    publish(least)
    jobs.turn(SUMMER)
    lower = sorted(name for name, division in divisions().items() if division == 2)
    results = zip(lower, ("50", "500"), strict=False)
    record(
        cast.programme,
        *(sale(f"{who}-9", who, amount, JULY) for who, amount in results),
        now=SUMMER.replace(day=3),
    )
    jobs.turn(AUTUMN)
    before, after = divisions(Q3), divisions(Q4)
    assert {one for one in before if after[one] < before[one]} == {lower[1]}


def test_a_division_counts_those_alone_whom_its_board_is_for(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    publish(
        LEAGUE.replace('by = "partner"', 'by = "partner"\naudience = { team = ["Seattle"] }', 1)
    )
    jobs.turn(SUMMER)
    monkeypatch.setattr(clock, "now", lambda: SUMMER)
    page = browser(app, cast.alice.user).get("/leaderboards/sales?scope=league").text
    assert "2 partners are in this division" in page


def test_a_manager_draws_again_with_a_reason_that_everybody_reads(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    jobs.turn(SUMMER)
    enrol("N1", "N2", "N3", "N4", now=SUMMER)
    transaction(
        lambda: effect.redraw(
            programmes.by_slug("resellers"),
            *("sales", "Four joined at once"),
            by=cast.mia.user.id,
            now=SUMMER.replace(day=9),
        )
    )
    assert set(divisions().values()) == {1, 2, 3}
    monkeypatch.setattr(clock, "now", lambda: SUMMER.replace(day=9))
    page = browser(app, cast.alice.user).get("/leaderboards/sales?scope=league").text
    assert "Four joined at once" in page


def test_a_division_is_a_scope_of_page_and_api_with_its_zones_and_its_rules_in_words(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    jobs.turn(SUMMER)
    later = SUMMER.replace(day=9)
    results = [("a-9", "A1", "60"), ("b-9", "B1", "50"), ("c-9", "C1", "40"), ("d-9", "D1", "30")]
    record(
        cast.programme,
        *(sale(*one, JULY) for one in results),
        sale("g-9", "G1", "900", JULY),
        now=later,
    )
    monkeypatch.setattr(clock, "now", lambda: later)
    page = browser(app, cast.alice.user).get("/leaderboards/sales?scope=league").text
    assert "Division 1 of 2" in page
    assert "The last of 4 goes down" in page
    assert "When the period ends, the last one goes down." in page
    assert "G1 Limited" not in page.partition('id="rows')[2]
    lowest = browser(app, cast.mia.user).get("/leaderboards/sales?scope=league%3D2").text
    assert "The best goes up" in lowest
    assert "Who has no result does not go up." in lowest
    assert "in the lowest division" in lowest
    call = caller(app, "resellers", "read")
    rows = call("GET", "/standings/sales?scope=league%3D2").json["rows"]
    assert [(row["rank"], row["partner"]) for row in rows] == [(1, "G1")]
    for wrong in ("league%3D3", "league%3D0", "league%3Dtop"):
        assert (
            browser(app, cast.mia.user).get(f"/leaderboards/sales?scope={wrong}").status_code == 404
        )


def test_when_a_period_is_over_who_changed_places_reads_it_and_its_page_tells_what_was(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    jobs.turn(SUMMER)
    record(
        cast.programme,
        *(sale(f"{one}-9", one, "60", JULY) for one in ("A1", "C1", "D1")),
        sale("g-9", "G1", "900", JULY),
        now=SUMMER.replace(day=9),
    )
    before = divisions()
    jobs.turn(AUTUMN)
    monkeypatch.setattr(clock, "now", lambda: AUTUMN)
    bob, division = browser(app, cast.bob.user), "/leaderboards/sales?scope=league"
    assert "You went down into this division." in bob.get(division).text
    record(
        cast.programme, *(sale(f"{one}-10", one, "5", AUTUMN.date()) for one in before), now=AUTUMN
    )
    now = divisions(Q4)
    assert now["G1"] < before["G1"]
    assert cast.bob.partner
    assert now["B1"] > before["B1"]
    assert "You went down into this division." in bob.get(division).text
    assert "You went" not in bob.get("/leaderboards/sales").text
    over = bob.get("/leaderboards/sales?period=2013-Q3&scope=league").text
    assert "When the period ended, the last one went down by what stood then." in over
    assert "goes down" not in over


def test_a_page_of_a_division_leads_to_everybody_where_its_league_was_not_drawn_so(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    jobs.turn(SUMMER)
    record(cast.programme, sale("g-9", "G1", "900", JULY), now=SUMMER)
    monkeypatch.setattr(clock, "now", lambda: SUMMER)
    alice, mia = browser(app, cast.alice.user), browser(app, cast.mia.user)
    page = alice.get("/leaderboards/sales?scope=league").text
    older = html.unescape(re.findall(r'href="([^"]+period=2013-Q2[^"]*)"', page)[0])
    for reader, address in (
        (alice, older),
        (mia, "/leaderboards/sales?period=2013-Q2&scope=league"),
    ):
        whole = reader.get(address, follow_redirects=True)
        assert whole.status_code == 200
        assert "That division was not drawn in Q2 2013: this is everybody." in whole.text
        assert "Charlie &amp; Sons" in whole.text
    for wrong in (
        "sales/rows?period=2013-Q2&scope=league",
        "sales?period=2013-Q2&scope=league%3D3",
    ):
        assert mia.get(f"/leaderboards/{wrong}").status_code == 404


def test_the_middle_of_the_field_is_offered_its_division_and_boards_by_its_own_past(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    growth = """[[boards]]
slug = "growth"
name = "Growth"
measure = "amount"
on = "sale"
period = "quarter"
baseline = "mean of last 1 periods"
newcomers = "1"
"""
    publish(f"{LEAGUE}\n{growth}")
    jobs.turn(SUMMER)
    later = SUMMER.replace(day=9)
    record(cast.programme, sale("a-9", "A1", "7000", JULY), sale("b-9", "B1", "1", JULY), now=later)
    monkeypatch.setattr(clock, "now", lambda: later)
    alice = browser(app, cast.alice.user)
    for address in ("/leaderboards/", "/home/now"):
        assert "Among partners like you" not in alice.get(address).text
    monkeypatch.setattr(offers, "TOP", 0)
    for address in ("/leaderboards/", "/home/now"):
        page = alice.get(address).text
        assert "Division 1: 1st of 2 partners" in page
        assert "Growth: 1st of" in page
