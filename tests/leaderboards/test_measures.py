"""What boards measure, from the same facts: against plain arithmetic, and rule by rule."""

import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select
from sqlalchemy.dialects import sqlite

from engage import membership, proof
from engage.activity.rules import Report
from engage.db import db, transaction
from engage.leaderboards import jobs, ranking, service, tally
from engage.leaderboards.ranking import natural_score
from engage.partners.models import Partner
from engage.programmes import service as programmes
from tests.conftest import NOW, PROFILES, Cast, publish, record, sale

HEAD = """
[programme]
slug = "measures"
name = "Measures"
timezone = "America/New_York"
currency = "USD"
"""
KEYS = {"slug": "b", "name": "B", "measure": "amount", "on": "sale", "period": "quarter"}


def board(**keys: Any) -> str:
    def said(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {said(v)}" for key, v in value.items()) + " }"
        if isinstance(value, bool):
            return str(value).lower()
        return f'"{value}"' if isinstance(value, str) else str(value)

    whole = {key: value for key, value in (KEYS | keys).items() if value is not None}
    return "[[boards]]\n" + "".join(f"{key} = {said(value)}\n" for key, value in whole.items())


def standings(
    text: str, *facts: Report, period: str = "", now: datetime = NOW, **partners: Any
) -> list[tuple[int, str, str]]:
    """Rank, name and score on the only board of a programme, made by these facts in two batches."""
    publish(HEAD + text)
    profiles = [p._replace(**partners.get(p.external_id, {})) for p in PROFILES]
    transaction(lambda: membership.enrol(programmes.by_slug("measures"), profiles, now=NOW))
    for batch in (facts[1::2], facts[::2]):
        record(programmes.by_slug("measures"), *batch)
    assert proof.check(programmes.by_slug("measures")).ok
    return shown(period, now)


def shown(period: str = "", now: datetime = NOW) -> list[tuple[int, str, str]]:
    here = programmes.by_slug("measures")
    (published,) = service.boards(here)
    today = (now - timedelta(hours=4)).date()
    asked = published.rule.windows.called(period, today)
    found = ranking.ranking(here, published, asked)
    return [(row.rank, row.name, natural_score(published, row.score)) for row in found.rows]


ALICE, BOB, CHARLIE = (profile.name for profile in PROFILES)
LAST_YEAR = (
    sale("a0", "A1", "100", date(2012, 4, 30)),
    sale("b0", "B1", "4000", date(2012, 6, 1)),
)
THIS_YEAR = (sale("a1", "A1", "300"), sale("b1", "B1", "5000"), sale("c1", "C1", "900"))


@pytest.mark.usefixtures("app")
def test_growth_is_what_lies_above_the_same_period_last_year():
    growth = board(baseline="same period last year", newcomers="1000")
    assert standings(growth, *LAST_YEAR, *THIS_YEAR) == [
        (1, BOB, "1000.0000"),
        (2, ALICE, "200.0000"),
        (3, CHARLIE, "-100.0000"),
    ]


@pytest.mark.usefixtures("app")
def test_growth_in_percent_lets_the_small_lead():
    growth = board(baseline="same period last year", newcomers="1000", growth="percent")
    assert standings(growth, *LAST_YEAR, *THIS_YEAR) == [
        (1, ALICE, "200"),
        (2, BOB, "25"),
        (3, CHARLIE, "-10"),
    ]


@pytest.mark.usefixtures("app")
def test_a_late_fact_of_an_earlier_period_moves_the_growth_of_the_later_one():
    growth = board(period="month", baseline="mean of last 2 periods", newcomers="1")
    assert standings(growth, sale("a1", "A1", "500")) == [(1, ALICE, "499.0000")]
    late = [sale("a2", "A1", "100", date(2013, 2, 3)), sale("a3", "A1", "200", date(2013, 3, 3))]
    record(programmes.by_slug("measures"), *late)
    assert shown() == [(1, ALICE, "350.0000")]
    assert proof.check(programmes.by_slug("measures")).ok


@pytest.mark.usefixtures("app")
def test_a_period_that_a_late_fact_left_without_pay_holds_nothing_whatever_came_first():
    rule = (
        '[[rules]]\nslug = "{0}"\non = "{0}"\nearn = "points"\nper = "fact"\nperiod = "year"\n{1}\n'
    )
    rules = rule.format("sale", 'rate = "10"\ncap = "10"') + rule.format("login", 'rate = "7"')
    growth = {"measure": "points", "on": None, "baseline": "mean of last 4 periods"}
    text = rules + board(period="month", newcomers="1", **growth)
    days = (date(2013, 2, 5), date(2013, 3, 5), date(2013, 4, 5))
    facts = [sale(str(day), "A1", "1", day) for day in days[:2]]
    login = sale("here", "A1", "0", days[2], kind="login")
    assert standings(text, *facts, login) == [(1, ALICE, "-3")]


