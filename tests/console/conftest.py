"""The console as its manager sees it, on 10 April 2013."""

import pytest
from bs4 import BeautifulSoup
from werkzeug.test import TestResponse


@pytest.fixture(autouse=True)
def _in_april(april: None) -> None:
    pass


def page(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def text(answer: TestResponse) -> str:
    """What a page says, in one line."""
    return " ".join(page(answer).get_text(" ").replace("\N{WORD JOINER}", "").split())
