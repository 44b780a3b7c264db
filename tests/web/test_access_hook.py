"""How a view's policy is kept, with views made for these tests. The real ones: tests/test_access.py."""

from datetime import timedelta

import pytest
from flask import Flask, g

from engage import clock
from engage.accounts import keys, service
from engage.accounts.models import ApiKey
from engage.db import db
from engage.web import allow, keyed, public, safe_path, session_choice
from tests.browsing import browser


@pytest.fixture
def views(app: Flask) -> Flask:
    def who() -> dict[str, str | None]:
        return {"role": g.seat.role if g.seat else None}

    def view(policy):
        def show():
            return who()

        return policy(show) if policy else show

    for path, policy in {
        "anybody": public,
        "partners": allow("partner"),
        "managers": allow("manager"),
        "admins": allow("admin"),
        "clients": keyed("facts:write"),
        "forgotten": None,
    }.items():
        app.add_url_rule(f"/{path}", path, view(policy), methods=["GET", "POST"])
    app.testing = False
    return app


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("alice", {"anybody", "partners"}),
        ("mia", {"anybody", "managers"}),
        ("otto", {"anybody", "managers"}),
        ("ada", {"anybody", "managers", "admins"}),
    ],
)
def test_what_a_role_may_not_see_does_not_exist(views, cast, name, seen):
    client = browser(views, getattr(cast, name).user)
    for path in ("anybody", "partners", "managers", "admins"):
        assert client.get(f"/{path}").status_code == (200 if path in seen else 404)
        assert client.post(f"/{path}").status_code == (200 if path in seen else 404)


def test_a_view_without_a_policy_answers_nobody(views, cast):
    assert browser(views).get("/forgotten").status_code == 500
    assert browser(views, cast.ada.user).get("/forgotten").status_code == 500


def test_a_policy_of_no_role_cannot_be_written():
    for roles in ((), ("owner",)):
        with pytest.raises(ValueError, match="partner, manager, admin"):
            allow(*roles)


def test_who_is_not_signed_in_is_led_to_the_door_and_back(views):
    response = browser(views).get("/partners?period=2013-Q1")
    assert (response.status_code, response.location) == (
        302,
        "/sign-in?next=/partners?period%3D2013-Q1",
    )


def test_after_a_form_one_comes_back_to_its_page(views):
    client = browser(views)
    response = client.post("/partners", headers={"Referer": "http://localhost/missions/"})
    assert response.location == "/sign-in?next=/missions/"
    response = client.post("/partners", headers={"Referer": "http://evil.example/missions/"})
    assert response.location == "/sign-in"


def test_a_fragment_leads_its_page_to_the_door(views):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/leaderboards/sales?p=1"}
    response = browser(views).get("/partners", headers=headers)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/sign-in?next=/leaderboards/sales?p%3D1"


def test_a_program_is_told_in_json(views, cast):
    headers = {"Accept": "application/json"}
    response = browser(views).get("/partners", headers=headers)
    assert (response.status_code, response.json) == (401, {"error": "sign in first"})
    response = browser(views, cast.alice.user).get("/managers", headers=headers)
    assert (response.status_code, set(response.json)) == (404, {"error"})


def test_who_has_no_seat_is_shown_what_to_do(views, cast):
    for seat in list(cast.alice.user.seats):
        db.session.delete(seat)
    db.session.commit()
    client = browser(views, cast.alice.user)
    assert client.get("/partners").location == "/account"
    assert client.get("/anybody").json == {"role": None}


def test_an_administrator_of_an_empty_house_still_administers(views, app):
    user, _is_new = service.add_user("ada@example.com", name="", is_admin=True, now=clock.now())
    client = browser(views, user)
    assert client.get("/admins").status_code == 200
    assert client.get("/managers").location == "/account"


# --- keys -----------------------------------------------------------------------------------------


@pytest.fixture
def token(cast) -> str:
    _key, token = keys.add(cast.programme, "crm", ["facts:write"], clock.now())
    db.session.commit()
    return token


def call(app, token, **headers):
    client = browser(app)
    client.csrf = False
    return client.post("/clients", headers={"Authorization": f"Bearer {token}", **headers})


def test_a_key_opens_what_its_scope_says_without_a_form_token(views, token):
    assert call(views, token).status_code == 200


def test_no_key_a_wrong_one_and_a_revoked_one_are_told_alike(views, cast, token):
    keys.revoke(cast.programme, "crm", clock.now())
    db.session.commit()
    for text in ("", "eng_00000000_x", token):
        response = call(views, text)
        assert response.status_code == 401
        assert "Authorization: Bearer KEY" in response.json["error"]
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_without_the_scope_is_told_which(views, cast):
    _key, token = keys.add(cast.programme, "reader", ["read"], clock.now())
    response = call(views, token)
    assert (response.status_code, "facts:write" in response.json["error"]) == (403, True)


def test_a_signed_in_browser_is_no_key(views, cast):
    assert browser(views, cast.ada.user).post("/clients").status_code == 401


def test_the_use_of_a_key_is_noted(views, token, monkeypatch):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    call(views, token).close()
    assert db.session.query(ApiKey).one().last_used_at == now


# --- sessions -------------------------------------------------------------------------------------


def test_a_cookie_can_be_read_beside_flask(app, cast):
    client = browser(app, cast.alice.user)
    with client.session_transaction() as session:
        session["programme"], session["partner"] = 3, None
        session_id = session["_user_id"]
    cookie = client.get_cookie("engage").value
    assert session_choice(app, cookie) == (session_id, 3, None)
    assert session_choice(app, cookie[:-1] + "~") is None
    assert session_choice(app, "") is None


def test_an_expired_or_anonymous_cookie_is_nobodys(app, cast):
    client = browser(app, cast.alice.user)
    cookie = client.get_cookie("engage").value
    app.permanent_session_lifetime = timedelta(seconds=-1)
    assert session_choice(app, cookie) is None
    app.permanent_session_lifetime = timedelta(days=14)
    client = browser(app)
    client.get("/sign-in")
    assert session_choice(app, client.get_cookie("engage").value) is None


@pytest.mark.parametrize("target", ["/", "/a?b=c#d", "/missions/", "/ü", "/a//b", "/?next=//x"])
def test_a_path_of_this_house_is_safe(target):
    assert safe_path(target)


@pytest.mark.parametrize(
    "target",
    [None, "", "a", "//x", "/\\x", "http://x", "/\tx", "/a\\b", "\\\\x", " /x", "/\n/x", "///x"],
)
def test_anything_else_is_not(target):
    assert not safe_path(target)
