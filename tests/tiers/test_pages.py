"""A partner reads the tier held, what keeps it and what the next one needs; a manager the ladder."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from engage import clock
from engage.db import db
from engage.outbox.models import Message
from engage.programmes import service as programmes
from engage.tiers import jobs, service
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


def test_who_lost_a_tier_reads_it_and_is_told_once(
    app: Flask, tiered: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fell() -> list[dict[str, object]]:
        db.session.rollback()
        return [m.payload for m in Message.query.filter_by(topic="fell")]

    here = programmes.by_slug("resellers")
    monkeypatch.setattr("engage.tiers.jobs.deliver", lambda: 0)
    for day in (datetime(2013, 7, 30, 12, tzinfo=UTC), datetime(2013, 7, 31, 3, 59, tzinfo=UTC)):
        monkeypatch.setattr(clock, "now", lambda day=day: day)
        jobs.tell_falls()
        assert fell() == []
    for minutes in (0, 5):
        now = datetime(2013, 7, 31, 4, minutes, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        jobs.tell_falls()
    assert tiered.alice.partner
    lost = {"partner": tiered.alice.partner.id, "tier": "Bronze", "was": "Silver"}
    assert lost in fell()
    assert len(fell()) == len(service.lost(here, NOW, now)), "once each"
    for address in ("/", "/rules/"):
        page = " ".join(browser(app, tiered.alice.user).get(address).text.split())
        assert "You were Silver until Jul 31, 2013, 12:00 AM." in page.replace("\u202f", " ")
    later = datetime(2013, 9, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "You were Silver" not in browser(app, tiered.alice.user).get("/").text
