"""Growth is measured against the partner's own earlier periods."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage import periods
from engage.activity.rules import Standing
from engage.incentives import language, rules
from engage.incentives.baseline import Found, Ground, reach
from engage.money import SCALE


def rule(**raw: object) -> rules.Rule:
    base = {"slug": "r", "on": "sale", "earn": "USD", "per": "amount", "period": "quarter"}
    return language.parse({**base, "rate": "0.01", "newcomers": "500", **raw}, "USD", "UTC")


def fact(number: int, amount: int, day: date, customer: str | None = None) -> Standing:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Standing(
        number, "test", f"f-{number}", 7, "sale", at, day, amount * SCALE, "USD", SCALE, None,
        "Bikes", customer,
    )  # fmt: skip


FACTS = (
    fact(1, 100, date(2012, 5, 1), "Ann"),
    fact(2, 300, date(2012, 6, 30), "Ann"),
    fact(3, 800, date(2012, 10, 1)),
    fact(4, -50, date(2013, 1, 2)),
)


@pytest.mark.parametrize(
    ("raw", "period", "found"),
    [
        ({"baseline": "same period last year"}, "2013-Q2", Found(400 * SCALE, False)),
        ({"baseline": "same period last year"}, "2013-Q3", Found(500 * SCALE, True)),
        ({"baseline": "mean of last 1 periods"}, "2013-Q1", Found(800 * SCALE, False)),
        # Three of the four hold anything; returns alone count as zero: (400 + 800 + 0) / 3.
        ({"baseline": "mean of last 4 periods"}, "2013-Q2", Found(400 * SCALE, False)),
        ({"baseline": "mean of last 4 periods"}, "2012-Q2", Found(500 * SCALE, True)),
        (
            {"baseline": "same period last year", "per": "customer"},
            "2013-Q2",
            Found(SCALE, False),
        ),
    ],
)
def test_a_baseline_is_last_year_or_the_mean_of_periods_that_hold_anything(
    raw: dict[str, object], period: str, found: Found
) -> None:
    assert Ground(rule(**raw), FACTS).of(7, periods.parse(period)) == found


def test_only_facts_that_meet_the_conditions_are_in_a_baseline() -> None:
    large = rule(baseline="same period last year", where={"amount": {"from": "200"}})
    assert Ground(large, FACTS).of(7, periods.parse("2013-Q2")).value == 300 * SCALE


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ("2013-Q2", "2012-Q2"),
        ("2013-02", "2012-02"),
        ("2013", "2012"),
        ("2012-02-29", "2011-02-28"),
        ("2015-W53", "2014-W52"),
        ("2021-W01", "2020-W01"),
    ],
)
def test_the_same_period_last_year_has_the_same_name_where_there_is_one(
    period: str, before: str
) -> None:
    assert periods.parse(period).year_before().name == before


@given(
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    st.sampled_from([kind for kind in periods.KINDS if kind != "all"]),
    st.sampled_from(["same period last year", "mean of last 24 periods"]),
)
def test_a_baseline_lies_before_its_period(day: date, kind: str, baseline: str) -> None:
    period = periods.containing(day, kind)
    found = reach(rule(baseline=baseline, period=kind), period)
    assert found
    assert all(earlier.last < period.first for earlier in found)
    assert {earlier.kind for earlier in found} == {kind}
