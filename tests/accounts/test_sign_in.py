import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from engage import clock
from engage.accounts import passwords
from engage.accounts.models import User
from engage.db import db
from engage.web import throttle
from tests.browsing import browser
from tests.conftest import PASSWORD

GOOD = "seven green bicycles"


def enter(client, email="alice@example.com", password=PASSWORD, **more):
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def said(response):
    alert = BeautifulSoup(response.text, "html.parser").select_one(".alert-error")
    return alert.get_text(" ", strip=True) if alert else None


def test_who_has_the_password_comes_in_and_goes_on(app, cast):
    client = browser(app)
    response = enter(client, next="/account?tab=1")
    assert (response.status_code, response.location) == (302, "/account?tab=1")
    assert "alice@example.com" in client.get("/account").text


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\nb"],
)
def test_signing_in_never_leads_to_another_site(app, cast, elsewhere):
    assert enter(browser(app), next=elsewhere).location == "/"
    client = browser(app, cast.alice.user)
    assert client.get("/sign-in", query_string={"next": elsewhere}).location == "/"


def test_every_refusal_reads_the_same(app, cast):
    cast.bob.user.disabled_at = clock.now()
    db.session.commit()
    answers = {
        (response.status_code, said(response))
        for response in (
            enter(browser(app), password="wrong"),
            enter(browser(app), email="nobody@example.com"),
            enter(browser(app), email="bob@example.com"),
            enter(browser(app), email="", password=""),
        )
    }
    assert answers == {(422, "That e-mail address and password do not go together.")}


def test_a_refused_form_keeps_the_address_and_never_the_password(app, cast):
    response = enter(browser(app), password="my secret words")
    assert 'value="alice@example.com"' in response.text
    assert "my secret words" not in response.text


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_after_ten_wrong_tries_one_has_to_wait_whether_the_account_exists_or_not(app, cast, email):
    client = browser(app)
    for _try in range(10):
        assert enter(client, email=email, password="wrong").status_code == 422
    response = enter(client, email=email, password=PASSWORD)
    assert response.status_code == 429
    assert re.search(r"try again in 15 minutes", said(response))
    assert int(response.headers["Retry-After"]) > 0


def test_a_wait_of_one_address_does_not_lock_the_person_out(app, cast):
    for _try in range(11):
        enter(browser(app), password="wrong")
    client = browser(app)
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert enter(client).status_code == 302


def test_coming_in_forgets_the_wrong_tries(app, cast):
    for _round in range(3):
        for _try in range(9):
            enter(browser(app), password="wrong")
        assert enter(browser(app)).status_code == 302


def test_a_dead_redis_closes_no_door(app, cast, monkeypatch):
    from limits.storage import RedisStorage
    from limits.strategies import MovingWindowRateLimiter

    dead = RedisStorage("redis://127.0.0.1:1", wrap_exceptions=True)
    monkeypatch.setitem(app.extensions, "engage.limits", MovingWindowRateLimiter(dead))
    throttle._in_memory.storage.reset()
    assert enter(browser(app)).status_code == 302
    for _try in range(10):
        enter(browser(app), password="wrong")
    assert enter(browser(app)).status_code == 429
    throttle._in_memory.storage.reset()


def test_a_session_planted_before_is_not_the_one_after(app, cast):
    client = browser(app)
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
        session["programme"] = 7
        session["csrf_token"] = "known to somebody else"
    enter(client)
    with client.session_transaction() as session:
        assert set(session) == {"_user_id", "_fresh", "_id", "_permanent"}


def test_an_older_hash_is_renewed_at_sign_in(app, cast):
    before = cast.alice.user.password_hash
    enter(browser(app))
    assert cast.alice.user.password_hash != before


def test_signing_out_ends_the_session(app, cast):
    client = browser(app, cast.alice.user)
    assert client.get("/account").status_code == 200
    assert client.post("/sign-out").location == "/sign-in"
    assert client.get("/account").location == "/sign-in?next=/account"


