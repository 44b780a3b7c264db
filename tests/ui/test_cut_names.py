"""A name too long for its room loses its end, whichever way it is written: never its beginning."""

import pytest
from jinja2 import Environment
from playwright.sync_api import Browser

from tests.live.conftest import chromium
from tests.ui.conftest import ROOT
from tests.ui.cuts import ARABIC, HEBREW, LATIN, cut

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

NAMES = (LATIN, HEBREW, ARABIC)
DETAILS = ((LATIN,), (HEBREW,), (ARABIC,), (LATIN, HEBREW), (ARABIC, "Dealer", HEBREW))
TEMPLATE = """{% import "ui/board.html" as ui %}<div id="page">
{{ ui.podium(rows) }}{{ ui.ranks(rows, "list") }}
<div class="ranks-compact">{{ ui.ranks(rows, "compact", list="near") }}</div></div>"""


def test_a_name_that_is_cut_is_cut_at_its_own_end(house: Environment, chromium: Browser):
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    rows = [
        {"key": n, "rank": n, "name": NAMES[n % 3], "detail": told, "score": "KWD\u00a012,345,678"}
        for n, told in enumerate(DETAILS)
    ]
    # What is centred moves when an ellipsis joins its line.
    css = (
        ROOT / "static/css/app.css"
    ).read_text() + "* { text-wrap-style: auto !important; text-align: start !important }"
    drawn = house.from_string(TEMPLATE).render(rows=rows)
    page.set_content(f"<!doctype html><html lang=en><style>{css}</style><body>{drawn}")
    assert cut(page, ".clip bdi") == (10, [])
    assert cut(page, ".ranks-compact .rank-name bdi") == (len(DETAILS), [])
    for place in page.locator(".podium-place").all():
        assert place.evaluate("(place) => place.scrollWidth <= place.clientWidth"), "a long score"
    page.close()
