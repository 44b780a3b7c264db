"""The console as its manager sees it, on 10 April 2013."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse

from engage import clock

from ..browsing import Browser, browser
from ..conftest import NOW, Cast


@pytest.fixture(autouse=True)
def april(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def mia(app: Flask, cast: Cast) -> Browser:
    """The manager's browser."""
    return browser(app, cast.mia.user)


@pytest.fixture
def otto(app: Flask, cast: Cast) -> Browser:
    """The browser of another programme's manager."""
    return browser(app, cast.otto.user)


@pytest.fixture
def alice(app: Flask, cast: Cast) -> Browser:
    """A partner's browser."""
    return browser(app, cast.alice.user)


def page(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def text(answer: TestResponse) -> str:
    """What a page says, in one line."""
    return " ".join(page(answer).get_text(" ").split())