def test_a_copied_cookie_ends_with_its_session_and_other_devices_stay(app, cast):
    here, phone, thief = browser(app), browser(app), browser(app)
    enter(here)
    enter(phone)
    cookie = here.get_cookie("engage").value
    thief.set_cookie("engage", cookie)
    assert thief.get("/account").status_code == 200
    here.post("/sign-out")
    assert thief.get("/account").status_code == 302
    assert thief.post("/sign-out").location == "/sign-in"
    assert phone.get("/account").status_code == 200


def test_a_form_without_the_sessions_token_changes_nothing(app, cast):
    client = browser(app, cast.alice.user)
    client.csrf = False
    response = client.post("/account", data={"name": "Mallory"})
    assert response.status_code == 400
    assert client.post("/account", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert cast.alice.user.name == "Alice"


def test_when_somebody_was_here_is_noted_once_a_day(app, cast, monkeypatch):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    client = browser(app, cast.alice.user)
    client.get("/account").close()
    assert cast.alice.user.last_seen_at == now
    assert "Set-Cookie" not in client.get("/account").headers
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1))
    response = client.get("/account")
    response.close()
    assert "Expires=" in response.headers["Set-Cookie"]
    assert cast.alice.user.last_seen_at == now + timedelta(days=1)


def link_of(app, user: User) -> str:
    return "/set-password/" + passwords.password_link(user, app.config["SECRET_KEY"], clock.now())


def test_a_link_sets_the_password_and_lets_in_once(app, cast):
    address, client = link_of(app, cast.alice.user), browser(app)
    for _opened in range(2):  # looking uses nothing up
        assert "alice@example.com" in client.get(address).text
    assert client.post(address, data={"password": GOOD}).location == "/"
    assert client.get("/account").status_code == 200
    assert enter(browser(app), password=GOOD).status_code == 302
    assert browser(app).get(address).status_code == 410
    assert browser(app).post(address, data={"password": "other green bicycles"}).status_code == 410


def test_a_weak_password_is_refused_with_advice_and_the_link_stays_good(app, cast):
    address, client = link_of(app, cast.alice.user), browser(app)
    response = client.post(address, data={"password": "password1234"})
    assert response.status_code == 422
    assert "Choose a few unrelated words" in response.text
    assert client.post(address, data={"password": GOOD}).status_code == 302


def test_a_link_opened_in_somebody_elses_browser_changes_who_is_signed_in(app, cast):
    client = browser(app, cast.bob.user)
    client.post(link_of(app, cast.alice.user), data={"password": GOOD})
    assert "alice@example.com" in client.get("/account").text


def locked_out_from_afar(email="alice@example.com"):
    for number in range(101):
        throttle.SignInThrottle(email, f"192.0.2.{number}").minutes_to_wait()


def test_nobody_elsewhere_locks_out_who_was_here_before(app, cast):
    mine = browser(app)
    enter(mine)
    mine.post("/sign-out")
    locked_out_from_afar()
    assert enter(browser(app)).status_code == 429, "guessing stays slow"
    assert enter(mine, password="wrong").status_code == 422
    assert enter(mine).status_code == 302
    new = mine.post("/account/password", data={"old": PASSWORD, "new": GOOD})
    assert new.status_code == 302, "and can choose another password meanwhile"


def test_a_known_browser_guesses_no_faster_and_for_its_own_account_alone(app, cast):
    mine = browser(app)
    enter(mine)
    mine.post("/sign-out")
    codes = [enter(mine, password="wrong").status_code for _try in range(11)]
    assert codes == [422] * 10 + [429]
    locked_out_from_afar("bob@example.com")
    assert enter(mine, "bob@example.com").status_code == 429


def test_what_makes_a_browser_known_cannot_be_forged_or_lent(app, cast):
    mine = browser(app)
    enter(mine)
    known = next(cookie for cookie in mine._cookies.values() if cookie.key.startswith("engage-"))
    assert known.http_only
    locked_out_from_afar()
    locked_out_from_afar("bob@example.com")
    for name, value in ((known.key, known.value + "x"), (known.key[:-1], known.value)):
        other = browser(app)
        other.set_cookie(name, value)
        assert enter(other).status_code == 429
        assert enter(other, "bob@example.com").status_code == 429
