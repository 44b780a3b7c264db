"""The address of a screen: what it shows, to whom, and until when."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import redis as redis_client
from bs4 import BeautifulSoup
from flask import Flask

from engage import clock
from engage.db import db, transaction
from engage.live.session import FlaskSessions
from engage.outbox import delivery
from engage.screens import celebrations, service
from engage.screens.models import Screen
from engage.screens.rules import Plan, parse
from tests.browsing import browser
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale
from tests.screens.examples import PLAN, a_screen

FORM = {
    "name": "Kitchen",
    "boards": ["sales", "nonsense"],
    "missions": ["spring-sprint"],
    "seconds": "12",
    "orientation": "tall",
    "theme": "light",
    "sound": "y",
}


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(delivery, "clock_now", lambda: NOW)


def slide(app: Flask, token: str, key: str) -> str:
    """A slide as the page fetches it."""
    client = browser(app)
    page = client.get(f"/screen/{token}").text
    found = re.search(rf'hx-get="(/screen/{token}/slides/{key}[^"]*)"', page)
    assert found, f"{key} is not among the slides"
    return client.get(found[1].replace("&amp;", "&")).text


# --- the console ----------------------------------------------------------------------------------


def test_a_manager_makes_a_screen_and_reads_its_address_once(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    assert mia.post("/console/screens/new", data=FORM).status_code == 303
    address = re.search(
        r"<code>http://localhost(/screen/[^<]+)</code>", first := mia.get("/console/screens/").text
    )
    assert address, first
    assert "/screen/" not in mia.get("/console/screens/").text
    made = db.session.query(Screen).one()
    assert address[1].removeprefix("/screen/") not in json.dumps([made.token_hash, made.plan])
    want = Plan("Kitchen", ("sales",), ("spring-sprint",), 12, "tall", "light", False, True)
    assert parse(made.plan) == want
    page = browser(app).get(address[1])
    assert page.status_code == 200
    assert 'data-theme="light" data-stands="tall"' in page.text


def test_what_cannot_be_is_told_beside_its_field_and_what_was_typed_stays(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    answer = mia.post(
        "/console/screens/new", data={**FORM, "seconds": "2", "boards": "", "missions": ""}
    )
    assert answer.status_code == 422
    assert "Write a whole number from 5 to 600." in answer.text
    assert "Choose at least one board or mission." in answer.text
    assert 'value="Kitchen"' in answer.text
    assert db.session.query(Screen).count() == 0


def test_of_a_screen_of_many_boards_three_are_named_and_the_rest_are_folded(app: Flask, cast: Cast):
    more = (
        f'[[boards]]\nslug = "b{n}"\nname = "Board {n}"\nmeasure = "points"\nperiod = "month"\n'
        for n in range(6)
    )
    publish(PROGRAMME + "".join(more))
    a_screen()
    a_screen(replace(PLAN, boards=tuple(f"b{n}" for n in range(6))))
    page = BeautifulSoup(browser(app, cast.mia.user).get("/console/screens/").text, "html.parser")
    many, few = (row.select_one("[data-label=Shows]") for row in page.select("tbody tr"))
    assert many
    assert few
    assert not few.select("details")
    assert [li.text for li in many.select("li")][:4] == [f"Board {n}" for n in range(4)]
    folded = many.select_one("details")
    assert folded
    assert folded.summary.text.strip() == "and 4 more"
    assert len(folded.select("li")) == 4


def test_a_changed_screen_loads_itself_again(app: Flask, cast: Cast):
    number, token = a_screen()
    client = browser(app)
    fetch = re.search(r'hx-get="([^"]+)"', client.get(f"/screen/{token}").text)[1]
    assert "HX-Refresh" not in client.get(fetch).headers
    mia = browser(app, cast.mia.user)
    assert mia.post(f"/console/screens/{number}", data=FORM).status_code == 303
    assert client.get(fetch).headers["HX-Refresh"] == "true"


def test_a_screen_turned_off_shows_nothing_and_says_so(app: Flask, cast: Cast):
    number, token = a_screen()
    sessions = FlaskSessions(app)
    session = sessions.find("", token)
    assert sessions.viewers([session])[0].who == f"screen {number}"
    mia = browser(app, cast.mia.user)
    assert mia.post(f"/console/screens/{number}/revoke").status_code == 303
    client = browser(app)
    page = client.get(f"/screen/{token}")
    assert (page.status_code, "This screen is turned off" in page.text) == (410, True)
    assert client.get(f"/screen/{token}/slides/board-sales").headers["HX-Refresh"] == "true"
    assert client.get(f"/screen/{token}/celebrations/x").status_code == 204
    assert sessions.viewers([session]) == [None]
    assert mia.get(f"/console/screens/{number}").status_code == 404


def test_a_new_address_ends_the_old_one(app: Flask, cast: Cast):
    number, token = a_screen()
    mia = browser(app, cast.mia.user)
    assert mia.post(f"/console/screens/{number}/move").status_code == 303
    assert browser(app).get(f"/screen/{token}").status_code == 404
    assert "/screen/" in mia.get("/console/screens/").text


# --- what it shows --------------------------------------------------------------------------------


def test_a_screen_shows_what_is_public_and_nothing_else(app: Flask, cast: Cast):
    _, token = a_screen()
    # The address is drawn by lot, and may spell anything.
    page = browser(app).get(f"/screen/{token}").text.replace(token, "")
    assert "Alice Bikes" in slide(app, token, "board-sales")
    assert "Northwest" in slide(app, token, "board-regions")
    assert "First three deals" in (mission := slide(app, token, "mission-spring-sprint"))
    assert re.search(r"<span>Ends in</span><time [^>]+>51 days</time>", mission)
    for private in ("@example.com", "A1", "csrf", "Rainier Group", "data-me"):
        assert private not in page, private


def test_money_of_one_partner_is_on_no_wall_where_it_stands_is(app: Flask, cast: Cast):
    board = '[[boards]]\nslug="pay"\nname="Bonus"\nmeasure="USD"\nperiod="quarter"\n'
    publish(PROGRAMME + board)
    _, token = a_screen(Plan("Hall", ("pay",)))
    shown = slide(app, token, "board-pay")
    assert "Alice Bikes" in shown
    assert "$" not in shown


def test_a_board_that_only_its_audience_sees_is_on_no_wall(app: Flask, cast: Cast):
    limited = PROGRAMME.replace(
        'by = "partner"', 'by = "partner"\naudience = { region = ["Northwest"] }'
    )
    publish(limited)
    _, token = a_screen()
    assert "Alice Bikes" not in browser(app).get(f"/screen/{token}").text
    new = browser(app, cast.mia.user).get("/console/screens/new").text
    assert 'value="regions"' in new
    assert 'value="sales"' not in new
    publish(limited.replace("audience =", 'seen_by = "everyone"\naudience =', 1))
    assert "Alice Bikes" in slide(app, token, "board-sales")


def test_a_frozen_board_stands_still_on_the_wall_and_sets_nothing_off(app: Flask, cast: Cast):
    publish(PROGRAMME.replace('by = "partner"', 'by = "partner"\nfreeze = "89d"'))
    _, token = a_screen()
    record(cast.programme, sale("b-9z", "B1", "90000", NOW.date()))
    shown = slide(app, token, "board-sales")
    assert "Frozen: what happens now" in shown
    assert "$6,000" in shown
    assert "$94,000" not in shown
    programme = cast.programme
    assert celebrations.leaders(programme, "sales", NOW)[1][0] == cast.alice.partner.id


def test_an_empty_programme_says_that_there_is_nothing_yet(app: Flask, cast: Cast):
    _, token = a_screen(Plan("Hall", ("gone",), ("over",)))
    assert "Nothing to show right now" in browser(app).get(f"/screen/{token}").text


# --- celebrations ---------------------------------------------------------------------------------


@pytest.fixture
def heard(app: Flask, cast: Cast, redis_url: str) -> "Heard":
    app.extensions["engage.redis"] = redis_client.Redis.from_url(redis_url)
    heard = Heard(app, redis_url)
    record(cast.programme, sale("a-1x", "A1", "1", NOW.date(), hour=9))  # who leads is known
    heard.deliver()
    return heard


class Heard:
    """What a screen is told to celebrate, in its words."""

    def __init__(self, app: Flask, url: str) -> None:
        self._app = app
        self.token = a_screen()[1]
        self._ear = redis_client.Redis.from_url(url).pubsub(ignore_subscribe_messages=True)
        self._ear.subscribe("engage:live")
        self._ear.get_message(timeout=5)  # that it listens
        self.references: list[str] = []

    def deliver(self) -> list[str]:
        """Send the outbox, and say what a screen makes of the celebrations in it."""
        delivery.deliver()
        self.references = []
        while message := self._ear.get_message(timeout=0.2):
            for said in map(json.loads, message["data"].splitlines()):
                if said["topic"] == "celebration":
                    self.references.append(said["what"])
        return [text for one in self.references if (text := self.show(one))]

    def show(self, reference: str) -> str:
        answer = browser(self._app).get(f"/screen/{self.token}/celebrations/{reference}")
        words = re.findall(r'party-(?:who|what)">(?:<bdi>)?([^<]+)', answer.text)
        return " ".join(words)


@pytest.mark.service
def test_a_stage_and_a_first_place_are_celebrated_once(cast: Cast, heard: Heard):
    for number in range(3):
        record(cast.programme, sale(f"b-{number}x", "B1", "2000", NOW.date(), hour=10 + number))
    told = heard.deliver()
    assert "Bob&#39;s Wheels reached “First three deals” in Spring sprint" in told
    assert "Bob&#39;s Wheels leads Sales this quarter" in told
    assert all(NOW.isoformat() not in one for one in heard.references)
    record(cast.programme, sale("b-9x", "B1", "1", NOW.date(), hour=14))
    assert heard.deliver() == []


@pytest.mark.service
def test_who_hides_is_not_celebrated_and_a_pseudonym_is(app: Flask, cast: Cast, heard: Heard):
    record(cast.programme, sale("b-1x", "B1", "9000", NOW.date(), hour=10))
    assert heard.deliver() == ["Bob&#39;s Wheels leads Sales this quarter"]
    before, bob = heard.references[0], browser(app, cast.bob.user)
    assert cast.bob.partner
    first = "top", "sales", cast.bob.partner.id
    for visibility, seen in (("pseudonym", "The Fox leads Sales this quarter"), ("hidden", "")):
        bob.post("/account/visibility", data={"visibility": visibility, "pseudonym": "The Fox"})
        assert heard.show(celebrations.reference(first, app.secret_key)) == seen
        assert visibility == "hidden" or heard.show(before) == ""  # it would tell who that is
    assert heard.deliver() == []


@pytest.mark.service
def test_history_and_what_no_screen_asked_for_set_nothing_off(cast: Cast, heard: Heard):
    for number in range(3):
        record(cast.programme, sale(f"b-{number}y", "B1", "10"))  # days ago
    assert not [told for told in heard.deliver() if "reached" in told]
    for screen in service.screens(cast.programme.id):
        transaction(lambda i=screen.id: service.revoke(i, NOW))
    record(cast.programme, sale("b-5y", "B1", "90000", NOW.date(), hour=10))
    heard.deliver()
    assert heard.references == []


def test_an_address_tells_of_nothing_that_was_not_sent_to_it(app: Flask, cast: Cast):
    _, token = a_screen()
    client = browser(app)
    secret = app.config["SECRET_KEY"]
    forged = celebrations.reference(("stage", 1, cast.alice.partner.id), secret + "x")
    elsewhere = celebrations.reference(("top", "sales", cast.alice.partner.id), secret)
    assert client.get(f"/screen/{token}/celebrations/{forged}").status_code == 204
    assert client.get(f"/screen/{token}/celebrations/{elsewhere}").status_code == 200
    _, other = a_screen(Plan("Hall", ("regions",)))
    assert client.get(f"/screen/{other}/celebrations/{elsewhere}").status_code == 204


def test_a_tier_that_is_held_is_celebrated(app: Flask, cast: Cast):
    tier = '[[tiers]]\nname="Gold"\nmeasure="amount"\non="sale"\nperiod="year"\nthreshold="5000"\n'
    publish(PROGRAMME + tier)
    _, token = a_screen(PLAN)
    secret = app.config["SECRET_KEY"]
    gold = celebrations.reference(("tier", "Gold", cast.alice.partner.id), secret)
    silver = celebrations.reference(("tier", "Silver", cast.alice.partner.id), secret)
    client = browser(app)
    assert "is Gold now" in client.get(f"/screen/{token}/celebrations/{gold}").text
    assert client.get(f"/screen/{token}/celebrations/{silver}").status_code == 204
    later = NOW + timedelta(days=2)
    assert celebrations.tier(cast.alice.partner.id, "Gold", NOW)
    assert celebrations.tier(cast.alice.partner.id, "Gold", later) == []
