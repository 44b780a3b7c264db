"""A result says everywhere whether late facts may still move it, and what came after it was final."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from flask import Flask

from engage import clock, membership, periods
from engage.db import transaction
from engage.leaderboards import jobs
from engage.partners.service import Profile
from engage.programmes import service as programmes
from engage.studio.plan import plan
from engage.videos import fields
from engage.videos.snapshot import Teller
from tests.api.conftest import caller
from tests.browsing import browser
from tests.conftest import PROGRAMME, Cast, publish, record, sale
from tests.leaderboards.test_pictures import FINAL, FREEZES, OVER, at
from tests.screens.examples import a_screen
from tests.studio.conftest import house_templates

SEASON = PROGRAMME.replace(
    'period = "quarter"\nby',
    'period = "season"\nseasons = [{slug = "dawn", name = "Dawn", starts = 2013-04-01, ends = 2013-04-20}]\nby',
)


def test_every_outlet_says_until_when_it_is_provisional_and_what_came_after_it_was_final(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    publish(FREEZES)
    bob, charlie = browser(app, cast.bob.user), browser(app, cast.charlie.user)
    call = caller(app, "resellers", "read")

    def told(minutes: int, since: str) -> tuple[str, str, set[str], str, str]:
        now = at(since, minutes)
        monkeypatch.setattr(clock, "now", lambda: now)
        sheet = charlie.get("/leaderboards/sales/export.csv?period=2013-Q2").data.decode(
            "utf-8-sig"
        )
        assert cast.alice.partner
        teller = Teller(cast.programme, periods.parse("2013-Q2"), "https://house.example", now)
        film = fields.read(teller.about(cast.alice.partner), fields.FIELDS)
        recap = house_templates()["recap"]
        made = plan(recap, {name: film[name] for name in recap.fields})
        return (
            charlie.get("/leaderboards/sales/rows?period=2013-Q2").text,
            call("GET", "/standings/sales?period=2013-Q2").json["stage"],
            {row["stage"] for row in csv.DictReader(io.StringIO(sheet))},
            " ".join(line for scene in made.scenes for line in scene.say),
            charlie.get("/leaderboards/sales/me?period=2013-Q2").text,
        )

    jobs.turn(at(OVER))
    page, stage, sheet, film, _theirs = told(1, OVER)
    assert "Provisional until Jul 4, 2013, 12:00" in page
    assert (stage, sheet) == ("provisional", {"provisional"})
    assert "Late results may still move it." in film
    record(cast.programme, sale("b-9", "B1", "9123.45", date(2013, 6, 27)), now=at(FINAL))
    page, stage, sheet, film, theirs = told(1, FINAL)
    assert "Final since Jul 4, 2013, 12:00" in page
    assert "$9,123.45 more, would be 1st instead of 3rd" in page
    assert (stage, sheet) == ("final", {"final"})
    assert "Nobody stands above you." in film
    assert "Late results" not in film
    assert "9,123.45" not in theirs
    assert "Sale of Jun 27, 2013, came" in bob.get("/leaderboards/sales/me?period=2013-Q2").text


def test_who_was_last_is_not_told_by_what_came_after_the_close_either(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    publish(FREEZES)
    transaction(lambda: membership.enrol(cast.programme, [Profile("X1", "Dora")], now=at(OVER, -9)))
    record(cast.programme, sale("x-1", "X1", "90", date(2013, 6, 3)), now=at(OVER, -8))
    jobs.turn(at(FINAL))
    record(
        programmes.by_slug("resellers"),
        sale("x-2", "X1", "10", date(2013, 6, 4)),
        sale("b-9", "B1", "9000", date(2013, 6, 4)),
        now=at(FINAL),
    )
    monkeypatch.setattr(clock, "now", lambda: at(FINAL, 1))

    def ranks(answer: Any) -> list[tuple[int | None, int | None]]:
        return [(moved["rank"], moved["rank_now"]) for moved in answer["after_close"]["moved"]]

    charlie = browser(app, cast.charlie.user)
    page = charlie.get("/leaderboards/sales/rows?period=2013-Q2").text
    assert "<bdi>Dora</bdi></strong>: $10.00 more</li>" in page
    assert "would be 1st instead of 3rd" in page
    file = charlie.get("/leaderboards/sales/export.json?period=2013-Q2").json
    assert ranks(file) == [(3, 1), (None, None)]
    by_key = caller(app, "resellers", "read")("GET", "/standings/sales?period=2013-Q2").json
    assert ranks(by_key) == [(3, 1), (4, 4)]


def test_a_season_that_is_over_says_so_on_home_and_on_the_wall(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    publish(SEASON)
    wall = f"/screen/{a_screen()[1]}"
    over = "2013-04-21T00:00-04:00"
    for minutes, said in ((1, "Provisional until Apr 24"), (3 * 1440, "Final since Apr 24")):
        jobs.turn(at(over, minutes))
        monkeypatch.setattr(clock, "now", lambda minutes=minutes: at(over, minutes + 1))
        for page in ("/home/now", "/leaderboards/", "/leaderboards/sales"):
            assert said in browser(app, cast.alice.user).get(page).text, page
        assert said in browser(app).get(wall).text


def test_other_days_than_a_boards_own_periods_never_close_and_name_no_day_on_which_they_did(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    publish(FREEZES)
    jobs.turn(at(FINAL))
    monkeypatch.setattr(clock, "now", lambda: at(FINAL, 1))
    call = caller(app, "resellers", "read")
    for name, stage in (("2013-Q2", "final"), ("2013-06", "provisional"), ("2013-07", "running")):
        told = call("GET", f"/standings/sales?period={name}").json
        assert (told["stage"], told["stage_at"] is None) == (stage, stage != "final")
