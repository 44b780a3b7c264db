"""A partner who is not to be named is named nowhere to others, from the moment it says so.

Every page a rival or a visitor of the console's first page can open, the API, commands, films and
what leaves for the live pages. A manager's own record of a partner (its page, the lists to work with)
is not told to others and keeps the name.
"""

import base64
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from unittest import mock

import openpyxl
import pytest
from click.testing import CliRunner
from flask import Flask

from engage import clock, periods
from engage.cli import main
from engage.db import db
from engage.leaderboards import jobs
from engage.leaderboards import service as leaderboards
from engage.outbox.models import Message
from engage.programmes import service as programmes
from engage.screens import celebrations
from engage.videos import fields
from engage.videos.snapshot import Teller
from tests.api.conftest import Call, caller
from tests.browsing import Browser, browser
from tests.conftest import NOW, Cast, record, sale
from tests.leaderboards.test_pictures import FINAL, at
from tests.screens.examples import a_screen

NAME = "Alice Bikes"
JSON, SHARE = "/leaderboards/sales/export.json", "/leaderboards/sales/share"
FOX = "/leaderboards/sales/found?q=fox"
#: Where partners are told by their ids as well.
WITH_IDS = ("api", "standings", "json")
BOARDS = (
    "",
    "sales",
    "sales/rows",
    "sales/me",
    "sales/found?q=e",
    "sales/search?q=e",
    "regions",
    "regions/rows",
    "sales/export.csv",
    "sales/export.json",
)


pytestmark = pytest.mark.usefixtures("april")


def choose(app: Flask, cast: Cast, visibility: str) -> None:
    sent = {"visibility": visibility, "pseudonym": "The Fox"}
    done = browser(app, cast.alice.user).post("/account/visibility", data=sent)
    assert done.status_code == 302


