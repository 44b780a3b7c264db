"""Why not: a fact that a rule or mission paid nothing names the first condition it missed."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from engage.activity.models import Fact
from engage.activity.rules import Report
from engage.conditions import FACT_CONDITIONS, PARTNER_CONDITIONS
from engage.db import db
from engage.incentives import language
from engage.insight import misses
from engage.insight.whynot import RuleMiss
from engage.money import SCALE
from tests.browsing import Browser, browser
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale
from tests.reading import page, text

pytestmark = pytest.mark.usefixtures("april")


def why(app: Flask, cast: Cast, who: str, report: Report) -> str:
    """What the page of a fact says that has just come in."""
    record(cast.programme, report, now=max(NOW, report.occurred_at))
    return told(browser(app, getattr(cast, who).user), report.external_id)


def told(client: Browser, external_id: str) -> str:
    found = db.session.query(Fact).filter_by(external_id=external_id, superseded_at=None).one()
    return text(page(client, f"/earnings/facts/{found.id}").select_one("main"))


def test_another_category_is_named(app: Flask, cast: Cast):
    said = why(app, cast, "alice", sale("x", "A1", "100", category="Clothing"))
    assert "Bike points asks for sales in category Bikes; this one is Clothing." in said
    said = why(app, cast, "alice", sale("y", "A1", "100", category=None))
    assert "Bike points asks for sales in category Bikes; this one does not say." in said


def test_another_kind_comes_last(app: Flask, cast: Cast):
    said = why(app, cast, "bob", sale("x", "B1", "0", kind="login"))
    assert "Nothing so far." in said
    assert "Bike points pays for sales; this is a sign-in." in said


def test_a_credit_counts_nothing_and_is_told_so(app: Flask, cast: Cast):
    each = """[[rules]]
slug = "each"
on = "sale"
earn = "points"
per = "fact"
rate = "5"
period = "year"
starts = 2013-01-01

