import re
from pathlib import Path

import pytest
from flask import Flask, Response, request

from engage import create_app
from engage.config import HOUSE, ConfigurationError, Settings
from engage.db import db
from engage.web import asset, public
from engage.web.security import conditional
from tests.browsing import browser

SECRET = "x" * 48


@pytest.fixture
def production(settings: Settings):
    """Makes the application as production runs it; the settings can be added to."""
    made = []

    def make(**more) -> Flask:
        base = {
            "home": settings.home,
            "env": "production",
            "ENGAGE_SECRET_KEY": SECRET,
            "trusted_hosts": ["engage.example", "localhost"],
        }
        app = create_app(Settings(**{**base, **more}))
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


def test_production_does_not_start_without_a_key_of_its_own(production):
    with pytest.raises(ConfigurationError, match="ENGAGE_SECRET_KEY is not set"):
        production(ENGAGE_SECRET_KEY=None)
    with pytest.raises(ConfigurationError, match="shorter than 32"):
        production(ENGAGE_SECRET_KEY="x" * 31)


def test_elsewhere_a_key_is_made_once_and_readable_by_its_owner_alone(settings):
    key = settings.secret_key
    assert len(key) >= 32
    assert Settings().secret_key == key
    assert (settings.home_dir / "secret-key").stat().st_mode & 0o777 == 0o600


def test_every_answer_carries_the_strict_headers(app, cast):
    client = browser(app, cast.alice.user)
    for path in ("/account", "/nowhere", "/healthz", "/static/mark.svg"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]


def test_pages_are_not_kept_by_anybody(app, cast):
    client = browser(app, cast.alice.user)
    response = client.get("/account")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in response.headers["Vary"]
    assert browser(app).get("/sign-in").headers["Cache-Control"] == "private, no-store"


def test_the_session_cookie_is_for_this_site_over_https_alone(production, cast):
    app = production()
    client = browser(app)
    response = client.get("/sign-in", base_url="https://engage.example")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-engage=")
    for flag in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert flag in cookie
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_in_development_the_cookie_works_over_http(app):
    cookie = browser(app).get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("engage=")
    assert "Secure" not in cookie


def test_a_host_that_is_not_ours_is_not_served(production):
    app = production(trusted_hosts=["engage.example"])
    client = browser(app)
    assert client.get("/sign-in", base_url="https://engage.example").status_code == 200
    response = client.get("/sign-in", base_url="https://evil.example")
    assert response.status_code == 400
    assert "evil" not in response.text


def test_who_watches_over_the_house_asks_by_any_name(production):
    client = browser(production(trusted_hosts=["engage.example"], behind_proxy=True))
    for path in ("/healthz", "/metrics"):
        assert client.get(path, base_url="http://10.0.0.7:8000").status_code != 400
        forwarded = client.get(path, headers={"X-Forwarded-Host": "evil.example"})
        assert forwarded.status_code != 400
        assert "evil" not in forwarded.text


def test_without_a_name_of_its_own_production_answers_to_this_machine_alone(production):
    client = browser(production(trusted_hosts=[]))
    assert client.get("/sign-in", base_url="https://localhost").status_code == 200
    assert client.get("/sign-in", base_url="https://127.0.0.1:8000").status_code == 200
    assert client.get("/sign-in", base_url="https://evil.example").status_code == 400
    with pytest.raises(ConfigurationError, match="names no host"):
        production(trusted_hosts=[], public_url="rewards.example.com")


def test_the_public_address_names_the_host(production):
    app = production(trusted_hosts=[], public_url="https://engage.example/")
    client = browser(app)
    assert client.get("/sign-in", base_url="https://engage.example").status_code == 200
    assert client.get("/sign-in", base_url="https://evil.example").status_code == 400


