"""A browser without a screen: signed in as one of the cast, each request in a context of its own."""

import contextvars
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from engage.accounts import service
from engage.accounts.models import User
from engage.db import db

_CSRF = "0" * 40


class Browser(FlaskClient):
    """A test client that sends the token of its session with every form.

    The fixtures stand inside an application context. A request must not: it would share its
    database session, its `g` and its signed-in person with the test and with the next request.
    """

    csrf = True

    def open(self, *args: Any, **options: Any) -> TestResponse:
        if has_app_context():
            db.session.commit()  # the request sees what the test made, and the test what it did
        return contextvars.Context().run(self._open, args, options)

    def _open(self, args: Any, options: Any) -> TestResponse:
        if self.csrf and options.get("method", "GET") not in ("GET", "HEAD"):
            headers = dict(options.pop("headers", None) or {})
            options["headers"] = {"X-CSRFToken": self.token(), **headers}
        return super().open(*args, **options)

    def token(self) -> str:
        """A valid form token of this browser's session."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", _CSRF)
        key = self.application.config["SECRET_KEY"]
        return URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw)


def browser(app: Flask, user: User | None = None) -> Browser:
    """A browser, signed in as ``user``; nobody's without."""
    client = Browser(app, app.response_class, use_cookies=True)
    if user is not None:
        with client.session_transaction() as session:
            session["_user_id"] = service.session_id(user)
            session.permanent = True
    return client
