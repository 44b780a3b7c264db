"""While a board is frozen, nothing a rival can open tells what happened since; a partner sees its own
score and no place; managers see both."""

import re
from datetime import date

import pytest
from flask import Flask

from engage import clock, periods
from engage.db import db
from engage.leaderboards import jobs, ranking, service
from engage.outbox.models import Message
from engage.studio.plan import plan
from engage.studio.values import Value
from engage.videos import fields
from engage.videos.snapshot import Teller
from tests.api.conftest import caller
from tests.browsing import browser
from tests.conftest import Cast, publish, record, sale
from tests.leaderboards.test_outlets import outlets
from tests.leaderboards.test_pictures import FINAL, FREEZES, FROZEN, OVER, at
from tests.studio.conftest import house_templates

#: Bob's score with what he sells while the board is frozen, and that sale, as anything would say them.
#: Whole numbers: the digits of a timing on /metrics, or of a signature, may hold them by chance.
SECRETS = re.compile(r"(?<![\w.])(13|9),?123(?!\w)")
FRAGMENTS = ("sales/rows", "sales/export.csv", "sales/rows?scope=region%3DNorthwest", "sales/me")
AREAS = """
[[boards]]
slug = "areas"
name = "Areas"
measure = "amount"
on = "sale"
period = "quarter"
by = "region"
[[boards]]
slug = "growth"
name = "Growth"
measure = "amount"
on = "sale"
period = "year"
by = "partner"
baseline = "same period last year"
newcomers = "5"
[[boards]]
slug = "climb"
name = "Climb"
measure = "points"
period = "quarter"
by = "partner"
baseline = "same period last year"
newcomers = "5"
"""
#: What a film tells of the board.
PLACES = ("rank", "place", "ranked_of", "places_up", "place_before", "place_above", "gap_up", "top_percent",
          "newcomer_percent", "score", "neighbours")  # fmt: skip
FROZEN_AND_LIVE = ("/leaderboards/sales", "/leaderboards/sales?live=1")


