import pytest

from engage.accounts import service
from engage.db import db
from engage.programmes import service as programmes
from tests.browsing import browser
from tests.conftest import PASSWORD

GOOD = "seven green bicycles"


def test_a_person_says_how_they_read(app, cast):
    client = browser(app, cast.alice.user)
    sent = {"name": "  Alice   Moreau ", "locale": "en_GB", "timezone": "Europe/Paris"}
    assert client.post("/account", data=sent).status_code == 302
    user = cast.alice.user
    assert (user.name, user.locale, user.timezone) == ("Alice Moreau", "en_GB", "Europe/Paris")
    page = client.get("/account").text
    assert 'lang="en-GB"' in page
    assert "Saved." in page


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"name": ""}, "Say how you want to be called."),
        ({"name": "x" * 201}, "at most 200"),
        ({"name": "A", "locale": "tlh"}, "Choose a language from the list."),
        ({"name": "A", "timezone": "Mars/Olympus"}, "Choose a time zone from the list."),
    ],
)
def test_what_cannot_be_kept_is_named_beside_its_field(app, cast, sent, words):
    response = browser(app, cast.alice.user).post("/account", data=sent)
    assert response.status_code == 422
    assert words in response.text
    assert cast.alice.user.name == "Alice"


def test_colours_are_kept(app, cast):
    client = browser(app, cast.alice.user)
    client.post("/account/theme", data={"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/account").text
    client.post("/account/theme", data={"theme": "auto"})
    assert "data-theme=" not in client.get("/account").text


def test_a_changed_password_signs_every_other_device_out(app, cast):
    here, there = browser(app, cast.alice.user), browser(app, cast.alice.user)
    assert here.post("/account/password", data={"old": PASSWORD, "new": GOOD}).status_code == 302
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_a_password_is_changed_only_by_who_knows_the_old_one(app, cast):
    client = browser(app, cast.alice.user)
    response = client.post("/account/password", data={"old": "wrong", "new": GOOD})
    assert (response.status_code, "not your current password" in response.text) == (422, True)
    response = client.post("/account/password", data={"old": PASSWORD, "new": "alice@example.com"})
    assert (response.status_code, "made of your name" in response.text) == (422, True)
    assert browser(app, cast.alice.user).get("/account").status_code == 200


def test_guessing_the_old_password_is_throttled(app, cast):
    client = browser(app, cast.alice.user)
    for _try in range(10):
        client.post("/account/password", data={"old": "wrong", "new": GOOD})
    sent = {"old": PASSWORD, "new": GOOD}
    assert client.post("/account/password", data=sent).status_code == 429


def test_signing_out_everywhere_ends_every_session(app, cast):
    here, there = browser(app, cast.alice.user), browser(app, cast.alice.user)
    assert here.post("/account/sign-out-everywhere").location == "/sign-in"
    assert there.get("/account").status_code == 302
    assert here.get("/account").status_code == 302


def test_a_person_with_two_seats_acts_from_the_one_they_choose(app, cast):
    elsewhere = programmes.by_slug("elsewhere")
    service.give_seat(cast.alice.user, elsewhere, None)
    db.session.commit()
    client = browser(app, cast.alice.user)
    partner = f"{cast.programme.id}-{cast.alice.partner.id}"
    for key, name in ((partner, "Reseller rewards"), (str(elsewhere.id), "Other rewards")):
        assert client.post("/account/programme", data={"seat": key}).location == "/"
        assert f'<bdi class="brand-name">{name}</bdi>' in client.get("/account").text


def test_nobody_acts_from_a_seat_that_is_not_theirs(app, cast):
    client = browser(app, cast.alice.user)
    for key in ("", "x", str(cast.programme.id), f"{cast.programme.id}-{cast.bob.partner.id}"):
        assert client.post("/account/programme", data={"seat": key}).status_code == 404


def test_who_has_no_place_yet_is_told_what_to_do(app, cast):
    for seat in list(cast.alice.user.seats):
        db.session.delete(seat)
    db.session.commit()
    page = browser(app, cast.alice.user).get("/account")
    assert page.status_code == 200
    assert "no place in a programme yet" in page.text