@pytest.mark.usefixtures("app")
def test_attainment_is_of_the_partners_own_target_or_the_boards():
    text = board(target="1000", own_targets=True)
    own = {"B1": {"target": 100_000_000}}
    assert standings(text, *THIS_YEAR, **own) == [
        (1, CHARLIE, "90"),
        (2, BOB, "50"),
        (3, ALICE, "30"),
    ]


@pytest.mark.usefixtures("app")
def test_who_has_no_target_is_not_ranked_where_the_board_has_none():
    own = {"B1": {"target": 150_000_000}}
    assert standings(board(own_targets=True), *THIS_YEAR, **own) == [(1, BOB, "33.3333")]


@pytest.mark.parametrize("unit", ["points", "USD"])
@pytest.mark.usefixtures("app")
def test_what_is_paid_attains_its_target_in_points_and_money_as_amounts_do(unit: str):
    rule = '[[rules]]\nslug = "r"\non = "sale"\nearn = "{0}"\nper = "amount"\nrate = "1"\nperiod = "year"\n'
    text = rule.format(unit) + board(measure=unit, on=None, target="1000", own_targets=True)
    assert standings(text, *THIS_YEAR, B1={"target": 100_000_000}) == [
        (1, CHARLIE, "90"),
        (2, BOB, "50"),
        (3, ALICE, "30"),
    ]


@pytest.mark.usefixtures("app")
def test_a_customer_counts_once_and_who_was_first_reached_its_last_new_one_first():
    text = board(measure="customers", tie="first")
    facts = (
        sale("a1", "A1", "1", hour=12, customer="Ann"),
        sale("a2", "A1", "1", hour=14, customer="Ben"),
        sale("a3", "A1", "1", hour=20, customer="Ann"),
        sale("b1", "B1", "1", hour=13, customer="Cid"),
        sale("b2", "B1", "1", hour=15, customer="Dan"),
        sale("b3", "B1", "1", hour=15),
    )
    assert standings(text, *facts) == [(1, ALICE, "2"), (2, BOB, "2")]


TEAM = (
    sale("a1", "A1", "300"),
    sale("b1", "B1", "100"),
    sale("c1", "C1", "350"),
    sale("c2", "C1", "-350", category="Returned"),
    sale("c3", "C1", "250"),
)


@pytest.mark.parametrize(
    ("how", "scores"),
    [
        ({}, [("Seattle", "400.0000"), ("Albany", "250.0000")]),
        ({"score": "average"}, [("Albany", "250.0000"), ("Seattle", "200.0000")]),
        ({"score": "average", "floor": 2}, [("Seattle", "200.0000"), ("Albany", "125.0000")]),
        ({"score": "best", "best": 1}, [("Seattle", "300.0000"), ("Albany", "250.0000")]),
    ],
)
@pytest.mark.usefixtures("app")
def test_teams_score_by_their_partners(how: dict[str, Any], scores: list[tuple[str, str]]):
    found = standings(board(by="team", **how), *TEAM)
    assert [(name, score) for _rank, name, score in found] == scores


@pytest.mark.usefixtures("app")
def test_a_partner_who_moves_takes_their_score_along_to_the_new_team():
    standings(board(by="team", score="average"), *TEAM)
    moved = [PROFILES[0]._replace(team="Albany")]
    transaction(lambda: membership.enrol(programmes.by_slug("measures"), moved, now=NOW))
    assert shown() == [(1, "Albany", "275.0000"), (2, "Seattle", "100.0000")]
    assert proof.check(programmes.by_slug("measures")).ok


SEASONS = """[[boards]]
slug = "b"
name = "B"
measure = "amount"
on = "sale"
period = "season"
seasons = [
  { slug = "winter", name = "Winter", starts = 2012-12-01, ends = 2013-02-28 },
  { slug = "spring", name = "Spring", starts = 2013-03-15, ends = 2013-05-31 },
]
"""


@pytest.mark.usefixtures("app")
def test_a_season_counts_its_own_days_and_days_between_seasons_count_nowhere():
    facts = (
        sale("1", "A1", "10", date(2013, 2, 28)),
        sale("2", "B1", "20", date(2013, 3, 14)),
        sale("3", "C1", "30", date(2013, 3, 15)),
    )
    assert standings(SEASONS, *facts) == [(1, CHARLIE, "30.0000")]
    assert shown("winter") == [(1, ALICE, "10.0000")]
    assert shown("current", NOW - timedelta(days=30)) == shown("winter"), "between two, the last"


