"""Missions as partners see them: their own, with what is missing; nobody else's."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from engage import clock
from tests.browsing import Browser, browser
from tests.conftest import Cast, record, sale
from tests.reading import page, text

pytestmark = pytest.mark.usefixtures("april")


def test_a_mission_says_what_is_missing_how_long_and_what_it_is_worth(alice: Browser):
    found = page(alice, "/missions/spring-sprint")
    hero = text(found.select_one(".next"))
    assert "1 more sale to stage 1 of Spring sprint" in hero
    assert "51 days left" in hero
    assert "2 of 3 sales" in hero
    assert "Worth 500 points" in hero
    path = [text(stage) for stage in found.select(".path-stage")]
    assert path[0] == "1 Now First three deals Close 3 sales 2 of 3 sales 500 points"
    assert path[1].startswith("2 Opens after stage 1 Twenty thousand Sell for $20,000")
    assert "For partners in region Northwest or Southwest." in text(found)


def test_a_reached_stage_opens_the_next(alice: Browser, cast: Cast):
    record(cast.programme, sale("a-3", "A1", "100", date(2013, 4, 9)))
    found = page(alice, "/missions/spring-sprint")
    assert "$13,900 more in sales to stage 2" in text(found.select_one(".next"))
    assert found.select(".path-stage.is-reached")


def test_a_mission_that_does_not_address_me_does_not_exist(app: Flask, cast: Cast):
    charlie = browser(app, cast.charlie.user)
    assert charlie.get("/missions/spring-sprint").status_code == 404
    assert charlie.get("/missions/spring-sprint/now").status_code == 404
    assert "No missions yet" in text(page(charlie, "/missions/"))


def test_the_list_tells_running_coming_and_over(alice: Browser, monkeypatch: pytest.MonkeyPatch):
    for month, heading in ((3, "Coming"), (4, "Running"), (6, "Over")):
        monkeypatch.setattr(clock, "now", lambda m=month: datetime(2013, m, 10, 15, tzinfo=UTC))
        found = page(alice, "/missions/")
        assert [text(title) for title in found.select("main h2.text-xl")] == [heading]


def test_a_mission_that_is_over_says_how_far_one_came(
    alice: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    record(cast.programme, sale("a-3", "A1", "100", date(2013, 4, 9)))
    monkeypatch.setattr(clock, "now", lambda: datetime(2013, 6, 10, 15, tzinfo=UTC))
    found = page(alice, "/missions/spring-sprint")
    assert "This mission is over: 1 of 2 stages reached." in text(found)
    assert "Not reached" in text(found)


def test_a_manager_reads_every_mission_without_a_progress(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    found = page(mia, "/missions/spring-sprint")
    assert not found.select(".next")
    assert "Stage 1" in text(found)
    assert mia.get("/missions/spring-sprint/now").status_code == 404


def test_the_moving_part_has_its_own_address(alice: Browser):
    found = page(alice, "/missions/spring-sprint/now")
    root = found.select_one("#progress")
    assert root
    assert root["hx-get"] == "/missions/spring-sprint/now"
    assert not found.select("html")


def test_a_stage_done_before_its_turn_says_what_it_waited_for(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    record(cast.programme, sale("b-9", "B1", "90000", date(2013, 4, 9)))
    monkeypatch.setattr(clock, "now", lambda: datetime(2013, 6, 10, 15, tzinfo=UTC))
    said = text(page(browser(app, cast.bob.user), "/missions/spring-sprint"))
    assert "Waited for stage 1 Twenty thousand" in said
    assert "Not reached First three deals" in said