[[boards]]"""
    publish(PROGRAMME.replace("[[boards]]", each, 1))
    credit = sale("x", "A1", "-10", date(2013, 4, 9))._replace(quantity=0)
    said = why(app, cast, "alice", credit)
    assert "Each counts no credits: money back is no further result." in said
    assert "Stage 1 of Spring sprint counts no credits" in said


def test_a_used_up_cap_is_told(app: Flask, cast: Cast):
    record(cast.programme, sale("big", "C1", "60000", date(2013, 4, 6)))
    said = why(app, cast, "charlie", sale("x", "C1", "100", date(2013, 4, 7)))
    assert "Bike points had already paid you the most it pays in Q2 2013: 50,000 points." in said


def test_below_the_first_band_the_total_is_told(app: Flask, cast: Cast):
    assert "Growth bonus pays from $5,000 on; in Q2 2013 you stood at $4,000 with this." in told(
        browser(app, cast.bob.user), "b-1"
    )


def test_less_than_a_step_goes_towards_the_next(app: Flask, cast: Cast):
    said = why(app, cast, "alice", sale("x", "A1", "0.25", date(2013, 4, 9)))
    assert "Bike points counts this: it was less than 1 point and goes towards your next." in said


def test_an_audience_is_told(app: Flask, cast: Cast):
    said = why(app, cast, "charlie", sale("x", "C1", "100", date(2013, 4, 9)))
    assert (
        "Spring sprint is for partners in region Northwest or Southwest; "
        "yours is Northeast." in said
    )


def test_a_mission_tells_its_window_and_where_one_stands(app: Flask, cast: Cast, alice: Browser):
    said = why(app, cast, "alice", sale("x", "A1", "100", date(2013, 3, 9)))
    assert "Spring sprint counts Apr 1 – May 31, 2013; this was on Mar 9, 2013." in said
    assert "Stage 1 of Spring sprint counts this: you stand at 2 of 3 sales." in told(alice, "a-2")
    record(cast.programme, sale("y", "A1", "100", date(2013, 4, 9)))
    assert "Stage 1 of Spring sprint counts this; another result reached it." in told(alice, "a-2")


def test_before_a_rule_and_after_it(app: Flask, cast: Cast, alice: Browser):
    more = PROGRAMME.replace(
        "[[boards]]",
        '[[rules]]\nslug = "late"\non = "sale"\nearn = "points"\nper = "fact"\nrate = "5"\n'
        'period = "year"\nstarts = 2013-05-01\nends = 2013-05-03\n\n[[boards]]',
        1,
    )
    publish(more)
    assert "Late is in force from" not in told(alice, "a-1")
    assert "Late pays from May 1, 2013 on; this was on Apr 5, 2013." in told(alice, "a-1")
    said = why(app, cast, "alice", sale("x", "A1", "5", date(2013, 5, 4)))
    assert "Late paid until May 3, 2013; this was on May 4, 2013." in said


def test_a_rule_that_came_or_went_later_is_told(app: Flask, cast: Cast, alice: Browser):
    added = PROGRAMME.replace(
        "[[boards]]",
        '[[rules]]\nslug = "new"\non = "sale"\nearn = "points"\nper = "fact"\nrate = "5"\n'
        'period = "year"\n\n[[boards]]',
        1,
    )
    publish(added, NOW)
    assert "New is in force from Apr 10, 2013, 11:00 AM on; this was before." in told(alice, "a-1")
    publish(PROGRAMME, NOW + timedelta(hours=1))
    said = why(app, cast, "alice", sale("x", "A1", "5", date(2013, 4, 11)))
    assert "New was retired on Apr 10, 2013, 12:00 PM." in said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            'per = "amount"\nrate = "1"\nminimum = "9000"',
            "Extra pays from $9,000 on; in 2013 you stood at $6,100 with this.",
        ),
        (
            'per = "fact"\nmilestones = [ { at = "5", pays = "50" } ]',
            "Extra pays from 5 sales on; in 2013 you stood at 4 sales with this.",
        ),
        (
            'per = "customer"\nrate = "5"',
            "Extra counts every customer once, and this one was counted before.",
        ),
        (
            'per = "amount"\nrate = "1"\nbaseline = "same period last year"\nnewcomers = "7000"',
            "Extra pays what is above your own baseline; in 2013 you were still $900 below it",
        ),
        (
            'per = "fact"\nrate = "5"\nwithin = 90',
            "Extra pays in the first 90 days after joining; yours is not known.",
        ),
        (
            'per = "fact"\nrate = "5"\nwhere = { amount = { from = "1000" } }',
            "this one is $100.00.",
        ),
        (
            'per = "fact"\nrate = "5"\nwhere = { type = "Retail" }',
            "Extra is for partners of type Retail; yours is Dealer.",
        ),
        (
            'per = "fact"\nrate = "5"\nends = 2013-04-09T07:59:59',
            "Extra paid until Apr 9, 2013, 7:59 AM (New York); this was on Apr 9, 2013, 8:00 AM",
        ),
        (
            'per = "fact"\nrate = "5"\ncap = "5"',
            "Extra had already paid you the most it pays in 2013: 5 points.",
        ),
        (
            'per = "fact"\nrate = "5"\nbudget = "5"\nat_budget = "stop"',
            "Extra counts this, but its budget was used up.",
        ),
        (
            'per = "fact"\nrate = "5"\nwhere = { joined = { from = 2013-01-01 } }',
            "Extra is for partners who joined on or after Jan 1, 2013, which you are not.",
        ),
        (
            'per = "fact"\nrate = "5"\nwhere = { segment = "south" }',
            "Extra is for partners in segment south, which you are not.",
        ),
    ],
)
def test_every_condition_and_limit_of_a_rule_is_told(app: Flask, cast: Cast, rule: str, said: str):
    extra = f'[[rules]]\nslug = "extra"\non = "sale"\nearn = "points"\nperiod = "year"\n{rule}\n'
    extra += "starts = 2013-01-01\n\n[[boards]]"
    south = '[[segments]]\nslug = "south"\nwhere = { region = ["South"] }\n'
    publish(PROGRAMME.replace("[[boards]]", extra, 1) + south)
    record(cast.programme, sale("old", "A1", "0", date(2013, 4, 8), customer="Ada"))
    report = sale("x", "A1", "100", date(2013, 4, 9), customer="Ada")
    assert said in why(app, cast, "alice", report)


@pytest.mark.parametrize("name", [*FACT_CONDITIONS, *PARTNER_CONDITIONS])
@pytest.mark.parametrize("has", [None, "there"])
def test_no_condition_is_without_words(name: str, has: str | None):
    wanted: dict[str, Any] = {"amount": {"from": "77"}, "joined": {"to": date(2012, 7, 7)}}
    rule = language.parse(
        {
            "slug": "extra",
            "on": "sale",
            "earn": "points",
            "per": "fact",
            "rate": "5",
            "period": "year",
            "where": {name: wanted.get(name, ["Seven 7"])},
        },
        "USD",
        "UTC",
    )
    has_there = {"amount": 5 * SCALE, "joined": date(2013, 8, 8)}.get(name, has) if has else None
    said = misses.of_rule(RuleMiss("extra", rule, name, has_there), "USD")
    assert said.startswith("Extra ")
    assert "7" in said, "what was asked for"
    assert not has or name == "segment" or any(w in said for w in ("there", "$5", "Aug 8, 2013"))


def test_a_stage_whose_reward_the_budget_did_not_carry_is_told(app: Flask, cast: Cast):
    budget = 'ends = 2013-05-31\nbudget = { points = "500" }\nat_budget = "stop"'
    publish(PROGRAMME.replace("ends = 2013-05-31", budget))
    record(cast.programme, sale("a-3", "A1", "10"))
    more = [sale(f"b-{n}", "B1", "10", date(2013, 4, 10), category=None) for n in (2, 3)]
    record(cast.programme, *more)
    said = told(browser(app, cast.bob.user), "b-3")
    assert "Stage 1 of Spring sprint was reached, but the budget was used up." in said


def test_the_tier_held_then_is_told(app: Flask, cast: Cast):
    rule = """[[rules]]
