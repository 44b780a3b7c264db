"""Spending points: seen, reserved, fulfilled or called off, and every point accounted for."""

import re

import pytest
from flask import Flask

from engage import proof
from engage.accounts.models import Seat
from engage.db import db, transaction
from engage.ledger import service as ledger
from engage.programmes import service as programmes
from engage.rewards import service
from engage.rewards.models import Redemption, Reward
from engage.rewards.rules import Offer
from tests.api.conftest import caller
from tests.browsing import Browser, browser
from tests.conftest import Cast
from tests.console.conftest import text
from tests.rewards.examples import MUG, a_reward

pytestmark = pytest.mark.usefixtures("april")


def points(cast: Cast) -> int:
    db.session.rollback()
    assert cast.alice.partner
    return ledger.balances(cast.alice.partner.id)["points"]


def redeem(client: Browser, reward_id: int) -> str:
    """Press the button of the page; what the next page says."""
    page = client.get("/rewards/").text
    key = re.search(r'name="key" value="([^"]+)"', page)
    sent = {"key": key[1] if key else "none"}
    return text(client.post(f"/rewards/{reward_id}", data=sent, follow_redirects=True))


def test_managers_read_what_was_redeemed_beside_what_was_awarded(
    alice: Browser, mia: Browser, cast: Cast
):
    assert "redeemed" not in text(mia.get("/console/budget"))
    redeem(alice, a_reward())
    assert "redeemed: 100" in text(mia.get("/console/budget"))


def test_the_catalogue_says_what_one_can_have_and_what_is_missing(alice: Browser, cast: Cast):
    a_reward()
    a_reward(Offer("Weekend at the sea", "", 8_000))
    a_reward(Offer("Gone", "", 10, stock=0))
    said = text(alice.get("/rewards/"))
    assert "You have 6,000 points to spend." in said
    assert "Redeem Enamel mug? It costs 100 points; 5,900 points stay with you." in said
    assert "2,000 points to go" in said
    assert "Sold out" in said
    assert "/rewards/" in alice.get("/earnings/").text


def test_a_redemption_is_a_line_and_calling_it_off_a_reversing_one(alice: Browser, cast: Cast):
    number = a_reward()
    assert "Enamel mug is reserved for you." in redeem(alice, number)
    assert points(cast) == 5_900
    assert db.session.get_one(Reward, number).stock == 49
    statement = text(alice.get("/earnings/"))
    assert "Redeemed" in statement
    assert "−100 points" in statement
    order = db.session.query(Redemption).one().id
    said = text(alice.post(f"/rewards/redemptions/{order}/cancel", follow_redirects=True))
    assert "your points are back" in said
    assert points(cast) == 6_000
    assert db.session.get_one(Reward, number).stock == 50
    assert "Redemption called off" in text(alice.get("/earnings/"))
    said = text(alice.post(f"/rewards/redemptions/{order}/cancel", follow_redirects=True))
    assert "Nothing was changed." in said
    assert points(cast) == 6_000
    assert proof.check(programmes.by_slug("resellers")).ok


def test_what_cannot_be_had_says_why_and_costs_nothing(alice: Browser, cast: Cast):
    dear = a_reward(Offer("Boat", "", 6_001))
    assert "Boat was not redeemed: 1 point to go." in redeem(alice, dear)
    once = a_reward(Offer("Seat", "", 10, per_partner=1))
    redeem(alice, once)
    assert "You have as many as one partner may" in redeem(alice, once)
    assert points(cast) == 5_990


def test_a_manager_fulfils_or_calls_off_with_a_reason_the_partner_reads(
    alice: Browser, mia: Browser, cast: Cast
):
    number = a_reward()
    redeem(alice, number)
    redeem(alice, number)
    assert "To fulfil: 2" in text(mia.get("/console/rewards/"))
    first, second = (row.id for row in db.session.query(Redemption).order_by(Redemption.id))
    mia.post(f"/console/rewards/redemptions/{first}/fulfil", data={"note": "Parcel 77"})
    said = text(
        mia.post(f"/console/rewards/redemptions/{second}/cancel", data={}, follow_redirects=True)
    )
    assert "Nothing was called off." in said
    mia.post(f"/console/rewards/redemptions/{second}/cancel", data={"note": "Broke on the way"})
    said = text(alice.get("/rewards/"))
    assert "“Parcel 77”" in said
    assert "“Broke on the way”" in said
    assert points(cast) == 5_900
    alice.post(f"/rewards/redemptions/{first}/cancel")
    assert points(cast) == 5_900, "what is fulfilled stays"
    assert "Nobody waits" in text(mia.get("/console/rewards/"))
    assert "Parcel 77" in text(mia.get("/console/rewards/?state=settled"))