def test_what_is_printed_and_filmed_leads_to_a_name_that_production_answers_to(settings: Settings):
    base = {"home": settings.home, "env": "production", "ENGAGE_SECRET_KEY": SECRET}
    house = Settings(**base, trusted_hosts=["rewards.example", "localhost"])
    assert house.address == "https://rewards.example"


@pytest.mark.parametrize("broken", ["http://[::", "http://[", "http://[x]/"])
def test_a_header_that_is_no_address_counts_as_absent(production, app, cast, broken):
    headers = {"Referer": broken, "Origin": broken, "HX-Current-URL": broken}
    assert browser(app).post("/account", headers=headers).status_code == 302
    htmx = browser(app).get("/account", headers={**headers, "HX-Request": "true"})
    assert htmx.status_code == 401
    there = browser(production())
    answer = there.post("/sign-in", base_url="https://engage.example", headers=headers)
    assert answer.status_code == 400


def test_what_a_proxy_says_counts_only_behind_one(production):
    for behind, scheme in ((True, "https"), (False, "http")):
        app = production(behind_proxy=behind)
        app.add_url_rule("/scheme", "scheme", public(lambda: request.scheme))
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        answer = browser(app).get("/scheme", base_url="http://localhost", headers=headers)
        assert answer.text == scheme


def test_what_is_too_large_is_refused(app, cast):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    response = browser(app, cast.alice.user).post("/account", data={"name": "x" * 2000})
    assert response.status_code == 413


def test_a_fragment_may_be_kept_and_asked_for_again(app):
    app.add_url_rule("/piece", "piece", public(lambda: conditional(Response("42"), "sales-7")))
    client = browser(app)
    first = client.get("/piece")
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "private, no-cache")
    again = client.get("/piece", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")


def test_a_static_file_is_kept_for_ever_under_its_hash_alone(app):
    with app.test_request_context():
        address = asset("mark.svg")
    client = browser(app)
    assert "immutable" in client.get(address).headers["Cache-Control"]
    assert "immutable" not in client.get(address + "0").headers.get("Cache-Control", "")
    assert "immutable" not in client.get("/static/mark.svg").headers.get("Cache-Control", "")
    assert client.get("/static/nothing.svg?v=1").status_code == 404


def test_a_changed_file_changes_its_address(app, tmp_path: Path):
    app.static_folder = str(tmp_path)
    addresses = []
    for text in ("one", "other"):
        (tmp_path / "a.css").write_text(text)
        with app.test_request_context():
            addresses.append(asset("a.css"))
    assert len(set(addresses)) == 2


def test_a_page_survives_a_missing_file(app):
    with app.test_request_context():
        assert asset("nothing.css") == "/static/nothing.css"


def test_every_file_that_a_template_names_is_there():
    named = {
        (page.name, path)
        for page in (HOUSE / "templates").rglob("*.html")
        for path in re.findall(r"asset\(\s*[\"']([^\"']+)[\"']\s*\)", page.read_text())
    }
    assert named
    assert [name for name in named if not (HOUSE / "static" / name[1]).is_file()] == []


def test_no_template_asks_for_what_the_content_policy_forbids():
    forbidden = re.compile(
        r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=[\"']|\shx-on|javascript:|hx-vals=[\"']js:"
    )
    found = [
        (str(page.relative_to(HOUSE)), match.group())
        for page in (HOUSE / "templates").rglob("*.html")
        for match in forbidden.finditer(page.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "path", ["/leaderboards/sales?scope=region%3D%00", "/set-password/a%00b", "/?%00=1"]
)
def test_an_address_with_a_character_that_no_database_keeps_leads_nowhere(app, cast, path):
    answer = browser(app, cast.alice.user).get(path)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_so_is_a_form_and_nothing_of_it_is_kept(app, cast):
    alice = browser(app, cast.alice.user)
    sent = {"name": "Al\0ice", "locale": "", "timezone": ""}
    answer = alice.post("/account", data=sent)
    assert answer.status_code == 400
    assert "a character in it that no text holds" in answer.text
