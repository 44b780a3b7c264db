"""A board for some of the partners does not exist for the others, whichever way they look."""

from flask import Flask

from engage import membership
from engage.db import transaction
from engage.programmes import service as programmes

from ..browsing import browser
from ..conftest import NOW, PROFILES, PROGRAMME, Cast, publish

BOARD = """
[[boards]]
slug = "northwest"
name = "Best of the Northwest"
measure = "amount"
on = "sale"
period = "quarter"
audience = { region = ["Northwest"] }
"""
OUTLETS = (
    "/leaderboards/northwest",
    "/leaderboards/northwest?period=2013-Q1",
    "/leaderboards/northwest/rows",
    "/leaderboards/northwest/me",
    "/leaderboards/northwest/share",
    "/leaderboards/northwest/search?q=a",
    "/leaderboards/northwest/found?q=a",
    *(f"/leaderboards/northwest/export.{kind}" for kind in ("csv", "xlsx", "json")),
    "/earnings/facts?board=northwest",
)
LISTS = ("/", "/leaderboards/", "/what-if?kind=sale&amount=10")


def test_no_outlet_shows_it_to_who_is_not_of_its_audience(app: Flask, cast: Cast, april: None):
    publish(PROGRAMME + BOARD)
    alice, charlie, mia = (browser(app, who.user) for who in (cast.alice, cast.charlie, cast.mia))
    assert {path: charlie.get(path).status_code for path in OUTLETS} == dict.fromkeys(OUTLETS, 404)
    assert {path: alice.get(path).status_code for path in OUTLETS} == dict.fromkeys(OUTLETS, 200)
    assert mia.get("/leaderboards/northwest").status_code == 200
    for path in LISTS:
        assert "Best of the Northwest" not in charlie.get(path).text, path
    assert "Best of the Northwest" in alice.get("/leaderboards/").text


def test_who_moves_into_the_audience_sees_it_at_once(app: Flask, cast: Cast, april: None):
    publish(PROGRAMME + BOARD)
    charlie = browser(app, cast.charlie.user)
    assert charlie.get("/leaderboards/northwest").status_code == 404
    moved = [PROFILES[2]._replace(region="Northwest")]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), moved, now=NOW))
    page = charlie.get("/leaderboards/northwest")
    assert "Charlie &amp; Sons" in page.text


def test_a_board_for_everybodys_eyes_ranks_its_audience_and_is_seen_by_all(
    app: Flask, cast: Cast, april: None
):
    publish(PROGRAMME + BOARD + 'seen_by = "everyone"\n')
    page = browser(app, cast.charlie.user).get("/leaderboards/northwest")
    assert "For partners in region Northwest; everybody sees it." in page.text
    assert "Charlie &amp; Sons" not in page.text.partition("rows")[2]
    assert "You are not part of this ranking." in page.text
    cards = browser(app, cast.charlie.user).get("/leaderboards/").text
    assert "Best of the Northwest" in cards
    assert "Your first result" not in cards.partition("Best of the Northwest")[2]