def test_a_manager_does_not_fulfil_what_is_for_themselves_or_their_partner(
    app: Flask, mia: Browser, alice: Browser, cast: Cast
):
    redeem(alice, a_reward())
    order = db.session.query(Redemption).one().id
    cast.bob.user.seats[0].partner_id = cast.alice.partner.id  # type: ignore[union-attr]
    db.session.commit()
    for person in (cast.alice, cast.bob):
        seat = Seat(user_id=person.user.id, programme_id=cast.programme.id, role="manager")
        transaction(lambda seat=seat: db.session.add(seat))
    address = f"/console/rewards/redemptions/{order}/fulfil"
    for person in (cast.alice, cast.bob):
        said = text(browser(app, person.user).post(address, follow_redirects=True))
        assert "This is for yourself" in said
    assert "It is fulfilled." in text(mia.post(address, follow_redirects=True))


def test_a_manager_keeps_the_catalogue(mia: Browser, alice: Browser, cast: Cast):
    assert "Nothing in the catalogue" in text(mia.get("/console/rewards/"))
    sent = {"name": "Cap", "price": "50", "stock": "3", "per_partner": ""}
    assert mia.post("/console/rewards/new", data=sent).status_code == 303
    number = db.session.query(Reward).one().id
    assert mia.post("/console/rewards/new", data=sent | {"price": "x"}).status_code == 422
    mia.post(f"/console/rewards/{number}", data=sent | {"price": "60", "stock": "999"})
    mia.post(f"/console/rewards/{number}/restock", data={"pieces": "-2"})
    said = text(mia.post(f"/console/rewards/{number}/restock", data={"pieces": "-2"}, follow_redirects=True))  # fmt: skip
    assert "There are not so many left." in said
    db.session.rollback()
    found = db.session.get_one(Reward, number)
    assert (found.price, found.stock) == (60, 1)
    mia.post(f"/console/rewards/{number}/limit")
    assert "There is no limit" in text(mia.get(f"/console/rewards/{number}"))
    for pieces in ("1,5", "-1", "9999999999"):
        mia.post(f"/console/rewards/{number}/limit", data={"pieces": pieces})
    db.session.rollback()
    assert db.session.get_one(Reward, number).stock is None
    mia.post(f"/console/rewards/{number}/limit", data={"pieces": "7"})
    again = mia.post(
        f"/console/rewards/{number}/limit", data={"pieces": "9"}, follow_redirects=True
    )
    assert "Somebody changed it before you." in text(again)
    db.session.rollback()
    assert db.session.get_one(Reward, number).stock == 7
    mia.post(f"/console/rewards/{number}/retire")
    assert "Cap" not in text(alice.get("/rewards/"))
    assert "No longer to be had" in redeem(alice, number)
    mia.post(f"/console/rewards/{number}/retire", data={"back": "y"})
    assert "Cap" in text(alice.get("/rewards/"))


def test_the_api_tells_the_catalogue_and_what_was_redeemed(
    app: Flask, cast: Cast, alice: Browser, mia: Browser
):
    number = a_reward()
    redeem(alice, number)
    redeem(alice, number)
    order = db.session.query(Redemption).first()
    assert order
    mia.post(f"/console/rewards/redemptions/{order.id}/fulfil")
    crm = caller(app, "resellers", "read")
    (mug,) = crm("GET", "/rewards").json["rewards"]
    assert (mug["name"], mug["price"], mug["stock"]) == ("Enamel mug", 100, 48)
    (waits,) = crm("GET", "/redemptions?state=reserved").json["redemptions"]
    assert (waits["partner"], waits["price"]) == ("A1", 100)
    page = crm("GET", "/partners/A1/redemptions?limit=1").json
    assert [one["state"] for one in page["redemptions"]] == ["reserved"]
    page = crm("GET", f"/partners/A1/redemptions?limit=1&before={page['next']}").json
    assert [one["state"] for one in page["redemptions"]] == ["fulfilled"]
    assert page["next"] is None
    assert crm("GET", "/partners/B1/redemptions").json["redemptions"] == []
    elsewhere = caller(app, "elsewhere", "read")
    assert elsewhere("GET", "/rewards").json == {"rewards": []}
    assert elsewhere("GET", "/redemptions").json["redemptions"] == []
    assert elsewhere("GET", "/partners/A1/redemptions").status_code == 404


def test_another_programmes_rewards_and_redemptions_do_not_exist(
    app: Flask, cast: Cast, alice: Browser
):
    number = a_reward()
    redeem(alice, number)
    order = db.session.query(Redemption).one().id
    otto, bob = browser(app, cast.otto.user), browser(app, cast.bob.user)
    assert otto.get(f"/console/rewards/{number}").status_code == 404
    assert otto.post(f"/console/rewards/redemptions/{order}/fulfil").status_code == 404
    assert bob.post(f"/rewards/redemptions/{order}/cancel").status_code == 404
    elsewhere = programmes.by_slug("elsewhere").id
    assert service.catalogue(elsewhere) == []
    assert MUG.name not in text(otto.get("/console/rewards/"))
