"""A shared place: the partner's own, by the name it shows, and nothing of anybody else."""

import io
import re

import pytest
from flask import Flask
from PIL import Image

from engage import clock, membership
from engage.db import transaction
from engage.partners.service import Profile
from engage.programmes import service as programmes
from engage.share import card, routes
from engage.share.card import Card
from tests.browsing import browser
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale

CARD = Card("3rd", 3, "of 112 partners", "Ada & Co", "Sales", "Q2 2013", "Rewards")


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def shared(app: Flask, cast: Cast, board: str = "sales/share") -> str:
    """The address that alice shares."""
    page = browser(app, cast.alice.user).get(f"/leaderboards/{board}").text
    found = re.search(r"<code>http://localhost(/shared/[^<]+)</code>", page)
    return found[1] if found else ""


def choose(app: Flask, cast: Cast, visibility: str) -> None:
    sent = {"visibility": visibility, "pseudonym": "The Fox"}
    browser(app, cast.alice.user).post("/account/visibility", data=sent)


def test_whoever_has_the_address_sees_the_place_and_nobody_else(app: Flask, cast: Cast):
    address = shared(app, cast)
    stranger = browser(app)
    page = stranger.get(address)
    assert page.status_code == 200
    assert 'og:title" content="Alice Bikes: 1st of 3 partners"' in page.text
    assert f'og:image" content="http://localhost{address}.png"' in page.text
    for other in ("Bob", "Charlie", "$", "@"):
        assert other not in page.text, other
    picture = stranger.get(f"{address}.png")
    assert picture.mimetype == "image/png"
    assert Image.open(io.BytesIO(picture.data), formats=["PNG"]).size == (1200, 630)


def test_it_stays_as_it_was_shared_until_its_partner_is_shown_otherwise(app: Flask, cast: Cast):
    address = shared(app, cast)
    record(cast.programme, sale("b-9", "B1", "90000"))
    assert "Alice Bikes: 1st of 3 partners" in browser(app).get(address).text
    choose(app, cast, "pseudonym")
    fox = shared(app, cast)
    page = browser(app).get(fox).text
    assert "The Fox: 2nd of 3 partners" in page
    assert "Alice" not in page
    choose(app, cast, "hidden")
    for place in (address, f"{address}.png", fox):
        assert browser(app).get(place).status_code == 404
    assert shared(app, cast) == ""
    assert (
        "You stay off public boards"
        in browser(app, cast.alice.user).get("/leaderboards/sales/share").text
    )


def test_a_forged_or_old_address_leads_nowhere(app: Flask, cast: Cast):
    address = shared(app, cast)
    assert browser(app).get(address[:-2]).status_code == 404
    assert browser(app).get("/shared/nonsense.png").status_code == 404


def test_while_a_board_is_frozen_no_place_is_shared(app: Flask, cast: Cast):
    publish(PROGRAMME.replace('by = "partner"', 'by = "partner"\nfreeze = "89d"'))
    record(cast.programme, sale("a-9", "A1", "1", NOW.date()))
    assert shared(app, cast) == ""


def test_a_last_place_is_shared_by_nobody(app: Flask, cast: Cast):
    joining = [Profile("D1", "D", "d@example.com"), Profile("E1", "E", "e@example.com")]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), joining, now=NOW))
    for one in ("B1", "C1", "D1", "E1"):
        record(cast.programme, sale(f"{one}-last", one, "1000000"))
    assert shared(app, cast) == ""
    page = browser(app, cast.alice.user).get("/leaderboards/sales/share").text
    assert "A last place is told to nobody else" in page
    record(cast.programme, sale("a-up", "A1", "9000000"))
    address = shared(app, cast)
    assert browser(app).get(address).status_code == 200
    for rank, status in ((7, 200), (8, 404)):  # by an address of earlier, too
        token = routes._serializer().dumps([cast.alice.partner.id, 1, "2013-Q2", rank, 8, "en"])
        for place in (f"/shared/{token}", f"/shared/{token}.png"):
            assert browser(app).get(place).status_code == status


def test_a_board_offers_to_share_a_place_to_whom_it_shows_one(app: Flask, cast: Cast):
    def is_offered(board: str = "sales") -> bool:
        return "/share" in browser(app, cast.alice.user).get(f"/leaderboards/{board}").text

    assert is_offered()
    assert is_offered("regions")
    assert not is_offered("sales?period=2013-Q1")  # nobody is ranked there
    choose(app, cast, "hidden")
    assert not is_offered()
    choose(app, cast, "named")
    transaction(lambda: membership.enrol(cast.programme, [Profile("D1", "D")], now=NOW))
    record(cast.programme, *(sale(f"{one}-l", one, "90000") for one in ("B1", "C1", "D1")))
    assert not is_offered()  # the last one


def test_a_groups_place_is_shared_by_one_of_it_and_names_nobody(app: Flask, cast: Cast):
    choose(app, cast, "hidden")
    address = shared(app, cast, "regions/share")
    page = browser(app).get(address).text
    assert "Northwest: 1st of 2 regions" in page
    assert "Points by region" in page
    for name in ("Alice", "Bob", "The Fox"):
        assert name not in page, name
    assert browser(app).get(f"{address}.png").mimetype == "image/png"


def test_a_place_in_a_part_of_a_board_says_in_which(app: Flask, cast: Cast):
    alice = browser(app, cast.alice.user)
    part = "share?scope=region%3DNorthwest"
    assert part in alice.get("/leaderboards/sales?scope=region%3DNorthwest").text
    page = browser(app).get(shared(app, cast, f"sales/{part}")).text
    assert "1st of 2 partners" in page
    assert "Sales this quarter · Northwest" in page
    for other in ("region=Northeast", "team=Seattle", "organisation=Rainier Group"):
        assert alice.get(f"/leaderboards/sales/share?scope={other}").status_code == 404, other


@pytest.mark.parametrize("who", ["N" * 200, "Ада и сыновья", "", "أحمد", "田中商事"])
def test_any_name_is_drawn_or_left_out(who: str):
    drawn = card.draw(CARD._replace(who=who))
    assert Image.open(io.BytesIO(drawn), formats=["PNG"]).size == card.SIZE


def test_of_a_name_that_no_font_here_can_write_no_lone_signs_are_left():
    assert card.draw(CARD._replace(who="ಪ್ರೊ. ಡಾ. ಅಡಾ, ಜೂ.")) == card.draw(CARD._replace(who=""))
