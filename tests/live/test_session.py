import json
from typing import Any

from flask import Flask

from engage import clock
from engage.accounts import service
from engage.accounts.models import User
from engage.db import db, transaction
from engage.live import receivers, rules
from engage.live.rules import Viewer
from engage.live.session import FlaskSessions
from engage.outbox import delivery
from tests.browsing import browser
from tests.conftest import PROGRAMME, Cast, Person, publish
from tests.leaderboards.test_audience import BOARD as FOR_SOME


def session_of(app: Flask, person: Person, **chosen: int) -> str:
    """The value of the cookie that this person's browser holds."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    user = db.session.get_one(User, person.user.id)
    return serializer.dumps({"_user_id": service.session_id(user), **chosen})


def seen(app: Flask, session: str) -> Viewer | None:
    return FlaskSessions(app).viewers([session])[0]


def test_a_partner_listens_as_the_partner_they_are(app: Flask, cast: Cast):
    alice = cast.alice
    viewer = seen(app, session_of(app, alice))
    assert viewer == Viewer(f"user {alice.user.id}", cast.programme.id, alice.partner.id, "partner")


def test_a_manager_listens_to_the_programme(app: Flask, cast: Cast):
    viewer = seen(app, session_of(app, cast.mia))
    assert viewer == Viewer(f"user {cast.mia.user.id}", cast.programme.id, None, "manager")


def test_an_administrator_listens_to_the_programme_they_chose(app: Flask, cast: Cast):
    elsewhere = seen(app, session_of(app, cast.otto))
    viewer = seen(app, session_of(app, cast.ada, programme=elsewhere.programme_id))
    assert viewer == Viewer(f"user {cast.ada.user.id}", elsewhere.programme_id, None, "manager")


def test_a_forged_or_empty_session_listens_to_nothing(app: Flask, cast: Cast):
    real = session_of(app, cast.alice)
    assert FlaskSessions(app).viewers(["", "nonsense", real[:-1], real[1:]]) == [None] * 4


def test_a_session_ends_with_its_stamp(app: Flask, cast: Cast):
    session = session_of(app, cast.alice)
    transaction(lambda: service.sign_out_everywhere(cast.alice.user.id))
    assert seen(app, session) is None


def test_a_session_ends_when_its_browser_signs_out_and_no_other_does(app: Flask, cast: Cast):
    session, other = session_of(app, cast.alice), session_of(app, cast.alice)
    client = browser(app)
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], session)
    client.post("/sign-out")
    assert seen(app, session) is None
    assert seen(app, other)


def test_a_locked_out_user_listens_to_nothing(app: Flask, cast: Cast):
    session = session_of(app, cast.alice)
    user_id = cast.alice.user.id
    transaction(lambda: service.set_disabled(db.session.get_one(User, user_id), clock.now()))
    assert seen(app, session) is None


def test_the_session_is_found_among_other_cookies(app: Flask):
    name = app.config["SESSION_COOKIE_NAME"]
    sessions = FlaskSessions(app)
    assert sessions.find(f"a=b; {name}=abc.def; c=d", "") == "abc.def"
    assert sessions.find("a=b", "") is None
    assert sessions.find("", "") is None


def test_who_may_not_open_a_board_does_not_hear_of_it(app: Flask, cast: Cast, monkeypatch):
    published = publish(PROGRAMME + FOR_SOME)
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(receivers, "connection", lambda: None)
    monkeypatch.setattr(receivers.publish, "publish", lambda _, *messages: said.extend(messages))
    delivery.deliver()
    changes = [rules.read(json.dumps(message)) for message in said]

    def heard(viewer: Viewer | None) -> list[str]:
        assert viewer
        return sorted(
            {
                change.data["board"]
                for change in changes
                if viewer.hears(change.programme_id, change.audience) and change.event == "board"
            }
        )

    who = {
        name: heard(seen(app, session_of(app, getattr(cast, name))))
        for name in ("alice", "charlie", "mia")
    }
    wall = heard(Viewer("screen 1", published.id, None, "screen"))
    some, everybody = ["northwest", "regions", "sales"], ["regions", "sales"]
    assert who == {"alice": some, "charlie": everybody, "mia": some}
    assert wall == everybody
