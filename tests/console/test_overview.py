"""The first page: what matters today, and an honest beginning."""

from datetime import date

import pytest
from flask import Flask

from engage import membership
from engage.db import transaction
from engage.partners.service import Profile
from engage.programmes.service import by_slug

from ..browsing import Browser, browser
from ..conftest import NOW, Cast, record, sale
from .conftest import page, text


def test_sales_are_compared_with_the_same_days_of_the_period_before(mia: Browser, cast: Cast):
    record(
        cast.programme,
        sale("o-1", "A1", "10000", date(2013, 1, 5)),
        sale("o-2", "A1", "90000", date(2013, 3, 20)),
    )
    said = text(mia.get("/console/"))
    assert "$15,000" in said
    assert "50% more than at this point last time" in said
    assert "3 of 3" in said


def test_who_sold_before_and_is_silent_now_is_named_first(mia: Browser, cast: Cast):
    record(
        cast.programme,
        sale("o-1", "C1", "50000", date(2013, 1, 5)),
        sale("o-2", "B1", "5000", date(2013, 1, 5)),
    )
    behind = page(mia.get("/console/")).select(".behind li")
    assert [row.select_one("a").get_text() for row in behind] == ["Charlie & Sons", "Bob's Wheels"]


def test_a_running_mission_shows_who_reached_what(mia: Browser, cast: Cast):
    record(cast.programme, sale("a-3", "A1", "10"))
    reach = page(mia.get("/console/")).select_one(".reach")
    assert "Spring sprint" in reach.get_text()
    assert "1 of 2" in reach.get_text()


def test_a_correction_is_in_the_sum_once(mia: Browser, cast: Cast):
    record(cast.programme, sale("b-1", "B1", "1000"))
    assert "$12,000" in text(mia.get("/console/"))


def test_a_past_period_has_an_address_and_the_future_has_none(mia: Browser, cast: Cast):
    record(cast.programme, sale("o-1", "A1", "777", date(2013, 2, 5)))
    assert "$777" in text(mia.get("/console/?period=2013-Q1"))
    for name in ("2013-Q3", "2013-02", "nonsense", "all", "0001-Q1"):
        assert mia.get(f"/console/?period={name}").status_code == 404


def test_an_empty_period_leads_to_the_latest_with_sales(
    mia: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engage.clock.now", lambda: NOW.replace(month=11))
    found = page(mia.get("/console/")).select_one("a[href='/console/?period=2013-Q2']")
    assert found is not None


def test_a_new_programme_says_how_to_begin(app: Flask, cast: Cast):
    said = text(browser(app, cast.otto.user).get("/console/"))
    assert "Import partners" in said
    assert "$" not in said


def test_another_programmes_sales_are_not_in_it(app: Flask, cast: Cast):
    transaction(lambda: membership.enrol(by_slug("elsewhere"), [Profile("Z1", "Zoe")], now=NOW))
    record(by_slug("elsewhere"), sale("z-1", "Z1", "42"))
    said = text(browser(app, cast.otto.user).get("/console/"))
    assert "$42" in said
    assert "15,000" not in said
    assert "Alice" not in said


def test_a_partner_finds_no_console(alice: Browser):
    assert alice.get("/console/").status_code == 404


def test_a_closed_period_is_told_without_what_is_of_today(mia: Browser, cast: Cast):
    record(cast.programme, sale("o-1", "A1", "10000", date(2013, 2, 5)))
    now, closed = mia.get("/console/"), mia.get("/console/?period=2013-Q1")
    assert "Spring sprint" in text(now)
    assert page(now).select(".bar-on")
    said = text(closed)
    assert "Jan 1 – Mar 31, 2013" in said.replace("\N{THIN SPACE}", " ")
    assert "Data as of" not in said
    assert "Spring sprint" not in said
    assert not page(closed).select(".bar-on")
    board = page(closed).select_one('a[href*="/leaderboards/sales"]')
    assert board is not None
    assert board["href"] == "/leaderboards/sales?period=2013-Q1"


def test_every_part_of_the_console_is_in_the_navigation(app: Flask, cast: Cast) -> None:
    shown = page(browser(app, cast.mia.user).get("/console/"))
    entries = {str(link["href"]) for link in shown.select(".sidenav a")}
    assert [heading.text for heading in shown.select(".sidenav .nav-heading")] == ["Pay", "Data"]
    parts = {
        rule.rule.split("/")[2]
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/console/") and not rule.arguments
    }
    reached = {entry.split("/")[2] for entry in entries if entry.startswith("/console/")}
    assert parts - reached == set()
