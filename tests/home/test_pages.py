"""A partner's home: where I stand and what is next, and the same numbers as everywhere else."""

from datetime import UTC, date, datetime

import pytest
from bs4 import Tag
from flask import Flask

from engage import clock, membership
from engage.db import db, transaction
from engage.partners.models import Partner
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.browsing import Browser, browser
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale
from tests.reading import page, text
from tests.tiers.test_pages import TIERS

pytestmark = pytest.mark.usefixtures("april")


def hero(client: Browser) -> str:
    return text(page(client).select_one(".next"))


def seat(cast: Cast, person: str, partner: str) -> None:
    """Put somebody of the cast on another partner's chair."""
    user = getattr(cast, person).user
    found = db.session.query(Partner).filter_by(external_id=partner).one()
    user.seats[0].partner_id = found.id
    db.session.commit()


def test_home_opens_on_what_is_next(alice: Browser):
    said = hero(alice)
    assert "1 more sale to stage 1 of Spring sprint" in said
    assert "51 days left" in said
    assert "Worth 500 points" in said


def test_home_shows_rank_neighbours_points_and_money(alice: Browser):
    found = page(alice)
    assert text(found.select_one(".stats")) == (
        "Rank 1 of 3 this quarter Points 6,000 this quarter Earned $10.00 this quarter"
    )
    near = [text(row.select_one(".rank-name")) for row in found.select("#home-near .rank-row")]
    assert near == ["You Alice Bikes", "Charlie & Sons", "Bob's Wheels"]
    assert "In front, $1,000 ahead of Charlie & Sons." in text(found)
    assert text(found.select_one(".path-stage.is-current")).startswith("1 Now First three deals")
    assert "Running total in Q2 2013" in text(found.select_one("#latest"))


def test_a_better_rate_is_next_where_no_mission_runs(app: Flask, cast: Cast):
    said = hero(browser(app, cast.charlie.user))
    assert "$5,000 more in sales and your rate rises to 2%" in said
    assert "$5,000 of $10,000" in said


def test_a_nearer_tier_is_next(app: Flask, cast: Cast):
    publish(PROGRAMME + TIERS)
    record(cast.programme, sale("b-2", "B1", "700"))
    said = hero(browser(app, cast.bob.user))
    assert "Another $300 of sales and you reach Silver" in said
    assert "94% $5,000 of sales" in said
    assert "81 days left" in said
    assert "1.5 times the points that rules pay" in said
    assert "You need another" not in text(page(browser(app, cast.bob.user))), "said once"


def test_a_nearer_milestone_is_next(app: Flask, cast: Cast):
    milestone = 'milestones = [{ at = "5200", pays = "40" }]\nbands = "marginal"'
    publish(PROGRAMME.replace('bands = "marginal"', milestone))
    said = hero(browser(app, cast.charlie.user))
    assert "$200 more in sales and $40 is yours at once" in said


def test_the_place_above_is_next_where_nothing_else_can_be_won(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    record(cast.programme, sale("c-2", "C1", "5500.55", date(2013, 4, 9)))
    record(cast.programme, sale("a-9", "A1", "9000.46", date(2013, 4, 9)))
    charlie = browser(app, cast.charlie.user)
    assert "$4,500 more to pass Alice Bikes" in hero(charlie)
    assert "$4,500 behind Alice Bikes" in charlie.get("/home/now").text


def test_a_newcomer_is_told_the_first_step(app: Flask, cast: Cast):
    transaction(
        lambda: membership.enrol(
            programmes.by_slug("resellers"), [Profile("N1", "New", region="Northeast")], now=NOW
        )
    )
    seat(cast, "charlie", "N1")
    client = browser(app, cast.charlie.user)
    found = text(page(client))
    assert "Your first result this quarter puts you on the board" in found
    assert "You are not on this board yet" in found
    assert "Nothing earned yet" in found
    assert "No film yet" in found
    assert "None" not in found


def test_an_empty_period_is_said_to_be_empty(alice: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2014, 2, 3, 15, tzinfo=UTC))
    found = text(page(alice))
    assert "Nobody is ranked this quarter yet" in found
    assert "Points 0 this quarter" in found


def test_what_moves_has_addresses_of_its_own(alice: Browser):
    for name, trigger in (("now", "live:board:sales"), ("latest", "live:partner")):
        found = page(alice, f"/home/{name}")
        assert not found.select("html")
        root = found.find(True)
        assert isinstance(root, Tag)
        assert (root["id"], root["hx-get"]) == (name, f"/home/{name}")
        assert trigger in str(root["hx-trigger"])


def test_a_new_fact_is_in_the_moving_part(alice: Browser, cast: Cast):
    record(cast.programme, sale("a-3", "A1", "100", date(2013, 4, 9)))
    assert "$3,900 more in sales and your rate rises to 2%" in text(page(alice, "/home/now"))
    assert "Stage 1 of Spring sprint" in text(page(alice, "/home/latest"))


def test_an_open_line_stays_open_when_its_list_is_fetched_again(alice: Browser):
    line = page(alice, "/home/latest").select_one("details.ledger-line")
    assert line
    assert line.has_attr("hx-preserve")
    assert str(line["id"]).startswith("line-")


def test_a_managers_home_is_the_console(app: Flask, cast: Cast):
    response = browser(app, cast.mia.user).get("/")
    assert (response.status_code, response.location) == (302, "/console/")


def test_a_name_that_is_markup_stays_a_name(app: Flask, cast: Cast):
    rival = "<script>alert(1)</script>"
    transaction(
        lambda: membership.enrol(programmes.by_slug("resellers"), [Profile("A1", rival)], now=NOW)
    )
    record(cast.programme, sale("c-2", "C1", "5500", date(2013, 4, 9)))
    record(cast.programme, sale("a-9", "A1", "9000", date(2013, 4, 9)))
    response = browser(app, cast.charlie.user).get("/")
    assert rival not in response.text
    assert "more to pass &lt;script&gt;" in response.text