MISSION = """
[[missions]]
slug = "sprint"
name = "Sprint"
starts = 2013-04-01
ends = 2013-04-05
[[missions.stages]]
name = "One"
on = "sale"
measure = "facts"
target = "1"
"""


@pytest.mark.usefixtures("app")
def test_a_board_of_a_mission_runs_along_with_its_days():
    text = board(period="mission", mission="sprint") + MISSION
    facts = sale("1", "A1", "10", date(2013, 4, 5)), sale("2", "B1", "20", date(2013, 4, 6))
    assert standings(text, *facts, period="sprint") == [(1, ALICE, "10.0000")]
    publish(HEAD + text.replace("2013-04-05", "2013-04-06"))
    assert shown() == [(1, BOB, "20.0000"), (2, ALICE, "10.0000")]
    assert proof.check(programmes.by_slug("measures")).ok


@pytest.mark.usefixtures("app")
def test_a_window_of_days_moves_at_local_midnight_and_is_right_before_it_is_moved():
    text = board(period="rolling", days=5)
    facts = sale("1", "A1", "10", date(2013, 4, 6)), sale("2", "B1", "5", date(2013, 4, 10))
    both = [(1, ALICE, "10.0000"), (2, BOB, "5.0000")]
    assert standings(text, *facts) == both
    midnight = datetime.fromisoformat("2013-04-11T04:00:00Z")
    for step in ("counted by who reads", "moved by the schedule"):
        assert shown(now=midnight - timedelta.resolution) == both, step
        assert shown(now=midnight) == [(1, BOB, "5.0000")], step
        assert shown("2013-04-06", midnight) == [(1, ALICE, "10.0000")], step
        jobs.turn(midnight)
        db.session.expire_all()
    assert service.boards(programmes.by_slug("measures"))[0].model.kept_on == date(2013, 4, 11)
    assert proof.check(programmes.by_slug("measures")).ok


@pytest.mark.usefixtures("app")
def test_only_the_audience_is_ranked():
    text = board(audience={"team": "Seattle", "joined": {"to": "2012-12-31"}})
    joined = {"A1": {"joined_on": date(2012, 5, 1)}, "B1": {"joined_on": date(2013, 1, 1)}}
    assert standings(text, *THIS_YEAR, **joined) == [(1, ALICE, "300.0000")]


@pytest.mark.usefixtures("app")
def test_a_partner_who_left_by_import_loses_the_running_period_and_no_earlier_one(cast: Cast):
    gone = [PROFILES[0]._replace(left_on=date(2013, 4, 9))]
    wrong = [
        PROFILES[1]._replace(left_on=date(2013, 4, 11)),
        PROFILES[2]._replace(target=0),
    ]
    admission = transaction(lambda: membership.enrol(cast.programme, [*gone, *wrong], now=NOW))
    assert admission.answers == ["corrected", "problem", "problem"]
    assert [(p.position, p.column) for p in admission.problems] == [(1, "left_on"), (2, "target")]
    here = programmes.by_slug("resellers")
    (published,) = [board for board in service.boards(here) if board.model.slug == "sales"]
    found = ranking.ranking(here, published, published.rule.windows.running(NOW.date()))
    assert [row.external_id for row in found.rows] == ["C1", "B1"]
    assert proof.check(here).ok


@settings(max_examples=40)
@given(st.integers(-(10**17), 10**17), st.integers(1, 9 * 10**14))
def test_percents_are_exact_to_four_digits_whatever_the_size(part: int, whole: int):
    most = tally.MOST_TIMES * 10**6
    expected = min(abs(part) * 10**6 // whole, most) * (1 if part >= 0 else -1)
    statement = select(tally._percent(literal(part), literal(whole)))
    text = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with closing(sqlite3.connect(":memory:")) as connection:
        assert connection.execute(str(text)).fetchone() == (expected,)


def test_nobody_but_its_audience_looks_at_a_board_unless_it_is_for_everybodys_eyes(
    app: Flask, cast: Cast
):
    for seen, may in (("audience", [True, True, False]), ("everyone", [True] * 3)):
        text = board(audience={"region": "Northwest"}, seen_by=seen)
        publish(HEAD + text)
        transaction(lambda: membership.enrol(programmes.by_slug("measures"), PROFILES, now=NOW))
        here = programmes.by_slug("measures")
        partners = db.session.query(Partner).filter_by(programme_id=here.id).order_by(Partner.id)
        found = [len(service.shown_to(here, partner, NOW)) == 1 for partner in partners]
        assert found == may
        assert len(service.shown_to(here, None, NOW)) == 1, "managers see all of them"