def pages(app: Flask, client: Browser) -> Iterator[tuple[str, str]]:
    """Every page without parameters that this person may open, and the boards."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "static":
            yield rule.rule, client.get(rule.rule, follow_redirects=True).text
    for board in BOARDS:
        for query in ("", "?scope=region%3DNorthwest", "?period=2013-Q2"):
            address = f"/leaderboards/{board}{query.replace('?', '&') if '?' in board else query}"
            yield address, client.get(address).text


def outlets(app: Flask, cast: Cast, call: Call) -> dict[str, str]:
    """All that others are told, by where."""
    found = dict(pages(app, browser(app, cast.charlie.user)))
    sheet = browser(app, cast.charlie.user).get("/leaderboards/sales/export.xlsx").data
    found["xlsx"] = repr([*openpyxl.load_workbook(io.BytesIO(sheet)).active.values])
    wall = f"/screen/{a_screen()[1]}"
    found["screen"] = browser(app).get(wall).text
    assert cast.alice.partner
    leads = celebrations.reference(("top", "sales", cast.alice.partner.id), app.secret_key)
    found["celebration"] = browser(app).get(f"{wall}/celebrations/{leads}").text
    mine = browser(app, cast.alice.user).get("/leaderboards/sales/share").text
    for address in re.findall(r"<code>http://localhost(/shared/[^<]+)</code>", mine):
        found["shared"] = browser(app).get(address).text
        with mock.patch("engage.share.card.draw", lambda card: repr(card).encode()):
            found["picture"] = browser(app).get(f"{address}.png").text
    found["console"] = browser(app, cast.mia.user).get("/console/").text
    found["json"] = browser(app, cast.mia.user).get(f"{JSON}?period=2013-Q2").text
    for query in ("", "?scope=region%3DNorthwest", "?period=2013-04", "?period=2013-Q2"):
        found[f"api {query}"] = call("GET", f"/standings/sales{query}").text
    for words in (["--json"], [], ["--period", "2013"], ["--json", "--period", "2013-Q2"]):
        command = ["standings", "sales", *words, "--programme", "resellers"]
        found[" ".join(command)] = CliRunner().invoke(main, command).stdout
    teller = Teller(cast.programme, periods.parse("2013-Q2"), "https://house.example", NOW)
    assert cast.charlie.partner
    told = fields.read(teller.about(cast.charlie.partner), fields.FIELDS)
    found["film"] = repr(told)
    found["live"] = json.dumps([message.payload for message in db.session.query(Message)])
    return found


@pytest.mark.parametrize(("visibility", "seen"), [("pseudonym", "The Fox"), ("hidden", None)])
def test_who_is_not_to_be_named_is_named_nowhere(
    app: Flask, cast: Cast, visibility: str, seen: str | None
):
    call = caller(app, "resellers", "read")
    before = outlets(app, cast, call)
    telling = {where for where, text in before.items() if NAME in text}
    assert telling >= {
        "/",
        "/leaderboards/sales",
        "api ",
        "film",
        "console",
        "screen",
        "celebration",
        "xlsx",
        "shared",
        "picture",
        "/leaderboards/sales/found?q=e",
        "/leaderboards/sales/search?q=e",
        "/leaderboards/sales/me",
    }
    choose(app, cast, visibility)
    record(cast.programme, sale("a-9", "A1", "1000"))
    after = outlets(app, cast, call)
    for where in sorted(after):
        assert NAME not in after[where], where
        assert "A1" not in after[where] or not where.startswith(WITH_IDS), where
        if seen and where in telling:
            assert seen in after[where], where
        if not seen:
            assert "The Fox" not in after[where], where
    choose(app, cast, "named")
    assert NAME in outlets(app, cast, call)["/leaderboards/sales/rows"]


def test_open_pages_and_screens_are_told_of_all_boards_once_somebody_is_seen_otherwise(
    app: Flask, cast: Cast
):
    choose(app, cast, "pseudonym")
    told = db.session.query(Message).filter_by(topic="moved").order_by(Message.id.desc()).first()
    assert told
    versions = {slug: version for slug, version, _ in told.payload["boards"]}
    found = leaderboards.boards(programmes.by_slug("resellers"))
    assert versions == {board.model.slug: board.model.version for board in found}


@pytest.mark.parametrize("visibility", ["pseudonym", "hidden"])
def test_what_came_after_a_close_names_nobody_either_and_no_amount_tells_who_it_was(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, visibility: str
):
    choose(app, cast, visibility)
    jobs.turn(at(FINAL))
    monkeypatch.setattr(clock, "now", lambda: at(FINAL, 2))
    day = date(2013, 6, 27)
    late = sale("late-a", "A1", "7777", day), sale("late-b", "B1", "10", day)
    record(cast.programme, *late, now=at(FINAL, 1))
    told = outlets(app, cast, caller(app, "resellers", "read"))
    listing = {where for where, text in told.items() if "late-b" in text}
    assert len(listing) == 3
    for where, text in told.items():
        assert NAME not in text, where
        assert "late-a" not in text, where
        assert "A1" not in text or not where.startswith(WITH_IDS), where
    assert "late-a" in browser(app, cast.alice.user).get(f"{JSON}?period=2013-Q2").text


def test_who_stays_off_boards_sees_its_own_place_and_that_only_it_does(app: Flask, cast: Cast):
    choose(app, cast, "hidden")
    alice = browser(app, cast.alice.user)
    mine = alice.get("/leaderboards/sales/me").text
    assert NAME in mine
    assert "Only you see your line" in mine
    assert NAME not in alice.get("/leaderboards/sales/rows").text
    for who in (cast.alice, cast.charlie):
        line = browser(app, who.user).get(f"/leaderboards/sales?at={cast.alice.partner.id}")
        assert line.status_code == 404
    teller = Teller(cast.programme, periods.parse("2013-Q2"), "https://house.example", NOW)
    assert cast.alice.partner
    row = teller.about(cast.alice.partner).row
    assert row
    assert (row.rank, row.listed) == (1, False)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"visibility": "pseudonym", "pseudonym": " "}, "Write the name that others see."),
        ({"visibility": "pseudonym", "pseudonym": "bob&#39;s wheels"}, None),
        ({"visibility": "pseudonym", "pseudonym": "BOB'S WHEELS"}, "Somebody here has that name"),
        ({"visibility": "pseudonym", "pseudonym": "x" * 41}, "at most 40"),
        ({"visibility": "pseudonym", "pseudonym": "\u202ekcalB"}, "cannot be read"),
        (
            {"visibility": "pseudonym", "pseudonym": "Bob\u200b's Wheels"},
            "Somebody here has that name",
        ),
        ({"visibility": "pseudonym", "pseudonym": "\u200b"}, "Write the name that others see."),
        ({"visibility": "loud"}, "Choose one of the three."),
    ],
)
def test_a_name_that_cannot_be_is_told_beside_its_field(
    app: Flask, cast: Cast, sent: dict[str, str], words: str | None
):
    done = browser(app, cast.alice.user).post("/account/visibility", data=sent)
    assert done.status_code == (422 if words else 302)
    assert words is None or words in done.text


def test_a_manager_writes_down_who_left_and_no_day_that_has_not_come(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    assert mia.post("/console/partners/A1", data={"left_on": "2013-04-09"}).status_code == 302
    assert NAME not in browser(app, cast.charlie.user).get("/leaderboards/sales/rows").text
    late = mia.post("/console/partners/A1", data={"left_on": "2013-05-01"})
    assert late.status_code == 422
    assert "has not come yet" in late.text
    assert mia.post("/console/partners/A1", data={"left_on": ""}).status_code == 302
    assert NAME in browser(app, cast.charlie.user).get("/leaderboards/sales/rows").text


def test_no_other_organisation_or_team_is_looked_at_alone_to_tell_who_hides_there(
    app: Flask, cast: Cast
):
    choose(app, cast, "pseudonym")
    seen = {
        name: {
            scope: browser(app, getattr(cast, name).user)
            .get(f"/leaderboards/sales{piece}?scope={scope}")
            .status_code
            for scope in ("organisation=Rainier+Group", "team=Seattle", "region=Northwest")
            for piece in ("", "/rows", "/export.csv")
        }
        for name in ("bob", "mia", "charlie")
    }
    assert set(seen["bob"].values()) == set(seen["mia"].values()) == {200}
    assert list(seen["charlie"].values()) == [404, 404, 200]


def test_no_key_or_address_of_before_leads_to_a_pseudonym(app: Flask, cast: Cast):
    charlie, alice = browser(app, cast.charlie.user), browser(app, cast.alice.user)
    assert cast.alice.partner
    known = f'data-key="{cast.alice.partner.id}"'
    found = re.search(r"<code>http://localhost(/shared/[^<]+)<", alice.get(SHARE).text)
    assert found
    assert known in charlie.get("/leaderboards/sales").text
    assert browser(app).get(found[1]).status_code == 200
    choose(app, cast, "pseudonym")
    wall = browser(app).get(f"/screen/{a_screen()[1]}").text
    leads = celebrations.reference(("top", "sales", cast.alice.partner.id), app.secret_key)
    said = json.loads(base64.urlsafe_b64decode(leads.partition(".")[0] + "=="))
    assert said[:2] == ["top", "sales"]
    assert said[2].startswith("p")
    for text in (wall, *(text for _, text in pages(app, charlie))):
        assert known not in text
        assert f'board-{cast.alice.partner.id}"' not in text
    assert charlie.get(f"/leaderboards/sales?at={cast.alice.partner.id}").status_code == 404
    assert browser(app).get(found[1]).status_code == 404
    leads = re.search(r'href="(/leaderboards/sales\?at=\w+)"', charlie.get(FOX).text)
    line = leads and charlie.get(leads[1]).headers["Location"].rpartition("#")[2]
    mine = alice.get("/leaderboards/sales").text
    assert f'id="{line}"' in mine
    assert f'data-me="{str(line).partition("-")[2]}"' in mine
