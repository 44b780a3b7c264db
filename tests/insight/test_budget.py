"""The budget page: awards, limits and forecasts that are those of the ledger, and leaks with names."""

from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from engage import clock
from engage.db import transaction
from engage.disputes import service as disputes
from engage.insight.budget import Budget, Source, Spending, budget, spending
from engage.periods import parse
from engage.programmes import service as programmes
from tests.browsing import Browser, browser
from tests.conftest import PROGRAMME, Cast, publish, record, sale
from tests.disputes.examples import asked
from tests.tiers.test_pages import TIERS

#: Late in the quarter of the cast's programme, 46 days before it ends.
LATER = datetime(2013, 5, 16, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


def text(client: Browser) -> str:
    response = client.get("/console/budget")
    assert response.status_code == 200
    found = BeautifulSoup(response.text, "html.parser").select_one("main")
    assert found
    return " ".join(found.get_text(" ").replace("\N{WORD JOINER}", "").split())


def worked_out() -> Budget:
    return budget(programmes.by_slug("resellers"), parse("2013-Q2"), LATER.date(), LATER)


def sell_daily(cast: Cast, partner: str, amount: str, days: int) -> None:
    first = date(2013, 4, 10)
    record(
        cast.programme,
        *(sale(f"d-{partner}-{n}", partner, amount, first + timedelta(n)) for n in range(days)),
        now=LATER,
    )


def test_awards_are_those_of_the_ledger_and_no_budget_is_said_so(mia: Browser):
    said = text(mia)
    assert "Awarded 15,000 Q2 2013" in said
    assert "Budget left – no budget set" in said
    assert "too early to tell" in said
    assert "Bike points Apr 1 – Jun 30, 2013 none set 15,000 points" in said


def test_a_budget_tells_what_is_left_and_when_it_may_be_used_up(mia: Browser, cast: Cast):
    publish(PROGRAMME + '\n[budget]\npoints = "40000"\n')
    sell_daily(cast, "B1", "500", 36)
    said = text(mia)
    assert "Budget left 6,500 of 40,000" in said
    assert "It may be used up before Q2 2013 ends. At this period's pace it lasts" in said


def test_the_forecast_goes_on_at_the_pace_of_whole_days(mia: Browser, cast: Cast):
    sell_daily(cast, "C1", "100", 36)  # one a day until yesterday
    points = next(total for total in worked_out().totals if total.unit == "points")
    assert points.forecast
    # 15,000 and 3,600 in 41 days since the first award, and 46 days to come.
    assert points.accrued == 18_600
    assert points.forecast.expected == 18_600 + 18_600 * 46 // 41
    assert points.forecast.low < points.forecast.expected < points.forecast.high


def sums(rows: list[Spending], unit: str) -> tuple[int, int]:
    of_unit = [row for row in rows if row.unit == unit]
    return sum(row.this_period for row in of_unit), sum(row.spent for row in of_unit)


def test_rows_and_the_rest_add_up_to_what_was_awarded_in_the_period_and_in_all(
    mia: Browser, cast: Cast
):
    both = 'reward = { points = "500", USD = "5" }'
    publish(PROGRAMME.replace('reward = { points = "500" }', both))
    record(
        cast.programme,
        sale("old", "B1", "7000", date(2013, 2, 1)),
        sale("a-3", "A1", "10"),
        sale("b-2", "B1", "12000"),
    )
    dispute_id = asked(cast)["dispute_id"]
    transaction(
        lambda: disputes.answer(
            programmes.by_slug("resellers"), dispute_id, "Yes.", 70, by=cast.mia.user.id, now=LATER
        )
    )
    said = text(mia)
    row = "Spring sprint Apr 1 – May 31, 2013 none set $5.00 500 points $5.00 500 points"
    assert row in said, "one row, both units"
    assert "Corrections After questions of partners, and by hand – 70 points" in said
    gone = PROGRAMME.replace('slug = "growth-bonus"', 'slug = "other"')
    publish(gone[: gone.index("[[missions]]")], LATER)
    assert "Everything else Rules and missions that are over –" in text(mia)
    found = worked_out()
    assert {total.unit for total in found.totals} == {"points", "USD"}
    for total in found.totals:
        assert sums(found.spending, total.unit) == (total.this_period, total.accrued)


PAYERS = st.sampled_from([(1, None), (2, None), (3, None), (None, 1), (None, 2), (None, None)])
DAYS = st.none() | st.dates(date(2013, 3, 1), LATER.date())


@given(
    st.dictionaries(
        st.tuples(PAYERS, st.sampled_from(["points", "USD"])),
        st.dictionaries(DAYS, st.integers(-(10**6), 10**6), max_size=4),
        max_size=9,
    ),
    st.dictionaries(PAYERS.filter(any), st.integers(1, 3)),
)
def test_every_award_is_in_one_row_whatever_runs(awarded, running):
    sources = {
        payer: Source("rule", f"r{n}", "", date(2013, 3, n), date(2013, 6, 30))
        for payer, n in running.items()
    }
    period = parse("2013-Q2")
    rows = spending(sources, awarded, period, LATER.date())
    for unit in ("points", "USD"):
        days = [pair for (_, of), part in awarded.items() if of == unit for pair in part.items()]
        inside = sum(amount for day, amount in days if day and day >= period.first)
        assert sums(rows, unit) == (inside, sum(amount for _, amount in days))


def test_who_is_a_step_away_is_named_with_the_cause_and_its_worth(mia: Browser):
    # Alice has 2 of 3 sales, Bob 1, after 46 of 61 days; Charlie's 5,000 end at 9,891 of 10,000.
    said = text(mia)
    assert "3 partners are within reach" in said
    assert "$1.09 and 1,000 points in all" in said
    assert "Charlie & Sons A better rate (Growth bonus) $1.09" in said
    assert "Alice Bikes The next stage of a mission (Spring sprint) 500 points" in said


def test_a_tier_just_out_of_reach_is_a_cause_worth_what_its_multiplier_adds(
    mia: Browser, cast: Cast
):
    tiers = TIERS.replace('threshold = "5000"', 'threshold = "11900"')
    publish(PROGRAMME + tiers)
    # Alice's 6,000 points in 46 days of the quarter end at 11,869; half as many more for the 46 days
    # to come, today among them, and 30 of grace. Bob's 4,000 and Charlie's 5,000 may still do, too.
    worth = sum(points * (46 + 30) // (2 * 46) for points in (6_000, 4_000, 5_000))
    said = text(mia)
    assert (
        "Alice Bikes The next stage of a mission (Spring sprint) and the next tier (Silver)" in said
    )
    assert f"The next tier {worth:,} points 3 partners" in said


def test_a_tier_that_ends_is_a_cause_worth_what_its_multiplier_is_of_what_is_paid(
    mia: Browser, cast: Cast
):
    tiers = TIERS.replace('threshold = "5000"', 'threshold = "11900"').replace("= 30", "= 60")
    record(cast.programme, sale("a-0", "A1", "12000", date(2013, 3, 15), category="Parts"))
    publish(PROGRAMME + tiers)
    # Silver of the first quarter is held for 60 days more, through May 30; 31 days of the quarter and
    # another 60 of grace are to come, and a third of what Silver pays is what it adds.
    worth = 6_000 * (31 + 60) // (3 * 46)
    assert f"A tier that ends {worth:,} points 1 partner" in text(mia)


def test_what_is_reached_no_longer_slips_away(mia: Browser, cast: Cast):
    record(cast.programme, sale("a-3", "A1", "8000", date(2013, 5, 15)), now=LATER)
    assert "Alice Bikes The next stage of a mission (Spring sprint) $100" in text(mia)
    record(cast.programme, sale("a-4", "A1", "6500", date(2013, 5, 15)), now=LATER)
    assert "Alice Bikes" not in text(mia)


def test_nothing_awarded_yet(app: Flask, cast: Cast):
    said = text(browser(app, cast.otto.user))
    assert "Nothing was awarded yet" in said
    assert "Nothing is slipping away" in said


def limited(rule: str, mission: str) -> str:
    """The programme of the cast, with budgets for the bike points and the sprint."""
    with_rule = PROGRAMME.replace('cap = "50000"', f'cap = "50000"\nbudget = {rule}')
    return with_rule.replace("ends = 2013-05-31", f"ends = 2013-05-31\nbudget = {mission}")


def test_a_rule_and_a_mission_that_pass_their_budgets_warn_on_both_pages(mia: Browser, cast: Cast):
    publish(limited('"14000"', '{ points = "400" }'))
    record(cast.programme, sale("a-3", "A1", "10"))
    for said in (text(mia), page_text(mia, "/console/")):
        assert "Bike points has awarded 15,010 points of a budget of 14,000 points" in said
        assert "Spring sprint has awarded 500 points of a budget of 400 points" in said
    said = text(mia)
    assert "14,000 points warns there 15,010 points in all, 107%" in said
    assert "none set" in said  # the other rule's


def test_a_budget_that_the_pace_passes_warns_before(mia: Browser, cast: Cast):
    publish(limited('"30000"\nat_budget = "stop"', '{ points = "5000" }'))
    sell_daily(cast, "B1", "300", 36)
    said = text(mia)
    assert "Bike points may use up its budget of 30,000 points by Jun 30, 2013" in said
    assert "Spring sprint may" not in said


def test_partners_see_before_that_a_stopping_budget_is_nearly_used(
    app: Flask, mia: Browser, cast: Cast
):
    alice = browser(app, cast.alice.user)
    stop = '\nat_budget = "stop"'
    publish(limited('"30000"' + stop, '{ points = "600" }' + stop))
    record(cast.programme, sale("a-3", "A1", "10"))
    assert "of its budget" not in page_text(alice, "/rules/")
    for address in ("/missions/", "/missions/spring-sprint"):
        assert "83% of its budget of 600 points is used." in page_text(alice, address)
    publish(limited('"18000"' + stop, '{ points = "500" }' + stop))
    assert "83% of its budget of 18,000 points is used." in page_text(alice, "/rules/")
    assert "Its budget of 500 points is used up." in page_text(alice, "/missions/spring-sprint")
    publish(limited('"15000"' + stop, '{ points = "500" }'))
    assert "Its budget of 15,000 points is used up." in page_text(alice, "/rules/")
    assert "of its budget" not in page_text(alice, "/missions/spring-sprint")
    assert "Bike points has used up its budget of 15,000 points and pays no more." in text(mia)


def page_text(client: Browser, address: str) -> str:
    found = BeautifulSoup(client.get(address).text, "html.parser").select_one("main")
    assert found
    return " ".join(found.get_text(" ").split())
