import gettext
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask_babel import get_babel

from tests.browsing import browser

HOUSE = Path(__file__).parents[2]


@pytest.fixture
def german(app, tmp_path):
    """A German catalog of two sentences."""
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalog = Catalog("de")
    catalog.add("Welcome back", "Willkommen zurück")
    catalog.add(
        ("%(num)s day left", "%(num)s days left"), ("noch %(num)s Tag", "noch %(num)s Tage")
    )
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    get_babel(app).translation_directories[:] = [str(tmp_path)]
    return app


def test_a_catalog_is_all_that_a_language_needs(german, cast):
    page = browser(german).get("/sign-in", headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert "Willkommen zurück" in page.text
    assert '<html lang="de"' in page.text
    account = browser(german, cast.alice.user).get("/account")
    assert '<option value="de">Deutsch</option>' in account.text


def test_a_language_without_a_catalog_is_not_mixed_in(app):
    page = browser(app).get("/sign-in", headers={"Accept-Language": "de"})
    assert "Welcome back" in page.text
    assert '<html lang="en"' in page.text


def test_the_texts_of_code_and_templates_are_found(tmp_path):
    found = tmp_path / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "extract", "-F", "babel.cfg"]
    subprocess.run([*command, "-o", found, "."], cwd=HOUSE, check=True, capture_output=True)
    texts = found.read_text()
    for text in ("Welcome back", "Your account", "just now", "%(num)s day left"):
        assert f'"{text}"' in texts


def test_committed_catalogs_can_be_read():
    for file in (HOUSE / "engage" / "translations").rglob("*.mo"):
        with file.open("rb") as opened:
            gettext.GNUTranslations(opened)