slug = "extra"
on = "sale"
earn = "points"
per = "fact"
rate = "5"
where = { tier = ["Gold"] }
period = "year"
starts = 2013-01-01

[[boards]]"""
    tier = '[[tiers]]\nname = "{}"\nmeasure = "amount"\non = "sale"\nperiod = "year"\n'
    tiers = (
        tier.format("Silver") + 'threshold = "0"\n' + tier.format("Gold") + 'threshold = "90000"\n'
    )
    publish(PROGRAMME.replace("[[boards]]", rule, 1) + tiers)
    said = why(app, cast, "alice", sale("x", "A1", "100", date(2013, 4, 11)))
    assert "Extra is for partners with tier Gold; yours is Silver." in said


def test_a_corrected_fact_says_that_it_no_longer_counts(alice: Browser, cast: Cast):
    old = db.session.query(Fact).filter_by(external_id="a-1").one().id
    record(cast.programme, sale("a-1", "A1", "2000"))
    said = text(page(alice, f"/earnings/facts/{old}").select_one("main"))
    assert "This was reported anew on" in said
    assert "Why not more" not in said


def test_the_list_is_newest_first_with_what_each_earned(alice: Browser, cast: Cast):
    record(cast.programme, sale("x", "A1", "0", date(2013, 4, 9), kind="training_completed"))
    rows = [text(row) for row in page(alice, "/earnings/facts").select(".ledger-line")]
    assert rows[0].startswith("Completed training: Road-150")
    assert rows[0].endswith("nothing: why?")
    assert rows[1].endswith("· $3,500.00 +$10.00 +3,500 points")
    assert len(rows) == 3


def test_the_list_is_narrowed_by_kind_period_and_pay(alice: Browser, cast: Cast):
    record(cast.programme, sale("x", "A1", "0", date(2013, 4, 9), kind="training_completed"))
    for query, count in (
        ("kind=sale", 2),
        ("unpaid=1", 1),
        ("period=2013-04", 3),
        ("period=2012", 0),
        ("kind=sale&unpaid=1", 0),
    ):
        found = page(alice, f"/earnings/facts?{query}")
        assert len(found.select(".ledger-line")) == count, query
    for query in ("kind=gift", "period=soon", "before=x"):
        assert alice.get(f"/earnings/facts?{query}").status_code == 404


def test_a_stage_and_a_score_open_into_what_they_count(app: Flask, alice: Browser, cast: Cast):
    record(
        cast.programme,
        sale("x", "A1", "0", date(2013, 4, 9), kind="training_completed"),
        sale("y", "A1", "50", date(2013, 3, 9)),
    )
    stage = page(alice, "/missions/spring-sprint").select_one(".path-detail a")
    assert stage
    assert text(stage) == "2 of 3 sales"
    counted = page(alice, str(stage["href"]))
    assert "What counts for Stage 1 of Spring sprint." in text(counted)
    assert len(counted.select(".ledger-line")) == 2
    score = page(alice, "/leaderboards/sales?period=2013-Q1").select_one("#me p a.link")
    assert score
    assert len(page(alice, str(score["href"])).select(".ledger-line")) == 1
    assert alice.get("/earnings/facts?stage=spring-sprint/9").status_code == 404
    assert alice.get("/earnings/facts?board=nothing").status_code == 404
    assert not page(browser(app, cast.mia.user), "/console/partners/A1").select(".path-detail a")


def test_a_group_s_score_opens_into_what_the_viewer_did_of_it_alone(alice: Browser):
    part = next(
        a for a in page(alice, "/leaderboards/regions").select("#me a") if "part" in text(a)
    )
    counted = page(alice, str(part["href"]))
    assert len(counted.select(".ledger-line")) == 2
    assert "your own part of what your region did" in text(counted)
    assert "Bob" not in text(counted)


def test_a_manager_opens_facts_lines_and_reasons_of_a_partner(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    partner = page(mia, "/console/partners/B1")
    links = {text(a): str(a["href"]) for a in partner.select("main a")}
    listed = page(mia, links["What was reported, and why not more"])
    assert "Everything that arrived for Bob's Wheels" in text(listed)
    fact = page(mia, str(listed.select(".ledger-line a")[0]["href"]))
    assert "The reasons stand as Bob's Wheels reads them." in text(fact)
    assert "Growth bonus pays from $5,000 on" in text(fact)
    statement = page(mia, links["Statement"])
    lines = statement.select(".ledger-line")
    assert len(lines) == 1
    hrefs = [str(a["href"]) for a in lines[0].select("a")]
    assert "Why not more" in text(page(mia, hrefs[0]))
    assert len(page(mia, hrefs[1]).select(".ledger-line[open]")) == 1
    otto = browser(app, cast.otto.user)
    for address in (links["Statement"], str(partner.select_one(".stat-label a")["href"]), *hrefs):
        assert otto.get(address).status_code == 404, address


def test_the_sums_open_into_the_facts_of_their_period(alice: Browser):
    sums = page(alice, "/earnings/").select(".stat-label a")
    assert [str(link["href"]) for link in sums[:2]] == [
        "/earnings/facts?period=2013-Q2",
        "/earnings/facts",
    ]


def test_a_long_list_comes_in_pages_without_a_gap(alice: Browser, cast: Cast):
    # Half of them at one instant: the page must break inside of it.
    record(
        cast.programme,
        *(sale(f"m-{i}", "A1", "10", date(2013, 4, 1), hour=i % 2) for i in range(60)),
    )
    seen: list[str] = []
    address: str | None = "/earnings/facts?kind=sale"
    while address:
        found = page(alice, address)
        seen += [str(link["href"]) for link in found.select("a.ledger-what")]
        older = found.select_one("a[rel=next]")
        address = str(older["href"]) if older else None
    assert len(seen) == len(set(seen)) == 62


def test_another_partners_fact_is_not_there(app: Flask, cast: Cast, alice: Browser):
    other = db.session.query(Fact).filter_by(external_id="c-1").one().id
    assert alice.get(f"/earnings/facts/{other}").status_code == 404
    assert not page(alice, f"/earnings/facts?before={other}").select(".ledger-line")


def test_who_has_no_fact_is_told_when_they_come(app: Flask, cast: Cast):
    record(cast.programme, sale("b-1", "A1", "1"))
    said = text(page(browser(app, cast.bob.user), "/earnings/facts").select_one("main"))
    assert "Nothing was reported yet" in said