@pytest.fixture(autouse=True)
def _frozen(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(FREEZES.replace('by = "region"', 'by = "region"\nfreeze = "3d"'))
    jobs.turn(at(FROZEN))
    monkeypatch.setattr(clock, "now", lambda: at(FROZEN, 90))


def win(cast: Cast) -> None:
    record(cast.programme, sale("b-9", "B1", "9123.45", date(2013, 6, 27)), now=at(FROZEN, 60))


def test_no_outlet_tells_what_happened_since(app: Flask, cast: Cast):
    call, charlie = caller(app, "resellers", "read"), browser(app, cast.charlie.user)

    def fragments() -> list[tuple[str, str | None]]:
        seen = [charlie.get(f"/leaderboards/{address}") for address in FRAGMENTS]
        return [(page.text, page.headers.get("ETag")) for page in seen]

    def lines() -> list[int | None]:
        here, period = cast.programme, periods.parse("2013-Q2")
        board, who = service.board(here, "sales"), (cast.alice, cast.bob, cast.charlie)
        assert board
        return [ranking.place(here, board, period, each.partner.id) for each in who if each.partner]

    where, before, standings = lines(), fragments(), call("GET", "/standings/sales").json
    told_before = db.session.query(Message).count()
    win(cast)
    assert (lines(), fragments()) == (where, before)
    assert call("GET", "/standings/sales").json == standings
    told = outlets(app, cast, call)
    told.pop("console")
    for where, text in told.items():
        assert not SECRETS.search(text), where
    messages = db.session.query(Message).order_by(Message.id).offset(told_before)
    assert [message.payload.get("boards") for message in messages] == [[]]


def test_a_partner_sees_its_own_score_and_neither_its_place_nor_a_gap(app: Flask, cast: Cast):
    win(cast)
    bob = browser(app, cast.bob.user)
    mine = bob.get("/leaderboards/sales/me").text
    assert "$13,123.45" in mine
    assert 'hx-trigger="live:partner from:body' in mine  # no news of the board tells of it
    for place in ("1st", "2nd", "3rd"):
        assert place not in mine
    for said in (mine, bob.get("/home/now").text):
        assert "$13,123.45" in said
        assert "frozen for everybody" in said
        for word in ("behind", "more to pass", "You lead"):
            assert word not in said, word


def test_a_film_tells_its_partners_own_numbers_and_neither_its_place_nor_anybody_elses(cast: Cast):
    win(cast)
    assert cast.bob.partner
    for period in ("2013-Q2", "2013", None):
        told = periods.parse(period) if period else None
        teller = Teller(cast.programme, told, "https://house.example", at(FROZEN, 90))
        film = fields.read(teller.about(cast.bob.partner), fields.FIELDS)
        assert "13,123" in repr(film["sales"])
        assert [name for name in PLACES if film[name] is not None] == []
        for slug in ("status", "recap"):
            template = house_templates()[slug]
            made = plan(template, {name: film[name] for name in template.fields})
            assert made.duration >= 20
            assert not {"rank", "newcomer"} & {scene.scene.name for scene in made.scenes}


@pytest.mark.parametrize("visibility", ["named", "hidden"])
def test_a_film_of_a_final_period_tells_no_place_to_whom_it_tells_of_more_than_was_ranked(
    cast: Cast, visibility: str
):
    jobs.turn(at(OVER))
    jobs.turn(at(FINAL))
    assert cast.alice.partner
    cast.alice.partner.visibility = visibility

    def film() -> dict[str, Value | None]:
        teller = Teller(
            cast.programme, periods.parse("2013-Q2"), "https://house.example", at(FINAL, 9)
        )
        return fields.read(teller.about(cast.alice.partner), fields.FIELDS)

    assert film()["place"] is not None
    record(cast.programme, sale("a-9", "A1", "9123.45", date(2013, 6, 27)), now=at(FINAL, 5))
    late = film()
    assert "15,123" in repr(late["sales"])
    assert [name for name in PLACES if late[name] is not None] == []


def test_a_manager_sees_both_and_the_partner_cannot_ask_for_it(app: Flask, cast: Cast):
    win(cast)
    mia, bob = browser(app, cast.mia.user), browser(app, cast.bob.user)
    assert "13,123" not in mia.get("/leaderboards/sales").text
    live = mia.get("/leaderboards/sales?live=1").text
    assert "13,123" in live
    assert "Only managers see this" in live
    seen = [re.findall(r"As of [^.]+", page.text) for page in map(mia.get, FROZEN_AND_LIVE)]
    assert seen == [["As of 12:00\u202fAM"], ["As of 1:30\u202fAM"]]
    assert "13,123" in mia.get("/console/").text
    assert "13,123" not in bob.get("/leaderboards/sales/rows?live=1").text
    assert "13123" not in bob.get("/leaderboards/sales/export.csv?live=1").text


def test_who_stays_off_boards_is_not_told_its_place_either(app: Flask, cast: Cast):
    bob = browser(app, cast.bob.user)
    bob.post("/account/visibility", data={"visibility": "hidden"})
    win(cast)
    mine = bob.get("/leaderboards/sales/me").text
    assert "$13,123.45" in mine
    assert "1st" not in mine


def test_a_manager_lifts_and_freezes_with_a_reason_that_stays_readable(app: Flask, cast: Cast):
    mia, where = browser(app, cast.mia.user), "/console/boards/sales/moments"
    page = mia.get(where).text
    assert "as the programme says" in page
    assert "3 days before the end" in page
    without = mia.post(where, data={"act": "lift", "lift_reason": " "})
    assert without.status_code == 422
    assert "Say why" in without.text
    win(cast)
    assert mia.post(where, data={"act": "lift", "lift_reason": "No secrets"}).status_code == 303
    assert "13,123" in browser(app, cast.charlie.user).get("/leaderboards/sales/rows").text
    assert mia.post(where, data={"act": "lift", "lift_reason": "Again"}).status_code == 422
    assert mia.post(where, data={"act": "freeze", "freeze_reason": "The gala"}).status_code == 303
    page = mia.get(where).text
    assert "by Mia: The gala" in page
    assert "by Mia: No secrets" in page
    assert mia.post(where, data={"act": "open"}).status_code == 400
    assert mia.get("/console/boards/nothing/moments").status_code == 404


def test_boards_that_count_the_same_or_what_it_pays_freeze_and_open_together_unless_a_manager_says_otherwise(
    app: Flask, cast: Cast
):
    mia, charlie = browser(app, cast.mia.user), browser(app, cast.charlie.user)
    where, telling = "/console/boards/sales/moments", ("areas", "regions")
    publish(FREEZES + AREAS, at(FROZEN, 1))

    def act(name: str, **more: str) -> None:
        said = {"act": name, f"{name}_reason": "The gala"}
        assert mia.post(where, data=said | more).status_code == 303

    assert "not frozen: Areas, Growth (opens on Jan 1, 2014, 12:00" in mia.get(where).text
    home = browser(app, cast.bob.user).get("/home/now").text
    assert "Growth" not in home
    assert "Climb" not in home
    act("close")

    def told() -> list[str]:
        return [charlie.get(f"/leaderboards/{board}/rows").text for board in telling]

    before = told()
    win(cast)
    assert told() == before
    assert "Lift that of Points by region, Areas" in mia.get(where).text
    act("lift", along="y")
    assert not set(before) & set(told())
    assert "Freeze Points by region, Areas, Growth (" in mia.get(where).text
    act("freeze")
    assert "Moved by the same facts, and not frozen: Points by region, Areas" in mia.get(where).text
    act("lift")
    act("freeze", along="y")
    before = told()
    record(cast.programme, sale("b-10", "B1", "50000", date(2013, 6, 27)), now=at(FROZEN, 61))
    assert told() == before
    assert "Lift that of Points by region, Areas" in mia.get(where).text
    assert mia.get("/console/boards/areas/moments").text.count("by Mia: The gala") == 3


def test_what_later_periods_will_be_measured_against_is_no_news_while_a_growth_board_is_frozen(
    app: Flask, cast: Cast
):
    publish(FREEZES + AREAS, at(FROZEN, 1))
    mia = browser(app, cast.mia.user)
    frozen = {"act": "freeze", "freeze_reason": "The gala"}
    assert mia.post("/console/boards/growth/moments", data=frozen).status_code == 303

    def version() -> int:
        board = service.board(cast.programme, "growth")
        assert board
        return board.model.version

    before = version()
    win(cast)
    assert version() == before
    record(cast.programme, sale("b-0", "B1", "70", date(2012, 6, 27)), now=at(FROZEN, 61))
    assert version() > before  # that year is shown


def test_what_if_tells_no_place_on_a_frozen_board(app: Flask, cast: Cast):
    win(cast)
    asked = "kind=sale&amount=50000&facts=1&day=2013-06-29&category=Bikes"
    answer = browser(app, cast.charlie.user).get(f"/what-if/answer?{asked}").text
    assert "You would earn" in answer
    for word in ("1st", "2nd", "Sales this quarter", "13,123", "13123", "9,123", "9123"):
        assert word not in answer, word
