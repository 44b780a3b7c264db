"""A partner reads the tier held, what keeps it and what the next one needs; a manager the ladder."""

import pytest
from flask import Flask

from engage import clock
from tests.browsing import browser
from tests.conftest import NOW, PROGRAMME, Cast, publish

TIERS = """
[[tiers]]
name = "Bronze"
measure = "amount"
on = "sale"
period = "quarter"
threshold = "0"

[[tiers]]
name = "Silver"
measure = "amount"
on = "sale"
period = "quarter"
threshold = "5000"
grace = 30
multiplier = { points = "1.5" }
perks = ["Support within a day"]

[[tiers]]
name = "Gold"
measure = "customers"
on = "sale"
period = "year"
threshold = "3"
"""


@pytest.fixture
def tiered(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    # As published before the first sale: a programme with facts has its tiers from now on.
    publish(PROGRAMME + TIERS)
    return cast


def test_a_partner_reads_where_they_stand_and_what_is_next(app: Flask, tiered: Cast) -> None:
    page = " ".join(browser(app, tiered.alice.user).get("/rules/").text.split())
    assert "You are Silver since Apr 10, 2013" in page
    assert "As things stand you keep it until Jul 30, 2013." in page
    assert "You need another 3 customers of sales to reach Gold by Dec 31, 2013." in page
    assert "$5,000 of sales in a quarter; held until the quarter ends and 30 days longer." in page
    assert "1.5 times the points that rules pay" in page
    assert "Support within a day" in page
    home = " ".join(browser(app, tiered.alice.user).get("/").text.split())
    assert "another 3 customers of sales to reach Gold" in home
    assert "You are Bronze" not in browser(app, tiered.mia.user).get("/rules/").text


def test_without_tiers_nothing_is_said_of_them(app: Flask, cast: Cast) -> None:
    for address in ("/", "/rules/"):
        assert 'id="tiers"' not in browser(app, cast.alice.user).get(address).text
