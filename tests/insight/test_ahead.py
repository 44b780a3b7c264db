"""What is ahead: every rule and mission says what its nearest reward still needs."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.browsing import browser
from tests.conftest import PROGRAMME, Cast, Person, publish, record, sale
from tests.tiers.test_pages import TIERS

pytestmark = pytest.mark.usefixtures("april")


def said(app: Flask, who: Person) -> str:
    response = browser(app, who.user).get("/ahead")
    assert response.status_code == 200
    found = BeautifulSoup(response.text, "html.parser").select_one("main")
    assert found
    return " ".join(found.get_text(" ").split())


def test_the_open_stage_and_every_rule_are_told(app: Flask, cast: Cast):
    found = said(app, cast.alice)
    assert "Spring sprint Mission Close 3 sales 500 points 2 of 3 sales until May 31, 2013" in found
    assert "Every further result pays at once, up to 44,000 points more." in found
    assert "You stand at $6,000; from $10,000 on it pays 2%. The way there until Jun 30" in found


def test_who_is_not_addressed_is_told_nothing_of_it(app: Flask, cast: Cast):
    assert "Spring sprint" not in said(app, cast.charlie)
    publish(PROGRAMME.replace('"Bikes"] }', '"Bikes"], region = ["Northwest"] }'))
    assert "Bike points" not in said(app, cast.charlie)
    assert "Bike points" in said(app, cast.bob)


def test_a_used_up_cap_is_told(app: Flask, cast: Cast):
    record(cast.programme, sale("c-2", "C1", "60000", date(2013, 4, 6)))
    assert "It has paid you the most it pays: 50,000 points." in said(app, cast.charlie)


def test_milestones_and_growth_are_told(app: Flask, cast: Cast):
    extra = """[[rules]]
slug = "steps"
on = "sale"
earn = "points"
per = "fact"
period = "year"
milestones = [ { at = "5", pays = "50" } ]
starts = 2013-01-01

[[rules]]
slug = "growth"
on = "sale"
earn = "USD"
per = "amount"
rate = "0.01"
period = "year"
baseline = "same period last year"
newcomers = "9000"
starts = 2013-01-01

[[boards]]"""
    publish(PROGRAMME.replace("[[boards]]", extra, 1))
    found = said(app, cast.alice)
    assert "You stand at 2 sales; at 5 sales it pays 50 points at once." in found
    assert "You are $3,000 below the same year last year; what is above it pays." in found


def test_every_tier_above_the_one_held_is_told(app: Flask, cast: Cast):
    found = said(app, cast.alice)
    assert "Tier" not in found
    publish(PROGRAMME + TIERS)
    found = said(app, cast.alice)
    assert "Silver Tier" not in found  # which is held
    assert "Your tier, Silver, pays 1.5 times the points that rules pay" in found
    assert "Gold Tier You need another 3 customers of sales to reach Gold by Dec 31" in found
    found = said(app, cast.bob)
    assert "Silver Tier You need another $1,000 of sales to reach Silver by Jun 30" in found
    assert found.index("Silver Tier") < found.index("Gold Tier")
