"""Who opens home sees what happened to what they earned since they last read it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from engage import clock, flow
from engage.accounts.models import Seat
from engage.db import db, transaction
from engage.disputes import service as disputes
from engage.programmes import service as programmes
from engage.rewards import service as rewards
from tests.browsing import Browser, browser
from tests.conftest import NOW, PROGRAMME, Cast, publish
from tests.console.conftest import page
from tests.disputes.examples import asked
from tests.payouts.examples import MAY, run
from tests.rewards.examples import redemption
from tests.tiers.test_pages import TIERS


def news(client: Browser) -> list[str]:
    found = page(client.get("/")).select("#news li p:first-child")
    return [" ".join(item.get_text(" ").split()) for item in found]


def read(client: Browser) -> None:
    until = page(client.get("/")).select_one("#news input[name=until]")
    assert until
    client.post("/home/read", data={"until": until["value"]})


def on(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def test_answers_payments_and_rewards_are_told_until_they_are_read(
    alice: Browser, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    on(monkeypatch, NOW)
    assert news(alice) == []
    dispute_id, order = asked(cast)["dispute_id"], redemption(cast)["redemption_id"]
    here, mia = programmes.by_slug("resellers").id, cast.mia.user.id
    later = NOW + timedelta(hours=1)

    def settle() -> None:
        disputes.answer(programmes.by_slug("resellers"), dispute_id, "Yes.", 70, by=mia, now=NOW)
        rewards.fulfil(here, order, "Sent today.", by=mia, now=later)

    transaction(settle)
    on(monkeypatch, later)
    assert news(alice) == [
        "Enamel mug is on hand or on its way to you. Sent today.",
        "Your question about +2,500 points is answered: corrected by +70 points.",
    ]
    blocks = [block.get("id") for block in page(alice.get("/")).select("#home-near, #news")]
    assert blocks == ["home-near", "news"], "home opens on where one stands, whatever is new"
    read(alice)
    assert news(alice) == []
    run(cast)
    on(monkeypatch, MAY)
    assert news(alice) == ["$10.00 of April 2013: On its way by May 15, 2013."]
    assert news(browser(app, cast.charlie.user)) == [], "it is alice's alone"
    read(alice)
    on(monkeypatch, MAY + timedelta(days=1))
    mia_ = browser(app, cast.mia.user)
    mia_.post("/console/payouts/1/pay", data={"reference": "SEPA 7"})
    (paid,) = news(alice)
    assert paid.startswith("$10.00 of April 2013: Paid on May 3, 2013")


def test_a_tier_that_was_lost_is_told(alice: Browser, monkeypatch: pytest.MonkeyPatch, cast: Cast):
    publish(PROGRAMME + TIERS)
    on(monkeypatch, NOW)
    transaction(lambda: flow.reconsider(programmes.by_slug("resellers"), now=NOW))
    while news(alice):
        read(alice)
    on(monkeypatch, datetime(2013, 8, 10, 12, tzinfo=UTC))
    assert any("no longer" in one for one in news(alice))
    read(alice)
    assert news(alice) == []


def test_reading_takes_nothing_back_and_reaches_no_future(
    alice: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    on(monkeypatch, NOW)
    for until in ("2099-01-01T00:00:00+00:00", "2013-01-01T00:00:00+00:00"):
        alice.post("/home/read", data={"until": until})
        db.session.rollback()
        assert (
            db.session.query(Seat.news_read_at).filter_by(user_id=cast.alice.user.id).scalar()
            == NOW
        )
    for wrong in ("", "2013-01-01", "soon", "2013-01-01T00:00:00"):
        assert alice.post("/home/read", data={"until": wrong}).status_code == 400
