"""Finding somebody on a board, however the name is written, and never by what is not shown."""

import csv
import re
import unicodedata
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from engage import clock, membership
from engage.db import db, transaction
from engage.partners.models import Partner
from engage.partners.rules import folded, found_by
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.browsing import browser
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale

NAMES = Path(__file__).parents[3] / "shared" / "data" / "names" / "names.csv"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def found(app: Flask, person: object, text: str, board: str = "sales", **more: str) -> list[str]:
    """The names that a search brings, in order."""
    client = browser(app, person.user)  # type: ignore[attr-defined]
    page = client.get(f"/leaderboards/{board}/found", query_string={"q": text, **more}).text
    return re.findall(r"<bdi><a [^>]*>([^<]+)</a>", page)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Łódź Żaglowa", "lodz"),
        ("Øre & Søn", "ore son"),
        ("Weiß", "WEISS"),
        ("O’Brien", "obrien"),
        ("Ὀδυσσεύς", "οδυσσευς"),
        ("Đặng Thùy", "dang thuy"),
        ("İstanbul", "istanbul"),
        ("أحمد", "احمد"),
        ("Ｆｕｌｌｗｉｄｔｈ", "fullwidth"),
        ("ガルシア", "カルシア"),
    ],
)
def test_marks_cases_and_ways_of_encoding_make_no_difference(name: str, typed: str):
    assert folded(typed) in folded(name)


@given(st.text(max_size=40))
def test_a_folded_text_stays_as_it_is_and_does_not_depend_on_the_encoding(text: str):
    once = folded(text)
    assert folded(once) == once
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))


def test_names_of_all_scripts_are_found_by_themselves_in_capitals_and_taken_apart():
    if not NAMES.exists():
        pytest.skip("the names of thirty scripts, ../shared/data/names, are not here")
    with NAMES.open(encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(names) > 2000
    for name in names:
        key = found_by(name, "named", None)
        assert key, name
        for typed in (name.upper(), name.lower(), unicodedata.normalize("NFD", name)):
            assert folded(typed) == key, name


def test_a_line_is_found_and_leads_to_its_place(app: Flask, cast: Cast):
    assert found(app, cast.charlie, "ALICE") == ["Alice Bikes"]
    assert found(app, cast.charlie, "bobs wh") == ["Bob&#39;s Wheels"]
    assert found(app, cast.mia, "") == []
    assert found(app, cast.charlie, "%") == []
    assert found(app, cast.charlie, "northw", "regions") == ["Northwest"]
    charlie = browser(app, cast.charlie.user)
    page = charlie.get("/leaderboards/sales/search?q=sons").text
    assert "1 is shown by that name." in page
    (way,) = re.findall(r'<bdi><a href="([^"]+)"', page)
    assert charlie.get(way).location == f"/leaderboards/sales#podium-{cast.charlie.partner.id}"


def test_a_search_stays_within_the_scope_that_is_looked_at(app: Flask, cast: Cast):
    assert found(app, cast.charlie, "i", scope="region=Northwest") == ["Alice Bikes"]
    assert found(app, cast.charlie, "i") == ["Alice Bikes", "Charlie &amp; Sons"]


def test_nobody_is_found_by_a_name_that_is_not_shown(app: Flask, cast: Cast):
    alice = browser(app, cast.alice.user)
    alice.post("/account/visibility", data={"visibility": "pseudonym", "pseudonym": "Féarless"})
    assert found(app, cast.charlie, "alice") == []
    assert found(app, cast.mia, "alice") == []
    assert found(app, cast.charlie, "fearless") == ["Féarless"]
    alice.post("/account/visibility", data={"visibility": "hidden", "pseudonym": "Féarless"})
    for text in ("alice", "fearless"):
        assert found(app, cast.charlie, text) == []


def test_a_corrected_name_is_found_and_the_old_one_is_not(app: Flask, cast: Cast):
    def rename() -> None:
        programme = programmes.by_slug("resellers")
        membership.enrol(programme, [Profile("A1", "Zoë Räder")], now=NOW)

    transaction(rename)
    assert found(app, cast.charlie, "zoe rader") == ["Zoë Räder"]
    assert found(app, cast.charlie, "alice") == []


def test_a_frozen_board_is_searched_as_it_is_shown(app: Flask, cast: Cast):
    publish(PROGRAMME.replace('by = "partner"', 'by = "partner"\nfreeze = "89d"'))
    record(cast.programme, sale("c-9", "C1", "90000", NOW.date()))
    page = browser(app, cast.bob.user).get("/leaderboards/sales/found?q=sons").text
    assert ">$5,000<" in page
    assert "95,000" not in page


def test_many_of_a_name_are_cut_and_it_says_so(app: Flask, cast: Cast):
    def join() -> None:
        profiles = [Profile(f"S{n}", f"Smith {n}") for n in range(25)]
        membership.enrol(programmes.by_slug("resellers"), profiles, now=NOW)

    transaction(join)
    record(cast.programme, *(sale(f"s-{n}", f"S{n}", str(100 + n)) for n in range(25)))
    assert found(app, cast.alice, "smith")[:2] == ["Smith 24", "Smith 23"]
    assert len(found(app, cast.alice, "smith")) == 20
    assert (
        "write more of the name"
        in browser(app, cast.alice.user).get("/leaderboards/sales/found?q=smith").text
    )
    assert all(db.session.scalars(select(Partner.found_by)))
