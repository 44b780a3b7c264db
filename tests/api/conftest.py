"""An API client as another system would write it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from engage.accounts import keys
from engage.accounts.rules import SCOPES
from engage.db import db
from engage.programmes import service as programmes
from tests.browsing import browser
from tests.conftest import NOW, Cast

Call = Callable[..., TestResponse]


def caller(app: Flask, programme: str, *scopes: str) -> Call:
    """Calls with a new key of that programme: ``call("POST", "/facts", {...})``."""
    _, token = keys.add(programmes.by_slug(programme), " ".join(scopes), scopes, NOW)
    db.session.commit()
    client = browser(app)

    def call(method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        content = {"data": body} if isinstance(body, str | bytes) else {"json": body}
        return client.open(
            "/api/v1" + path,
            method=method,
            headers={"Authorization": f"Bearer {token}"} | named,
            **(content if body is not None else {}),
        )

    return call


@pytest.fixture
def crm(app: Flask, cast: Cast) -> Call:
    """A key that may do everything in the cast's programme."""
    return caller(app, "resellers", *SCOPES)
