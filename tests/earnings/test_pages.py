"""Earnings: every amount with its reason, and nobody else's."""

import re
from datetime import date, timedelta

import pytest
from bs4 import Tag
from flask import Flask

from engage.db import db
from engage.earnings import service
from engage.ledger import service as ledger
from engage.partners.models import Partner
from engage.programmes import service as programmes
from tests.browsing import Browser, browser
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale
from tests.reading import page, text

pytestmark = pytest.mark.usefixtures("april")


def lines(found: Tag) -> list[str]:
    return [text(line) for line in found.select(".ledger-line")]


def partner_id(cast: Cast) -> int:
    assert cast.alice.partner
    return cast.alice.partner.id


def test_every_line_says_which_fact_which_rule_and_which_arithmetic(alice: Browser):
    found = lines(page(alice, "/earnings/"))
    bonus = next(line for line in found if "+$10.00" in line)
    assert "Growth bonus, version 1: On your sales of each quarter you earn nothing up to" in bonus
    assert "Running total in Q2 2013: $2,500.00 → $6,000.00." in bonus
    assert "That is worth $0.00 → $10.00, so +$10.00." in bonus
    points = next(line for line in found if "+3,500 points" in line)
    assert "$3,500.00 × 1 point per $1 = 3,500 points" in points
    assert "a-2" in points


def test_the_balances_are_those_of_the_ledger(alice: Browser, cast: Cast):
    record(cast.programme, sale("a-0", "A1", "700", date(2013, 1, 9)))
    stats = text(page(alice, "/earnings/").select_one(".stats"))
    assert stats == (
        "Money $10.00 this quarter Money $10.00 all time "
        "Points 6,000 this quarter Points 6,700 all time"
    )
    assert ledger.balances(partner_id(cast)) == {"USD": 1000, "points": 6700}


def test_a_correction_is_explained_on_both_of_its_lines(alice: Browser, cast: Cast):
    record(
        cast.programme, sale("a-2", "A1", "3000", date(2013, 4, 8)), now=NOW + timedelta(hours=1)
    )
    found = lines(page(alice, "/earnings/"))
    taken = next(line for line in found if "−3,500 points" in line)
    assert "$3,500.00 became $3,000.00" in taken
    given = next(line for line in found if "+3,000 points" in line)
    assert "this replaces the report of $3,500.00" in given


def test_a_late_fact_makes_a_difference_that_is_explained(alice: Browser, cast: Cast):
    record(cast.programme, sale("a-1b", "A1", "4000", date(2013, 4, 6)))
    found = lines(page(alice, "/earnings/"))
    moved = next(line for line in found if "stood posted" in line)
    assert "an earlier fact came in late or was corrected" in moved


def test_a_mission_reward_names_its_stage(alice: Browser, cast: Cast):
    record(cast.programme, sale("a-3", "A1", "100", date(2013, 4, 9)))
    found = lines(page(alice, "/earnings/"))
    reward = next(line for line in found if line.startswith("Stage 1 of Spring sprint"))
    assert "Close 3 sales" in reward
    assert "Reached with 3 of 3 sales: 500 points." in reward


def test_a_line_has_an_address_of_its_own_that_nobody_else_finds(
    app: Flask, cast: Cast, alice: Browser
):
    number = ledger.lines(partner_id(cast))[0].transfer.id
    found = page(alice, f"/earnings/{number}")
    line = found.select_one("details.ledger-line")
    assert line
    assert line.has_attr("open")
    for person in (cast.bob, cast.charlie, cast.mia):
        assert browser(app, person.user).get(f"/earnings/{number}").status_code == 404
    assert alice.get("/earnings/999999999999999999999").status_code == 404


def test_a_long_statement_comes_in_pages_without_a_gap(alice: Browser, cast: Cast):
    record(
        cast.programme,
        *(sale(f"m-{i}", "A1", "10", date(2013, 4, 1), hour=i % 24) for i in range(60)),
    )
    seen: list[str] = []
    address: str | None = "/earnings/"
    while address:
        found = page(alice, address)
        seen += [str(line["id"]) for line in found.select(".ledger-line")]
        older = found.select_one("a[rel=next]")
        address = str(older["href"]) if older else None
    assert len(seen) == len(set(seen)) == len(ledger.lines(partner_id(cast)))
    assert "No line here" in text(
        page(alice, f"/earnings/?before={seen[-1].removeprefix('line-')}")
    )
    assert alice.get("/earnings/?before=x").status_code == 404


def test_another_partners_line_opens_no_page_of_mine(alice: Browser, cast: Cast):
    assert cast.charlie.partner
    number = ledger.lines(cast.charlie.partner.id)[0].transfer.id
    assert not page(alice, f"/earnings/?before={number}").select(".ledger-line")


def test_who_has_earned_nothing_is_told_when_lines_appear(app: Flask, cast: Cast):
    record(cast.programme, sale("c-1", "C1", "0"))
    found = text(page(browser(app, cast.charlie.user), "/earnings/"))
    assert "Completed" not in found
    assert re.search(r"Money \$0\.00 this quarter", found)


def test_explaining_many_lines_takes_as_many_queries_as_one(cast: Cast):
    from sqlalchemy import event

    record(
        cast.programme,
        *(sale(f"m-{i}", "A1", "10", date(2013, 4, 1), hour=i % 24) for i in range(60)),
    )
    counts = []
    programme = programmes.by_slug("resellers")
    partner = db.session.get_one(Partner, partner_id(cast))
    for limit in (1, 60):
        seen: list[str] = []
        listener = lambda *args, seen=seen: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        assert len(service.entries(programme, partner, limit=limit)) == limit
        event.remove(db.engine, "before_cursor_execute", listener)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- how you earn ---------------------------------------------------------------------------------


def test_the_rules_are_read_in_plain_words(app: Flask, cast: Cast, alice: Browser):
    for client in (alice, browser(app, cast.mia.user)):
        words = text(page(client, "/rules/"))
        assert "You earn 1 point for every $1 of your sales in category Bikes." in words
        assert "At most 50,000 points a quarter." in words


def test_a_changed_rule_shows_both_versions(alice: Browser, cast: Cast):
    publish(PROGRAMME.replace('rate = "1"', 'rate = "2"', 1), NOW)
    found = page(alice, "/rules/").select_one("#bike-points")
    words = text(found)
    assert "You earn 2 points for every $1" in words
    assert "Version 2" in words
    assert "Version 1 · from the start You earn 1 point for every $1" in words


def test_a_retired_rule_is_listed_as_such(alice: Browser, cast: Cast):
    start = PROGRAMME.index('[[rules]]\nslug = "growth-bonus"')
    end = PROGRAMME.index("[[boards]]")
    publish(PROGRAMME[:start] + PROGRAMME[end:], NOW - timedelta(hours=1))
    words = text(page(alice, "/rules/"))
    assert "Retired rules They pay no longer; what they paid stands. Growth bonus" in words
