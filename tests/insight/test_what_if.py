"""What if: a partner asks, and is answered by what pays."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from engage import proof
from engage.insight.plan import split
from engage.ledger import service as ledger
from tests.browsing import Browser, browser
from tests.conftest import PROGRAMME, Cast, publish, record, sale
from tests.tiers.test_pages import TIERS

pytestmark = pytest.mark.usefixtures("april")


def ask(client: Browser, status: int = 200, at: str = "/what-if/answer", **typed: str) -> str:
    said = {"kind": "sale", "facts": "1", "day": "2013-04-12"} | typed
    answer = client.get(at, query_string=said)
    assert answer.status_code == status
    found = BeautifulSoup(answer.text, "html.parser").select_one("#what-if-answer")
    assert found
    return " ".join(found.get_text(" ").split())


def test_the_answer_opens_with_the_sum(alice: Browser):
    said = ask(alice, amount="12000", quantity="3", category="Bikes")
    # 12,000 points and the stage's 500; 1% of 4,000 to the next band and 2% of 8,000 above it.
    assert said.startswith("You would earn $200 and 12,500 points.")
    assert "$12,000.00 × 1 point per $1 = 12,000 points" in said
    assert "Running total in Q2 2013: $6,000.00 → $18,000.00" in said
    assert "You would reach stage 1 of Spring sprint." in said
    assert "Stage 2 of Spring sprint would stand at $18,000 of $20,000." in said


def test_what_is_answered_is_what_is_paid(alice: Browser, cast: Cast):
    before = ledger.balances(cast.alice.partner.id)
    ask(alice, amount="12000", category="Bikes")
    assert ledger.balances(cast.alice.partner.id) == before
    record(cast.programme, sale("real", "A1", "12000", date(2013, 4, 10)))
    assert ledger.balances(cast.alice.partner.id) == {
        "points": before["points"] + 12_500,
        "USD": before["USD"] + 20_000,
    }


def test_a_new_place_is_told_and_an_old_one_is_not(app: Flask, cast: Cast, alice: Browser):
    bob = browser(app, cast.bob.user)
    said = ask(bob, amount="2500")
    assert "You would be 1st of 3 on Sales this quarter, now 3rd." in said
    assert "Sales this quarter" not in ask(alice, amount="2500")


def test_a_stage_that_is_reached_already_and_a_period_that_has_not_begun_are_not_told(
    app: Flask, cast: Cast
):
    record(cast.programme, *(sale(f"b{n}", "B1", "30", date(2013, 4, 10)) for n in range(3)))
    said = ask(browser(app, cast.bob.user), amount="9000", day="2013-05-12")
    assert "would earn" in said
    assert "Stage 1 of" not in said
    assert "Points by region" not in said


def test_a_tier_that_would_be_reached_is_told(alice: Browser, cast: Cast):
    tiers = """
[[tiers]]
name = "Gold"
measure = "amount"
on = "sale"
period = "quarter"
threshold = "10000"
"""
    publish(PROGRAMME + tiers)
    assert "You would be in tier Gold." in ask(alice, amount="5000")
    assert "tier" not in ask(alice, amount="500")


def test_what_would_not_pay_says_the_first_condition_it_misses(alice: Browser, cast: Cast):
    assert "Bike points asks for sales in category Bikes; this one is Tyres." in ask(
        alice, amount="1", category="Tyres"
    )
    assert "What would not pay" not in ask(alice, amount="12000", category="Bikes")
    publish(PROGRAMME + TIERS)
    said = ask(alice, amount="12000", category="Bikes")
    assert "You need another 2 customers of sales to reach Gold by Dec 31, 2013." in said


def test_a_mission_for_others_says_so(app: Flask, cast: Cast):
    said = ask(browser(app, cast.charlie.user), amount="5")
    assert (
        "Spring sprint is for partners in region Northwest or Southwest; yours is Northeast."
        in said
    )


def test_several_sales_share_the_sum_and_count_one_by_one(app: Flask, cast: Cast):
    bob = browser(app, cast.bob.user)
    assert "Stage 1 of Spring sprint would stand at 2 of 3 sales." in ask(bob, amount="30")
    said = ask(bob, amount="30", facts="2", category="Bikes")
    assert said.startswith("You would earn 530 points.")
    assert "You would reach stage 1 of Spring sprint." in said


def test_what_earns_nothing_says_so(app: Flask, cast: Cast):
    charlie = browser(app, cast.charlie.user)
    assert ask(charlie, kind="login").startswith("That would earn nothing by itself.")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"amount": "much"}, "Write a number such as 1200.50."),
        ({"amount": "-5"}, "Write a number above zero."),
        ({"amount": "9" * 30}, "Write a number"),
        ({"facts": "101", "amount": "1"}, "Write a number from 1 to 100."),
        ({}, "Say for how much, or how many units."),
        ({"amount": "1", "day": "2013-07-01"}, "Choose a day from today to Jun 30, 2013."),
        ({"amount": "1", "day": "2013-04-09"}, "Choose a day from today"),
        ({"amount": "1", "day": "soon"}, "Choose a day."),
        ({"amount": "1", "kind": "gift"}, "'gift' is unknown"),
    ],
)
def test_what_cannot_be_read_is_told_by_field(alice: Browser, typed: dict[str, str], problem: str):
    assert problem in ask(alice, 422, **typed)
    assert problem in ask(alice, 422, "/what-if", **typed)


def test_it_works_without_script_on_a_page_of_its_own(alice: Browser):
    page = BeautifulSoup(alice.get("/").text, "html.parser")
    form = page.select_one("#what-if form")
    assert form
    assert form["action"] == "/what-if"
    assert [option.get_text() for option in form.select("#field-kind option")] == ["Sale"]
    assert "Bikes" in form.get_text()
    assert ask(alice, at="/what-if", amount="100").startswith("You would earn $1")


def test_asking_leaves_the_programme_as_it_was(alice: Browser, cast: Cast):
    before = proof.digest(cast.programme)
    ask(alice, amount="12000", category="Bikes")
    assert proof.check(cast.programme).ok
    assert proof.digest(cast.programme) == before


@given(st.integers(0, 10**12), st.integers(1, 100), st.sampled_from([1, 100, 10_000]))
def test_a_sum_split_is_the_sum_again_in_fair_parts(total: int, parts: int, step: int):
    found = split(total, parts, step)
    assert (sum(found), len(found)) == (total, parts)
    assert max(found) - min(found) <= 2 * step
