"""The console on PostgreSQL: the same pages from the same facts, and a file taken in."""

import pytest
from flask import Flask

from ..browsing import Browser
from .conftest import text
from .test_imports import BROKEN, MENDED, check, send
from .test_missions import SPRINT
from .test_programme import DOUBLED

pytestmark = pytest.mark.service


@pytest.fixture
def app(on_postgres: Flask) -> Flask:
    return on_postgres


def test_the_console_stands_on_postgres(mia: Browser):
    address = send(mia, BROKEN)
    assert "3 bad rows" in text(check(mia, address))
    send(mia, MENDED, to=f"{address}/file")
    mia.post(f"{address}/take")
    assert "The file is in." in text(mia.get(address))
    assert mia.post("/console/missions/new", data=SPRINT).status_code == 303
    said = text(mia.post("/console/rules/change", data={"text": DOUBLED, "since": "2013-04-01"}))
    assert "rule bike-points: version 2" in said
    assert "Spring sprint" in text(mia.get("/console/"))
    assert "Alice Bikes" in text(mia.get("/console/partners/?q=ALICE"))
    assert "Latest earnings" in text(mia.get("/console/partners/A1"))
    assert "April rush" in text(mia.get("/console/missions/"))
