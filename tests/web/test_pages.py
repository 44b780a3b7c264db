"""Errors, health, language and formats as a visitor meets them."""

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask, abort, g, render_template_string

from engage.accounts.service import change_profile
from engage.db import db
from engage.voice import ENGLISH
from engage.web import public
from tests.browsing import browser

NOW = datetime(2026, 3, 14, 13, 5, tzinfo=UTC)


@pytest.fixture
def page(app: Flask):
    """Renders a template as somebody, in the language their browser asks for."""
    app.add_url_rule("/page", "page", public(lambda: render_template_string(g.get("text", ""))))
    texts: list[str] = []

    @app.before_request
    def _given() -> None:
        g.text, g.now = texts[-1], NOW

    def render(text: str, user=None, language: str = "en") -> str:
        texts.append(text.replace("NOW", "g.now"))
        return browser(app, user).get("/page", headers={"Accept-Language": language}).text

    return render


def test_points_are_counted_in_words(page):
    assert page("{{ 1|points }}, {{ 1250|points }}") == "1 point, 1,250 points"


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=6, hours=23), "6 days left"),
        (timedelta(days=1), "1 day left"),
        (timedelta(hours=23, minutes=59), "23 hours left"),
        (timedelta(minutes=1), "1 minute left"),
        (timedelta(seconds=59), "less than a minute left"),
        (timedelta(0), "ended"),
    ],
)
def test_a_countdown_says_what_is_left(left, words):
    assert ENGLISH.left(NOW + left, NOW) == words


def test_what_was_just_now_says_so_and_what_was_long_ago_shows_its_date(page):
    def ago(**passed: int) -> str:
        then = (NOW - timedelta(**passed)).isoformat()
        return page("{{ NOW.fromisoformat('" + then + "')|timeago }}")

    assert ago(seconds=59) == "just now"
    assert ago(minutes=1) == "1 minute ago"
    assert ago(days=8) == "Mar 6, 2026"


def test_times_are_on_the_clock_of_person_partner_or_programme(page, cast):
    text = "{{ NOW|datetime }}"
    assert page(text) == "Mar 14, 2026, 1:05\N{NARROW NO-BREAK SPACE}PM"
    assert "2026, 9:05" in page(text, cast.mia.user)  # the programme's, New York
    cast.alice.partner.timezone = "Asia/Tokyo"
    db.session.commit()
    assert "2026, 10:05" in page(text, cast.alice.user)
    change_profile(cast.alice.user.id, name="Alice", locale="en_GB", timezone="Europe/Berlin")
    db.session.commit()
    assert page(text, cast.alice.user) == "14 Mar 2026, 14:05"


def test_an_unknown_time_zone_of_a_partner_is_passed_over(page, cast):
    cast.alice.partner.timezone = "Mars/Olympus"
    db.session.commit()
    assert "2026, 9:05" in page("{{ NOW|datetime }}", cast.alice.user)


def test_formats_follow_person_then_browser_then_english(page, cast):
    text = "{{ NOW|date }}"
    assert page(text, language="en-GB,en;q=0.8") == "14 Mar 2026"
    assert page(text, language="tlh") == "Mar 14, 2026"
    change_profile(cast.alice.user.id, name="Alice", locale="en_IE", timezone=None)
    db.session.commit()
    assert page(text, cast.alice.user, language="en-US") == "14 Mar 2026"


# --- errors ---------------------------------------------------------------------------------------


@pytest.fixture
def failing(app: Flask) -> Flask:
    def fail(code: int) -> None:
        if code == 500:
            raise RuntimeError("a mistake of ours")
        abort(code)

    app.add_url_rule("/fail/<int:code>", "fail", public(fail))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.mark.parametrize("code", [400, 403, 404, 409, 413, 429, 500, 503])
def test_an_error_is_a_page_of_the_house_with_a_way_on(failing, cast, code):
    for user in (None, cast.alice.user, cast.mia.user):
        response = browser(failing, user).get(f"/fail/{code}")
        assert response.status_code == code
        page = BeautifulSoup(response.text, "html.parser")
        assert page.h1.get_text(strip=True)
        assert page.select_one('main a[href="/"], main a[href^="/fail"]')
        assert "a mistake of ours" not in response.text


def test_a_program_is_told_of_errors_in_json(failing):
    for path, headers in (("/fail/404", {"Accept": "application/json"}), ("/api/v1/nowhere", {})):
        response = browser(failing).get(path, headers=headers)
        assert (response.status_code, response.is_json) == (404, True)
        assert response.json["error"]


def test_htmx_is_told_of_errors_in_a_line(failing):
    response = browser(failing).get("/fail/404", headers={"HX-Request": "true"})
    assert (response.status_code, response.mimetype) == (404, "text/plain")


def test_a_wrong_method_says_which_are_right(app):
    response = browser(app).get("/sign-out")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


# --- health ---------------------------------------------------------------------------------------


def test_a_sick_house_says_so_and_no_more(app):
    response = browser(app).get("/healthz")  # no Redis runs in these tests
    assert response.status_code == 503
    assert response.json == {"status": "down", "database": "ok", "redis": "down"}


def test_figures_are_for_this_machine_alone(app):
    client = browser(app)
    client.get("/sign-in")
    figures = client.get("/metrics").text
    assert 'engage_requests_total{endpoint="accounts.sign_in",method="GET",status="200"}' in figures
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
        assert client.get("/metrics", headers={name: "127.0.0.1"}).status_code == 404
    client.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert client.get("/metrics").status_code == 404


def test_figures_are_for_who_has_the_token(app, settings):
    settings.metrics_token = "open sesame"
    client = browser(app)
    assert client.get("/metrics").status_code == 404
    headers = {"Authorization": "Bearer open sesame"}
    client.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert client.get("/metrics", headers=headers).status_code == 200


@pytest.mark.service
def test_a_well_house_says_so(app, settings, redis_url):
    settings.redis = redis_url
    response = browser(app).get("/healthz")
    assert response.status_code == 200
    assert response.json == {"status": "ok", "database": "ok", "redis": "ok"}
