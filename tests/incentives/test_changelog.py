"""What changed about the rules, from when and why: told to partners, and beside every correction."""

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import text as sql
from sqlalchemy.exc import DatabaseError

from engage.db import db
from engage.earnings.document import document
from engage.incentives import changelog, terms
from engage.partners.models import Partner
from engage.programmes import changelog as published
from engage.programmes import service as programmes
from tests.browsing import browser
from tests.conftest import NOW, PROGRAMME, Cast, record, sale

from .test_publishing import APRIL_6, BEST, BETTER, MARCH, MAY, publish

pytestmark = pytest.mark.usefixtures("april")


def newest() -> changelog.Change:
    return changelog.changes(programmes.by_slug("resellers"))[0]


def said(app: Flask, user: object) -> str:
    text = browser(app, user).get("/rules/changes").text  # type: ignore[arg-type]
    return " ".join(BeautifulSoup(text, "html.parser").get_text(" ").split())


def test_a_change_says_what_differs_between_the_sentences(cast: Cast):
    publish(BETTER.replace('cap = "50000"\n', ""), NOW, "Bikes sell too slowly")
    change = newest()
    told = terms.compared(change.before, change.version.rule, "USD")
    assert (change.kind, change.version.why) == ("changed", "Bikes sell too slowly")
    assert told["before"].startswith("You earn 1 point for every $1")
    assert told["after"].startswith("You earn 2 points for every $1")
    assert told["differs"] == [
        ("Rate", "1 point per $1", "2 points per $1"),
        ("At most", "50,000 points", None),
    ]


def test_a_rule_that_goes_and_comes_back_is_told_so(cast: Cast):
    without = BETTER[: BETTER.index("[[rules]]")] + BETTER[BETTER.index('[[rules]]\nslug = "gr') :]
    publish(without, APRIL_6)
    assert newest().kind == "retired"
    publish(BETTER, NOW)
    assert newest().kind == "again"


def test_what_was_replaced_before_it_began_is_void(cast: Cast):
    publish(BETTER, MAY)
    publish(BEST, NOW)
    void = [c.version.number for c in changelog.changes(programmes.by_slug("resellers")) if c.void]
    assert void == [2]


def test_partners_read_what_changed_and_why_and_managers_also_who_did_it(app: Flask, cast: Cast):
    publish(BETTER, MAY, "Bikes sell too slowly", cast.mia.user.id)
    for person, knows in ((cast.alice, False), (cast.mia, True)):
        text = said(app, person.user)
        assert "Why: Bikes sell too slowly" in text
        assert "Rate 1 point per $1 → 2 points per $1" in text
        assert "to come" in text
        assert ("by Mia" in text) is knows
    assert "Bikes sell" not in said(app, cast.otto.user)


def test_every_line_of_a_correction_names_the_change_and_its_reason(cast: Cast):
    publish(BETTER, APRIL_6, "The flyer promised 2 points")
    lines = document(cast.programme, Partner.query.filter_by(external_id="A1").one())["lines"]
    named = {(x["fact"], x["version"]): x["because"] for x in lines if "flyer" in x["because"]}
    assert named.keys() == {("a-2", 1), ("a-2", 2)}, "a-1 happened before"
    assert "what version 1 paid is taken back. Why: “The flyer" in named["a-2", 1]
    assert "this is what it pays for it. Why: “The flyer promised 2 points”" in named["a-2", 2]


def test_facts_that_come_after_a_correction_are_no_correction(cast: Cast):
    publish(BETTER, MARCH, "From the start")
    record(cast.programme, sale("a-9", "A1", "100"), now=datetime(2013, 4, 11, tzinfo=UTC))
    lines = document(cast.programme, Partner.query.filter_by(external_id="A1").one())["lines"]
    assert [x for x in lines if x["fact"] == "a-9" and "Why:" in x["because"]] == []


def test_changed_tiers_are_told_with_the_reason_and_the_instant(app: Flask, cast: Cast):
    tier = '[[tiers]]\nname = "Gold"\nmeasure = "amount"\non = "sale"\nperiod = "year"\n'
    publish(PROGRAMME + tier + 'threshold = "20000"\n', APRIL_6, "Who sells most, earns more")
    higher = tier + 'threshold = "30000"\nmultiplier = { points = "2" }\n'
    publish(PROGRAMME + higher, NOW, "Twice the points for it")
    for person in (cast.alice, cast.mia):
        text = said(app, person.user)
        assert "Tiers The tiers New Version 1 from Apr 6, 2013" in text
        assert "Why: Who sells most, earns more" in text
        assert "Before Gold: $20,000 of sales in a year; held until the year ends." in text
        assert "From then on Gold: $30,000 of sales in a year; held until the year ends. " in text
        assert (
            "2 times the points that rules pay, beyond their limits, too. Why: Twice the points for it"
            in text
        )
    publish(PROGRAMME, NOW + timedelta(hours=1), "Simpler")
    assert "There is no such tier any more. Why: Simpler" in said(app, cast.alice.user)


def entries() -> list[published.Entry]:
    return published.entries(programmes.by_slug("resellers"))


def test_changed_missions_and_boards_are_told_like_rules(cast: Cast, app: Flask):
    more = PROGRAMME.replace('points = "500"', 'points = "750"').replace(
        'tie = "first"', 'tie = "dense"'
    )
    publish(more, NOW, "Spring was cold")
    board, mission = (next(e for e in entries() if e.of == of) for of in ("board", "mission"))
    assert (mission.kind, mission.number, mission.why) == ("changed", 2, "Spring was cold")
    assert mission.differs == [
        (
            "Stage 1",
            "First three deals: Close 3 sales (500 points)",
            "First three deals: Close 3 sales (750 points)",
        )
    ]
    assert (board.slug, board.kind) == ("regions", "changed")
    assert "who got there first" in str(board.before)
    assert "1, 1, 2" in str(board.after).replace("\N{NO-BREAK SPACE}", " ")
    publish(more[: more.index("[[missions]]")], NOW, "It is over")
    gone = next(e for e in entries() if e.of == "mission")
    assert (gone.kind, gone.number, gone.after, gone.why) == ("retired", 3, None, "It is over")
    text = said(app, cast.alice.user)
    for word in ("Spring sprint", "Why: It is over", "Points by region", "from its first day"):
        assert word in text
    before = len(entries())
    publish(more[: more.index("[[missions]]")], NOW)
    assert len(entries()) == before, "what says the same is no change"


def test_no_statement_takes_a_version_of_a_mission_back(cast: Cast):
    for statement in ("UPDATE revisions SET reason = 'x'", "DELETE FROM revisions"):
        with pytest.raises(DatabaseError):
            db.session.execute(sql(statement))
        db.session.rollback()
